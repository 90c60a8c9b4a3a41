"""Run and beam state from a file that the site's own programs write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ..domain.errors import SettingsError
from ..domain.run import BeamSource, RunState


def read_beam_file(path: Path) -> RunState | None:
    """The state in a JSON file with run_number, run_period, beam_on, beam_current_nA, all optional.

    None when the file isn't there or is being written. Raises SettingsError when it holds
    something else than such an object.
    """
    try:
        text = path.read_text(encoding="utf-8")
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        state = json.loads(text)
    except (OSError, ValueError):
        return None
    if not isinstance(state, dict):
        raise SettingsError(f"{path} must hold a JSON object with run_number, beam_on and so on.")
    run_number, beam_on, current = state.get("run_number"), state.get("beam_on"), state.get("beam_current_nA")
    if not (run_number is None or type(run_number) is int) or not (beam_on is None or type(beam_on) is bool):
        raise SettingsError(f"{path}: run_number must be a whole number, beam_on true or false.")
    if not (current is None or type(current) in (int, float)):
        raise SettingsError(f"{path}: beam_current_nA must be a number.")
    return RunState(
        run_number,
        str(state.get("run_period") or ""),
        beam_on,
        float(current) if current is not None else None,
        BeamSource.FILE,
        modified_at,
    )

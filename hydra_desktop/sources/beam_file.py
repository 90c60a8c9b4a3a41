"""Run and beam state from a file that the site's own programs write."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

from ..domain.errors import SettingsError
from ..domain.plot import LARGEST_NUMBER
from ..domain.run import BeamSource, RunState


def read_beam_file(path: Path) -> RunState | None:
    """The state in a JSON file with run_number, run_period, beam_on, beam_current_nA, state, events, all optional.

    `state` is that of the run, as the run control names it, and `events` how many it has so far.

    None when the file isn't there or is being written. A current that is no finite number, as
    programs write when there is no reading, is unknown. Raises SettingsError when the file holds
    something else than such an object.
    """
    try:
        text = path.read_text(encoding="utf-8")
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        state = json.loads(text)
    except (OSError, ValueError):
        return None
    except RecursionError:
        state = None  # brackets in brackets in brackets: no such object either
    if not isinstance(state, dict):
        raise SettingsError(f"{path} must hold a JSON object with run_number, beam_on and so on.")
    run_number, beam_on, current = state.get("run_number"), state.get("beam_on"), state.get("beam_current_nA")
    if run_number is not None and not (type(run_number) is int and 0 <= run_number <= LARGEST_NUMBER):
        raise SettingsError(f"{path}: run_number must be a whole number from 0 to {LARGEST_NUMBER}, without quotes.")
    if not (beam_on is None or type(beam_on) is bool):
        raise SettingsError(f"{path}: beam_on must be true or false, without quotes.")
    if not (current is None or type(current) in (int, float)):
        raise SettingsError(f"{path}: beam_current_nA must be a number, without unit and quotes.")
    events = state.get("events")
    if events is not None and not (type(events) is int and 0 <= events <= LARGEST_NUMBER):
        raise SettingsError(f"{path}: events must be a whole number from 0 to {LARGEST_NUMBER}, without quotes.")
    return RunState(
        run_number,
        _text(path, state, "run_period"),
        beam_on,
        _current_na(current),
        BeamSource.FILE,
        modified_at,
        _text(path, state, "state"),
        events,
    )


def _text(path: Path, state: dict[str, object], name: str) -> str:
    value = state.get(name)
    if value is None:
        return ""
    text = str(value)  # a year may come as a number
    if isinstance(value, (dict, list)) or "\x00" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise SettingsError(f"{path}: {name} must be a text.")
    return text


def _current_na(current: int | float | None) -> float | None:
    try:
        value = math.nan if current is None else float(current)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None

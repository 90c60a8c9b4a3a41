"""Run and beam state from EPICS process variables over Channel Access, by the extra [epics].

Values come by subscription, on threads of the client; whoever asks gets the newest at once and never waits.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..domain.errors import SettingsError
from ..domain.hall import RunPvs
from ..domain.plot import LARGEST_NUMBER
from ..domain.run import BeamSource, RunState

AWAY_S = 10.0  # for so long a variable may be without connection before it is told


class EpicsRun:
    """Follows the variables of a hall; raises SettingsError where the client isn't installed.

    A variable without connection is unknown: what it said last may not be so any more.
    """

    def __init__(self, pvs: RunPvs) -> None:
        try:
            from caproto import ChannelType
            from caproto.threading.client import Context
        except ImportError as error:
            raise SettingsError(
                "The hall's settings name EPICS variables (source.beam_pv and so on), and the client for them isn't "
                "installed; run: pip install 'hydra-desktop[epics]'."
            ) from error
        self.pvs = pvs
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._away_since = dict.fromkeys(pvs.names, time.monotonic())
        self._subscriptions = []  # the client holds them but weakly
        self._callbacks: list[Callable[..., None]] = []
        self._context = Context()
        names = list(pvs.names)
        for name, pv in zip(names, self._context.get_pvs(*names, connection_state_callback=self._turned), strict=True):
            as_text = name in (pvs.run_state_pv, pvs.run_period_pv)
            subscription = pv.subscribe(data_type=ChannelType.STRING if as_text else None)

            def take(_subscription: Any, response: Any, name: str = name) -> None:
                self._take(name, response.data)

            subscription.add_callback(take)
            self._callbacks.append(take)
            self._subscriptions.append(subscription)

    def read(self) -> RunState:
        """The state as the variables say it now; what isn't known is None or ""."""
        with self._lock:
            values = dict(self._values)
        pvs = self.pvs
        beam = _number(values.get(pvs.beam_pv))
        return RunState(
            _count(values.get(pvs.run_pv)),
            _text(values.get(pvs.run_period_pv)),
            None if beam is None else beam != 0,
            _number(values.get(pvs.beam_current_pv)),
            BeamSource.EPICS,
            datetime.now(UTC),
            _text(values.get(pvs.run_state_pv)),
            _count(values.get(pvs.events_pv)),
        )

    @property
    def trouble(self) -> str:
        """Which variables don't answer, "" where all do."""
        now = time.monotonic()
        with self._lock:
            away = [name for name, since in self._away_since.items() if now - since > AWAY_S]
        if not away:
            return ""
        return (
            f"The EPICS variables {', '.join(away)} don't answer; look after their server, or at the names and "
            "EPICS_CA_ADDR_LIST. What they say is unknown until then."
        )

    def close(self) -> None:
        """End all connections."""
        self._context.disconnect()

    def _take(self, name: str, data: Any) -> None:
        with self._lock:
            self._values[name] = data[0] if len(data) else None
            self._away_since.pop(name, None)

    def _turned(self, pv: Any, state: str) -> None:
        """A variable was connected or lost."""
        if state != "connected":
            with self._lock:
                self._values.pop(pv.name, None)
                self._away_since.setdefault(pv.name, time.monotonic())


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= LARGEST_NUMBER else None


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.replace("\x00", "").strip()

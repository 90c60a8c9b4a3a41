"""How long work says where it stands, and hears that it is to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ..domain.errors import Stopped

# Called with the stage in words and its fraction done, 0..1; on the thread that works.
Report = Callable[[str, float], None]

# Called with the name of a curve, a step and its value there.
Draw = Callable[[str, float, float], None]


def _silent(_stage: str, _fraction: float) -> None:
    pass


def _undrawn(_curve: str, _step: float, _value: float) -> None:
    pass


@dataclass(frozen=True)
class Progress:
    """What a service needs of the one who waits for it.

    With `keep` set, what is best so far is kept when the work is stopped, where there is anything. Once `settled` is
    set by the one who works, the work is as good as done, and a stop comes too late. `draw` takes the points of curves.
    """

    report: Report = _silent
    stop: threading.Event = field(default_factory=threading.Event)
    keep: threading.Event = field(default_factory=threading.Event)
    settled: threading.Event = field(default_factory=threading.Event)
    draw: Draw = _undrawn

    def __call__(self, stage: str, fraction: float) -> None:
        """Report; raises Stopped once a person asked for it."""
        if self.stop.is_set():
            raise Stopped(f"Stopped while {stage}.")
        self.report(stage, fraction)

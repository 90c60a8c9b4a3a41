"""One figure of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured figure; `met` is None where no goal was set."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None

    def line(self, group: str) -> str:
        """The one line that the benchmark prints."""
        goal = f" (goal: {self.goal})" if self.goal else ""
        verdict = "" if self.met is None else (" ok" if self.met else " short")
        return f"{group}/{self.name}: {self.value:.4g} {self.unit}{goal}{verdict}"

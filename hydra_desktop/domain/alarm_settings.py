"""What a hall says about its alarms: what is suppressed by design, and the times and numbers of the rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from .run import RunState

SHIFT_S = 8 * 3600.0


@dataclass(frozen=True)
class SuppressionRule:
    """When alarms mean nothing, by design: each of its conditions that is set suffices.

    It is for all plots but those of other `groups` or `plot_types` where some are named. `stays_s` is how long it
    stays on when its conditions are over, for detectors that need a while.
    """

    name: str
    beam_off: bool = False
    beam_below_na: float | None = None
    run_states: tuple[str, ...] = ()  # as the run file names them
    first_s: float = 0.0  # of a run
    entries_below: int = 0  # events in the run so far, as the run file tells
    stays_s: float = 0.0
    groups: tuple[str, ...] = ()
    plot_types: tuple[str, ...] = ()

    def why(self, run: RunState, now: datetime) -> str:
        """In words why it holds now, "" when it doesn't; what isn't known suppresses nothing."""
        if self.beam_off and run.beam_on is False:
            return "the beam is off"
        current = run.beam_current_na
        if self.beam_below_na is not None and current is not None and current < self.beam_below_na:
            return f"the beam is {current:g} nA, below {self.beam_below_na:g} nA"
        if run.state and run.state in self.run_states:
            return f"the run is {run.state}"
        if self.first_s and run.began_at is not None and timedelta() <= now - run.began_at < self._first:
            return f"run {run.run_number} has just begun"
        if self.entries_below and run.events is not None and run.events < self.entries_below:
            return f"the run has {run.events} events, fewer than {self.entries_below}"
        return ""

    def is_for(self, plot_type: str, group: str) -> bool:
        """Whether the plots of a type are meant."""
        if not self.groups and not self.plot_types:
            return True
        return plot_type in self.plot_types or (group != "" and group in self.groups)

    @property
    def _first(self) -> timedelta:
        return timedelta(seconds=self.first_s)


NO_BEAM = SuppressionRule("no beam", beam_off=True)


@dataclass(frozen=True)
class AlarmSettings:
    """How alarms work in a hall; of each time or number 0 switches off what it is for."""

    rules: tuple[SuppressionRule, ...] = (NO_BEAM,)
    shelve_at_most_s: float = SHIFT_S
    quiet_after_s: float = 600.0  # without any plot, while there is beam or nobody knows
    repeated_chunks: int = 4  # the same picture, while there is beam
    flood_over: int = 10  # alarms in ten minutes
    flood_until: int = 5
    canary_every_s: float = 3600.0
    canary_within_s: float = 120.0
    unanswered_after_s: float = 30.0  # a monitor, or a database, that doesn't answer

    def rules_for(self, names: Collection[str]) -> tuple[SuppressionRule, ...]:
        """The rules of these names."""
        return tuple(rule for rule in self.rules if rule.name in names)

"""Says when a plot type has changed: one condition, however many of its plots say so."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..database import clock, conditions, verdicts, wall
from ..database.naming import plot_type_id
from ..domain import drift
from ..domain.condition import Condition, ConditionKind
from ..domain.hall import Hall, PlotType
from ..domain.plot import Plot
from ..domain.verdict import Familiarity, Verdict

MONITOR = "monitor"


@dataclass
class _Seen:
    """The last plots of a type that one model judged, oldest first, and what is so of them."""

    model_id: int | None = None
    sights: list[drift.Sight] = field(default_factory=list)
    condition: Condition | None = None


class Drift:
    """Keeps the conditions of plot types true to the verdicts as they are stored.

    It mirrors what is in the database: after a transaction that failed, load it anew.
    """

    def __init__(self, hall_id: int) -> None:
        self._hall_id = hall_id
        self._seen: dict[str, _Seen] = {}

    def load(self, connection: Connection, hall: Hall) -> None:
        """Rebuild everything from the database."""
        self._seen = {}
        newest = conditions.newest(connection, self._hall_id)
        for name, plot_type in hall.plot_types.items():
            past = wall.history(connection, self._hall_id, name, drift.LAST)
            if not past:
                continue
            seen = self._seen[name] = _Seen(past[0].model_id)
            known = verdicts.familiarities(connection, [one.verdict_id for one in past])
            condition = newest.get(name)
            ended_at = condition.ended_at if condition is not None else None
            seen.condition = condition if ended_at is None else None
            for one in reversed(past):
                if one.model_id != seen.model_id or (ended_at is not None and one.plot.arrived_at < ended_at):
                    continue  # what was before says nothing of what is so now
                familiarity = known.get(one.verdict_id, Familiarity())
                sight = drift.sight(one.plot, plot_type, one.verdict, familiarity)
                if sight is not None:
                    seen.sights.append(sight)

    def follow(
        self,
        connection: Connection,
        plot: Plot,
        plot_type: PlotType,
        verdict: Verdict,
        familiarity: Familiarity | None,
        model_id: int | None,
    ) -> str:
        """Take one more stored verdict into account, at its place in time.

        Gives what a fault or Unfamiliar verdict is marked with because it only says what the change says, else "".
        """
        sight = drift.sight(plot, plot_type, verdict, familiarity or Familiarity())
        if sight is None:
            return ""
        seen = self._seen.setdefault(plot_type.name, _Seen(model_id))
        if model_id != seen.model_id:
            self._end(connection, plot_type, seen, "another model")
            self._seen[plot_type.name] = seen = _Seen(model_id)
        insort(seen.sights, sight, key=lambda one: one.order)
        del seen.sights[: -drift.LAST]
        change = self._go_on(connection, plot_type, seen, sight)
        if change is None or seen.condition is None or not ((sight.known or sight.unfamiliar) and change.says(sight)):
            return ""
        return f"; it deviates as all its plots since run {seen.condition.run_number} do"

    def is_said(self, plot: Plot, plot_type: PlotType, verdict: Verdict, familiarity: Familiarity) -> bool:
        """Whether a plot that was taken into account says nothing but what the open change of its type says."""
        seen, sight = self._seen.get(plot_type.name), drift.sight(plot, plot_type, verdict, familiarity)
        if seen is None or seen.condition is None or sight is None:
            return False
        return drift.since(seen.sights, (seen.condition.since, seen.condition.first_plot_id)).says(sight)

    def _go_on(
        self, connection: Connection, plot_type: PlotType, seen: _Seen, sight: drift.Sight
    ) -> drift.Change | None:
        """The change that holds with this plot; what is so is stored, begun or ended with it."""
        held = seen.condition
        if held is None:
            found = drift.find(seen.sights)
            if found is None:
                return None
            first, change = found
            seen.condition = conditions.begin(
                connection,
                self._hall_id,
                plot_type.name,
                ConditionKind.CHANGED,
                first_plot_id=first.plot_id,
                since=first.taken_at,
                begins_period=drift.begins_period(seen.sights, first),
                facts=change.facts,
                at=clock.now(connection),
            )
            return change
        first_place = (held.since, held.first_plot_id)
        if drift.is_over(seen.sights, first_place):
            self._end(connection, plot_type, seen, "most of its plots are familiar again")
            seen.sights.clear()
            return None
        change = drift.since(seen.sights, first_place)
        if not conditions.go_on(connection, held.id, facts=change.facts):
            seen.condition, seen.sights = None, [sight]  # somebody ended it: what was before is past
            return None
        return change

    def _end(self, connection: Connection, plot_type: PlotType, seen: _Seen, why: str) -> None:
        if seen.condition is not None:
            type_id = plot_type_id(connection, self._hall_id, plot_type.name)
            conditions.end(connection, self._hall_id, type_id, who=MONITOR, why=why)
            seen.condition = None

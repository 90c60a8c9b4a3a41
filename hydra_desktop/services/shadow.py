"""Shadow mode: a model judges live beside the active one, touches no alarm, and is compared with it day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from ..database import activations, clock, halls, shadows
from ..database.connection import Database
from ..domain.errors import LibraryError
from ..domain.library import Shadow, ShadowDay, by
from ..domain.verdict import Status
from . import library, lookup

DAYS = 14


@dataclass(frozen=True)
class ShadowReport:
    """What a model in shadow said beside the active one, day by day, the newest first."""

    plot_type: str
    model_id: int
    trials: Sequence[Shadow]
    days: Sequence[ShadowDay]

    @property
    def total(self) -> ShadowDay:
        """All days together."""
        differences: Counter[tuple[str, str]] = Counter()
        for day in self.days:
            differences.update(day.differences)
        return ShadowDay(
            "all",
            sum(day.plots for day in self.days),
            sum(day.same for day in self.days),
            sum(day.labelled for day in self.days),
            sum(day.active_right for day in self.days),
            sum(day.shadow_right for day in self.days),
            dict(differences.most_common()),
        )

    def text(self) -> str:
        """The report in words."""
        lines = [f"{self.plot_type}: model {self.model_id} in shadow"]
        for one in self.trials:
            until = f"until {one.ended_at:%Y-%m-%d %H:%M} UTC" if one.ended_at else "runs"
            lines.append(f"  since {one.since:%Y-%m-%d %H:%M} UTC, by {by(one.user, one.station)}, {until}")
        if not self.days:
            return "\n".join([*lines, "It has judged no plot yet; it does so as plots come in, while a monitor runs."])
        lines += [line(day) for day in (*self.days, *([self.total] if len(self.days) > 1 else []))]
        return "\n".join(lines)

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "model_id": self.model_id,
            "running": any(one.ended_at is None for one in self.trials),
            "days": [
                {
                    "day": day.day,
                    "plots": day.plots,
                    "same": day.same,
                    "labelled": day.labelled,
                    "active_right": day.active_right,
                    "shadow_right": day.shadow_right,
                    "differences": [
                        {"active": active, "shadow": tried, "plots": count}
                        for (active, tried), count in day.differences.items()
                    ],
                }
                for day in self.days
            ],
        }


def line(day: ShadowDay) -> str:
    """A day's comparison in a line."""
    found = f"  {day.day}: {day.same} of {day.plots} plots alike"
    if day.differences:
        found += ", " + ", ".join(f"{count} {was} -> {now}" for (was, now), count in day.differences.items())
    if day.labelled:
        found += (
            f"; of {day.labelled} labelled the active model has {day.active_right} right, this one {day.shadow_right}"
        )
    return found


def begin(database: Database, hall_name: str, model_id: int, *, user: str, station: str = "") -> str:
    """Let a model judge beside the active one, in the place of another that does; gives what was done, in words.

    Raises LibraryError for a model that isn't there or is live, ModelFileError for one that can't be opened.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        record = library.record_of(c, hall_id, model_id)
        library.expect_usable(c, record)
    name = record.plot_type
    with database.write(durable=True) as c:
        activations.hold(c, hall_id, [name])
        if activations.active_ids(c, hall_id).get(name) == model_id:
            raise LibraryError(f"{name}: model {model_id} is live; only another one can be tried in shadow.")
        running = shadows.running(c, hall_id).get(name)
        if running is not None and running.model_id == model_id:
            return f"{name}: model {model_id} is in shadow already, since {running.since:%Y-%m-%d %H:%M} UTC."
        shadows.begin(c, hall_id, name, model_id, user=user, station=station)
    instead = f" in the place of model {running.model_id}" if running is not None else ""
    return f"{name}: model {model_id} judges in shadow{instead} from the next chunk on; no alarm follows from it."


def end(database: Database, hall_name: str, plot_type: str, *, user: str) -> str:
    """End the trial of a plot type; what was found stays. Raises LibraryError where there is none."""
    with database.write(durable=True) as c:
        hall_id = lookup.hall(c, hall_name)
        name = lookup.plot_type(halls.load(c, hall_id).plot_types, plot_type)
        type_id = activations.hold(c, hall_id, [name])[name]
        running = shadows.running(c, hall_id).get(name)
        if running is None:
            raise LibraryError(f"{name} has no model in shadow.")
        shadows.end(c, hall_id, type_id, user=user)
    return f"{name}: model {running.model_id} isn't in shadow any more; what it said is kept."


def report(database: Database, hall_name: str, model_id: int, *, days: int = DAYS) -> ShadowReport:
    """How a model in shadow compares with the active one on the last days; raises LibraryError without such a model."""
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        record = library.record_of(c, hall_id, model_id)
        trials = shadows.of_model(c, model_id)
        today = clock.now(c).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        for day in (today - timedelta(days=back) for back in range(days if trials else 0)):
            rows = shadows.said(c, model_id, day, day + timedelta(days=1))
            if rows:
                found.append(_day(f"{day:%Y-%m-%d}", rows))
    return ShadowReport(record.plot_type, model_id, trials, found)


def _day(name: str, rows: Sequence[Any]) -> ShadowDay:
    differences: Counter[tuple[str, str]] = Counter()
    for row in rows:
        active, tried = _words(row.active_label, row.active_status), _words(row.label, row.status)
        if active != tried:
            differences[active, tried] += row.plots
    plots = sum(row.plots for row in rows)
    return ShadowDay(
        name,
        plots,
        plots - differences.total(),
        sum(row.labelled for row in rows),
        sum(row.active_right for row in rows),
        sum(row.shadow_right for row in rows),
        dict(differences.most_common()),
    )


def _words(label: str | None, status: str) -> str:
    """What a verdict says: Bad, Bad?, Unfamiliar, NoModel."""
    if status == Status.CONFIRMED:
        return label or ""
    return f"{label}?" if status == Status.UNCONFIRMED else status

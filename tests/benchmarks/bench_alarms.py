"""Replay of a day: false alarms, how late real faults are heard, and floods, beside a plain threshold.

By the rules that a plot type has by default. A day has 1 % wrong verdicts, half of them in bursts by plot type and
run, three flickering types, two beam trips and five real faults (`alarm_day`). In the one hall of which we know it a
model that is wrong is so for whole runs (`make bench ONLY=vision DATA=...`, clas12_yield); the day is drawn for shorter
bursts too, which no rule that hears a fault as early can tell from one, and several times for each. Of each length one
goes through the services on a database, and must come out as its replay does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.hall import AlarmRule, PlotType

from .alarm_day import CHUNKS, SHIFTS, TYPES, Outcome, draw, plain, replayed, score
from .alarm_services import follow
from .figure import Figure

BURSTS = (0, 16, 8, 4, 2)  # chunks, 0 for a whole run
SEEDS = 20
MOST_FALSE = 2.0  # in a shift
MOST_LATE = 2  # chunks after k of n
FLOOD = 10


def figures(_data: Path | None) -> Iterator[Figure]:
    """Each length of bursts by itself: many days by replay, one of them through the services."""
    rule = PlotType("any").rule
    yield Figure("plots of a day", TYPES * CHUNKS, "")
    yield Figure(f"rule: {rule.k} of {rule.n} chunks, ends after Good for", rule.off_delay_s / 60, "min")
    for burst in BURSTS:
        name = f"bursts of {burst} chunks" if burst else "bursts of a whole run"
        days = [draw(seed, burst) for seed in range(SEEDS)]
        yield from _without_rule(name, [score(day, plain(day), AlarmRule(1, 1)) for day in days])
        found = [score(day, replayed(day, rule), rule) for day in days]
        yield from _of_rule(name, found)
        with tempfile.TemporaryDirectory() as folder:
            database = open_database(f"sqlite:///{folder}/hydra.db", upgrade=True)
            told = follow(database, days[0], rule)
            database.close()
        same = score(days[0], told.heard, rule) == found[0]
        yield Figure(f"{name}, through the services: as its replay", int(same), "", "1", same)
        of_hall = sum(told.of_hall.values())
        yield Figure(
            f"{name}, through the services: floods and other alarms of the hall", of_hall, "", "0", not of_hall
        )


def _without_rule(name: str, found: list[Outcome]) -> Iterator[Figure]:
    wrong = [(one.false + one.flickering + one.again) / SHIFTS for one in found]
    yield Figure(f"{name}, plain threshold: false alarms a shift{_spread(wrong)}", float(np.mean(wrong)), "")
    yield Figure(f"{name}, plain threshold: most in 10 min", max(one.most for one in found), "")


def _of_rule(name: str, found: list[Outcome]) -> Iterator[Figure]:
    false = [(one.false + one.again) / SHIFTS for one in found]
    flicker = [one.flickering / SHIFTS for one in found]
    both = [a + b for a, b in zip(false, flicker, strict=True)]
    mean = float(np.mean(both))
    yield Figure(
        f"{name}: false alarms a shift{_spread(both)}", mean, "", f"at most {MOST_FALSE:g}", mean <= MOST_FALSE
    )
    yield Figure(f"{name}: of these not of the flickering types{_spread(false)}", float(np.mean(false)), "")
    late = [one for outcome in found for one in outcome.late]
    known = sorted(one for one in late if one is not None)
    what = f"{name}: after k of n chunks, median of {len(late)} faults, {len(late) - len(known)} never heard"
    yield Figure(what, float(np.median(known)), "chunks")
    yield Figure(f"{name}: the latest of those heard", known[-1], "chunks")
    in_time = sum(one <= MOST_LATE for one in known)
    yield Figure(
        f"{name}: faults heard within {MOST_LATE} chunks", 100 * in_time / len(late), "%", "100",
        in_time == len(late),
    )  # fmt: skip
    most = max(one.most for one in found)
    yield Figure(f"{name}: most in 10 min", most, "", f"at most {FLOOD}", most <= FLOOD)


def _spread(values: list[float]) -> str:
    return f" ({min(values):.1f} to {max(values):.1f} in {len(values)} days)"

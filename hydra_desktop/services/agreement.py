"""How alike people label: of each two, over the plots that both labelled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, timedelta
from itertools import combinations
from math import sqrt
from typing import Any

from ..database import given_labels
from ..database.connection import Database
from ..domain.labeling import Agreement

Z = 1.959964  # of a 95 % interval


def of_people(database: Database, hall_id: int, plot_type: str | None = None) -> tuple[Agreement, ...]:
    """How alike each two people label, in a hall or of one of its plot types, by what each said last of a plot.

    Accepted guesses and what settled a dispute are left out: neither is a person's own word on a plot.
    Raises KeyError for a plot type that the hall hasn't.
    """
    with database.read() as c:
        return _of(given_labels.of_several(c, hall_id, plot_type))


def by_week(database: Database, hall_id: int, plot_type: str | None = None) -> dict[date, tuple[Agreement, ...]]:
    """The same by week, named by its Monday (UTC): that of the later of the two labels; the newest week last."""
    with database.read() as c:
        rows = list(given_labels.of_several(c, hall_id, plot_type))
    weeks: dict[date, Counter[tuple[str, str, str, str]]] = defaultdict(Counter)
    for one, other in _pairs(rows):
        day = max(one.at, other.at).astimezone(UTC).date()
        weeks[day - timedelta(days=day.weekday())][one.user, other.user, one.label, other.label] += 1
    return {week: _agreements(weeks[week]) for week in sorted(weeks)}


def agreement(first: str, second: str, table: Mapping[tuple[str, str], int]) -> Agreement:
    """Cohen's kappa of two people, who said `table`: numbers of plots by what the first and the second said.

    Kappa = (po - pe) / (1 - pe), with po the share of plots they agree on and pe the share on which they would
    by chance (Cohen 1960, Educational and Psychological Measurement 20, 37-46). Its interval is that of po by
    Wilson (1927, Journal of the American Statistical Association 22, 209-212) with pe as it is.
    """
    count = sum(table.values())
    alike = sum(number for (one, other), number in table.items() if one == other)
    said, answered = Counter[str](), Counter[str]()
    for (one, other), number in table.items():
        said[one] += number
        answered[other] += number
    by_chance = sum(number * answered[label] for label, number in said.items()) / count**2
    if by_chance >= 1.0:  # both said one and the same label of everything
        return Agreement(first, second, alike, count - alike, None, table=dict(table))
    kappa, low, high = ((po - by_chance) / (1 - by_chance) for po in (alike / count, *_wilson(alike, count)))
    return Agreement(first, second, alike, count - alike, kappa, low, high, dict(table))


def _of(rows: Iterable[Any]) -> tuple[Agreement, ...]:
    return _agreements(Counter((one.user, other.user, one.label, other.label) for one, other in _pairs(rows)))


def _pairs(rows: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """What each two people said last of one plot; of the two the first by name comes first."""
    newest: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        newest[row.plot_id][row.user] = row
    for said in newest.values():
        for first, second in combinations(sorted(said), 2):
            yield said[first], said[second]


def _agreements(counts: Mapping[tuple[str, str, str, str], int]) -> tuple[Agreement, ...]:
    tables: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for (first, second, one, other), number in counts.items():
        tables[first, second][one, other] = number
    return tuple(agreement(*people, tables[people]) for people in sorted(tables))


def _wilson(hits: int, count: int) -> tuple[float, float]:
    share, z2 = hits / count, Z**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z / (1 + z2 / count) * sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return middle - half, middle + half

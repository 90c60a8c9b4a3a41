"""Conditions: what is so of a plot type as a whole, told once however many plots say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NAMED = 3  # plot types that a line about many of them names


class ConditionKind(StrEnum):
    """What may be so of a plot type."""

    CHANGED = "changed"


@dataclass(frozen=True)
class Condition:
    """One condition of a plot type, open until `ended_at`.

    `since` and run are those of the first plot of which it is so, and `begins_period` says that
    the run period began with it; `facts` says in words what was seen, as of the newest plot.
    """

    id: int
    kind: ConditionKind
    plot_type: str
    since: datetime
    first_plot_id: int
    run_period: str
    run_number: int
    begins_period: bool
    facts: str
    ended_at: datetime | None = None
    ended_by: str = ""  # a person or the monitor


def tell(conditions: Sequence[Condition], contacts: Mapping[str, str]) -> list[str]:
    """What a person is told of open conditions, a line for each run with which they began, newest first.

    Plot types that changed within one run are told as one. `contacts` says who answers for a plot type.
    """
    by_run: dict[tuple[str, int], list[Condition]] = {}
    for condition in sorted(conditions, key=lambda one: (one.since, one.plot_type), reverse=True):
        by_run.setdefault((condition.run_period, condition.run_number), []).append(condition)
    return [_tell_one(some[0], contacts) if len(some) == 1 else _tell_many(some) for some in by_run.values()]


def _tell_one(condition: Condition, contacts: Mapping[str, str]) -> str:
    name, contact = condition.plot_type, contacts.get(condition.plot_type, "")
    otherwise = f" If not, call {contact}." if contact else ""
    return (
        f"{name} has changed: {condition.facts}, since run {condition.run_number}{_period(condition)}. "
        f"If this is the new normal, give it a reference: hydra-desktop reference propose {name}.{otherwise}"
    )


def _tell_many(conditions: Sequence[Condition]) -> str:
    names = sorted(condition.plot_type for condition in conditions)
    left = len(names) - NAMED
    named = ", ".join(names[:NAMED]) + (f" and {left} more" if left > 0 else "")
    return (
        f"{len(names)} plot types have changed since run {conditions[0].run_number}{_period(*conditions)}: {named}. "
        "If this is the new normal, give them references: hydra-desktop reference propose PLOT_TYPE."
    )


def _period(*conditions: Condition) -> str:
    began = all(condition.begins_period for condition in conditions)
    return f", with which run period {conditions[0].run_period} began" if began else ""

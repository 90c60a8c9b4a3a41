"""Conditions: what is so of a plot type as a whole, told once however many plots say it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .reference import SIZE, WithoutReference

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
    told_at: datetime | None = None  # by the database's clock


def tell(conditions: Sequence[Condition], contacts: Mapping[str, str], proposed: Collection[str] = ()) -> list[str]:
    """What a person is told of open conditions, a line for each run with which they began, newest first.

    Plot types that changed within one run are told as one. `contacts` says who answers for a plot type,
    and `proposed` for which of them a proposed reference waits.
    """
    by_run: dict[tuple[str, int], list[Condition]] = {}
    for condition in sorted(conditions, key=lambda one: (one.since, one.plot_type), reverse=True):
        by_run.setdefault((condition.run_period, condition.run_number), []).append(condition)
    return [
        _tell_one(some[0], contacts, some[0].plot_type in proposed) if len(some) == 1 else _tell_many(some)
        for some in by_run.values()
    ]


def _tell_one(condition: Condition, contacts: Mapping[str, str], is_proposed: bool) -> str:
    name, contact = condition.plot_type, contacts.get(condition.plot_type, "")
    way = "give it a reference: hydra-desktop reference propose"
    if is_proposed:
        way = "confirm the reference that is proposed: hydra-desktop reference confirm"
    otherwise = f" If not, call {contact}." if contact else ""
    return (
        f"{name} has changed: {condition.facts}, since run {condition.run_number}{_period(condition)}. "
        f"If this is the new normal, {way} {name}.{otherwise}"
    )


def _tell_many(conditions: Sequence[Condition]) -> str:
    names = [condition.plot_type for condition in conditions]
    return (
        f"{len(names)} plot types have changed since run {conditions[0].run_number}{_period(*conditions)}: "
        f"{_listed(names)}. "
        "If this is the new normal, give them references: hydra-desktop reference propose PLOT_TYPE."
    )


def tell_without_reference(lacking: Sequence[WithoutReference]) -> list[str]:
    """What a person is told of plot types that have no reference yet, a line for each run period."""
    by_period: dict[str, list[WithoutReference]] = {}
    for one in lacking:
        by_period.setdefault(one.run_period, []).append(one)
    return [_tell_without(period, some) for period, some in by_period.items()]


def _tell_without(run_period: str, lacking: Sequence[WithoutReference]) -> str:
    names = [one.plot_type for one in lacking]
    name, which = names[0], names[0]
    if len(names) > 1:
        name, which = "PLOT_TYPE", f"{len(names)} plot types ({_listed(names)})"
    period = f"run period {run_period}" if run_period else "plots without a run period"
    line = f"No reference of {period} yet for {which}: what deviates is Unfamiliar. "
    proposed = [one.plot_type for one in lacking if one.proposed]
    if not proposed:
        return (
            f"{line}The monitor proposes the first {SIZE} steady plots, once; or name some: "
            f"hydra-desktop reference set {name} MANIFEST.csv --run-period {shlex.quote(run_period)}."
        )
    waits = "A proposal waits" if len(names) == 1 else f"Proposals wait for {_listed(proposed)}"
    return (
        f"{line}{waits}; look at the plots (hydra-desktop reference show {name}), then: "
        f"hydra-desktop reference confirm {name} --run-period {shlex.quote(run_period)}"
        + (", or --all in place of PLOT_TYPE." if len(proposed) > 1 else ".")
    )


def _listed(names: Sequence[str]) -> str:
    left = len(names) - NAMED
    return ", ".join(sorted(names)[:NAMED]) + (f" and {left} more" if left > 0 else "")


def _period(*conditions: Condition) -> str:
    began = all(condition.begins_period for condition in conditions)
    return f", with which run period {conditions[0].run_period} began" if began else ""

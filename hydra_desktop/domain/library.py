"""The library: models of a plot type, which is live and was, sets of them, and models on trial."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .label import Role


class ActivationKind(StrEnum):
    """How a model came to be the active one."""

    ACTIVATED = "activated"
    ROLLED_BACK = "rolled back"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True)
class Activation:
    """A change of a plot type's active model; `model_id` is None where it has none from then on.

    `in_spite_of` is the warning that was overruled, `set_name` the set with which it was done; "" for none.
    """

    id: int
    plot_type: str
    model_id: int | None
    before_id: int | None
    at: datetime
    user: str
    station: str
    kind: ActivationKind
    comment: str = ""
    in_spite_of: str = ""
    set_name: str = ""

    def text(self) -> str:
        """In a line what was done, by whom and when."""
        what = {
            ActivationKind.ACTIVATED: f"{named(self.model_id)} put live",
            ActivationKind.ROLLED_BACK: f"rolled back to {named(self.model_id)}",
            ActivationKind.DEACTIVATED: f"{named(self.before_id)} taken out of service",
        }[self.kind]
        with_set = f" with the set {self.set_name}" if self.set_name else ""
        spite = f"; in spite of this: {self.in_spite_of}" if self.in_spite_of else ""
        comment = f" ({self.comment})" if self.comment else ""
        return f"{what}{with_set} by {by(self.user, self.station)}, {self.at:%Y-%m-%d %H:%M} UTC{comment}{spite}"


def named(model_id: int | None) -> str:
    """A model as it is called on screens and in messages."""
    return "no model" if model_id is None else f"model {model_id}"


def by(user: str, station: str) -> str:
    """Who, and at which station where that is known."""
    return f"{user} at {station}" if station else user


def former(oldest_first: Iterable[Activation]) -> tuple[bool, int | None]:
    """What a roll back makes active, as whether there is anything to go back to, and the model (None: no model).

    A roll back takes back the last activation that wasn't taken back yet, so that several go back step by step.
    """
    stack: list[int | None] = []
    for one in oldest_first:
        if one.kind is ActivationKind.ROLLED_BACK:
            del stack[-1:]
        else:
            stack.append(one.model_id)
    return len(stack) > 1, stack[-2] if len(stack) > 1 else None


@dataclass(frozen=True)
class ModelSet:
    """Models of many plot types for a run period, put live and rolled back together; `models` are ids by plot type.

    `activated_at` is when it was put live last, if that wasn't rolled back. `live_since` and `live_by` tell of the
    last change that made its models the active ones, however that came; None where they aren't.
    """

    id: int
    name: str
    run_period: str
    at: datetime
    user: str
    station: str
    comment: str
    models: Mapping[str, int] = field(default_factory=dict)
    activated_at: datetime | None = None
    activated_by: str = ""
    live_since: datetime | None = None
    live_by: str = ""

    @property
    def in_force(self) -> bool:
        """Whether its models are the active ones now."""
        return self.live_since is not None

    @property
    def size(self) -> str:
        """How many models, in words."""
        return f"{len(self.models)} model{'' if len(self.models) == 1 else 's'}"

    def text(self) -> str:
        """In a line."""
        period = f" for {self.run_period}" if self.run_period else ""
        live = f", live since {self.live_since:%Y-%m-%d %H:%M} UTC by {self.live_by}" if self.live_since else ""
        comment = f" ({self.comment})" if self.comment else ""
        return (
            f"{self.name}{period}: {self.size}, saved {self.at:%Y-%m-%d %H:%M} UTC by "
            f"{by(self.user, self.station)}{live}{comment}"
        )

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "name": self.name,
            "run_period": self.run_period,
            "saved_at": self.at.isoformat(),
            "saved_by": self.user,
            "comment": self.comment,
            "models": dict(self.models),
            "in_force": self.in_force,
        }


@dataclass(frozen=True)
class Shadow:
    """A model on trial: it judges live beside the active one, and nobody is alarmed by it."""

    plot_type: str
    model_id: int
    since: datetime
    user: str
    station: str
    ended_at: datetime | None = None
    ended_by: str = ""


@dataclass(frozen=True)
class ShadowDay:
    """What a model on trial said of the plots of one day, beside the model that was active.

    `same` are the plots of which both say the same label with the same status. Of the `labelled` ones, accepted
    guesses left out, `active_right` and `shadow_right` are those whose label the model named.
    """

    day: str  # 2026-11-28, by UTC
    plots: int
    same: int
    labelled: int
    active_right: int
    shadow_right: int
    differences: Mapping[tuple[str, str], int]  # what the active one said, what the one on trial did -> plots

    @property
    def different(self) -> int:
        """Plots of which they say different things."""
        return self.plots - self.same


@dataclass(frozen=True)
class Measured:
    """What a model did with labelled plots of runs that it never saw.

    `wrong` are those that it called by another label, `missed` the faulty ones that it called good, and
    `false_positives` the good ones with a Confirmed faulty verdict, None where that wasn't counted.
    """

    plots: int
    wrong: int
    faulty: int
    missed: int
    good: int
    false_positives: int | None
    macro_f1: float
    auc: float | None

    @classmethod
    def of(cls, card: Mapping[str, Any], roles: Mapping[str, Role]) -> Measured | None:
        """The figures on a model's card, None where it has none that can be read."""
        figures = card.get("figures")
        try:
            confusion = {
                label: {said: int(count) for said, count in row.items()}
                for label, row in figures["confusion"].items()  # type: ignore[index]
            }
            auc, rate = figures.get("auc"), figures.get("false_positives_per_1000")  # type: ignore[union-attr]
            macro_f1 = float(figures["macro_f1"])  # type: ignore[index]
            auc, rate = (None if value is None else float(value) for value in (auc, rate))
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
            return None
        if not all(math.isfinite(one) for one in (macro_f1, auc, rate) if one is not None):
            return None
        total = {label: sum(row.values()) for label, row in confusion.items()}
        faulty = [label for label in confusion if roles.get(label) is Role.FAULTY]
        good = sum(count for label, count in total.items() if roles.get(label) is Role.GOOD)
        if not sum(total.values()):
            return None
        return cls(
            plots=sum(total.values()),
            wrong=sum(total[label] - row.get(label, 0) for label, row in confusion.items()),
            faulty=sum(total[label] for label in faulty),
            missed=sum(
                count for label in faulty for said, count in confusion[label].items() if roles.get(said) is Role.GOOD
            ),
            good=good,
            false_positives=None if rate is None else round(rate * good / 1000),
            macro_f1=macro_f1,
            auc=auc,
        )

    def text(self) -> str:
        """In a line."""
        parts = [f"F1 {self.macro_f1:.3f} on {self.plots} held-out plots"]
        if self.faulty:
            parts.append(f"{self.missed} of {self.faulty} faulty called good")
        if self.good and self.false_positives is not None:
            parts.append(f"{self.false_positives} false positives of {self.good} Good")
        return ", ".join(parts)

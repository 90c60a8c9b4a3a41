"""How a verdict or a label stands on the screen: word, mark and colour together."""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.hall import PlotType
from ...domain.label import Label, Role, Severity
from ...domain.verdict import Status, Verdict
from ...domain.wall import PanelState
from .. import marks
from ..theme import Colours


@dataclass(frozen=True)
class Standing:
    """What is said of a plot; `rank` orders the rows of a strip, the gravest first."""

    word: str
    mark: str
    colour: str
    rank: int


def of_verdict(verdict: Verdict | None, plot_type: PlotType, c: Colours) -> Standing:
    """How a verdict stands; None is a plot that was never judged."""
    if verdict is None:
        return Standing("not judged", "dots", c.muted, 90)
    if verdict.status is Status.NO_MODEL:
        return Standing("NoModel", "dashed", c.muted, 80)
    if verdict.status is Status.UNFAMILIAR:
        return Standing("Unfamiliar", "star", c.unfamiliar, 30)
    if verdict.status is Status.UNCONFIRMED:
        role = plot_type.label(verdict.label).role
        return Standing(f"{verdict.label}?", "question", c.unconfirmed, 41 if role is Role.GOOD else 40)
    return of_label(plot_type.label(verdict.label), c)


def of_label(label: Label, c: Colours) -> Standing:
    """How a label stands that is certain."""
    if label.severity > Severity.NONE:
        mark = marks.for_state(PanelState.FAULT, label.severity)
        return Standing(label.name, mark, c.severity(label.severity), 20 - label.severity)
    if label.role is Role.GOOD:
        return Standing(label.name, "tick", c.good, 60)
    return Standing(label.name, "dash", c.muted, 50)

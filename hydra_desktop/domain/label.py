"""Labels: what a person says a plot is, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What a label means for training, verdicts and alarms."""

    GOOD = "good"
    FAULTY = "faulty"
    CONDITION = "condition"  # the detector may be fine, the circumstances are not: NoData, LED
    EXCLUDED = "excluded"  # left out of training and evaluation: Ignore


class Severity(IntEnum):
    """How much an alarm of this label matters; ordered."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """The word used in settings files and on screens."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Severity:
        """The severity of that word; raises KeyError for an unknown one."""
        return cls[word.upper()]


@dataclass(frozen=True)
class Label:
    """A label as one plot type uses it.

    `colour` is ``#RRGGBB`` and appears in legends, palettes and histograms only; severity
    colours the wall. `key` is one keyboard character.
    """

    name: str
    role: Role
    severity: Severity
    colour: str
    key: str


# Defaults for names that are usual in the field; data, not rules: a hall may set all of it.
_KNOWN = {
    label.name: label
    for label in (
        Label("Good", Role.GOOD, Severity.NONE, "#A7BCCB", "g"),
        Label("Acceptable", Role.GOOD, Severity.NONE, "#8FA98C", "a"),
        Label("Bad", Role.FAULTY, Severity.HIGH, "#B8615A", "b"),
        Label("HotChannel", Role.FAULTY, Severity.MEDIUM, "#DDBE86", "h"),
        Label("Outlier", Role.FAULTY, Severity.MEDIUM, "#C98B6B", "o"),
        Label("SectorLoss", Role.FAULTY, Severity.HIGH, "#9E4B63", "s"),
        Label("NoData", Role.CONDITION, Severity.NONE, "#6670BE", "n"),
        Label("LowStat", Role.CONDITION, Severity.LOW, "#7F8F5A", "l"),
        Label("NoBeam", Role.CONDITION, Severity.NONE, "#5C7FA8", "m"),
        Label("Cosmic", Role.CONDITION, Severity.NONE, "#7A6BA8", "c"),
        Label("LED", Role.CONDITION, Severity.NONE, "#4F9C94", "e"),
        Label("Source", Role.CONDITION, Severity.NONE, "#A2799B", "u"),
        Label("Ignore", Role.EXCLUDED, Severity.NONE, "#6B7280", "i"),
    )
}


def default_label(name: str) -> Label:
    """The label of that name with default role, severity, colour and key.

    A name nobody has heard of is faulty and of medium severity until an expert says otherwise.
    """
    known = _KNOWN.get(name)
    if known is not None:
        return known
    return Label(name, Role.FAULTY, Severity.MEDIUM, "#B07AA1", "")

"""Labeling: the queues of plots that wait for a person, what people said, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .label import Label
from .plot import Plot
from .verdict import Status


class Queue(StrEnum):
    """Why a plot waits for a person."""

    UNLABELLED = "unlabelled"
    UNCONFIRMED = "unconfirmed"
    UNFAMILIAR = "unfamiliar"
    CONTESTED = "contested"
    DISAGREE = "disagree"  # model and label
    DISPUTED = "disputed"  # two people disagree
    SUSPECT = "suspect"  # a label that cross-validation finds unlikely
    MISTAKE = "mistake"  # a held-out plot that the newest training told wrong
    RANDOM = "random"  # the unlabelled ones in an order that chance gave
    EVERY = "every"  # all plots that are kept, labelled or not

    @property
    def words(self) -> str:
        """The queue as the screen names it."""
        return _WORDS[self]


_WORDS = {
    Queue.UNLABELLED: "Unlabelled, newest",
    Queue.UNCONFIRMED: "Unconfirmed",
    Queue.UNFAMILIAR: "Unfamiliar",
    Queue.CONTESTED: "Contested by the shift",
    Queue.DISAGREE: "Model and label disagree",
    Queue.DISPUTED: "Two people disagree",
    Queue.SUSPECT: "Suspect labels",
    Queue.MISTAKE: "Mistakes of the model",
    Queue.RANDOM: "Random sample",
    Queue.EVERY: "Every plot",
}


class Mode(StrEnum):
    """How a label was given."""

    IMPORT = "import"
    GRID = "grid"
    SINGLE = "single"
    RELABEL = "relabel"
    ADJUDICATE = "adjudicate"  # it settles what two people said


class Order(StrEnum):
    """In which order a queue is worked through."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RUN = "run"
    LEAST_SURE = "least sure"
    MOST_SURE = "most sure"

    @property
    def words(self) -> str:
        """The order as the screen names it."""
        return {
            Order.NEWEST: "Newest first",
            Order.OLDEST: "Oldest first",
            Order.RUN: "By run",
            Order.LEAST_SURE: "Least sure first",
            Order.MOST_SURE: "Most sure first",
        }[self]


@dataclass(frozen=True)
class Given:
    """What a person said of a plot; `accepted` is a guess taken over with its page, which never evaluates."""

    id: int
    label: str
    user: str
    at: datetime
    mode: str
    accepted: bool = False
    guess_visible: bool = False
    taken_ms: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Guess:
    """What the model says a plot is."""

    label: str
    confidence: float
    status: Status
    decided_at: datetime


@dataclass(frozen=True)
class Standing:
    """All on which it rests in which queues a plot waits; `given` is what stands, in the order it was said."""

    kept: bool
    given: tuple[Given, ...] = ()
    guess: Guess | None = None
    contested_at: datetime | None = None
    suspect: int | None = None  # the id of the label that is suspect
    mistake: int | None = None  # the id of the label that the model's newest training told otherwise
    excluded: bool = False  # the label in force is one that is left out of training


def in_force(given: Iterable[Given]) -> Given | None:
    """The label that counts: the newest that a person chose, else the newest accepted guess."""
    said = sorted(given, key=lambda one: one.id)
    chosen = [one for one in said if not one.accepted]
    return chosen[-1] if chosen else said[-1] if said else None


def voices(given: Iterable[Given]) -> tuple[Given, ...]:
    """What people say now: the newest of each since it was last settled, the settlement among them."""
    said = sorted(given, key=lambda one: one.id)
    settled = max((place for place, one in enumerate(said) if one.mode == Mode.ADJUDICATE), default=0)
    newest = {one.user if one.mode != Mode.ADJUDICATE else "": one for one in said[settled:]}
    return tuple(sorted(newest.values(), key=lambda one: one.id))


def is_disputed(given: Iterable[Given]) -> bool:
    """Whether people say different things of a plot, and nobody has settled it since."""
    return len({one.label for one in voices(given)}) > 1


def queues(standing: Standing) -> frozenset[Queue]:
    """The queues in which a plot waits, `RANDOM` and `EVERY` apart; a plot that isn't kept waits in none.

    Who saw the model's guess and said otherwise has answered that the two disagree; a label given
    after a contest has answered the contest.
    """
    if not standing.kept:
        return frozenset()
    label, guess = in_force(standing.given), standing.guess
    found = set()
    if label is None:
        found.add(Queue.UNLABELLED)
        if guess is not None and guess.status is Status.UNCONFIRMED:
            found.add(Queue.UNCONFIRMED)
        if guess is not None and guess.status is Status.UNFAMILIAR:
            found.add(Queue.UNFAMILIAR)
    elif guess is not None and guess.label not in ("", label.label) and not standing.excluded:
        answered = label.guess_visible and label.at > guess.decided_at
        if not answered:
            found.add(Queue.DISAGREE)
    if standing.contested_at is not None and (label is None or label.at < standing.contested_at):
        found.add(Queue.CONTESTED)
    if is_disputed(standing.given):
        found.add(Queue.DISPUTED)
    if label is not None and standing.suspect == label.id:
        found.add(Queue.SUSPECT)
    if label is not None and standing.mistake == label.id and not standing.excluded:
        found.add(Queue.MISTAKE)
    return frozenset(found)


@dataclass(frozen=True)
class Filters:
    """Which plots of a queue are wanted; None and "" are no wish. Runs and times include their ends."""

    first_run: int | None = None
    last_run: int | None = None
    run_period: str | None = None
    guess: str = ""
    label: str = ""
    user: str = ""
    since: datetime | None = None
    until: datetime | None = None
    least_confidence: float | None = None
    most_confidence: float | None = None
    plots: frozenset[int] | None = None  # their ids: these and no others

    @property
    def count(self) -> int:
        """How many wishes are set."""
        wishes = (self.first_run, self.last_run, self.run_period, self.since, self.until, self.plots)
        bounds = (self.least_confidence, self.most_confidence)
        return sum(one is not None for one in (*wishes, *bounds)) + sum(map(bool, (self.guess, self.label, self.user)))


@dataclass(frozen=True)
class QueuedPlot:
    """A plot in a queue, with what is known of it.

    `alike` are the ids of near-duplicates that take its label with it. `blind` is one of the share that is
    judged without the guess in sight, for honest figures: its guess is shown only once it is labelled.
    """

    plot: Plot
    guess: Guess | None = None
    given: tuple[Given, ...] = ()
    alike: tuple[int, ...] = ()
    blind: bool = False
    verdict_id: int | None = None

    @property
    def label(self) -> str:
        """The label in force, "" without one."""
        found = in_force(self.given)
        return found.label if found is not None else ""

    @property
    def shown_guess(self) -> str:
        """The guess as far as it may be seen before a person decided."""
        return "" if self.guess is None or self.blind else self.guess.label


@dataclass(frozen=True)
class Choice:
    """What a person says of one plot; no label is a skip."""

    plot_id: int
    label: str | None
    accepted: bool = False
    guess_visible: bool = False
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """One act of a person, which is stored and undone as a whole.

    `key` names it for good, so that it is never stored twice; `taken_ms` is how long the person looked.
    """

    key: str
    choices: tuple[Choice, ...]
    mode: Mode
    taken_ms: int


@dataclass(frozen=True)
class Act:
    """A stored decision; `undone` tells whether it was taken back."""

    id: int
    key: str
    mode: Mode
    choices: tuple[Choice, ...]
    at: datetime
    undone: bool = False


@dataclass(frozen=True)
class Session:
    """What one person did at one station without a long pause: numbers of labels, and what can be undone and redone."""

    id: int | None = None
    labels: int = 0
    skipped: int = 0
    can_undo: int = 0
    can_redo: int = 0
    recent: tuple[tuple[datetime, int], ...] = ()  # when labels were given in the last minutes, and how many


@dataclass(frozen=True)
class Keyed:
    """A label with the key that gives it now."""

    label: Label
    key: str


def keyed(labels: Sequence[Label]) -> tuple[Keyed, ...]:
    """Each label with a key of its own: the one that was chosen, else a letter of its name, else a digit.

    Of two labels with the same key the first has it.
    """
    taken: set[str] = set()
    chosen: dict[str, str] = {}
    for label in labels:
        key = label.key.lower()
        if len(key) == 1 and key not in taken and not key.isspace():
            taken.add(key)
            chosen[label.name] = key
    for label in labels:
        if label.name not in chosen:
            letters = [one for one in label.name.lower() if one.isascii() and one.isalpha()]
            free = [one for one in (*letters, *"123456789", *"abcdefghijklmnopqrstuvwxyz") if one not in taken]
            if free:
                chosen[label.name] = free[0]
                taken.add(free[0])
    return tuple(Keyed(label, chosen.get(label.name, "")) for label in labels)


@dataclass(frozen=True)
class Agreement:
    """How alike two people label: `table` counts plots by what the first and the second said."""

    first: str
    second: str
    alike: int
    differ: int
    kappa: float | None  # None where chance alone would make them agree always
    low: float | None = None  # of the 95 % interval
    high: float | None = None
    table: Mapping[tuple[str, str], int] = field(default_factory=dict)


WINDOW = timedelta(minutes=2)  # over which the pace is told
CURVE = timedelta(minutes=15)


def pace(recent: Iterable[tuple[datetime, int]], now: datetime) -> float:
    """Labels per minute over the last two minutes, or since the first of them if that is shorter; 0 after a rest."""
    lately = [(at, count) for at, count in recent if now - at < WINDOW]
    if not lately:
        return 0.0
    span = max(now - min(at for at, _ in lately), timedelta(seconds=10))
    return sum(count for _, count in lately) / (span / timedelta(minutes=1))


def pace_curve(recent: Iterable[tuple[datetime, int]], now: datetime) -> list[int]:
    """Labels in each of the last 15 minutes, the oldest first."""
    minutes = CURVE // timedelta(minutes=1)
    counted = [0] * minutes
    for at, count in recent:
        place = minutes - 1 - (now - at) // timedelta(minutes=1)
        if 0 <= place < minutes:
            counted[place] += count
    return counted

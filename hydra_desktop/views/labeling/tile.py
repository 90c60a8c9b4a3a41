"""What a tile of a page tells of its plot: the guess, or what was said of it here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ...domain.labeling import QueuedPlot, in_force, is_disputed, voices
from ...domain.verdict import Status
from .. import words
from ..marks import Fill


@dataclass(frozen=True)
class Said:
    """What was said of a plot on this page; no label is a skip."""

    label: str | None
    accepted: bool = False


class Standing(Enum):
    """How a plot of the page stands, each told apart at a glance."""

    OPEN = "not labelled"
    GIVEN = "given here"
    ACCEPTED = "accepted guess"
    SKIPPED = "skipped"
    BEFORE = "labelled before"  # and nothing was said here


@dataclass(frozen=True)
class Tile:
    """A plot of the page with what was said of it; `is_pending` while that isn't stored yet."""

    item: QueuedPlot
    said: Said | None = None
    is_pending: bool = False

    @property
    def standing(self) -> Standing:
        """How the plot stands."""
        if self.said is None:
            return Standing.BEFORE if self.item.label else Standing.OPEN
        if self.said.label is None:
            return Standing.SKIPPED
        return Standing.ACCEPTED if self.said.accepted else Standing.GIVEN

    @property
    def is_to_accept(self) -> bool:
        """Whether its guess is accepted with the page: nobody has said anything else."""
        return self.standing is Standing.OPEN and bool(self.item.shown_guess)

    @property
    def is_guess_seen(self) -> bool:
        """Whether there is a guess that may be told: a hidden one is, once the plot is labelled."""
        has_guess = self.item.guess is not None and bool(self.item.guess.label)
        return has_guess and (not self.item.blind or (self.said is not None and self.said.label is not None))

    @property
    def count(self) -> int:
        """How many plots it stands for: near-duplicates that take its label are one stack with it."""
        return 1 + len(self.item.alike)

    @property
    def label(self) -> str:
        """The label whose mark and word it bears, "" for none."""
        if self.said is not None:
            return self.said.label or ""
        return "" if self.weighed else self.item.label or self.item.shown_guess

    @property
    def weighed(self) -> tuple[str, ...]:
        """What people say it is where they disagree and nothing was said here, the first said first."""
        if self.said is not None or len(self.item.given) < 2 or not is_disputed(self.item.given):
            return ()
        return tuple(dict.fromkeys(one.label for one in voices(self.item.given)))

    @property
    def fill(self) -> Fill:
        """How its mark is filled: hollow for a guess, half for an accepted one, whole where a person chose."""
        if self.standing is Standing.GIVEN:
            return Fill.WHOLE
        if self.standing is Standing.ACCEPTED:
            return Fill.HALF
        before = in_force(self.item.given)
        if self.standing is Standing.BEFORE and before is not None:
            return Fill.HALF if before.accepted else Fill.WHOLE
        return Fill.HOLLOW

    @property
    def word(self) -> str:
        """The word of its strip; a guess is a question."""
        if self.standing is Standing.SKIPPED:
            return "skipped"
        if self.weighed:
            return " or ".join(self.weighed) + "?"
        if not self.label:
            return "guess hidden" if self.item.guess is not None and self.item.guess.label else "no guess"
        return f"{self.label}?" if self.standing is Standing.OPEN else self.label

    @property
    def figure(self) -> str:
        """What stands beside the word: how sure a guess is, that it was accepted, or the guess after a former label."""
        guess = self.item.guess
        if self.standing is Standing.ACCEPTED:
            return "accepted"
        if guess is None or not self.item.shown_guess or self.said is not None or self.weighed:
            return ""
        figure = words.confidence(guess.confidence)
        if self.standing is Standing.BEFORE:
            return "" if guess.label == self.label else f"{guess.label}? {figure}"
        return figure

    @property
    def is_unfamiliar(self) -> bool:
        """Whether the model knows nothing like it, and that may be told."""
        guess = self.item.guess
        return guess is not None and guess.status is Status.UNFAMILIAR and bool(self.item.shown_guess)

    @property
    def where(self) -> str:
        """Run and chunk."""
        name = self.item.plot.name
        return f"run {name.run_number}" + (f", chunk {name.chunk}" if name.chunk is not None else "")

    def short_where(self, *, is_one_run: bool) -> tuple[str, ...]:
        """What tells it from its neighbours, the longest form first: its run, or its chunk where all are of one run."""
        name = self.item.plot.name
        if is_one_run and name.chunk is not None:
            return f"chunk {name.chunk}", str(name.chunk)
        return (str(name.run_number),)

    @property
    def accessible(self) -> str:
        """All of it in words; a hidden guess is told once the plot is labelled."""
        return ", ".join(part for part in (self.where, self._guess, self._state, self._stack) if part)

    @property
    def _guess(self) -> str:
        guess = self.item.guess
        if guess is None or not guess.label:
            return "no guess"
        if not self.is_guess_seen:
            return "guess not shown"
        unlike = ", unlike all that the model knows" if guess.status is Status.UNFAMILIAR else ""
        return f"guess {guess.label} {words.confidence(guess.confidence)}{unlike}"

    @property
    def _state(self) -> str:
        standing = self.standing
        text = {
            Standing.GIVEN: f"labelled {self.label}",
            Standing.ACCEPTED: f"accepted as {self.label}",
            Standing.BEFORE: f"people say {' or '.join(self.weighed)}"
            if self.weighed
            else f"labelled {self.label} before",
        }.get(standing, standing.value)
        return f"{text}, not stored yet" if self.is_pending else text

    @property
    def _stack(self) -> str:
        return f"stands for {self.count} alike" if self.item.alike else ""

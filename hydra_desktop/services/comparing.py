"""Models compared on the same plots, none of which any of them was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..database import model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import SettingsError
from ..domain.intervals import Share
from ..domain.model_comparison import FEWEST_TO_SHOW, Difference, Pair, Standing, pair, standing
from ..domain.unseen import Flags, Floats, Unseen
from . import lookup
from .judging_anew import judge_anew
from .progress import Progress
from .unseen import SINCE, Ground, look


@dataclass(frozen=True)
class Comparison:
    """The first of several models against each of the others, on `plots` plots of `runs` runs.

    `against` is the one that counts: the active one, where it is among the others, else the second. `curves` are the
    plots with what each model said, in the order of the models; empty where no plot is unseen by all.
    """

    plot_type: str
    model_ids: tuple[int, ...]
    active_id: int | None
    plots: int
    runs: int
    judged_anew: int  # of the plots, by one model at least, as it didn't hold them out
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    unseen: tuple[Unseen, ...]

    @property
    def against(self) -> int:
        """The model that the first is to be measured by."""
        others = self.model_ids[1:]
        return self.active_id if self.active_id in others else others[0]

    @property
    def main(self) -> Pair | None:
        """The first against the one that counts, None where there is no plot to tell."""
        return next((one for one in self.pairs if one.other_id == self.against), None)

    @property
    def worse(self) -> bool:
        """Whether the first is shown to be worse than the one that counts: on all plots, or in what alarms rest on.

        That is faulty plots found and Good ones called faulty. A label in which it is worse is told by `worse_in`.
        """
        found = self.main
        return found is not None and any(one.is_worse for one in (found.overall, found.found, found.false_positives))

    @property
    def worse_in(self) -> tuple[str, ...]:
        """The labels in which the first is shown to be worse than the one that counts."""
        return self.main.worse_in if self.main is not None else ()

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "models": list(self.model_ids),
            "active": self.active_id,
            "plots": self.plots,
            "runs": self.runs,
            "judged_anew": self.judged_anew,
            "standings": [asdict(one) for one in self.standings],
            "pairs": [
                {key: None if isinstance(value, float) and math.isnan(value) else value
                 for key, value in asdict(one).items()} | {"worse_in": list(one.worse_in)}
                for one in self.pairs
            ],
            "worse": self.worse,
        }  # fmt: skip

    def text(self) -> str:
        """All in plain words."""
        named = " and ".join(map(self._name, self.model_ids))
        if not self.plots:
            return (
                f"{self.plot_type}: nothing can be said of {named}: there is no labelled plot that none of them was "
                "trained on. Label plots of runs taken since, or train again on the same labels."
            )
        lines = [f"{self.plot_type}, {self.basis}:", *self.sentences()]
        head, *rows = self.rows()
        lines += [f"  {name:<24} " + " ".join(f"{one:>18}" for one in rest) for name, *rest in (head, *rows)]
        return "\n".join(lines)

    @property
    def basis(self) -> str:
        """On which plots they are compared."""
        anew = f" ({self.judged_anew} judged anew, the others held out in training)" if self.judged_anew else ""
        named = " and ".join(map(self._name, self.model_ids))
        runs = f"{self.runs} run{'' if self.runs == 1 else 's'}"
        same = ""
        if any(one.is_of_seen_runs for one in self.unseen):
            same = "; on other plots of these runs one was, so a new run will show less"
        return f"{named}, on {self.plots} plots of {runs} that none of them was trained on{anew}{same}"

    def sentences(self) -> list[str]:
        """What is shown of the first against each other one, and what isn't."""
        return [line for one in self.pairs for line in self._of_pair(one)]

    def rows(self) -> list[list[str]]:
        """The figures of each model, under a head."""
        return [
            ["", "macro-F1", "right", "faulty found", "Good called faulty"],
            *(
                [
                    self._name(one.model_id),
                    f"{one.macro_f1:.3f}",
                    *map(_share, (one.right, one.found, one.false_positives)),
                ]
                for one in self.standings
            ),
        ]

    def said(self) -> str:
        """The answer in a sentence."""
        found = self.main
        return self._of_pair(found)[0] if found is not None else self.text()

    def _name(self, model_id: int) -> str:
        return f"model {model_id}" + (" (active)" if model_id == self.active_id else "")

    def _of_pair(self, found: Pair) -> list[str]:
        first, other, one = f"Model {self.model_ids[0]}", self._name(found.other_id), found.overall
        counts = f"{one.won} plots right that {other} got wrong, {one.lost} the other way; {_chance(one)}"
        if one.is_better or one.is_worse:
            lines = [f"{first} is {'better' if one.is_better else 'worse'} than {other}: {counts}."]
        else:
            lines = [f"No difference between {first.lower()} and {other} can be shown on {one.plots} plots: {counts}."]
            if self.runs < FEWEST_TO_SHOW:
                few = f"{self.runs} {'run is' if self.runs == 1 else 'runs are'}"
                lines.append(f"  {few} too few to show one: label plots of {FEWEST_TO_SHOW} or more")
        for label, at in found.by_label.items():
            if at.is_better or at.is_worse:
                lines.append(
                    f"  {'better' if at.is_better else 'worse'} in {label}: of {at.plots} plots {at.won} more right, "
                    f"{at.lost} more wrong; {_chance(at)}"
                )
        for at, better, worse in (
            (found.found, "finds more of the faulty plots", "finds fewer of the faulty plots"),
            (found.false_positives, "calls fewer Good plots faulty", "calls more Good plots faulty"),
        ):
            if at.is_better or at.is_worse:
                lines.append(f"  {better if at.is_better else worse}: {at.won} against {at.lost}; {_chance(at)}")
        interval = "" if math.isnan(found.low) else f" (95 % interval by run {found.low:+.3f} to {found.high:+.3f})"
        return [*lines, f"  macro-F1 differs by {found.gain:+.3f}{interval}"]


def compare(
    database: Database,
    hall_name: str,
    images: ImageStore,
    model_ids: Sequence[int],
    progress: Progress | None = None,
    *,
    most_anew: int | None = None,
) -> Comparison:
    """Compare the first of two models or more of one plot type with each of the others.

    On every labelled plot of which each model has an unseen word: what it said where its training held the plot out,
    else what it says now of a plot whose picture and run it wasn't trained on. Accepted guesses don't count. Of plots
    that one at least has to judge now only the `most_anew` newest are taken.
    Raises SettingsError for too few models, of another plot type, or that aren't there; ModelFileError, Stopped.
    """
    ids = tuple(dict.fromkeys(model_ids))
    if len(ids) < 2:
        raise SettingsError("Name two models or more to compare, by their numbers.")
    with database.read() as connection:
        hall_id = lookup.hall(connection, hall_name)
        grounds = [look(connection, hall_id, one) for one in ids]
        types = {one.record.plot_type for one in grounds}
        if len(types) > 1:
            raise SettingsError(
                f"These models are of several plot types ({', '.join(sorted(types))}); name those of one."
            )
        active = model_store.active(connection, hall_id).get(grounds[0].record.plot_type)
    labelled = grounds[0].labelled
    possible = [one for one in labelled if all(one in ground.held or one in ground.fresh for ground in grounds)]
    anew = [one for one in possible if any(one not in ground.held for ground in grounds)]
    anew = anew[-most_anew:] if most_anew is not None else anew
    heard = [_heard(database, hall_id, images, one, anew, progress or Progress()) for one in grounds]
    chosen = [one for one in labelled if all(one in words for words in heard)]
    unseen = tuple(_unseen(ground, words, chosen) for ground, words in zip(grounds, heard, strict=True))
    settings, values = grounds[0].settings, [one.record.thresholds for one in grounds]
    return Comparison(
        grounds[0].record.plot_type,
        ids,
        active.id if active is not None else None,
        len(chosen),
        len({grounds[0].run[one] for one in chosen}),
        len(set(anew).intersection(chosen)),
        tuple(
            standing(model_id, one, at, settings) for model_id, one, at in zip(ids, unseen, values, strict=True)
        ) if chosen else (),
        tuple(
            pair(unseen[0], unseen[number], ids[number], (values[0], values[number]), settings)
            for number in range(1, len(ids))
        ) if chosen else (),
        unseen,
    )  # fmt: skip


Words = Mapping[int, tuple[Floats, bool]]  # of each plot by its id: the probabilities, and whether it is Unfamiliar


def _heard(
    database: Database, hall_id: int, images: ImageStore, ground: Ground, anew: Sequence[int], progress: Progress
) -> Words:
    """What a model says of plots that it held out, and of those of `anew` that it didn't."""
    held = ground.model.held_out
    found: dict[int, tuple[Floats, bool]] = {}
    if held is not None:
        unfamiliar = held.unfamiliar if held.unfamiliar is not None else np.zeros(held.target.size, bool)
        found = {one: (held.chances[row], bool(unfamiliar[row])) for one, row in ground.held.items()}
    asked = [one for one in anew if one not in found]
    if asked:
        plots = [ground.labelled[one].plot for one in asked]
        said = judge_anew(database, hall_id, images, ground.record, plots, progress)
        places = [said.names.index(name) for name in ground.model.labels]
        for row, place in enumerate(said.kept):
            found[asked[int(place)]] = said.chances[row][places], bool(said.unfamiliar[row])
    return found


def _unseen(ground: Ground, words: Words, chosen: Sequence[int]) -> Unseen:
    names, given = ground.model.labels, [ground.labelled[one].label for one in chosen]
    labels = (*names, *sorted(set(given) - set(names)))
    chances = np.array([words[one][0] for one in chosen], np.float32).reshape(len(chosen), len(names))
    unfamiliar: Flags = np.array([words[one][1] for one in chosen], bool)
    return Unseen(
        names, labels, np.array([labels.index(label) for label in given], np.int64), chances,
        np.array([ground.run[one] for one in chosen], np.int64),
        tuple(ground.labelled[one].plot for one in chosen), unfamiliar,
        split=ground.split if any(one in ground.held for one in chosen) else SINCE,
    )  # fmt: skip


def _share(one: Share) -> str:
    return "-" if one.value is None else f"{one.hits} of {one.total}"


def _chance(one: Difference) -> str:
    return "p < 0.001" if one.p < 0.001 else f"p = {one.p:.2g}"

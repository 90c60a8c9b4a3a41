"""The second recipe: a whole network tuned to one plot type, used only where it clearly beats the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..database.image_store import ImageStore
from ..vision import finetune, head, model_file, tuned_model
from ..vision.finetune import Wish
from ..vision.picture import Picture, decode_for_network
from .progress import Progress


@dataclass(frozen=True)
class _StoredPictures:
    """Pictures decoded as they are asked for, so that memory doesn't grow with their number."""

    images: ImageStore
    hashes: Sequence[str]

    def __len__(self) -> int:
        return len(self.hashes)

    def __getitem__(self, index: int, /) -> Picture:
        return decode_for_network(self.images.read(self.hashes[index]))


@dataclass(frozen=True)
class SecondRecipe:
    """What came of it: the tuned model, `used` or not, the rows of the plots held out, and both log-losses on these."""

    model: tuned_model.TunedModel
    used: bool
    at: npt.NDArray[np.int_]
    text: str


def run(
    trained: head.Trained,
    images: ImageStore,
    hashes: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str],
    good: Sequence[str],
    checkpoints: Path,
    progress: Progress,
) -> SecondRecipe:
    """Tune a network to the N plots on which the first recipe was `trained`.

    What was done is kept in the folder `checkpoints`, so that a training that was cut off goes on from there; it is
    to be forgotten once the model is stored.
    When it is stopped and the best is to be kept, that is what was best so far. Raises Stopped, when there is nothing
    to be kept too, TrainingError, StorageError.
    """

    def wish() -> Wish:
        if not progress.stop.is_set():
            return Wish.GO_ON
        return Wish.KEEP_THE_BEST if progress.keep.is_set() else Wish.DISCARD

    tuned = finetune.train(
        trained.model.plot_type,
        _StoredPictures(images, hashes),
        labels,
        groups,
        good=good,
        accepted=~trained.judged,
        hashes=hashes,
        checkpoints=checkpoints,
        progress=lambda stage, fraction: progress.report(f"fine-tuning, {stage}", fraction),
        stop=wish,
        draw=progress.draw,
    )
    names = list(tuned.model.labels)
    target = np.array([names.index(label) for label in labels])[tuned.at]
    found = finetune.compare(trained.held_out[tuned.at], tuned.held_out, target, list(np.asarray(groups)[tuned.at]))
    text = (
        f"fine-tuning: log-loss {found.second:.3f} against {found.first:.3f} of the first recipe on {len(tuned.at)} "
        f"held-out plots (gain {found.low:.3f} to {found.high:.3f}, 95 %): " + ("used" if found.better else "not used")
    )
    kept = tuned.model.held_out
    if kept is not None:
        kept = replace(kept, unfamiliar=trained.unfamiliar[tuned.at]).of_pictures([hashes[row] for row in tuned.at])
    model = replace(tuned.model, first=model_file.save(trained.model), held_out=kept)
    return SecondRecipe(model, found.better, tuned.at, text)

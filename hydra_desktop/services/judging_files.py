"""Picture files judged one after the other, without a trace in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..domain.errors import PictureError
from ..domain.verdict import Verdict
from ..vision.picture import Picture, decode, decode_for_network, resize
from ..vision.predictor import Prediction
from .live_models import LiveModels
from .pictures import ahead
from .progress import Progress


@dataclass(frozen=True)
class PictureFile:
    """A picture file; `name` is what it is called in what a person reads."""

    name: str
    path: Path
    plot_type: str
    run_period: str = ""


@dataclass(frozen=True)
class JudgedFile:
    """What came of one file; `picture` is uint8 (H, W, 3) as decoded, where that was wanted."""

    file: PictureFile
    picture: Picture | None
    verdict: Verdict
    prediction: Prediction


@dataclass(frozen=True)
class UnreadableFile:
    """A file that couldn't be judged, and why."""

    file: PictureFile
    message: str


def content_hash(path: Path) -> str | None:
    """SHA-256 of a file's bytes, None when it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def judge_files(
    files: Sequence[PictureFile], models: LiveModels, progress: Progress, *, keep_pictures: bool = False
) -> Iterator[JudgedFile | UnreadableFile]:
    """Judge files in their order, several side by side."""
    work = partial(_judge, models=models, keep=keep_pictures)
    for done, (_, outcome) in enumerate(ahead(files, work), start=1):
        progress("judging", done / len(files))
        yield outcome


def _judge(file: PictureFile, *, models: LiveModels, keep: bool) -> JudgedFile | UnreadableFile:
    try:
        data = file.path.read_bytes()
        whole = decode(data) if keep else None
        picture = resize(whole) if whole is not None else decode_for_network(data)
    except FileNotFoundError:
        return UnreadableFile(file, f"{file.name}: isn't there; check the name")
    except OSError as error:
        return UnreadableFile(file, f"{file.name}: can't be read ({error.strerror}); check its permissions")
    except PictureError as error:
        return UnreadableFile(file, f"{file.name}: {error}")
    prediction = models.predictor.predict([picture], [file.plot_type], [file.run_period])[0]
    return JudgedFile(file, whole, models.verdict(prediction, file.plot_type), prediction)

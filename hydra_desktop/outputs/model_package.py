"""A model as one file that goes from site to site: the model's own bytes, what belongs to it, and a hash over all.

The file is a line that says what it is, the length of a JSON header in 8 bytes (little-endian), the header, the
model's file, and the SHA-256 of everything before. Reading one runs no code.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..domain.errors import ModelFileError, StorageError
from ..domain.label import Label, Role, Severity
from . import model_card

SUFFIX = ".hydra-model"
MOST_BYTES = 512 * 1024 * 1024  # a tuned network has some 14 MB
_MAGIC = b"Hydra Desktop model 1\n"
_LENGTH, _HASH = 8, 32
_SHORTEST = len(_MAGIC) + _LENGTH + _HASH


@dataclass(frozen=True)
class ModelPackage:
    """A model for another site.

    `labels` are those of its plot type as they were used where it comes from, `described_by` how plots are described
    that it judges, `model` the bytes of its file. Moments are ISO texts in UTC.
    """

    plot_type: str
    labels: Sequence[Label]
    thresholds: Mapping[str, float]
    card: Mapping[str, Any]
    described_by: str
    hall: str
    trained_by: str
    trained_at: str
    exported_by: str
    exported_at: str
    model: bytes

    @property
    def sha256(self) -> str:
        """Of the model's file."""
        return hashlib.sha256(self.model).hexdigest()


def pack(package: ModelPackage) -> bytes:
    """The bytes of the file."""
    header = {name: value for name, value in vars(package).items() if name not in ("model", "labels")}
    header["labels"] = [{**asdict(label), "severity": label.severity.word} for label in package.labels]
    header["model_bytes"], header["model_sha256"] = len(package.model), package.sha256
    text = json.dumps(header, sort_keys=True).encode()
    body = _MAGIC + len(text).to_bytes(_LENGTH, "little") + text + package.model
    return body + hashlib.sha256(body).digest()


def unpack(data: bytes) -> ModelPackage:
    """What is in such a file; raises ModelFileError when it is none, cut off, or changed since it was written."""
    if not data.startswith(_MAGIC):
        raise ModelFileError(
            f"This is no model that a Hydra exported (a file {SUFFIX}), or one of another version of the program."
        )
    start = len(_MAGIC) + _LENGTH
    length = int.from_bytes(data[len(_MAGIC) : start], "little")
    body, digest = data[:-_HASH], data[-_HASH:]
    if len(data) < _SHORTEST or length > len(data) - _SHORTEST:
        raise ModelFileError(_cut_off(len(data)))
    whole = hashlib.sha256(body).digest() == digest
    try:
        header = json.loads(data[start : start + length], parse_constant=_refuse)
        expected = start + length + int(header["model_bytes"]) + _HASH
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(_CHANGED) from error
    if not whole and len(data) < expected:
        raise ModelFileError(_cut_off(len(data), expected))
    if not whole or len(data) != expected:
        raise ModelFileError(_CHANGED)
    try:
        return _package(header, body[start + length :])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelFileError(f"This exported model lacks a part ({error}); export it again.") from error


def read(path: Path) -> ModelPackage:
    """Read such a file; raises StorageError where it can't be read, ModelFileError as `unpack` or for a huge one."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise StorageError(f"{path} can't be read ({error.strerror}); check the name and its permissions.") from error
    if len(data) > MOST_BYTES:
        raise ModelFileError(f"{path} is larger than {MOST_BYTES >> 20} MB, and no model is; choose another file.")
    try:
        return unpack(data)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error


_CHANGED = "This file was changed or damaged since it was exported (its SHA-256 differs); have it sent again."


def _refuse(word: str) -> None:
    raise ValueError(word)  # NaN and the like, which no database takes


def _cut_off(size: int, expected: int | None = None) -> str:
    of = f" of {expected}" if expected is not None else ""
    return f"This file was cut off: only {size}{of} bytes are there; copy it again."


def _package(header: Mapping[str, Any], model: bytes) -> ModelPackage:
    names = (
        "plot_type", "described_by", "hall", "trained_by", "trained_at", "exported_by", "exported_at",
    )  # fmt: skip
    texts = {name: header[name] for name in names}
    if not all(map(model_card.is_text, texts.values())) or not texts["plot_type"]:
        raise ValueError("a text")
    thresholds = {str(label): float(value) for label, value in header["thresholds"].items()}
    if not all(0 <= value <= 1 for value in thresholds.values()):
        raise ValueError("a threshold from 0 to 1")
    card = model_card.checked(header["card"])
    labels = [_label(one) for one in header["labels"]]
    package = ModelPackage(**texts, labels=labels, thresholds=thresholds, card=card, model=model)
    if package.sha256 != header["model_sha256"]:
        raise ValueError("the model that it names")
    return package


def _label(one: Mapping[str, Any]) -> Label:
    name, colour, key = (str(one[what]) for what in ("name", "colour", "key"))
    if not name.strip() or not name.isprintable() or not re.fullmatch("#[0-9A-Fa-f]{6}", colour) or len(key) > 1:
        raise ValueError("a label")
    return Label(name, Role(one["role"]), Severity.from_word(one["severity"]), colour, key)

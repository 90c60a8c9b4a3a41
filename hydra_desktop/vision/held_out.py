"""What a training said of the plots that it held out: the ground on which thresholds are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .backbone import Floats

Flags = npt.NDArray[np.bool_]
DIGEST = 32  # bytes of a SHA-256


@dataclass(frozen=True)
class Cost:
    """What thresholds cost on held-out plots, in numbers of plots.

    `false_positives` of `good` Good plots had a Confirmed faulty verdict, and `found` of `faulty` faulty ones;
    `unconfirmed` of all `plots` had an Unconfirmed verdict.
    """

    plots: int
    good: int
    false_positives: int
    faulty: int
    found: int
    unconfirmed: int


@dataclass(frozen=True)
class HeldOut:
    """Probabilities `chances` float32 (N, L) from fits without that plot's run, and the columns `target` (N,).

    `target` int32 says which label each plot has. `plots` uint8 (N, 32) are the SHA-256 of their pictures, and
    `unfamiliar` bool (N,) says which were unlike all plots of other runs; both are None in models of former versions.
    """

    chances: Floats
    target: npt.NDArray[np.int32]
    plots: npt.NDArray[np.uint8] | None = None
    unfamiliar: Flags | None = None

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[Any]]) -> HeldOut | None:
        """What `tensors` gave, None where a model was made without; raises KeyError where one of them is missing."""
        if not {"held_out_chances", "held_out_target"} & tensors.keys():
            return None
        return cls(
            tensors["held_out_chances"],
            tensors["held_out_target"],
            tensors.get("held_out_plots"),
            tensors.get("held_out_unfamiliar"),
        )

    def of_pictures(self, content_hashes: Sequence[str]) -> HeldOut:
        """The same with the SHA-256 of each plot's picture, hexadecimal."""
        digests = np.frombuffer(bytes.fromhex("".join(content_hashes)), np.uint8)
        return replace(self, plots=digests.reshape(-1, DIGEST))

    @property
    def content_hashes(self) -> list[str]:
        """The SHA-256 of each plot's picture, hexadecimal; none where they aren't known."""
        return [row.tobytes().hex() for row in self.plots] if self.plots is not None else []

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays as a model's file holds them; float16 would move plots across a threshold."""
        found: dict[str, npt.NDArray[Any]] = {
            "held_out_chances": self.chances.astype(np.float32),
            "held_out_target": self.target.astype(np.int32),
        }
        if self.plots is not None:
            found["held_out_plots"] = np.ascontiguousarray(self.plots)
        if self.unfamiliar is not None:
            found["held_out_unfamiliar"] = np.ascontiguousarray(self.unfamiliar)
        return found

    def fits(self, labels: int) -> bool:
        """Whether the arrays are whole, and of so many labels."""
        return (
            self.chances.dtype == np.float32
            and self.target.dtype == np.int32
            and self.target.size > 0  # shares of them are told
            and self.chances.shape == (self.target.size, labels)
            and self.target.ndim == 1
            and bool(((self.chances >= 0) & (self.chances <= 1)).all())
            and bool(((self.target >= 0) & (self.target < labels)).all())
            and _is(self.plots, np.uint8, (self.target.size, DIGEST))
            and _is(self.unfamiliar, np.bool_, (self.target.size,))
        )

    def cost(self, thresholds: npt.NDArray[np.float64], good: Flags, faulty: Flags) -> Cost:
        """What thresholds (L,) cost; `good` and `faulty` (L,) tell the roles of the labels."""
        top = self.chances.argmax(axis=1)
        # as floats of one kind: a verdict compares the same numbers
        confirmed = self.chances.max(axis=1).astype(np.float64) >= thresholds[top]
        called, is_good, is_faulty = confirmed & faulty[top], good[self.target], faulty[self.target]
        return Cost(
            len(top),
            int(is_good.sum()),
            int((called & is_good).sum()),
            int(is_faulty.sum()),
            int((called & is_faulty).sum()),
            int((~confirmed).sum()),
        )


def _is(array: npt.NDArray[Any] | None, kind: type[np.generic], shape: tuple[int, ...]) -> bool:
    """Whether an array that may be missing is of a kind and shape."""
    return array is None or (array.dtype == kind and array.shape == shape)

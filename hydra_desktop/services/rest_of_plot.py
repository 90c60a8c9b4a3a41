"""Whether a plot says nothing but what is known: its rest is judged, with the known regions set to what is normal.

Evidence maps can't tell: a strong fault takes nearly all of them, and what deviates in a row or a column is given
to all of it. So the region is painted over with what a like Good plot shows there, and the same model judges the plot
that results. Measured on the simulated hall, see `tests/benchmarks/bench_known.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from ..database import given_labels, halls, known_faults, references, wall
from ..database.image_store import ImageStore
from ..domain.errors import PictureError, StorageError
from ..domain.hall import Hall, PlotType
from ..domain.known_fault import KnownFault, Region, in_force, is_in_question, is_quiet
from ..domain.label import Role
from ..domain.plot import PlotName
from ..domain.verdict import Status, Verdict
from ..vision.picture import Picture, decode_for_network

GOOD_PLOTS = 12  # of which that is taken which is most like the rest of the plot; their mean has too little noise
LOOKED_AT = 30  # pictures of which some may be forgotten

Stream = tuple[str, str]  # plot type and pad


@dataclass(frozen=True)
class Known:
    """The known faults of a hall, and for each stream that has one in a region some Good plots."""

    faults: tuple[KnownFault, ...] = ()
    good: Mapping[Stream, tuple[Picture, ...]] = field(default_factory=dict)

    def of(self, name: PlotName, taken_at: datetime) -> tuple[KnownFault, ...]:
        """Those in force for a plot."""
        return in_force(self.faults, name, taken_at)

    def explains(
        self,
        verdict: Verdict,
        picture: Picture,
        name: PlotName,
        taken_at: datetime,
        plot_type: PlotType,
        judge_again: Callable[[Picture], Verdict],
    ) -> int | None:
        """The known fault that is all that a verdict says of a picture; None when there is something else to it.

        The regions of the label are painted over, and of another label's known faults where the rest then has that.
        """
        left = list(self.of(name, taken_at))
        if not left or verdict.status is Status.NO_MODEL or not is_in_question(verdict, left, plot_type):
            return None
        first: int | None = None
        while chosen := [fault for fault in left if _speaks_of(fault, verdict)]:
            first = chosen[0].id if first is None else first
            regions = [fault.region for fault in chosen if fault.region is not None]
            if len(regions) < len(chosen):
                return first  # the whole plot is known
            good = self.good.get((name.plot_type, name.pad))
            if not good:
                return None
            picture = painted(picture, good, regions)
            verdict = judge_again(picture)
            if is_quiet(verdict, plot_type):
                return first
            left = [fault for fault in left if fault not in chosen]
        return None


def _speaks_of(fault: KnownFault, verdict: Verdict) -> bool:
    if verdict.label == fault.label:
        return True
    return verdict.status is Status.UNFAMILIAR and fault.region is not None


def painted(picture: Picture, good: Sequence[Picture], regions: Iterable[Region]) -> Picture:
    """A picture uint8 (H, W, 3) with regions of another in the place of its own: the one most like it elsewhere."""
    height, width = len(picture), len(picture[0])
    inside = np.zeros((height, width), bool)
    for region in regions:
        inside[region.pixels(height, width)] = True
    here = picture[~inside].astype(np.int16)
    usual = min(good, key=lambda one: int(np.abs(one[~inside] - here).sum(dtype=np.int64)))
    return np.where(inside[..., None], usual, picture)


class KnownLoader:
    """Reads the known faults with what is normal; pictures that are the same as before aren't read again."""

    def __init__(self, hall_id: int, images: ImageStore) -> None:
        self.hall = Hall("")
        self._hall_id = hall_id
        self._images = images
        self._made: dict[tuple[str, ...], tuple[Picture, ...]] = {}  # by the content hashes of Good plots

    def load(self, connection: Connection) -> Known:
        """As of now."""
        self.hall = halls.load(connection, self._hall_id)
        faults = known_faults.not_ended(connection, self._hall_id)
        wanted = {fault.plot_type: fault for fault in faults if fault.region is not None}
        if not wanted:
            self._made = {}
            return Known(faults)
        streams = [one for one in wall.streams(connection, self._hall_id) if one[0] in wanted]
        before, self._made = self._made, {}
        good = {}
        for plot_type, pad in streams:
            for hashes in self._good(connection, plot_type, pad):
                pictures = before[hashes] if hashes in before else self._pictures(hashes)
                if pictures:
                    self._made[hashes] = good[plot_type, pad] = pictures
                    break
        return Known(faults, good)

    def _good(self, c: Connection, plot_type: str, pad: str) -> Iterable[tuple[str, ...]]:
        """Content hashes of Good plots whose pictures are there: of the stream, of a reference, of what people say."""
        yield self._there(
            past.plot.content_hash for past in wall.last_goods(c, self._hall_id, plot_type, pad, LOOKED_AT)
        )
        in_use = list(references.in_force(c, self._hall_id, plot_type).values())
        for reference in reversed(in_use):
            yield self._there(reference.content_hashes)
        labelled = given_labels.current(c, self._hall_id, plot_type)
        yield self._there(one.plot.content_hash for one in reversed(labelled) if self._is_good(plot_type, one.label))

    def _is_good(self, plot_type: str, label: str) -> bool:
        settings = self.hall.plot_types.get(plot_type) or PlotType(plot_type)
        return settings.label(label).role is Role.GOOD

    def _there(self, hashes: Iterable[str]) -> tuple[str, ...]:
        found: list[str] = []
        for one in hashes:
            if len(found) == GOOD_PLOTS:
                break
            if one not in found and self._images.has(one):
                found.append(one)
        return tuple(found)

    def _pictures(self, hashes: Sequence[str]) -> tuple[Picture, ...]:
        pictures = []
        for one in hashes:
            try:
                pictures.append(decode_for_network(self._images.read(one)))
            except (PictureError, StorageError):
                continue  # it was forgotten just then, or is damaged
        return tuple(pictures)

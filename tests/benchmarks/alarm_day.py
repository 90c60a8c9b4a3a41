"""A day of a hall, drawn: what 73 plot types say in 360 chunks, with wrong verdicts, flicker, beam trips and faults.

A run comes before the day, in which the types that flicker do so already and nothing else is amiss: a day is cut out of
a run period, and what stands at its beginning was heard before. Chunks are counted from the beginning of that run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hydra_desktop.domain.hall import AlarmRule
from hydra_desktop.domain.replay import Recorded, Replay

TYPES, CHUNKS, CHUNK_S, RUN = 73, 360, 240, 30  # a run is two hours
BEFORE = RUN  # chunks before the day
SHIFTS = 3
WRONG = 0.01  # of the plots, half of them each for itself
FLICKERING = 3
TRIPS = (4, 11)  # chunks without beam
LENGTHS = (8, 15, 23, 30, 75)  # of the five faults: from half an hour to five hours
SEEN = 0.95  # of the chunks of a fault are Confirmed faulty, of the rest half is in doubt
DARK_BAD = 0.3  # of the plots without beam look Bad, the rest is NoData

GOOD, BAD, HOT, NODATA, DOUBT = range(5)  # what is said of a plot; DOUBT is Bad, Unconfirmed
LABELS = ("Good", "Bad", "HotChannel", "NoData")
THRESHOLD = 0.7
Said = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fault:
    """A real fault: what is said of a plot type from chunk `first` to before `end`."""

    plot_type: int
    first: int
    end: int
    said: int


@dataclass(frozen=True)
class Day:
    """What is said of each plot, int64 (TYPES, BEFORE + CHUNKS), and why.

    `beam` bool (BEFORE + CHUNKS,) tells whether the beam was on when a chunk was made; the first chunk after a trip
    still looks as if there were none. `bursts` is how many there are.
    """

    said: Said
    beam: npt.NDArray[np.bool_]
    faults: tuple[Fault, ...]
    flickering: tuple[int, ...]
    bursts: int

    @property
    def runs(self) -> Said:
        """The run of each chunk, from 0."""
        return np.arange(len(self.beam)) // RUN

    @property
    def sure(self) -> npt.NDArray[np.bool_]:
        """Whether each plot has a Confirmed faulty verdict, bool (TYPES, BEFORE + CHUNKS)."""
        return (self.said == BAD) | (self.said == HOT)


def draw(seed: int, burst: int, *, flicker: float = 0.5) -> Day:
    """A day whose bursts of wrong verdicts are `burst` chunks long in the mean, 0 for a whole run.

    Lengths are geometric and end with the run; the last is cut so that the share of wrong verdicts is the same in
    every day. A flickering type is Bad in a share `flicker` of its chunks, each for itself, before the day and all day.
    """
    chance = np.random.default_rng(seed)
    said = np.full((TYPES, CHUNKS), GOOD)
    special = chance.permutation(TYPES)[: FLICKERING + len(LENGTHS)].tolist()
    flickering, faulty = special[:FLICKERING], special[FLICKERING:]
    plain = np.setdiff1d(np.arange(TYPES), special)
    said[chance.random(said.shape) < WRONG / 2] = BAD
    wanted, found, bursts = round(TYPES * CHUNKS * WRONG / 2), 0, 0
    while found < wanted:
        one, chunk = int(chance.choice(plain)), int(chance.integers(CHUNKS))
        end = (chunk // RUN + 1) * RUN
        if burst == 0:
            chunk = end - RUN
        else:
            end = min(end, chunk + int(chance.geometric(1 / burst)))
        end = min(end, chunk + wanted - found)
        said[one, chunk:end] = BAD
        found, bursts = found + end - chunk, bursts + 1
    before = np.full((TYPES, BEFORE), GOOD)
    for one in flickering:
        said[one] = np.where(chance.random(CHUNKS) < flicker, BAD, GOOD)
        before[one] = np.where(chance.random(BEFORE) < flicker, BAD, GOOD)
    beam, ragged = np.ones(CHUNKS, bool), []
    for number, length in enumerate(TRIPS):
        first = int(chance.integers(number * CHUNKS // 2 + 20, (number + 1) * CHUNKS // 2 - 20))
        beam[first : first + length] = False
        ragged.append(first + length)
    faults = []
    for one, length, kind in zip(faulty, chance.permutation(LENGTHS).tolist(), (BAD, HOT, BAD, HOT, BAD), strict=True):
        first = int(chance.choice(np.flatnonzero(beam[: CHUNKS - length])))
        luck = chance.random(length)
        row = np.where(luck < SEEN, kind, np.where(luck < (1 + SEEN) / 2, DOUBT, GOOD))
        said[one, first : first + length] = row
        faults.append(Fault(one, BEFORE + first, BEFORE + first + length, kind))
    dark = ~beam
    dark[ragged] = True
    empty = np.where(chance.random(said.shape) < DARK_BAD, BAD, NODATA)
    said = np.hstack([before, np.where(dark, empty, said)])
    return Day(said, np.append(np.ones(BEFORE, bool), beam), tuple(faults), tuple(flickering), bursts)


@dataclass(frozen=True)
class Outcome:
    """What a way to raise alarms made of a day: annunciations that had no fault, with flicker apart, and the faults.

    `late` is by how many chunks with beam each fault was heard after k of the last n such chunks were Confirmed faulty,
    whatever began anew between them; None for one never heard. A fault that never comes so far is not in it.
    """

    false: int
    flickering: int
    again: int  # a fault that was heard a second time
    late: tuple[int | None, ...]
    most: int  # in 10 min


def score(day: Day, heard: Sequence[tuple[int, int, int]], rule: AlarmRule) -> Outcome:
    """What alarms are worth, each a plot type, the chunk at which it was heard and the one at which it ended."""
    of_fault = {one.plot_type: one for one in day.faults}
    false = flickering = again = 0
    first: dict[int, int] = {}
    heard = [one for one in heard if one[1] >= BEFORE]
    for plot_type, chunk, end in sorted(heard, key=lambda one: one[1]):
        fault = of_fault.get(plot_type)
        if plot_type in day.flickering:
            flickering += 1
        elif fault is None or chunk >= fault.end or end < fault.first:
            false += 1
        elif plot_type in first:
            again += 1
        else:
            first[plot_type] = max(chunk, fault.first)
    late: list[int | None] = []
    for one in day.faults:
        due = _due(day, one, rule)
        if due is not None:
            there = first.get(one.plot_type)
            late.append(None if there is None else int(np.count_nonzero(day.beam[due:there])))
    chunks = np.sort([chunk for _, chunk, _ in heard])
    most = max((int(np.count_nonzero((chunks >= one) & (chunks < one + 600 / CHUNK_S))) for one in chunks), default=0)
    return Outcome(false, flickering, again, tuple(late), most)


def _due(day: Day, fault: Fault, rule: AlarmRule) -> int | None:
    """The chunk of a fault at which k of its last n chunks with beam were Confirmed faulty, None where none is."""
    lit = fault.first + np.flatnonzero(day.beam[fault.first : fault.end])
    total = np.cumsum(day.sure[fault.plot_type, lit])
    reached = np.flatnonzero(total - np.pad(total, (rule.n, 0))[: len(total)] >= rule.k)
    return int(lit[reached[0]]) if len(reached) else None


def plain(day: Day) -> list[tuple[int, int, int]]:
    """Alarms of a plain threshold: each Confirmed faulty verdict after one that is none."""
    faulty = np.pad(day.sure, ((0, 0), (1, 1)))
    begins, ends = np.argwhere(faulty[:, 1:] & ~faulty[:, :-1]), np.argwhere(~faulty[:, 1:] & faulty[:, :-1])
    return [(int(one), int(first), int(end) - 1) for (one, first), (_, end) in zip(begins, ends, strict=True)]


def replayed(day: Day, rule: AlarmRule) -> list[tuple[int, int, int]]:
    """Alarms of a rule with k > 1, all plots at once; a plot without beam is none, and all starts anew after it.

    The last one of a trip stands for it: Bad in a run by itself, it raises nothing and ends a time without faults.
    """
    last = np.append(~day.beam[:-1] & day.beam[1:], False)
    lit = np.flatnonzero(day.beam | last)
    said = np.where(last, BAD, day.said)[:, lit]
    runs = (day.runs + len(last) * np.cumsum(last + np.append(0, last[:-1])))[lit]
    top = np.where(said == DOUBT, BAD, said).ravel()
    sure = np.where(said == DOUBT, 0.55, 0.95).ravel()
    count = said.size
    span = Recorded(
        LABELS, np.repeat(np.arange(TYPES), len(lit)), np.tile(runs, TYPES),
        np.tile(lit * CHUNK_S * 1_000_000, TYPES).astype(np.int64), np.arange(count), top, sure,
        np.zeros(count, bool), np.full(count, -1, np.int8), np.where(top == GOOD, 1 - sure, sure),
    )  # fmt: skip
    found = Replay(span, (False, True, True, False), rule).run(np.full(len(LABELS), THRESHOLD)).alarms
    begins, ends = found.first % len(lit), (found.end - 1) % len(lit)
    streams = found.first // len(lit)
    return [(int(one), int(lit[a]), int(lit[b])) for one, a, b in zip(streams, begins, ends, strict=True)]

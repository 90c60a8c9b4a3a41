"""A day of a hall, drawn: what 73 plot types say in 360 chunks, with wrong verdicts, flicker, beam trips and faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TYPES, CHUNKS, CHUNK_S, RUN = 73, 360, 240, 30  # a run is two hours
SHIFTS = 3
WRONG = 0.01  # of the plots, half of them each for itself
FLICKERING = 3
TRIPS = (4, 11)  # chunks without beam
LENGTHS = (8, 15, 23, 30, 75)  # of the five faults: from half an hour to five hours
SEEN = 0.95  # of the chunks of a fault are Confirmed faulty, of the rest half is in doubt
DARK_BAD = 0.3  # of the plots without beam look Bad, the rest is NoData

GOOD, BAD, HOT, NODATA, DOUBT = range(5)  # what is said of a plot; DOUBT is Bad, Unconfirmed
Said = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fault:
    """A real fault: what is said of a plot type from `first` to before `end`, chunks."""

    plot_type: int
    first: int
    end: int
    said: int


@dataclass(frozen=True)
class Day:
    """What is said of each plot, int64 (TYPES, CHUNKS), and why.

    `beam` bool (CHUNKS,) tells whether the beam was on when a chunk was made; the first chunk after a trip still looks
    as if there were none. `bursts` is how many there were.
    """

    said: Said
    beam: npt.NDArray[np.bool_]
    faults: tuple[Fault, ...]
    flickering: tuple[int, ...]
    bursts: int
    wrong: int

    @property
    def runs(self) -> Said:
        """The run of each chunk, from 0."""
        return np.arange(CHUNKS) // RUN


def draw(seed: int, burst: int, *, flicker: float = 0.5, density: float = 1.0) -> Day:
    """A day whose bursts of wrong verdicts are `burst` chunks long in the mean, 0 for a whole run.

    Lengths are geometric and end with the run. Within a burst a share `density` of the plots is wrong. A flickering
    type is Bad in a share `flicker` of its chunks, each for itself, all day.
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
        run_end = (chunk // RUN + 1) * RUN
        if burst == 0:
            chunk, end = run_end - RUN, run_end
        else:
            end = min(run_end, chunk + int(chance.geometric(1 / burst)))
        end = min(end, chunk + round((wanted - found) / density) or chunk + 1)
        hit = np.flatnonzero(chance.random(end - chunk) < density) + chunk
        said[one, hit] = BAD
        found, bursts = found + len(hit), bursts + 1
    wrong = int(np.count_nonzero(said))
    for one in flickering:
        said[one] = np.where(chance.random(CHUNKS) < flicker, BAD, GOOD)
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
        faults.append(Fault(one, first, first + length, kind))
    dark = ~beam
    dark[ragged] = True
    empty = np.where(chance.random(said.shape) < DARK_BAD, BAD, NODATA)
    return Day(np.where(dark, empty, said), beam, tuple(faults), tuple(flickering), bursts, wrong)

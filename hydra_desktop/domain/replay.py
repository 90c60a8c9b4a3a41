"""What a span of time would have been with other thresholds: its verdicts replayed through the rules of alarms.

The most probable label of a plot and its confidence don't rest on thresholds, so they are taken as stored;
whether the verdict is Confirmed, what episodes that makes, and which alarms, is worked out anew by the rules of
`domain.episode` and `domain.alarm.AlarmWindow`, for all verdicts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .alarm import CLEARLY_GOOD
from .hall import AlarmRule
from .verdict import DEFAULT_THRESHOLD

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Recorded:
    """The verdicts of one model over a span, in the order of stream (pad), time and id; N of them.

    `top` int64 (N,) is the column of the most probable of `labels`, `confidence` float64 (N,) its probability.
    `at_us` are microseconds since 1970 in UTC; equal numbers in `streams` and `runs` are one stream and one run
    of it. `said` int8 (N,) is what people say: 1 a fault, 0 none, -1 where nobody said. `fault_score` float64 (N,) is
    one minus the probability of all good labels.
    """

    labels: tuple[str, ...]
    streams: Ints
    runs: Ints
    at_us: Ints
    plot_ids: Ints
    top: Ints
    confidence: npt.NDArray[np.float64]
    unfamiliar: Flags
    said: npt.NDArray[np.int8]
    fault_score: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.top)


@dataclass(frozen=True)
class Alarms:
    """Alarms of a replay, M of them, each from verdict `first` to before verdict `end`, both int64 (M,)."""

    first: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, chosen: Flags) -> Alarms:
        return Alarms(self.first[chosen], self.end[chosen])


@dataclass(frozen=True)
class Replayed:
    """What came out: `alarms`, the number of `episodes`, and how many verdicts are Confirmed and Unconfirmed."""

    alarms: Alarms
    episodes: int
    confirmed: int
    unconfirmed: int
    active: Flags  # (N,) whether an alarm stood after each verdict


@dataclass(frozen=True)
class Change:
    """What other thresholds change: the alarms of before that have no counterpart, and those that are new."""

    vanish: Alarms
    appear: Alarms


class Replay:
    """Replays a span under thresholds; what doesn't rest on them is worked out once."""

    def __init__(self, recorded: Recorded, alarms: Sequence[bool], rule: AlarmRule) -> None:
        """`alarms` (L,) tells which of the labels alarm when they are Confirmed."""
        self.recorded, self._rule = recorded, rule
        count = len(recorded)
        of_stream, of_run = np.ones(count, bool), np.ones(count, bool)
        of_stream[1:] = recorded.streams[1:] != recorded.streams[:-1]
        of_run[1:] = of_stream[1:] | (recorded.runs[1:] != recorded.runs[:-1])
        places = np.arange(count)
        begin = np.maximum.accumulate(np.where(of_run, places, 0))
        alone = of_run if rule.once_per_run else of_stream  # what begins here has an alarm of its own
        self._places, self._alone, self._run_first = places, alone, begin
        self._window_first = np.maximum(places - rule.n + 1, begin)  # the window starts anew at a run change
        self._alone_first = np.maximum.accumulate(np.where(alone, places, 0))
        self._alarms = np.asarray(alarms, bool)[recorded.top] & ~recorded.unfamiliar
        kept = of_stream.copy()  # where another episode begins whatever the thresholds
        kept[1:] |= (recorded.top[1:] != recorded.top[:-1]) | (recorded.unfamiliar[1:] != recorded.unfamiliar[:-1])
        self._begins = kept

    def run(self, thresholds: npt.NDArray[np.float64]) -> Replayed:
        """What the span would have been with `thresholds` (L,), in the order of the labels."""
        recorded, places = self.recorded, self._places
        sure = recorded.confidence >= thresholds[recorded.top]
        confirmed = sure & ~recorded.unfamiliar
        begins = self._begins.copy()
        begins[1:] |= confirmed[1:] != confirmed[:-1]
        faulty = sure & self._alarms
        total = np.concatenate([[0], np.cumsum(faulty)])
        reached = total[1:] - total[self._window_first] >= self._rule.k
        raises = self._lasts(reached, self._rule.on_delay_s, self._run_first)
        quiet = self._lasts(~reached & ~faulty, self._rule.off_delay_s, self._alone_first)  # goes on over run changes
        clears = confirmed & self._is_clearly_good(faulty, thresholds) & quiet
        if self._rule.once_per_run:
            clears[:] = False
        # an alarm stands as the last plot that raised or cleared it left it, in its own stream or run
        last = np.maximum.accumulate(np.where(raises | clears, places, -1))
        active = raises[last] & (last >= self._alone_first)
        on = active & (self._alone | ~np.concatenate([[False], active[:-1]]))
        off = ~active | self._alone
        firsts = np.flatnonzero(on)
        offs = np.append(np.flatnonzero(off), len(recorded))
        ends = offs[np.searchsorted(offs, firsts, side="right")]
        return Replayed(
            Alarms(firsts, ends),
            int(np.count_nonzero(begins)),
            int(np.count_nonzero(confirmed)),
            int(np.count_nonzero(~sure & ~recorded.unfamiliar)),
            active,
        )

    def _lasts(self, so: Flags, delay_s: float, since: Ints) -> Flags:
        """Where it is so, and was without a break for a delay that began not before `since` (N,), bool (N,)."""
        if delay_s <= 0:
            return so
        before = np.maximum(since, np.maximum.accumulate(np.where(so, 0, self._places + 1)))
        first = np.minimum(before, self._places)  # where the stretch begins, where it is so
        at_us = self.recorded.at_us
        lasted: Flags = so & (at_us - at_us[first] >= delay_s * 1e6)
        return lasted

    def _is_clearly_good(self, faulty: Flags, thresholds: npt.NDArray[np.float64]) -> Flags:
        """Where the probability of a fault is below the threshold of the newest of the window by the hysteresis."""
        if not self._rule.hysteresis:
            return np.ones(len(faulty), bool)
        newest = np.maximum.accumulate(np.where(faulty, self._places, -1))
        there = newest >= self._window_first
        passed = np.where(there, thresholds[self.recorded.top[newest]], DEFAULT_THRESHOLD)
        good: Flags = self.recorded.fault_score <= np.maximum(CLEARLY_GOOD, passed - self._rule.hysteresis)
        return good

    def said(self, alarms: Alarms) -> npt.NDArray[np.int8]:
        """What people say of the plots of each alarm, int8 (M,): 1 if one is a fault, else 0 if one isn't, else -1."""
        return np.where(
            _any(self.recorded.said == 1, alarms), 1, np.where(_any(self.recorded.said == 0, alarms), 0, -1)
        ).astype(np.int8)


def compare(before: Replayed, after: Replayed) -> Change:
    """Which alarms vanish and which appear; those that share a plot are the same alarm."""
    return Change(before.alarms[~_any(after.active, before.alarms)], after.alarms[~_any(before.active, after.alarms)])


def _any(flags: Flags, alarms: Alarms) -> Flags:
    total = np.concatenate([[0], np.cumsum(flags)])
    return total[alarms.end] > total[alarms.first]

"""A replay, worked out for all verdicts at once, is what the rules of episodes and alarms say one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from hydra_desktop.domain.alarm import AlarmWindow, Finding
from hydra_desktop.domain.hall import AlarmRule, PlotType
from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.replay import Recorded, Replay, compare
from hydra_desktop.domain.verdict import alarm_severity, judge

LABELS = ("Good", "Bad", "NoData")
TYPE = PlotType("T", labels=tuple(map(default_label, LABELS)))
START = datetime(2026, 3, 1, tzinfo=UTC)
ALARMS = (False, True, False)


def recorded(count: int, seed: int, *, bad: float = 0.3, run_plots: int = 20) -> Recorded:
    chance = np.random.default_rng(seed)
    streams = np.sort(chance.integers(0, 3, count))
    runs = np.concatenate(
        [np.sort(chance.integers(0, 1 + count // run_plots, (streams == one).sum())) for one in range(3)]
    )
    said = chance.choice(np.array([-1, 0, 1], np.int8), count)
    top, confidence = chance.choice(3, count, p=[0.9 - bad, bad, 0.1]), chance.uniform(0.34, 1.0, count)
    return Recorded(
        LABELS, streams, runs, np.arange(count, dtype=np.int64) * 1_000_000, np.arange(1, count + 1, dtype=np.int64),
        top, confidence, chance.random(count) < 0.1, said,
        1.0 - np.where(top == 0, confidence, (1 - confidence) / 2),
    )  # fmt: skip


def one_by_one(span: Recorded, thresholds: dict[str, float], rule: AlarmRule) -> tuple[list[tuple[int, int]], int]:
    """Alarms and the number of episodes, as the monitor would have found them."""
    alarms: list[tuple[int, int]] = []
    episodes, begun = 0, None
    before, window = None, AlarmWindow(rule)
    for place in range(len(span)):
        stream, run = span.streams[place], span.runs[place]
        confidence = float(span.confidence[place])
        top = LABELS[span.top[place]]
        rest = [name for name in LABELS if name != top]
        chances = {top: confidence, **dict.fromkeys(rest, (1 - confidence) / 2)}
        verdict = judge(chances, thresholds, TYPE, unfamiliar=bool(span.unfamiliar[place]))
        if before is None or stream != before[0]:
            if begun is not None:
                alarms.append((begun, place))
            begun, before = None, None
        if before is None or run != before[1]:
            window.restart(goes_on=before is not None)
            if begun is not None and rule.once_per_run:  # it is over with its run
                alarms.append((begun, place))
                begun = None
        key = (stream, verdict.label, verdict.status)
        episodes += before is None or key != before[2]
        before = (stream, run, key)
        name = PlotName("T", int(run), place)
        at = START + timedelta(seconds=place)
        plot = Plot(place, name, "hash", at, at)
        severity = alarm_severity(verdict, TYPE)
        window.see(Finding(plot, place, verdict, severity, threshold=thresholds.get(verdict.label)))
        if window.raises():
            begun = place if begun is None else begun
        elif begun is not None and window.clears() and not rule.once_per_run:
            alarms.append((begun, place))
            begun = None
    if begun is not None:
        alarms.append((begun, len(span)))
    return alarms, episodes


RULES = [
    AlarmRule(1, 1), AlarmRule(2, 3), AlarmRule(3, 5), AlarmRule(2, 3, on_delay_s=2), AlarmRule(1, 1, off_delay_s=3),
    AlarmRule(2, 3, off_delay_s=12), AlarmRule(2, 4, hysteresis=0.2),
    AlarmRule(3, 5, on_delay_s=1, off_delay_s=4, hysteresis=0.1), AlarmRule(1, 1, once_per_run=True),
    AlarmRule(2, 3, once_per_run=True, on_delay_s=1),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("run_plots", [20, 3])  # in short runs a time without faults goes on over several
@pytest.mark.parametrize("seed", range(4))
def test_a_replay_is_what_the_rules_say_one_by_one(rule: AlarmRule, run_plots: int, seed: int) -> None:
    span = recorded(400, seed, run_plots=run_plots)
    for low in (0.0, 0.5, 0.8, 1.0):
        thresholds = {"Good": 0.5, "Bad": low, "NoData": 0.6}
        found = Replay(span, ALARMS, rule).run(np.array([thresholds[name] for name in LABELS]))
        alarms, episodes = one_by_one(span, thresholds, rule)
        assert list(zip(found.alarms.first.tolist(), found.alarms.end.tolist(), strict=True)) == alarms
        assert found.episodes == episodes
        assert found.confirmed + found.unconfirmed + span.unfamiliar.sum() == len(span)


def test_what_vanishes_and_appears() -> None:
    faulty = [0.9, 0.7, 0.4, 0.95, 0.6, 0.97]  # each a plot between two that are surely Good
    top, confidence = np.zeros(13, int), np.full(13, 0.99)
    top[1::2], confidence[1::2] = 1, faulty
    said = np.full(13, -1, np.int8)
    said[1], said[3] = 1, 0
    nothing = np.zeros(13, int)
    span = Recorded(
        LABELS, nothing, nothing, np.arange(13), np.arange(13), top, confidence, np.zeros(13, bool), said,
        np.where(top == 0, 1 - confidence, confidence),
    )  # fmt: skip
    replay = Replay(span, ALARMS, AlarmRule(1, 1))

    def at(threshold: float) -> np.ndarray:
        return np.array([0.5, threshold, 0.5])

    now, higher, lower = replay.run(at(0.65)), replay.run(at(0.92)), replay.run(at(0.3))
    assert [len(one.alarms) for one in (now, higher, lower)] == [4, 2, 6]
    change = compare(now, higher)
    assert change.vanish.first.tolist() == [1, 3]
    assert replay.said(change.vanish).tolist() == [1, 0]
    assert len(change.appear) == 0
    change = compare(now, lower)
    assert change.appear.first.tolist() == [5, 9]
    assert replay.said(change.appear).tolist() == [-1, -1]
    assert len(change.vanish) == 0


def test_a_span_without_verdicts_has_nothing() -> None:
    found = Replay(recorded(0, 0), ALARMS, AlarmRule()).run(np.full(3, 0.5))
    assert (len(found.alarms), found.episodes, found.unconfirmed) == (0, 0, 0)

"""The probe that says how long the event loop was held up."""

from __future__ import annotations

import time

import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop.views import stall_probe
from hydra_desktop.views.stall_probe import StallProbe


def test_the_longest_stall_and_the_99th_percentile(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    probe, now = StallProbe(), [100.0]
    assert probe.stop() == (0.0, 0.0)
    monkeypatch.setattr(stall_probe.time, "perf_counter", lambda: now[0])
    probe.start()
    for late_ms in [0.0] * 197 + [3.25, 7.0, 5000.0]:
        now[0] += (stall_probe.INTERVAL_MS + late_ms) / 1e3
        probe._fired()
    longest_ms, p99_ms = probe.stop()
    assert longest_ms == pytest.approx(5000)
    assert p99_ms == pytest.approx(3.3)
    probe.start()
    assert probe.stop()[0] == 0.0  # anew


def test_a_held_up_event_loop_is_seen(qtbot: QtBot) -> None:
    probe = StallProbe()
    probe.start()
    qtbot.waitUntil(lambda: probe._counts.sum() > 2)
    until = time.perf_counter() + 0.05
    while time.perf_counter() < until:
        pass
    seen = probe._counts.sum()
    qtbot.waitUntil(lambda: probe._counts.sum() > seen)
    assert probe.stop()[0] > 40

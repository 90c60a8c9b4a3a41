"""A wall with made-up snapshots: every state once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm import Alarm, AlarmState
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Severity, default_label
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.domain.verdict import NO_MODEL, Verdict, judge
from hydra_desktop.domain.wall import MonitorHealth, Panel, WallSnapshot
from hydra_desktop.views.main_window import MainWindow
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.wall.wall_screen import WallScreen

LABELS = tuple(map(default_label, ("Good", "Bad", "HotChannel", "NoData")))


@dataclass
class Bench:
    """A window with its wall, and what people did on it."""

    window: MainWindow
    wall: WallScreen
    acknowledged: list[int]
    silenced: list[bool]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """On SQLite alone: in what the two kinds of database differ is below the views, and tested there on both."""
    return f"sqlite:///{tmp_path / 'hydra.db'}"


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    theme = Theme()
    wall = WallScreen(theme, tmp_path / "images", lambda _verdict, _label: np.full((7, 10), 0.2, np.float32), hall="D")
    window = MainWindow(theme)
    window.show_wall("D", wall)
    qtbot.addWidget(window)
    made = Bench(window, wall, [], [])
    wall.acknowledged.connect(made.acknowledged.append)
    wall.silenced.connect(lambda: made.silenced.append(True))
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield made
    wall.close_threads()


@pytest.fixture
def image_hash(tmp_path: Path) -> str:
    path = tmp_path / "plot.png"
    Image.effect_noise((320, 240), 60).convert("RGB").save(path)
    return ImageStore(tmp_path / "images").add(path.read_bytes())


def make_panel(name: str, content_hash: str, verdict: Verdict | None, *, age_s: float = 30.0, group: str = "") -> Panel:
    now = datetime.now(UTC)
    plot_type = PlotType(name, group=group, labels=LABELS, stale_after_s=600.0)
    if verdict is None:
        return Panel(plot_type)
    taken = now - timedelta(seconds=age_s)
    plot = Plot(1, PlotName(name, 121453, 7), content_hash, taken, taken)
    episode = Episode(1, name, "", verdict.label, verdict.status, taken - timedelta(minutes=12), taken, 1, 1, 5)
    return Panel(plot_type, plot, verdict, 1, episode)


def make_alarm(number: int, name: str, label: str, state: AlarmState, severity: Severity) -> Alarm:
    at = datetime.now(UTC) - timedelta(minutes=number)
    who = "shift" if state is AlarmState.ACKNOWLEDGED else None
    return Alarm(number, name, "", label, severity, state, at, at, 1, 0.94, who, at if who else None)


@pytest.fixture
def snapshot(image_hash: str) -> WallSnapshot:
    good = judge({"Good": 0.97, "Bad": 0.03}, {}, PlotType("x", labels=LABELS))
    bad = judge({"Good": 0.06, "Bad": 0.94}, {}, PlotType("x", labels=LABELS))
    hot = judge({"Good": 0.09, "HotChannel": 0.91}, {}, PlotType("x", labels=LABELS))
    doubt = judge({"Good": 0.61, "Bad": 0.39}, {"Good": 0.8}, PlotType("x", labels=LABELS))
    strange = judge({"Good": 0.99, "Bad": 0.01}, {}, PlotType("x", labels=LABELS), unfamiliar=True)
    empty = judge({"NoData": 0.99, "Good": 0.01}, {}, PlotType("x", labels=LABELS))
    panels = [
        make_panel("A_good", image_hash, good, group="CDC"),
        make_panel("B_bad", image_hash, bad, group="CDC"),
        make_panel("C_hot_taken", image_hash, hot, group="FDC"),
        make_panel("D_returned", image_hash, good, group="FDC"),
        make_panel("E_doubt", image_hash, doubt, group="FDC"),
        make_panel("F_strange", image_hash, strange, group="FDC"),
        make_panel("G_no_model", image_hash, NO_MODEL, group="FDC"),
        make_panel("H_stale", image_hash, good, age_s=2040, group="FDC"),
        make_panel("I_waiting", "", None, group="FDC"),
        make_panel("J_no_data", image_hash, empty, group="FDC"),
        make_panel("K_gone", "0" * 64, good, group="FDC"),
        make_panel("L_bad_no_alarm_yet", image_hash, bad, group="FDC"),
    ]
    alarms = (
        make_alarm(1, "B_bad", "Bad", AlarmState.UNACKNOWLEDGED, Severity.HIGH),
        make_alarm(2, "C_hot_taken", "HotChannel", AlarmState.ACKNOWLEDGED, Severity.MEDIUM),
        make_alarm(3, "D_returned", "Bad", AlarmState.RETURNED_UNACKNOWLEDGED, Severity.HIGH),
    )
    by_name = {alarm.plot_type: alarm for alarm in alarms}
    now = datetime.now(UTC)
    shown = tuple(replace(panel, alarm=by_name.get(panel.plot_type.name)) for panel in panels)
    return WallSnapshot(
        "D",
        5,
        RunState(121453, "2026-03", True, 151.0, BeamSource.FILE, now),
        shown,
        alarms,
        MonitorHealth(now + timedelta(minutes=10), 0, "here", ""),
        newest_data_at=now - timedelta(seconds=30),
        analysed_total=1_124_806,
        in_alarm=tuple(panel for panel in shown if panel.alarm is not None),
    )

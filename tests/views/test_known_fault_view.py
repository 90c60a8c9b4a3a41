"""A known fault told on the detail view, with real key presses and the mouse, and how the wall says it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hydra_desktop.database import clock, known_faults
from hydra_desktop.database import wall as wall_reading
from hydra_desktop.domain.known_fault import KnownFault, Region
from hydra_desktop.domain.wall import PanelState
from hydra_desktop.views.detail.known_fault_dialog import KnownFaultDialog
from hydra_desktop.views.detail.region_tool import MIDDLE, RegionTool, offered

from .detail_bench import BAD
from .test_detail_view import LIMIT_MS, Bench, bench, site

__all__ = ["bench", "site"]  # fixtures

SHIFT = Qt.KeyboardModifier.ShiftModifier


def stored(bench: Bench) -> tuple[KnownFault, ...]:
    with bench.site.database.read() as c:
        return known_faults.not_ended(c, bench.site.hall_id)


def dialog(bench: Bench) -> KnownFaultDialog:
    bench.qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None, timeout=LIMIT_MS)
    found = QApplication.activeModalWidget()
    assert isinstance(found, KnownFaultDialog)
    bench.qtbot.waitUntil(found.isActiveWindow)
    return found


def test_by_keys_alone_a_region_is_drawn_and_stored(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_K)
    tool = bench.view.plots.first.canvas.tool
    assert tool.region == Region(0, 0, 1, 1)  # its evidence is the same everywhere
    assert "Enter goes on" in bench.view.side.notice.text()
    for _ in range(60):
        bench.press(Qt.Key.Key_Left, SHIFT)
    for _ in range(50):
        bench.press(Qt.Key.Key_Up, SHIFT)
    for _ in range(10):
        bench.press(Qt.Key.Key_Right)
    bench.press(Qt.Key.Key_Down)
    bench.press(Qt.Key.Key_Return)
    asked = dialog(bench)
    assert asked.label.currentText() == "Bad"
    assert not asked.do.isEnabled()
    QTest.keyClicks(asked.why, "crate 7 is off")
    QTest.keyClick(asked.why, Qt.Key.Key_Return)
    bench.told("Bad, known: it doesn't alarm until")
    (fault,) = stored(bench)
    assert fault.region is not None
    sides = (fault.region.left, fault.region.top, fault.region.width, fault.region.height)
    assert sides == pytest.approx((0.1, 0.01, 0.4, 0.5))
    assert (fault.label, fault.why, fault.user, fault.station) == ("Bad", "crate 7 is off", "shift", "here")
    with bench.site.database.read() as c:
        now = clock.now(c)
    assert fault.until is not None
    assert timedelta(hours=7) < fault.until - now < timedelta(hours=9)
    bench.qtbot.waitUntil(lambda: bench.view.detail.known == (fault,), timeout=LIMIT_MS)
    assert bench.view.plots.first.canvas._known == (fault,)
    assert "crate 7 is off (shift, " in bench.view.side.known.text.text()
    bench.press(Qt.Key.Key_K, SHIFT)
    bench.told("that is over, it alarms as ever")
    assert stored(bench) == ()
    bench.qtbot.waitUntil(lambda: not bench.view.side.known.isVisible(), timeout=LIMIT_MS)


def test_by_mouse_a_region_is_drawn_where_the_pointer_was(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_K)
    canvas = bench.view.plots.first.canvas
    full = bench.view.full.picture(canvas.content_hash)
    target = canvas._target(full)

    def at(x: float, y: float) -> QPoint:
        return QPoint(round(target.left() + x * target.width()), round(target.top() + y * target.height()))

    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(0.75, 0.8))
    QTest.mouseMove(canvas, at(0.5, 0.5))
    QTest.mouseMove(canvas, at(0.25, 0.4))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(0.25, 0.4))
    region = canvas.tool.region
    assert region is not None
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx((0.25, 0.4, 0.75, 0.8), abs=0.01)
    bench.press(Qt.Key.Key_Return)
    asked = dialog(bench)
    QTest.keyClicks(asked.why, "x")
    asked.run.setFocus()
    asked.run.selectAll()
    QTest.keyClicks(asked.run, "109")
    assert asked.by_run.isChecked()
    QTest.keyClick(asked.run, Qt.Key.Key_Return)
    bench.told("until the end of run 109")
    (fault,) = stored(bench)
    assert fault.region == region
    assert (fault.until_run, fault.until) == (109, None)


def test_escape_leaves_the_drawing_and_not_the_view(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_K)
    bench.press(Qt.Key.Key_Escape)
    assert bench.view.plots.first.canvas.tool.region is None
    assert bench.view.side.notice.text() == ""
    assert bench.wall.stack.currentWidget() is bench.view
    assert stored(bench) == ()
    bench.press(Qt.Key.Key_Escape)
    assert bench.wall.stack.currentIndex() == 0


def test_another_stream_ends_the_drawing(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_K)
    bench.press(Qt.Key.Key_PageDown)
    assert bench.view.plots.first.canvas.tool.region is None


def test_the_wall_and_the_banner_say_what_is_known(bench: Bench) -> None:
    _plot, verdict_id = bench.site.arrive("FDC", 101, 5, BAD, 0.5)
    with bench.site.database.write() as c:
        fault = known_faults.add(
            c, bench.site.hall_id, "FDC", "Bad", region=Region(0.1, 0.2, 0.3, 0.4), until_run=110, why="no HV",
            run_period="A", user="ann", station="desk",
        )  # fmt: skip
        known_faults.mark(c, {verdict_id: fault.id})
    bench.refresh()
    item = next(one for one in bench.wall.model.items if one.name == "FDC")
    assert (item.word, item.state) == ("Bad, known", PanelState.KNOWN)
    assert item.how_long.startswith("for ")
    bench.open("FDC")
    said = bench.view.banner.said
    assert (said.word, said.mark, said.fill, said.frame) == ("Bad, known", "pin", "", "")
    assert said.facts == ("until the end of run 110 of A", "no HV", "no alarm")
    with bench.site.database.write() as c:
        known_faults.end(c, bench.site.hall_id, fault.id, user="ann")
    with bench.site.database.read() as c:
        panel = next(one for one in wall_reading.load(c, bench.site.hall_id).panels if one.plot_type.name == "FDC")
    assert panel.known is None


def test_the_region_that_is_offered_is_where_the_evidence_is() -> None:
    evidence = np.zeros((10, 20), np.float32)
    evidence[2:4, 5:10] = 1.0
    evidence[9, 19] = 0.2
    found = offered(evidence)
    assert (found.left, found.top, found.width, found.height) == pytest.approx((0.25, 0.2, 0.25, 0.2))
    assert offered(np.zeros((10, 20), np.float32)) == MIDDLE
    assert offered(None) == MIDDLE


def test_a_region_stays_on_the_plot_whatever_keys_are_pressed(bench: Bench) -> None:
    tool = RegionTool(bench.view)
    tool.start(Region(0.9, 0.9, 0.1, 0.1))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        for resize in (False, True):
            tool.key(key, resize=resize)
    region = tool.region
    assert region is not None
    sides = (region.left, region.top, region.width, region.height)
    assert sides == pytest.approx((0.9, 0.9, 0.1, 0.1))
    for _ in range(100):
        tool.key(Qt.Key.Key_Left, resize=False)
        tool.key(Qt.Key.Key_Left, resize=True)
    assert tool.region is not None
    assert (tool.region.left, tool.region.width) == (0.0, 0.01)

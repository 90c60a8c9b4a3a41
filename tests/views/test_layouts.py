"""How a person arranges the wall, with real keys, wheel and mouse, and what a station keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.views import stored
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.wall.layouts import FIT, LEAST, SHAPE, SIZES, Layouts, WallLayout, fit, from_json
from hydra_desktop.views.wall.wall_screen import WallScreen

from .conftest import Bench

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def names(bench: Bench) -> list[str]:
    return [item.name for item in bench.wall.model.items]


def pixels(image: QImage) -> np.ndarray:
    """Of an image, int (height, width, 4)."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)


def answer(qtbot: QtBot, text: str) -> None:
    """Type into the dialog that the next action opens."""

    def type_it() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QInputDialog)
        line = box.findChild(QLineEdit)
        line.selectAll()
        qtbot.keyClicks(line, text)
        qtbot.keyClick(line, Qt.Key.Key_Return)

    QTimer.singleShot(100, type_it)


def choose(menu: QMenu, text: str) -> None:
    """Choose an entry of a menu by keys."""
    menu.popup(QPoint(0, 0))
    menu.setActiveAction(next(action for action in menu.actions() if action.text() == text))
    QTest.keyClick(menu, Qt.Key.Key_Return)


@given(st.integers(1, 400), st.integers(60, 4000), st.integers(60, 2200))
def test_panels_fit_on_one_screen_unless_they_would_say_nothing(count: int, width: int, height: int) -> None:
    area = QSize(width, height)
    cell, fits = fit(count, area)
    across = max(1, (width - 1) // cell.width())
    assert cell.width() < width
    assert fits == (-(-count // across) * cell.height() <= height)
    largest = max(min((width - 1) // n, height // -(-count // n) * SHAPE) for n in range(1, count + 1))
    assert fits or largest < LEAST


def test_every_panel_is_in_sight_at_any_width_of_the_window(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    view, model = bench.wall.view, bench.wall.model
    for width in range(1000, 1016):  # some of them a multiple of the number of columns
        bench.window.resize(width, 700)
        QApplication.processEvents()
        assert view.verticalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        room = view.viewport().rect()
        assert all(room.contains(view.visualRect(model.index(row))) for row in range(model.rowCount())), width


def test_keys_and_the_wheel_change_the_size_and_f_fits_all(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    view, bar = bench.wall.view, bench.wall.view.verticalScrollBar()
    QApplication.processEvents()  # the wall is laid out
    assert bar.maximum() == 0
    usual = bench.wall.delegate.cell.width()
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    first = bench.wall.delegate.cell.width()
    assert first > usual
    turn = QWheelEvent(
        QPointF(50, 50), QPointF(50, 50), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, CONTROL,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), turn)
    assert bench.wall.delegate.cell.width() > first
    assert bench.wall.controls.size.value() == bench.wall.layouts.current.size
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert bench.wall.delegate.cell.width() <= first
    for _ in range(SIZES):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    qtbot.keyClick(view, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: bench.wall.delegate.cell.width() == usual)
    assert bench.wall.controls.size.value() == FIT
    bench.wall.controls.size.setFocus()
    qtbot.keyClick(bench.wall.controls.size, Qt.Key.Key_End)
    assert bench.wall.layouts.current.size == SIZES


def test_wall_mode_fits_all_whatever_the_size_at_the_desk(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    for _ in range(SIZES):
        qtbot.keyClick(bench.wall.view, Qt.Key.Key_Plus)
    qtbot.keyClick(bench.window, Qt.Key.Key_F11)
    bar = bench.wall.view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    assert bench.wall.controls.isHidden()
    qtbot.keyClick(bench.window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: bar.maximum() > 0)


def test_a_panel_is_moved_and_the_order_is_there_after_a_restart(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot, tmp_path: Path
) -> None:
    bench.wall.show_snapshot(snapshot)
    before = names(bench)
    bench.wall.select("C_hot_taken")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Left, ALT)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Left, ALT)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Left, ALT)  # it is the first already
    assert names(bench) == ["C_hot_taken", "A_good", "B_bad", *before[3:]]
    assert bench.wall.selected_names() == {"C_hot_taken"}
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_H)
    again = WallScreen(Theme(), tmp_path, lambda _verdict, _label: None, hall="D")
    other = WallScreen(Theme(), tmp_path, lambda _verdict, _label: None, hall="B")
    qtbot.addWidget(again)
    qtbot.addWidget(other)
    for wall in (again, other):
        wall.show_snapshot(snapshot)
    assert [item.name for item in again.model.items] == ["A_good", "B_bad", *before[3:]]
    assert [item.name for item in other.model.items] == before  # each hall has its own
    assert not again.controls.hidden.isHidden()
    for wall in (again, other):
        wall.close_threads()


def test_a_drag_ends_where_other_panels_come_meanwhile(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(replace(snapshot, panels=snapshot.panels[1:]))
    view, left = bench.wall.view, Qt.MouseButton.LeftButton
    port, none = view.viewport(), Qt.KeyboardModifier.NoModifier
    start, end = (view.visualRect(bench.wall.model.index(row)).center() for row in (1, 3))
    QTest.mousePress(port, left, none, start)
    held = QMouseEvent(QEvent.Type.MouseMove, QPointF(end), QPointF(port.mapToGlobal(end)), left, left, none)
    QApplication.sendEvent(port, held)
    bench.wall.show_snapshot(snapshot)
    QTest.mouseRelease(port, left, none, end)
    assert names(bench) == [panel.plot_type.name for panel in snapshot.panels]


def test_panels_that_are_not_shown_keep_their_places_when_one_is_moved(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    order = [panel.plot_type.name for panel in reversed(snapshot.panels)]
    bench.wall.show_snapshot(snapshot)
    bench.wall._use_layout(order="own", own=tuple(order))
    qtbot.keyClicks(bench.wall.controls.search, "_g")
    assert names(bench) == ["K_gone", "A_good"]
    bench.wall.select("A_good")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Left, ALT)
    assert names(bench) == ["A_good", "K_gone"]
    bench.wall.controls.search.clear()
    swapped = {"A_good": "K_gone", "K_gone": "A_good"}
    assert names(bench) == [swapped.get(name, name) for name in order]


def test_a_panel_is_dragged_to_another_place(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    view, model, before = bench.wall.view, bench.wall.model, names(bench)
    port, left = view.viewport(), Qt.MouseButton.LeftButton

    def drag(start: QPoint, *to: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mousePress(port, left, modifier, start)
        for at in to:
            held = QMouseEvent(
                QEvent.Type.MouseMove, QPointF(at), QPointF(port.mapToGlobal(at)), left, left, modifier
            )  # fmt: skip
            QApplication.sendEvent(port, held)
        QTest.mouseRelease(port, left, modifier, to[-1])

    first, fourth = (view.visualRect(model.index(row)).center() for row in (0, 3))
    drag(first, first + QPoint(2, 0))  # a hand that isn't still is no drag
    assert names(bench) == before
    drag(first, first + QPoint(30, 0), fourth)
    assert names(bench) == [*before[1:4], before[0], *before[4:]]
    assert bench.wall.layouts.current.order == "own"
    assert bench.wall.selected_names() == {before[0]}
    drag(fourth, first + QPoint(30, 0), first)
    assert names(bench) == before
    drag(first, fourth, QPoint(5, 646))  # beside all panels: it stays where it was
    assert names(bench) == before
    drag(first, fourth, modifier=Qt.KeyboardModifier.ShiftModifier)  # selects a range
    assert names(bench) == before
    assert len(bench.wall.selected_names()) == 4


@pytest.mark.parametrize(
    ("key", "expected"),
    [("name", sorted), ("group", lambda all_: all_), ("hall", lambda all_: all_)],
)
def test_orders(
    bench: Bench, snapshot: WallSnapshot, key: str, expected: Callable[[list[str]], list[str]], qtbot: QtBot
) -> None:
    bench.wall.show_snapshot(snapshot)
    order = bench.wall.controls.order
    order.setFocus()
    while order.currentData() != "own":
        qtbot.keyClick(order, Qt.Key.Key_Down)
    order.setCurrentIndex(order.findData(key))
    order.activated.emit(order.currentIndex())
    assert names(bench) == expected([panel.plot_type.name for panel in snapshot.panels])
    assert Layouts("D").current.order == key


def test_layouts_are_saved_chosen_and_removed_by_name(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    menu = bench.wall.controls._layout_menu
    bench.wall.select("A_good")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_H)
    answer(qtbot, "night")
    choose(menu, "Save as...")
    assert Layouts("D").saved["night"].hidden == ("A_good",)
    assert bench.wall.controls.layouts.text() == "Layout: night"
    choose(menu, "As usual")
    assert "A_good" in names(bench)
    choose(menu, "night")
    assert "A_good" not in names(bench)
    remove = next(action.menu() for action in menu.actions() if action.menu() is not None)
    assert isinstance(remove, QMenu)
    choose(remove, "night")
    assert Layouts("D").saved == {}
    assert "A_good" not in names(bench)  # the one in use stays


def test_a_damaged_file_is_no_obstacle(qtbot: QtBot) -> None:
    for wrong in ("[1", '["x"]', '{"current": 3, "saved": 5}', '{"current": {"order": "x", "size": 99}}'):
        stored.stored().setValue("layouts/D", wrong)
        assert Layouts("D").current == WallLayout()
    assert from_json({"hidden": ["A"], "size": 3}) == WallLayout(size=3, hidden=("A",))


def test_news_is_written_by_key(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    written: list[str] = []
    bench.wall.news_written.connect(written.append)
    answer(qtbot, "TOF is off until run 121470")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_N)
    assert written == ["TOF is off until run 121470"]


def test_beam_is_switched_by_the_menu(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    switched: list[bool | None] = []
    bench.wall.beam_switched.connect(switched.append)
    menu = bench.wall.controls.beam.menu()
    for text in ("Beam is off", "Beam is on", "As the hall's beam file says"):
        choose(menu, text)
    assert switched == [False, True, None]


def test_what_is_kept_of_panels_looks_like_panels_painted_anew(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    bench.wall._blink.stop()
    view, bar = bench.wall.view, bench.wall.view.verticalScrollBar()

    def compare() -> None:
        qtbot.waitUntil(lambda: bench.wall.is_painted)
        kept = view.viewport().grab().toImage()
        view.refresh_all()
        qtbot.waitUntil(lambda: bench.wall.is_painted)
        difference = np.abs(pixels(view.viewport().grab().toImage()) - pixels(kept))
        rows, columns = (size // 8 * 8 for size in difference.shape[:2])
        blocks = difference[:rows, :columns].reshape(rows // 8, 8, columns // 8, 8, -1)
        assert blocks.mean(axis=(1, 3)).max() < 8  # large figures may be smoothed a little otherwise

    compare()
    view.selectAll()
    compare()
    bench.wall.select("B_bad")
    compare()
    bench.wall._blinked()
    bench.wall._blink.stop()
    compare()
    for _ in range(SIZES // 2):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    compare()
    for value in (bar.maximum() // 3, bar.maximum(), 7):
        bar.setValue(value)
        compare()
    bench.wall.show_snapshot(replace(snapshot, panels=tuple(reversed(snapshot.panels))))
    compare()
    changed = replace(snapshot.panels[0], verdict=snapshot.panels[1].verdict)
    bench.wall.show_snapshot(replace(snapshot, panels=(changed, *snapshot.panels[1:])))
    compare()
    qtbot.keyClick(bench.window, Qt.Key.Key_F10)
    compare()

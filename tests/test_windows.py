"""Several halls and several windows in one program: what is not shown is heard all the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import halls
from hydra_desktop.domain.alarm import Alarm, AlarmState
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Severity, default_label
from hydra_desktop.domain.wall import MonitorHealth, Panel, WallSnapshot
from hydra_desktop.views.detail.detail_view import DetailView
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.main_window import MainWindow, Place
from tests.fakes.upgraded import upgraded

NOW = datetime.now(UTC)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def desktop(qtbot: QtBot, home: Path) -> Iterator[Desktop]:
    chosen = settings.load(None, "D")
    database = upgraded(chosen.database_url)
    with database.write() as c:
        for name in ("B", "D"):
            halls.find_or_create(c, name)
    made = Desktop(chosen, database)
    made.window.show()
    qtbot.waitUntil(made.window.isActiveWindow)
    yield made
    made.end()
    made.close()
    database.close()


def snapshot(
    hall: str, severity: Severity = Severity.NONE, state: AlarmState = AlarmState.UNACKNOWLEDGED
) -> WallSnapshot:
    bad = next(
        one for one in map(default_label, ("Bad", "HotChannel", "LowStat")) if one.severity == severity or not severity
    )
    panel = Panel(PlotType(f"{hall}_plot", labels=(default_label("Good"), bad)))
    alarms = (
        (Alarm(1, f"{hall}_plot", "", bad.name, severity, state, NOW, NOW, 1, 0.9, None, None),) if severity else ()
    )
    panel = replace(panel, alarm=alarms[0] if alarms else None)
    return WallSnapshot(
        hall, panels=(panel,), alarms=alarms, monitor=MonitorHealth(NOW), in_alarm=(panel,) if alarms else ()
    )


def shown(window: MainWindow) -> list[str]:
    return [item.name for item in window.wall.model.items]


def choose_hall(qtbot: QtBot, window: MainWindow, name: str) -> None:
    qtbot.keyClick(window, Qt.Key.Key_H, CONTROL)
    menu: QMenu = window._menu
    qtbot.waitUntil(menu.isVisible)
    while menu.activeAction() is None or menu.activeAction().text() != name:
        qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.hall == name and window.isActiveWindow())


def test_another_hall_is_shown_by_key_and_the_first_is_followed_on(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D"))
    assert shown(desktop.window) == ["D_plot"]
    choose_hall(qtbot, desktop.window, "B")
    desktop.halls["B"].take(snapshot("B"))
    desktop.halls["D"].take(snapshot("D"))
    assert shown(desktop.window) == ["B_plot"]
    assert desktop.window.windowTitle() == "Hydra, B"
    assert set(desktop.halls) == {"B", "D"}
    choose_hall(qtbot, desktop.window, "D")
    assert shown(desktop.window) == ["D_plot"]


def test_an_alarm_of_a_hall_that_is_not_shown_is_followed_by_the_siren_and_told(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D"))
    choose_hall(qtbot, desktop.window, "B")
    desktop.halls["B"].take(snapshot("B"))
    desktop.halls["D"].take(snapshot("D", Severity.HIGH))
    assert desktop.siren.halls == ("D", "B")
    told = desktop.window.wall.lines.elsewhere
    assert told.isVisible()
    assert told.message == "D: 1 alarm to take"
    desktop.halls["B"].take(snapshot("B", Severity.LOW))
    told.setFocus()
    qtbot.keyClick(told, Qt.Key.Key_Return)
    assert desktop.window.hall == "D"
    assert desktop.window.wall.lines.elsewhere.message == "B: 1 alarm to take"
    desktop.halls["B"].take(snapshot("B", Severity.LOW, AlarmState.ACKNOWLEDGED))
    assert not desktop.window.wall.lines.elsewhere.isVisible()


def test_a_second_window_has_a_hall_and_a_look_of_its_own(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D"))
    qtbot.keyClick(desktop.window, Qt.Key.Key_N, CONTROL)
    first, second = desktop.windows
    qtbot.waitUntil(second.isActiveWindow)
    assert second.isVisible()
    assert shown(second) == ["D_plot"]
    choose_hall(qtbot, second, "B")
    desktop.halls["B"].take(snapshot("B"))
    assert (shown(first), shown(second)) == (["D_plot"], ["B_plot"])
    qtbot.keyClick(second, Qt.Key.Key_F10)
    assert (first.theme.name, second.theme.name) == ("dark", "light")
    second.close()
    assert desktop.windows == [first]
    desktop.halls["D"].take(snapshot("D", Severity.MEDIUM))
    assert first.wall.alarm_area._cards[0].alarm is not None


def test_the_first_window_may_go_before_the_second(qtbot: QtBot, desktop: Desktop) -> None:
    qtbot.keyClick(desktop.window, Qt.Key.Key_N, CONTROL)
    first, second = desktop.windows
    qtbot.waitUntil(second.isActiveWindow)
    first.close()
    assert desktop.windows == [second]
    assert desktop.window is second
    desktop.halls["D"].take(snapshot("D", Severity.HIGH))
    assert shown(second) == ["D_plot"]


def test_a_window_may_go_while_its_detail_view_reads(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D", Severity.HIGH))
    qtbot.keyClick(desktop.window, Qt.Key.Key_N, CONTROL)
    first, second = desktop.windows
    qtbot.waitUntil(second.isActiveWindow)
    qtbot.keyClick(second.wall.view, Qt.Key.Key_Return)
    detail = second.wall.stack.currentWidget()
    assert isinstance(detail, DetailView)
    detail.full.picture("0" * 64)
    qtbot.keyClick(second, Qt.Key.Key_Q, CONTROL)
    assert desktop.windows == [first]
    qtbot.waitUntil(lambda: not shiboken6.isValid(detail))
    done: list[int] = []
    desktop.background.run(lambda: 1, done.append)
    qtbot.waitUntil(lambda: bool(done) and not desktop.background.busy)
    told = first.wall.lines.failures.message
    assert "deleted" not in told


def test_a_detail_view_is_up_to_date_after_another_hall_was_shown(qtbot: QtBot, desktop: Desktop) -> None:
    for hall in ("D", "B"):
        desktop.follow(hall).take(snapshot(hall, Severity.HIGH))
    qtbot.keyClick(desktop.window.wall.view, Qt.Key.Key_Return)
    detail = desktop.window.wall.stack.currentWidget()
    assert isinstance(detail, DetailView)
    assert detail.banner.said.state == "not acknowledged"
    choose_hall(qtbot, desktop.window, "B")
    desktop.halls["D"].take(snapshot("D", Severity.HIGH, AlarmState.ACKNOWLEDGED))
    qtbot.keyClick(desktop.window.wall.view, Qt.Key.Key_A)  # of B alone
    choose_hall(qtbot, desktop.window, "D")
    assert desktop.window.wall.stack.currentWidget() is detail
    assert detail.banner.said.state.startswith("taken")
    assert detail.isAncestorOf(desktop.window.focusWidget())
    qtbot.keyClick(desktop.window.focusWidget(), Qt.Key.Key_Escape)
    assert desktop.window.wall.view.hasFocus()


def test_what_was_not_done_in_a_hall_is_told_also_after_another_was_shown(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D", Severity.HIGH))
    choose_hall(qtbot, desktop.window, "B")
    desktop.halls["D"].acknowledge(1)  # which the database doesn't know
    told = desktop.window.wall.lines.failures
    qtbot.waitUntil(lambda: "D: The alarm was not acknowledged" in told.message)
    assert told.isVisible()


def test_history_and_references_may_be_left_while_they_read(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.halls["D"].take(snapshot("D"))
    window = desktop.window
    for key in (Qt.Key.Key_T, Qt.Key.Key_R) * 2:
        qtbot.keyClick(window.wall.view, key)
        page = window.page
        assert page is not None
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda page=page: not shiboken6.isValid(page))
        assert window.wall.view.hasFocus()
    assert window._stack.count() == 8
    assert not window.wall.lines.failures.isVisible()


def labels_as(window: MainWindow) -> str:
    screen = window.screens[Place.LABELING]
    assert isinstance(screen, LabelingScreen)
    return screen.desk._labeler.station


def test_each_window_labels_for_itself_also_beside_another_program(qtbot: QtBot, desktop: Desktop, home: Path) -> None:
    station = desktop.halls["D"].settings.station
    holds = (
        "import sys; from PySide6.QtCore import QLockFile; lock = QLockFile(sys.argv[1]); "
        "print(lock.tryLock(0), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(home / "labeling-1.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        qtbot.keyClick(desktop.window, Qt.Key.Key_2, CONTROL)
        assert labels_as(desktop.window) == f"{station}, window 2"
        other.kill()
    second = desktop.open_window()
    second.show()
    qtbot.waitUntil(second.isActiveWindow)
    qtbot.keyClick(second, Qt.Key.Key_2, CONTROL)
    assert labels_as(second) == station  # the other program is gone

"""History mode with real key presses and clicks, on a window of its own and in the program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QDateTime, QPoint, Qt
from PySide6.QtWidgets import QDateTimeEdit
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import episodes, halls, plots, verdicts, wall
from hydra_desktop.domain.alarm import AlarmState
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.past import PastRun
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import NO_MODEL
from hydra_desktop.domain.wall import MonitorHealth, PanelState, WallSnapshot
from hydra_desktop.views import keys
from hydra_desktop.views.history.banner import Banner
from hydra_desktop.views.history.history_screen import HistoryScreen
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.wall.layouts import Layouts
from tests.fakes.upgraded import upgraded

THEN = datetime(2026, 3, 1, 3, 12, tzinfo=UTC)
CONTROL = Qt.KeyboardModifier.ControlModifier


def shifted(snapshot: WallSnapshot, when: datetime) -> WallSnapshot:
    """A wall as if it had been so at another time."""
    by = when - datetime.now(UTC)
    panels = tuple(
        replace(one, plot=replace(one.plot, taken_at=one.plot.taken_at + by) if one.plot else None)
        for one in snapshot.panels
    )
    return replace(snapshot, panels=panels, as_of=when, monitor=MonitorHealth(recorded=False), problems=())


@pytest.fixture
def screen(qtbot: QtBot, tmp_path: Path) -> Iterator[HistoryScreen]:
    made = HistoryScreen(Theme(), tmp_path / "images", lambda _verdict, _label: np.full((7, 10), 0.2, np.float32), "D")
    qtbot.addWidget(made)
    made.resize(1600, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_threads()


def test_what_is_hidden_of_then_is_not_hidden_of_now(
    qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot
) -> None:
    screen.show_past(shifted(snapshot, THEN))
    shown = len(screen.wall.model.items)
    screen.wall.select("B_bad")
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_H)
    assert len(screen.wall.model.items) == shown - 1
    assert Layouts("D").current.hidden == ()


def test_the_banner_says_of_when_it_is_and_the_panels_are_of_then(
    screen: HistoryScreen, snapshot: WallSnapshot
) -> None:
    screen.show_past(shifted(snapshot, THEN))
    local = THEN.astimezone()
    assert screen.banner.text == (f"NOT LIVE: as it was on {local:%Y-%m-%d %H:%M:%S}, run 121453; Esc returns to now")
    assert screen.banner.text in screen.banner.accessibleName()
    items = {item.name: item for item in screen.wall.model.items}
    assert items["A_good"].age == "30 s"
    assert items["A_good"].state is PanelState.GOOD  # neither stale nor down, though it is long ago
    assert items["H_stale"].state is PanelState.STALE
    assert screen.wall.header.headline(THEN).title.startswith("Then: ")
    assert ("run then", "121453") in screen.wall.header.facts(THEN)


def test_nothing_of_then_can_be_taken_and_it_says_why(
    qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot
) -> None:
    screen.show_past(shifted(snapshot, THEN))
    area = screen.wall.alarm_area
    assert not area._take.isEnabled()
    assert area._take.text() == "Not live: nothing to take"
    assert "Esc returns" in area._take.toolTip()
    assert not area._silence.isVisible()
    assert not screen.wall.controls.beam.isEnabled()
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_A)
    assert "can't be acknowledged" in screen.banner.told
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_Return)
    assert "opens in full on the live wall" in screen.banner.told
    assert "Enter" not in dict(keys.of(screen.window()))
    assert not screen.wall._blink.isActive()
    with qtbot.waitSignal(screen.silenced):
        qtbot.keyClick(screen.wall.view, Qt.Key.Key_S)  # what sounds now


def test_a_new_alarm_now_blinks_and_is_told(qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot) -> None:
    screen.show_past(shifted(snapshot, THEN))
    screen.show_live(replace(snapshot, alarms=()))
    assert screen.banner.now_in_words()[0] == "Now: no alarm"
    assert not screen.banner.is_blinking
    screen.show_live(snapshot)
    assert screen.banner.now_in_words() == ("1 new alarm now", "Bad: B_bad; Esc returns")
    assert "1 new alarm now. Bad: B_bad; Esc returns" in screen.banner.accessibleName()
    qtbot.waitUntil(lambda: screen.banner.blink, timeout=5000)
    taken = tuple(replace(alarm, state=AlarmState.ACKNOWLEDGED) for alarm in snapshot.alarms)
    screen.show_live(replace(snapshot, alarms=taken))
    assert screen.banner.now_in_words() == ("Now: 3 alarms", "none new")
    assert not screen.banner.is_blinking
    screen.show_live(snapshot, "The database doesn't answer")
    assert screen.banner.now_in_words()[0] == "Now: database away"
    screen.show_live(replace(snapshot, monitor=MonitorHealth(THEN)))
    assert screen.banner.now_in_words()[0] == "Now: monitor down"


@pytest.mark.parametrize(
    ("key", "modifier", "signal", "step"),
    [
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.NoModifier, "chunk_stepped", -1),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, "chunk_stepped", 1),
        (Qt.Key.Key_Comma, CONTROL, "run_stepped", -1),
        (Qt.Key.Key_Period, CONTROL, "run_stepped", 1),
    ],
)
def test_steps_by_key_and_click(
    qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot, key: Qt.Key, modifier: Qt.KeyboardModifier,
    signal: str, step: int,
) -> None:  # fmt: skip
    screen.show_past(shifted(snapshot, THEN))
    screen.wall.view.setFocus()
    with qtbot.waitSignal(getattr(screen, signal)) as asked:
        qtbot.keyClick(screen.wall.view, key, modifier)
    assert asked.args == [step]
    what = f"{signal.partition('_')[0]} {'back' if step < 0 else 'on'}"
    with qtbot.waitSignal(getattr(screen, signal)) as asked:
        qtbot.mouseClick(screen.bar.buttons[what], Qt.MouseButton.LeftButton)
    assert asked.args == [step]


def test_a_time_is_written_and_one_to_come_is_refused(
    qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot
) -> None:
    screen.show_past(shifted(snapshot, THEN))
    screen.wall.view.setFocus()
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_T)
    assert screen.bar.time.hasFocus()
    qtbot.keyClick(screen.bar.time, Qt.Key.Key_Down)  # an hour back
    with qtbot.waitSignal(screen.time_chosen) as asked:
        qtbot.keyClick(screen.bar.time, Qt.Key.Key_Return)
    assert asked.args == [THEN - timedelta(hours=1) + timedelta(microseconds=999_999)]
    screen.show_past(replace(shifted(snapshot, THEN), as_of=datetime.now(UTC)))
    screen.take_focus()
    qtbot.keyClick(screen.bar.time, Qt.Key.Key_Up)
    qtbot.keyClick(screen.bar.time, Qt.Key.Key_Return)
    assert "still to come" in screen.banner.told


@pytest.mark.parametrize(("part", "then"), [("Hour", "2026-03-01 00:30"), ("Day", "2026-03-01 23:30")])
def test_a_step_carries_into_the_next_day(
    qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot, part: str, then: str
) -> None:
    screen.show_past(shifted(snapshot, THEN))
    screen.take_focus()
    screen.bar.time.setDateTime(QDateTime(2026, 2, 28, 23, 30, 0))
    screen.bar.time.setSelectedSection(QDateTimeEdit.Section[f"{part}Section"])
    qtbot.keyClick(screen.bar.time, Qt.Key.Key_Up)
    assert screen.bar.time.dateTime().toString("yyyy-MM-dd HH:mm") == then


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_run_is_chosen_from_those_there_are(qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot) -> None:
    screen.show_past(shifted(snapshot, THEN))
    hour = timedelta(hours=1)
    screen.show_runs([PastRun(7, "A", THEN - 9 * hour), PastRun(121450, "B", THEN - hour), PastRun(7, "B", THEN)])
    assert screen.bar._completer.model().stringList() == ["7, B", "121450", "7, A"]
    screen.bar.run.setFocus()
    screen.bar.run.selectAll()
    qtbot.keyClicks(screen.bar.run, "7, A")
    with qtbot.waitSignal(screen.run_chosen) as asked:
        qtbot.keyClick(screen.bar.run, Qt.Key.Key_Return)
    assert asked.args == [7, "A"]
    screen.bar.run.clear()
    qtbot.keyClicks(screen.bar.run, "x")
    qtbot.keyClick(screen.bar.run, Qt.Key.Key_Return)
    assert "x is no run number" in screen.banner.told
    qtbot.keyClick(screen.bar.run, Qt.Key.Key_Backspace)
    qtbot.keyClicks(screen.bar.run, "1")
    popup = screen.bar._completer.popup()
    assert popup.isVisible()
    with qtbot.waitSignal(screen.left):  # one key, also here
        qtbot.keyClick(popup, Qt.Key.Key_Escape)


def test_the_slider_goes_over_the_day_or_the_run(qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot) -> None:
    screen.show_past(shifted(snapshot, THEN))
    screen.show_runs([PastRun(121450, "", THEN - timedelta(hours=3)), PastRun(121453, "", THEN)])
    slider = screen.bar.slider
    assert slider.maximum() == 86400  # the 24 hours around a time long ago
    assert slider.value() == 43200
    slider.setFocus()
    with qtbot.waitSignal(screen.time_chosen) as asked:
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert asked.args == [THEN - timedelta(minutes=1)]
    screen.bar.span.setCurrentIndex(1)
    assert slider.maximum() == 3 * 3600
    assert slider.value() == slider.maximum()


def test_esc_returns_from_wherever_the_cursor_is(qtbot: QtBot, screen: HistoryScreen, snapshot: WallSnapshot) -> None:
    screen.show_past(shifted(snapshot, THEN))
    for widget in (screen.wall.view, screen.wall.controls.search, screen.bar.time, screen.bar.run, screen.bar.slider):
        widget.setFocus()
        with qtbot.waitSignal(screen.left):
            qtbot.keyClick(widget, Qt.Key.Key_Escape)


def test_the_frame_is_painted_round_all(screen: HistoryScreen, snapshot: WallSnapshot) -> None:
    screen.show_past(shifted(snapshot, THEN))
    image = screen.grab().toImage()
    past = Theme().colours.past.lower()
    for x, y in ((3, 450), (1597, 450), (800, 3), (800, 897)):
        near = {image.pixelColor(QPoint(x + dx, y + dy)).name() for dx in range(-2, 3) for dy in range(-2, 3)}
        assert past in near


@pytest.fixture
def desktop(qtbot: QtBot, home: Path) -> Iterator[Desktop]:
    """The program on a hall with two chunks of one plot type."""
    chosen = settings.load(None, "D")
    database = upgraded(chosen.database_url)
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.ensure_plot_type(c, hall_id, "CDC")
        for chunk in (1, 2):
            at = THEN + timedelta(minutes=5 * chunk)
            plot = plots.add(c, hall_id, NewPlot(PlotName("CDC", 5, chunk), "0" * 64, at, f"{chunk}"), live=True)
            assert plot is not None
            judged = verdicts.JudgedPlot(plot.id, "CDC", None, NO_MODEL, decided_at=at)
            (verdict_id,) = verdicts.add(c, hall_id, [judged])
            (episode,) = episodes.start(c, hall_id, [Episode.begun(0, plot, NO_MODEL)])
            wall.update_panels(c, hall_id, [wall.Shown(plot, verdict_id, episode.id)])
        live = wall.load(c, hall_id)
    made = Desktop(chosen, database)
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    qtbot.waitExposed(made.window)
    made.hall.take(replace(live, monitor=MonitorHealth(datetime.now(UTC) + timedelta(hours=1))))
    yield made
    made.close()
    database.close()


def test_from_live_to_then_and_back_by_keys(qtbot: QtBot, desktop: Desktop, snapshot: WallSnapshot) -> None:
    desktop.window.open_screen(0)
    qtbot.keyClick(desktop.wall.view, Qt.Key.Key_T)
    screen = desktop.window.page
    assert isinstance(screen, HistoryScreen)
    assert screen.shown.as_of is not None  # at once, from what the live wall has
    assert screen.wall.model.items[0].where == "run 5, chunk 2"
    screen.wall.view.setFocus()
    for _ in range(2):  # the second finds nothing earlier
        qtbot.keyClick(screen.wall.view, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: screen.banner.told == "There is nothing earlier. Esc returns to now")
    assert screen.wall.model.items[0].where == "run 5, chunk 1"
    assert "as it was on" in screen.banner.text
    desktop.hall.take(replace(snapshot, hall_name="D"))
    assert screen.banner.now_in_words()[0] == "1 new alarm now"
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_Comma)  # its answer comes when nobody waits for it any more
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_Escape)
    assert desktop.window.page is None
    assert desktop.wall.isVisible()
    assert desktop.wall.model.snapshot.as_of is None
    qtbot.waitUntil(lambda: not desktop.background.busy)


def test_another_screen_ends_history_and_wall_mode_does_not(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.window.open_screen(0)
    qtbot.keyClick(desktop.wall.view, Qt.Key.Key_T)
    screen = desktop.window.page
    assert isinstance(screen, HistoryScreen)
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_F11)
    assert desktop.window.page is screen
    assert screen.wall.controls.isHidden()
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_F11)
    qtbot.keyClick(screen.wall.view, Qt.Key.Key_3, CONTROL)
    assert desktop.window.page is None
    assert desktop.window._stack.currentIndex() == 2
    qtbot.keyClick(desktop.window, Qt.Key.Key_1, CONTROL)
    assert desktop.wall.isVisible()


def test_with_the_database_away_the_live_wall_is_one_key_away(qtbot: QtBot, desktop: Desktop) -> None:
    desktop.window.open_screen(0)
    desktop.hall._take_trouble("The database doesn't answer")
    qtbot.keyClick(desktop.wall.view, Qt.Key.Key_T)
    screen = desktop.window.page
    assert isinstance(screen, HistoryScreen)
    assert isinstance(screen.banner, Banner)
    assert screen.banner.now_in_words()[0] == "Now: database away"
    qtbot.keyClick(screen.bar.time, Qt.Key.Key_Escape)
    assert desktop.wall.isVisible()

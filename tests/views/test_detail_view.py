"""The detail view with real key presses and clicks, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from hydra_desktop.database import wall as wall_reading
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.plot import Plot
from hydra_desktop.domain.reference import ReferenceState
from hydra_desktop.domain.wall import MonitorHealth
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms as alarm_service
from hydra_desktop.services.detail import Other
from hydra_desktop.services.deviation_process import DeviationProcess
from hydra_desktop.views.background import Background
from hydra_desktop.views.detail.contest_dialog import ContestDialog
from hydra_desktop.views.detail.detail_view import DetailView
from hydra_desktop.views.detail.opening import DetailOpener
from hydra_desktop.views.main_window import MainWindow
from hydra_desktop.views.theme import Theme
from hydra_desktop.views.wall.wall_screen import WallScreen

from .detail_bench import BAD, GOOD, Site, make_site

LIMIT_MS = 10_000


@dataclass
class Bench:
    """A window whose wall can open details, and the site that it shows."""

    qtbot: QtBot
    window: MainWindow
    wall: WallScreen
    view: DetailView
    site: Site
    cdc: list[Plot]

    def refresh(self) -> None:
        """Show the newest state of the database."""
        with self.site.database.read() as c:
            self.wall.show_snapshot(wall_reading.load(c, self.site.hall_id))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        self.qtbot.waitUntil(self.window.isActiveWindow)
        target = self.window.focusWidget() or self.window
        QTest.keyClick(target, key, modifier)

    def settle(self) -> None:
        """Wait until nothing is to come any more."""
        self.qtbot.waitUntil(lambda: self.view.detail is not None and not self.view.busy, timeout=LIMIT_MS)
        canvas = self.view.plots.first.canvas
        self.qtbot.waitUntil(lambda: canvas.order_in_full() is not None and not self.view.busy, timeout=LIMIT_MS)

    def told(self, words: str) -> None:
        """Wait until the view says so."""
        try:
            self.qtbot.waitUntil(lambda: words in self.view.side.notice.text(), timeout=LIMIT_MS)
        except TimeoutError:
            raise AssertionError(f"{words!r} not in {self.view.side.notice.text()!r}") from None

    def open(self, name: str = "CDC") -> None:
        """Open a panel by Enter."""
        self.wall.select(name)
        self.wall.view.setFocus()
        self.press(Qt.Key.Key_Return)
        assert self.wall.stack.currentWidget() is self.view
        self.settle()

    @property
    def shown(self) -> int | None:
        """Which plot is looked at."""
        detail = self.view.detail
        return detail.shown.id if detail is not None and detail.shown is not None else None


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    return make_site(database, tmp_path)


@pytest.fixture
def bench(qtbot: QtBot, site: Site) -> Iterator[Bench]:
    near = (site.train_on("Bad", 1), site.train_on("Bad", 2), "f" * 64)
    nearest = tuple((content, 1.0 + n) for n, content in enumerate(near))
    cdc = [site.arrive("CDC", 100, chunk, GOOD, 40 - chunk)[0] for chunk in range(1, 4)]
    cdc += [site.arrive("CDC", 101, chunk, GOOD, 30 - chunk)[0] for chunk in range(1, 4)]
    bad, bad_verdict = site.arrive("CDC", 101, 4, BAD, 1, nearest)
    site.alarm(bad, bad_verdict)
    for name in ("FDC", "TOF"):
        site.arrive(name, 101, 4, GOOD, 1)
    theme, background = Theme(), Background()
    wall = WallScreen(theme, site.settings.image_folder, lambda *_: None)
    view = DetailView(theme, site.service(), background, site.settings.image_folder, DeviationProcess(site.settings))
    DetailOpener(wall, view)
    window = MainWindow(theme)
    window.show_wall("D", wall)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    made = Bench(qtbot, window, wall, view, site, [*cdc, bad])
    made.refresh()
    yield made
    wall.close_threads()
    background.close()


def test_enter_opens_a_panel_and_escape_goes_back_to_it(bench: Bench) -> None:
    bench.open("FDC")
    assert bench.view.detail.ask.plot_type == "FDC"
    bench.press(Qt.Key.Key_Escape)
    assert bench.wall.stack.currentIndex() == 0
    assert bench.wall.view.hasFocus()
    assert bench.wall.selected_names() == {"FDC"}


def test_enter_before_anything_was_chosen_opens_the_alarm(bench: Bench) -> None:
    bench.wall.view.setFocus()
    bench.press(Qt.Key.Key_Return)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "CDC"


def test_a_double_click_opens_a_panel(bench: Bench) -> None:
    view = bench.wall.view
    bench.qtbot.waitUntil(lambda: view.visualRect(bench.wall.model.index(1)).left() > 0)
    place = view.visualRect(bench.wall.model.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    bench.settle()
    assert bench.view.detail.ask.plot_type == bench.wall.model.items[1].name


def test_a_double_click_on_an_alarm_card_opens_its_stream(bench: Bench) -> None:
    card = bench.wall.alarm_area._cards[0]
    QTest.mouseDClick(card, Qt.MouseButton.LeftButton)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "CDC"
    assert bench.view.detail.log[0].why == "Confirmed in 2 of 3 chunks"


def test_enter_on_an_alarm_card_opens_its_stream(bench: Bench) -> None:
    bench.wall.alarm_area._cards[0].setFocus()
    bench.press(Qt.Key.Key_Return)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "CDC"


def test_arrows_go_through_the_history_and_home_comes_back(bench: Bench) -> None:
    bench.open()
    assert bench.shown == bench.cdc[-1].id
    for _ in range(2):
        bench.press(Qt.Key.Key_Left)
        bench.settle()
    assert bench.shown == bench.cdc[-3].id
    text = bench.view.position.text()
    assert text.startswith("Not live: chunk 2 of run 101, 28 min ago")
    assert "Home returns to now" in text
    bench.press(Qt.Key.Key_Right)
    bench.settle()
    assert bench.shown == bench.cdc[-2].id
    bench.press(Qt.Key.Key_Home)
    bench.settle()
    assert bench.shown == bench.cdc[-1].id
    assert bench.view.position.text().startswith("The newest plot")


def test_the_newest_plot_is_followed_and_an_older_one_stays(bench: Bench) -> None:
    bench.open()
    newer, _ = bench.site.arrive("CDC", 101, 5, BAD, 0.5)
    bench.refresh()
    bench.qtbot.waitUntil(lambda: bench.shown == newer.id, timeout=LIMIT_MS)
    bench.press(Qt.Key.Key_Left)
    bench.settle()
    bench.site.arrive("CDC", 101, 6, BAD, 0.2)
    bench.refresh()
    bench.settle()
    bench.qtbot.waitUntil(lambda: len(bench.view.detail.history) == 9, timeout=LIMIT_MS)
    assert bench.shown == bench.cdc[-1].id
    assert not bench.view.detail.is_newest


def test_right_onto_the_newest_follows_again(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_Left)
    bench.press(Qt.Key.Key_Right)
    bench.settle()
    assert bench.view._ask.plot_id is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_PageDown])
def test_down_goes_to_the_next_plot_type(bench: Bench, key: Qt.Key) -> None:
    bench.open("CDC")
    bench.press(key)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "FDC"
    bench.press(Qt.Key.Key_Up)
    bench.press(Qt.Key.Key_Up)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "TOF"


def test_a_new_alarm_elsewhere_is_said_at_once_and_n_goes_to_it(bench: Bench) -> None:
    bench.open()
    assert bench.view.others.text() == "No other alarm"
    plot, verdict = bench.site.arrive("TOF", 101, 5, BAD, 0.1)
    bench.site.alarm(plot, verdict)
    bench.refresh()
    assert bench.view.others.text().startswith("Bad in TOF, for 0 s, not acknowledged")
    bench.press(Qt.Key.Key_N)
    bench.settle()
    assert bench.view.detail.ask.plot_type == "TOF"


def test_wheel_keys_and_drag_zoom_and_move(bench: Bench) -> None:
    bench.open()
    canvas, view = bench.view.plots.first.canvas, bench.view.plots.view
    centre = QPointF(canvas.rect().center())
    wheel = QWheelEvent(
        centre, canvas.mapToGlobal(centre), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, wheel)
    assert view.zoom == pytest.approx(1.25)
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        bench.press(key)
    assert view.zoom == pytest.approx(1.25**2)
    bench.press(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.centre.x() > 0.5
    before = view.centre.x()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    QTest.mouseMove(canvas, QPoint(260, 100))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(260, 100))
    assert view.centre.x() < before
    order = canvas.order_in_full()
    assert order is not None
    assert order.box[2] - order.box[0] < 320
    bench.press(Qt.Key.Key_0)
    assert (view.zoom, view.centre) == (1.0, QPointF(0.5, 0.5))


def test_m_goes_through_the_maps_and_brackets_change_the_opacity(bench: Bench) -> None:
    bench.open()
    area = bench.view.plots
    assert area.choice == "Bad"
    assert area.first.canvas.overlay is not None
    bench.press(Qt.Key.Key_M)
    assert area.choice == "HotChannel"
    assert area.scale.accessibleName() == "Evidence for HotChannel: from 0 to 0.8"
    QTest.mouseClick(area.maps.button("off"), Qt.MouseButton.LeftButton)
    assert area.first.canvas.overlay is None
    bench.press(Qt.Key.Key_BracketLeft)
    assert area.opacity.value() == 50
    bench.press(Qt.Key.Key_BracketRight)
    assert area.opacity.value() == 60


def test_a_good_plot_has_no_map_unless_asked_for(bench: Bench) -> None:
    bench.open("FDC")
    assert bench.view.plots.choice == "off"
    bench.press(Qt.Key.Key_M)
    assert bench.view.plots.choice == "Good"


def test_space_held_swaps_the_two_plots(bench: Bench) -> None:
    bench.open()
    first, second = bench.view.plots.first.canvas, bench.view.plots.second.canvas
    assert bench.view.plots.compared[0] is Other.LAST_GOOD
    own, other = first.content_hash, second.content_hash
    assert (own, other) == (bench.cdc[-1].content_hash, bench.cdc[-2].content_hash)
    QTest.keyPress(bench.window.focusWidget(), Qt.Key.Key_Space)
    assert (first.content_hash, second.content_hash) == (other, own)
    QTest.keyRelease(bench.window.focusWidget(), Qt.Key.Key_Space)
    assert (first.content_hash, second.content_hash) == (own, other)


def test_c_compares_with_what_there_is(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_C)  # there is no reference
    assert bench.view.plots.compared[0] is Other.BEFORE
    bench.press(Qt.Key.Key_C)
    other, compared = bench.view.plots.compared
    assert other is Other.FIRST_OF_RUN
    assert compared.plot.id == bench.cdc[3].id
    assert not bench.view.plots.others.button(Other.REFERENCE).isEnabled()


def test_a_click_in_the_history_shows_that_plot(bench: Bench) -> None:
    bench.open()
    strip = bench.view.history
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.slot(1).center().toPoint())
    bench.settle()
    assert bench.shown == bench.cdc[1].id


def test_a_training_plot_opens_by_its_number_and_by_a_click(bench: Bench) -> None:
    bench.open()
    nearest = bench.view.detail.nearest
    assert [(one.label, one.user, one.plot is not None) for one in nearest] == [
        ("Bad", "eva", True), ("Bad", "eva", True), ("", "", False)
    ]  # fmt: skip
    bench.press(Qt.Key.Key_2)
    bench.settle()
    assert bench.shown == nearest[1].plot.id
    assert "labelled Bad by eva" in bench.view.position.text()
    bench.press(Qt.Key.Key_Home)
    bench.settle()
    QTest.mouseClick(bench.view.strips.nearest.thumbs[0], Qt.MouseButton.LeftButton)
    bench.settle()
    assert bench.shown == nearest[0].plot.id
    assert not bench.view.side.buttons["wrong"].isVisible()


def test_acknowledge_and_silence_by_key_and_by_button(bench: Bench) -> None:
    bench.open()
    taken: list[int] = []
    silenced: list[bool] = []
    bench.view.acknowledged.connect(taken.append)
    bench.view.silenced.connect(lambda: silenced.append(True))
    bench.press(Qt.Key.Key_A)
    bench.press(Qt.Key.Key_S)
    QTest.mouseClick(bench.view.side.buttons["acknowledge"], Qt.MouseButton.LeftButton)
    alarm = bench.wall.model.snapshot.alarms[0]
    assert (taken, silenced) == ([alarm.id] * 2, [True])


def test_a_banner_blinks_until_the_alarm_is_taken(bench: Bench) -> None:
    bench.open()
    assert bench.view._blink.isActive()
    alarm_service.acknowledge(
        bench.site.database, bench.site.hall_id, bench.view.detail.ask.alarm_id, who=Who("ann", "here")
    )
    bench.refresh()
    assert not bench.view._blink.isActive()
    assert bench.view.banner.said.state.startswith("taken by ann")
    assert not bench.view.side.buttons["acknowledge"].isVisible()


def test_a_verdict_is_contested_by_keys_and_taken_back(bench: Bench) -> None:
    bench.open()
    bench.press(Qt.Key.Key_W)
    dialog = bench.view.findChild(ContestDialog)
    QTest.keyClick(dialog, Qt.Key.Key_G)
    QTest.keyClicks(dialog.comment, "beam was tripping")
    QTest.keyClick(dialog.comment, Qt.Key.Key_Return)
    bench.qtbot.waitUntil(lambda: bool(bench.view.detail.contests), timeout=LIMIT_MS)
    (contest,) = bench.view.detail.contests
    assert (contest.label, contest.comment, contest.user, contest.station) == (
        "Good", "beam was tripping", "shift", "here"
    )  # fmt: skip
    assert "it should be Good" in bench.view.side.contested.text.text()
    assert bench.view.side.contested.isVisible()
    bench.press(Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
    bench.qtbot.waitUntil(lambda: not bench.view.detail.contests[0].stands, timeout=LIMIT_MS)
    assert not bench.view.side.contested.isVisible()


def test_a_contest_needs_a_label(bench: Bench) -> None:
    bench.open()
    QTest.mouseClick(bench.view.side.buttons["wrong"], Qt.MouseButton.LeftButton)
    dialog = bench.view.findChild(ContestDialog)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    bench.settle()
    assert bench.view.detail.contests == ()


def test_a_proposal_is_confirmed_by_r(bench: Bench) -> None:
    bench.site.refer_to(bench.cdc[:3], ReferenceState.PROPOSED)
    bench.open()
    button = bench.view.strips.button
    assert button.text() == "Confirm  [R]"
    assert len(bench.view.strips.normal.thumbs) == 3
    assert "proposed by eva" in bench.view.strips.normal._note.text()
    bench.press(Qt.Key.Key_R)
    bench.qtbot.waitUntil(lambda: bench.view.detail.reference is not None, timeout=LIMIT_MS)
    bench.settle()
    assert bench.view.detail.reference.state is ReferenceState.CONFIRMED
    assert bench.view.strips.normal._note.text().startswith("confirmed by shift")
    assert not button.isVisible()
    assert Other.REFERENCE in bench.view.detail.others


def test_what_can_not_be_proposed_is_said(bench: Bench) -> None:
    bench.open("FDC")
    assert bench.view.strips.button.text() == "Propose  [R]"
    QTest.mouseClick(bench.view.strips.button, Qt.MouseButton.LeftButton)
    bench.told("9 more are needed")
    bench.settle()


def test_a_reference_plot_opens(bench: Bench) -> None:
    bench.site.refer_to(bench.cdc[:3], ReferenceState.CONFIRMED)
    bench.open()
    QTest.mouseClick(bench.view.strips.normal.thumbs[1], Qt.MouseButton.LeftButton)
    bench.settle()
    assert bench.shown == bench.cdc[1].id


def test_no_control_is_without_a_name(bench: Bench) -> None:
    bench.open()
    for kind in (QPushButton, QSlider, QLineEdit):
        for widget in bench.view.findChildren(kind):
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080), (3840, 2160)])
def test_nothing_is_wider_than_the_screen(bench: Bench, size: tuple[int, int]) -> None:
    bench.window.resize(*size)
    bench.open()
    assert bench.window.minimumSizeHint().width() <= size[0]
    assert bench.window.width() == size[0]
    assert bench.view.plots.first.canvas.height() > 0.3 * size[1]


def test_with_the_largest_words_the_plots_are_alike_and_each_choice_can_be_read(bench: Bench) -> None:
    bench.open()
    for _ in range(4):
        bench.press(Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    area = bench.view.plots
    bench.qtbot.waitUntil(lambda: abs(area.first.width() - area.second.width()) < 0.1 * area.width())
    shown = [button for button in area.maps.findChildren(QPushButton) if button.isVisible()]
    assert [button.text() for button in shown] == ["Bad  (3 of 6)"]
    assert shown[0].sizeHint().width() <= area.maps.width()
    QTest.mouseClick(shown[0], Qt.MouseButton.LeftButton)
    assert area.choice == area._choices()[3]
    bench.press(Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert area.choice == "Bad"
    bench.press(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    bench.window.resize(1920, 1080)
    bench.qtbot.waitUntil(lambda: all(one.isVisible() for one in area.maps.findChildren(QPushButton)))


def test_what_can_not_be_read_is_said(bench: Bench) -> None:
    bench.open()
    bench.view.look_at(10**9)
    bench.told("can't be read now")
    bench.qtbot.waitUntil(lambda: "you asked for" in bench.view.position.text())  # another is still in sight
    bench.press(Qt.Key.Key_Home)
    bench.settle()
    assert bench.shown == bench.cdc[-1].id
    assert bench.view.side.notice.text() == ""
    assert "newest" in bench.view.position.text()


def test_a_stream_that_is_stale_or_without_a_monitor_is_not_said_to_be_good(bench: Bench) -> None:
    bench.open("FDC")
    assert bench.view.banner.said.word == "Good"
    fresh = bench.wall.model.snapshot
    panels = tuple(replace(one, plot_type=replace(one.plot_type, stale_after_s=10.0)) for one in fresh.panels)
    bench.wall.show_snapshot(replace(fresh, panels=panels))
    assert (bench.view.banner.said.word, bench.view.banner.said.facts) == ("stale", ("was Good",))
    gone = MonitorHealth(datetime.now(UTC) - timedelta(hours=1))
    bench.wall.show_snapshot(replace(fresh, monitor=gone))
    assert bench.view.banner.said.word == "monitor down"

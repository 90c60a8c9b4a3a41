"""A page of plots to be labelled, by real keys and the mouse, with real pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.label import Label, Role, Severity, default_label
from hydra_desktop.domain.labeling import Given, Guess, QueuedPlot
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.verdict import Status
from hydra_desktop.views import keys, marks, stored
from hydra_desktop.views.labeling.arrangement import Direction, Room, arrange
from hydra_desktop.views.labeling.grid_view import GridView
from hydra_desktop.views.labeling.page_canvas import TILE_WIDTHS, USUAL_SIZE
from hydra_desktop.views.labeling.sheet import Sheet, grouped
from hydra_desktop.views.labeling.tile import Standing
from hydra_desktop.views.pictures import Pictures
from hydra_desktop.views.theme import THEMES, Theme

AT = datetime(2026, 10, 9, 10, tzinfo=UTC)
LABELS = tuple(map(default_label, ("Good", "Bad", "NoData", "LowStat", "Ignore")))
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
GUESSES = ("Good",) * 9 + ("Bad",) * 3 + ("NoData",) * 2


def queued(number: int, content_hash: str, guess: str, **facts: object) -> QueuedPlot:
    plot = Plot(number, PlotName("A", 297000 + number), content_hash, AT, AT)
    said = Guess(guess, 0.5 + number / 100, Status.UNCONFIRMED, AT) if guess else None
    return replace(QueuedPlot(plot, said), **facts)


@dataclass
class Bench:
    """A view with a page of 14 plots, three groups, and what people did on it."""

    view: GridView
    sheet: Sheet
    pictures: Pictures
    items: list[QueuedPlot]
    painted: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    changed: list[frozenset[int]] = field(default_factory=list)

    def middle(self, plot_id: int) -> QPoint:
        return self.view.cell(plot_id).center()

    def colours(self, box: QRect) -> Counter[str]:
        image = self.view.grab(box).toImage()
        return Counter(image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height()))

    def strip(self, plot_id: int) -> QRect:
        tile = self.view.cell(plot_id).adjusted(8, 0, -8, -8)
        return QRect(tile.left(), tile.bottom() - 12, tile.width(), 10)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImageStore, list[str]]:
    """A picture for each guess, and their hashes."""
    folder = tmp_path_factory.mktemp("drawn")
    store, hashes = ImageStore(folder / "images"), []
    for number in range(1, len(GUESSES) + 1):
        Image.effect_noise((320, 240), 10 + number).convert("RGB").save(folder / "plot.png")
        hashes.append(store.add((folder / "plot.png").read_bytes()))
    return store, hashes


@pytest.fixture
def bench(qtbot: QtBot, drawn: tuple[ImageStore, list[str]]) -> Iterator[Bench]:
    store, hashes = drawn
    items = [queued(number, *one) for number, one in enumerate(zip(hashes, GUESSES, strict=True), 1)]
    sheet, pictures = Sheet(PlotType("A", labels=LABELS)), Pictures(lambda _verdict, _label: None)
    view = GridView(Theme(), sheet, pictures, store.folder)
    qtbot.addWidget(view)
    made = Bench(view, sheet, pictures, items)
    view.painted.connect(lambda plot_ids, label: made.painted.append((plot_ids, label)))
    sheet.tiles_changed.connect(made.changed.append)
    view.resize(800, 640)
    view.show()
    qtbot.waitExposed(view)
    view.setFocus()
    sheet.set_page(items)
    qtbot.waitUntil(lambda: view.hasFocus() and not pictures.busy and view.is_painted)
    yield made
    pictures.close()


# The sheet


def test_groups_by_guess_the_largest_first_and_those_without_a_guess_apart() -> None:
    items = [
        queued(1, "", "Bad"),
        queued(2, "", "Good"),
        queued(3, "", "Good", blind=True),
        queued(4, "", ""),
        queued(5, "", "Good"),
        queued(6, "", "NoData", alike=(61, 62)),
    ]
    groups = grouped(items)
    assert [(one.title, one.plot_ids) for one in groups] == [
        ("NoData?", (6,)),
        ("Good?", (2, 5)),
        ("Bad?", (1,)),
        ("No guess shown", (3,)),
        ("No guess", (4,)),
    ]
    sheet = Sheet(PlotType("A", labels=LABELS))
    sheet.set_page(items)
    assert [sheet.note(one) for one in groups] == [
        "as guessed", "as guessed", "as guessed", "for honest figures", "to label",
    ]  # fmt: skip
    assert [one.plot.id for one in sheet.to_accept()] == [6, 2, 5, 1]
    assert sheet.guessed_counts() == {"NoData": 3, "Good": 2, "Bad": 1}
    assert sheet.with_alike([6, 2]) == (6, 61, 62, 2)
    assert sheet.tiles[3].accessible == "run 297003, guess not shown, not labelled"
    sheet.give([3, 6], "Bad")
    assert sheet.tiles[3].accessible == "run 297003, guess Good 53 %, labelled Bad"
    assert sheet.given_counts() == {"Bad": 4}
    assert sheet.note(groups[0]) == "corrected to Bad"
    sheet.set_alike(6, (62,))
    assert sheet.tiles[6].count == 2


def test_what_is_said_of_a_group_is_told_and_can_be_taken_back() -> None:
    sheet = Sheet(PlotType("A", labels=LABELS))
    given = (Given(1, "Bad", "ann", AT, "grid"),)
    sheet.set_page([queued(n, "", "Good") for n in range(1, 7)] + [queued(7, "", "Good", given=given)])
    sheet.give([2, 3], "Bad")
    sheet.give([4], None)
    sheet.give([5], "Good")
    labelled = sheet.groups[1]  # before, whatever the guess
    assert (labelled.title, labelled.plot_ids, sheet.note(labelled)) == ("Bad", (7,), "as labelled")
    assert sheet.note(sheet.groups[0]) == "3 as guessed, 2 corrected to Bad, 1 skipped"
    assert [one.plot.id for one in sheet.to_accept()] == [1, 6]  # what a person labelled is no guess to accept
    sheet.accepted(one.plot.id for one in sheet.to_accept())
    sheet.pending([1])
    standings = [sheet.tiles[n].standing for n in (1, 2, 4, 5, 7)]
    assert standings == [Standing.ACCEPTED, Standing.GIVEN, Standing.SKIPPED, Standing.GIVEN, Standing.BEFORE]
    assert [sheet.tiles[n].fill for n in (1, 2, 7)] == [marks.Fill.HALF, marks.Fill.WHOLE, marks.Fill.WHOLE]
    assert sheet.tiles[1].accessible == "run 297001, guess Good 51 %, accepted as Good, not stored yet"
    sheet.durable([1])
    sheet.take_back(range(1, 8))
    assert sheet.note(sheet.groups[0]) == "as guessed"
    sheet.give([7], "Good")
    assert sheet.note(labelled) == "corrected to Good"
    sheet.take_back([7])
    assert not sheet.tiles[1].is_pending
    assert (sheet.tiles[7].word, sheet.tiles[7].figure) == ("Bad", "Good? 57 %")


def test_only_what_changed_is_told() -> None:
    sheet, told = Sheet(PlotType("A", labels=LABELS)), []
    sheet.set_page([queued(n, "", "Good") for n in range(1, 5)])
    sheet.tiles_changed.connect(told.append)
    sheet.give([1, 2], "Bad")
    sheet.give([2, 3], "Bad")
    sheet.durable([1])
    sheet.give([99], "Bad")  # of another page
    assert told == [{1, 2}, {3}]


def test_a_smaller_page_keeps_what_was_said() -> None:
    sheet = Sheet(PlotType("A", labels=LABELS))
    items = [queued(n, "", "Good") for n in range(1, 7)]
    sheet.set_page(items)
    sheet.give([2], "Bad")
    sheet.go(3)
    sheet.extend(5)
    sheet.set_page(items[:4], keep_said=True)
    assert (sheet.tiles[2].word, sheet.focus, sheet.selection) == ("Bad", 1, {3, 4})
    sheet.set_page(items)
    assert (sheet.tiles[2].word, sheet.focus, sheet.selection) == ("Good?", 1, frozenset())
    sheet.set_page([])
    assert (sheet.focus, sheet.targets, sheet.groups) == (None, (), ())
    sheet.select_more()


# Where tiles are


def a_room(width: int, height: int, tile_width: int = 100) -> Room:
    return Room(width, height, tile_width, 0.75, 8, 30, lambda _width: 22)


def test_small_groups_share_a_line_and_a_large_one_begins_its_own() -> None:
    found = arrange([range(1, 11), range(20, 23), range(30, 32)], a_room(650, 900))
    assert found.lines == ((1, 2, 3, 4, 5, 6), (7, 8, 9, 10), (20, 21, 22, 30, 31))
    assert [(one.group, one.goes_on) for one in found.headings] == [(0, False), (1, False), (2, False)]
    assert found.headings[1].box.top() == found.headings[2].box.top()
    assert found.headings[2].box.left() == found.cells[30].left()
    assert found.height == 3 * found.cell.height() + 2 * 30


@pytest.mark.parametrize("sizes", [(40,), (20, 12, 3), (11, 9, 7, 5, 3, 1), (1,) * 30])
def test_a_page_of_any_groups_fits_and_no_tile_covers_another(sizes: tuple[int, ...]) -> None:
    numbers = iter(range(1000))
    groups = [[next(numbers) for _ in range(size)] for size in sizes]
    room = a_room(700, 600)
    found = arrange(groups, room)
    assert list(found.cells) == [one for group in groups for one in group]
    assert found.height <= room.height
    whole = QRect(0, 0, room.width, room.height)
    cells = list(found.cells.values())
    assert all(whole.contains(cell) for cell in cells)
    boxes = [*cells, *(one.box for one in found.headings)]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert [one.group for one in found.headings if not one.goes_on] == list(range(len(sizes)))


def test_one_group_of_as_many_as_fit_has_the_size_that_was_chosen() -> None:
    room = a_room(700, 600)
    found = arrange([range(room.capacity)], room)
    assert found.cell == room.cell(room.columns)
    assert a_room(10, 10).capacity == 1
    assert arrange([], room).cells == {}


def test_neighbours() -> None:
    found = arrange([range(1, 9), range(20, 23)], a_room(560, 900))
    assert found.lines == ((1, 2, 3, 4, 5), (6, 7, 8), (20, 21, 22))
    steps = {
        (5, Direction.RIGHT): 6, (6, Direction.LEFT): 5, (1, Direction.LEFT): 1, (22, Direction.RIGHT): 22,
        (5, Direction.DOWN): 8, (8, Direction.DOWN): 22, (22, Direction.DOWN): 22, (2, Direction.UP): 2,
        (21, Direction.UP): 7,
    }  # fmt: skip
    assert {step: found.neighbour(*step) for step in steps} == steps


# Keys


def test_arrows_move_and_with_shift_select(qtbot: QtBot, bench: Bench) -> None:
    view, sheet = bench.view, bench.sheet
    assert sheet.focus == 1
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert (sheet.focus, sheet.targets) == (2, (2,))
    qtbot.keyClick(view, Qt.Key.Key_Down, SHIFT)
    below = sheet.focus
    assert view.cell(below).left() == view.cell(2).left()
    assert sheet.targets == tuple(range(2, below + 1))
    qtbot.keyClick(view, Qt.Key.Key_Left, SHIFT)
    assert sheet.targets == tuple(range(2, below))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert (sheet.focus, sheet.selection) == (below - 1, frozenset())
    qtbot.keyClick(view, Qt.Key.Key_End, SHIFT)
    assert sheet.targets == tuple(range(below - 1, 15))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert (sheet.focus, sheet.targets) == (1, (1,))


def test_ctrl_a_selects_the_group_then_the_page(qtbot: QtBot, bench: Bench) -> None:
    qtbot.keyClick(bench.view, Qt.Key.Key_End)
    qtbot.keyClick(bench.view, Qt.Key.Key_A, CONTROL)
    assert bench.sheet.targets == (13, 14)
    qtbot.keyClick(bench.view, Qt.Key.Key_A, CONTROL)
    assert bench.sheet.targets == tuple(range(1, 15))


def test_space_magnifies_the_plot_in_focus_until_escape(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert view.magnified == 1
    assert view._magnified.geometry() == view.rect()
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.magnified == 2
    bench.sheet.give([2], "Bad")
    assert "labelled Bad" in view._magnified.accessibleDescription()
    view.resize(700, 600)
    qtbot.waitUntil(lambda: view._magnified.geometry() == view.rect())
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert (view.magnified, bench.sheet.targets) == (None, (1, 2))  # the selection goes with the next
    for shown in (2, None):
        qtbot.keyClick(view, Qt.Key.Key_Space)
        assert view.magnified == shown


def test_keys_of_the_screen_are_left_to_it_and_escape_where_it_does_nothing_here(qtbot: QtBot, bench: Bench) -> None:
    screen, heard = QWidget(), []
    qtbot.addWidget(screen)
    for key in ("Esc", "Return", "B", "Backspace", "A", "Ctrl+Right"):
        keys.add(screen, key, key, lambda key=key: heard.append(key))
    bench.view.setParent(screen)
    screen.resize(900, 700)
    screen.show()
    qtbot.waitExposed(screen)
    bench.view.show()
    bench.view.setFocus()
    qtbot.waitUntil(bench.view.hasFocus)
    qtbot.keyClick(bench.view, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(bench.view, Qt.Key.Key_Escape)
    assert (heard, bench.sheet.selection) == ([], frozenset())
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_B, Qt.Key.Key_Backspace, Qt.Key.Key_A):
        qtbot.keyClick(bench.view, key)
    assert heard == ["Esc", "Return", "B", "Backspace", "A"]
    assert ("Space", "Magnify the plot, or close that") in keys.of(screen)
    bench.view.setParent(None)


# The mouse


def test_clicks_select(qtbot: QtBot, bench: Bench) -> None:
    view, sheet = bench.view, bench.sheet
    qtbot.mouseClick(view, LEFT, pos=bench.middle(3))
    assert (sheet.focus, sheet.targets) == (3, (3,))
    qtbot.mouseClick(view, LEFT, SHIFT, pos=bench.middle(6))
    assert sheet.targets == (3, 4, 5, 6)
    qtbot.mouseClick(view, LEFT, CONTROL, pos=bench.middle(4))
    assert (sheet.focus, sheet.targets) == (4, (3, 5, 6))
    qtbot.mouseClick(view, LEFT, CONTROL, pos=bench.middle(10))
    assert sheet.targets == (3, 5, 6, 10)
    heading = view._arrangement.headings[1].box
    qtbot.mouseClick(view, LEFT, pos=heading.center())
    assert sheet.targets == (10, 11, 12)
    qtbot.mouseClick(view, LEFT, pos=QPoint(view.width() - 2, view.height() - 2))
    assert sheet.selection == frozenset()
    assert bench.painted == []


def test_a_dragged_box_selects(qtbot: QtBot, bench: Bench) -> None:
    view, sheet = bench.view, bench.sheet
    inside = drag(qtbot, view, bench.middle(2), bench.middle(7))
    assert inside == set(sheet.targets) == {2, 7} | set(view.plots_in(QRect(bench.middle(2), bench.middle(7))))
    assert view._band.isNull()
    drag(qtbot, view, bench.middle(10), bench.middle(11), CONTROL)
    assert set(sheet.targets) == inside | {10, 11}


def drag(
    qtbot: QtBot,
    view: GridView,
    start: QPoint,
    end: QPoint,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> set[int]:
    """Drag a box; returns what was selected before the button came up."""
    qtbot.mousePress(view, LEFT, modifiers, pos=start)
    qtbot.mouseMove(view, (start + end) / 2)
    qtbot.mouseMove(view, end)
    assert view._band == QRect(start, end).normalized()
    selected = set(view.sheet.selection)
    qtbot.mouseRelease(view, LEFT, modifiers, pos=end)
    return selected


def test_an_armed_label_paints_by_click_range_and_box(qtbot: QtBot, bench: Bench) -> None:
    view, sheet = bench.view, bench.sheet
    view.arm("Bad")
    qtbot.mouseClick(view, LEFT, pos=bench.middle(2))
    qtbot.mouseClick(view, LEFT, SHIFT, pos=bench.middle(5))
    assert drag(qtbot, view, bench.middle(10), bench.middle(12)) == set()
    assert bench.painted == [((2,), "Bad"), ((2, 3, 4, 5), "Bad"), ((10, 11, 12), "Bad")]
    assert (sheet.focus, sheet.selection) == (5, frozenset())
    bench.painted.clear()
    view.arm("NoData")  # a range begins anew with another label
    qtbot.mouseClick(view, LEFT, SHIFT, pos=bench.middle(3))
    qtbot.mouseClick(view, LEFT, pos=bench.middle(4))
    qtbot.mouseDClick(view, LEFT, pos=bench.middle(4))  # the second of two fast clicks
    qtbot.mouseRelease(view, LEFT, pos=bench.middle(4))
    assert bench.painted == [((3,), "NoData"), ((4,), "NoData"), ((4,), "NoData")]
    view.arm(None)
    qtbot.mouseClick(view, LEFT, pos=bench.middle(6))
    assert len(bench.painted) == 3
    assert sheet.targets == (6,)


def test_a_box_is_given_up_by_escape(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    view.arm("Bad")
    qtbot.mousePress(view, LEFT, pos=bench.middle(1))
    qtbot.mouseMove(view, bench.middle(8))
    assert bench.colours(view._band)[THEMES["dark"].high.lower()] > 0  # its line
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.mouseRelease(view, LEFT, pos=bench.middle(8))
    assert (bench.painted, view._band.isNull()) == ([], True)


def test_a_double_click_opens_and_a_click_on_a_stack_asks_for_it(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseDClick(view, LEFT, pos=bench.middle(4))
    assert opened.args == [4]
    bench.sheet.set_alike(4, (41, 42))
    badge = view._painter.badge(view.cell(4), bench.sheet.tiles[4])
    with qtbot.waitSignal(view.stack_asked) as asked:
        qtbot.mouseClick(view, LEFT, pos=badge.center())
    assert asked.args == [4]
    stack = Sheet(bench.sheet.plot_type)
    stack.set_page(bench.items[3:6])
    view.show_sheet(stack)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert (stack.focus, bench.sheet.focus) == (6, 1)
    view.show_sheet(bench.sheet)
    assert view.accessibleDescription().startswith("run 297001")


def test_a_mouse_that_rests_magnifies_beside_the_tile_and_a_key_ends_it(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    for one in (1, 5):
        qtbot.mouseMove(view, bench.middle(one) + QPoint(3, 0))
        qtbot.mouseMove(view, bench.middle(one))
        qtbot.waitUntil(lambda one=one: view.magnified == one)
        assert not view._hovered.geometry().contains(bench.middle(one))
        assert view.rect().contains(view._hovered.geometry())
    qtbot.mouseMove(view, bench.middle(6))
    assert view.magnified is None
    qtbot.waitUntil(lambda: view.magnified == 6)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.magnified is None


# What is seen


def test_a_label_repaints_only_its_tile_and_its_colours_say_what_it_is(qtbot: QtBot, bench: Bench) -> None:
    view, sheet, c = bench.view, bench.sheet, THEMES["dark"]
    assert bench.colours(bench.strip(3)).most_common(1)[0][0] == c.panel.lower()
    sheet.give([3], "Bad")
    assert (bench.changed, view._stale) == ([{3}], {3})
    assert bench.colours(bench.strip(3)).most_common(1)[0][0] == c.high.lower()
    sheet.accepted([4])
    strip = bench.colours(bench.strip(4))
    assert strip.most_common(1)[0][0] == c.panel.lower()
    before = bench.colours(view.cell(5))
    sheet.pending([5])
    assert bench.colours(view.cell(5)) != before
    sheet.durable([5])
    assert bench.colours(view.cell(5)) == before
    sheet.give([5], None)
    assert sum(bench.colours(view.cell(5)).values()) == sum(before.values())
    assert bench.colours(view.cell(5)) != before
    sheet.take_back([3, 4, 5])
    assert bench.colours(view.cell(5)) == before


def test_the_frame_in_focus_is_broader_than_of_the_selected(qtbot: QtBot, bench: Bench) -> None:
    view, text = bench.view, THEMES["dark"].text.lower()
    bench.sheet.go(2)
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)

    def frame(plot_id: int) -> int:
        """Pixels of the frame from the top of a cell down."""
        cell = view.cell(plot_id)
        return bench.colours(QRect(cell.center().x() + 30, cell.top(), 1, 12))[text]

    assert [frame(one) for one in (1, 2, 3)] == [0, 2, 5]
    view.clearFocus()
    assert frame(3) == 0


def test_the_theme_and_its_size_are_taken_over(qtbot: QtBot, bench: Bench) -> None:
    view, theme = bench.view, bench.view._theme
    theme.changed.connect(view.rescale)
    capacity = view.capacity()
    bench.sheet.give([3], "Bad")
    for name in ("light", "contrast"):
        theme.next()
        assert bench.colours(bench.strip(3)).most_common(1)[0][0] == THEMES[name].high.lower()
    with qtbot.waitSignal(view.capacity_changed):
        theme.set_size(6)
    assert view.capacity() < capacity


def test_ctrl_and_the_wheel_change_the_size_and_it_is_remembered(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    view.resize(1000, 800)
    before, cell = view.capacity(), view.cell(1)
    with qtbot.waitSignals([view.capacity_changed, view.size_changed]):
        turn(view, -120, CONTROL)
    assert (view.size_step, view.capacity() > before, view.cell(1).width() < cell.width()) == (1, True, True)
    turn(view, -120, Qt.KeyboardModifier.NoModifier)
    assert view.size_step == 1
    assert stored.stored().value("labeling/tile_size") in (1, "1")
    again = GridView(view._theme, bench.sheet, bench.pictures, view._painter._folder)
    qtbot.addWidget(again)
    assert again.size_step == 1
    for _ in range(9):
        turn(view, 120, CONTROL)
    assert view.size_step == len(TILE_WIDTHS) - 1
    assert all(view.rect().contains(view.cell(one)) for one in bench.sheet.tiles)  # the page fits all the same
    stored.stored().setValue("labeling/tile_size", "broken")
    assert GridView(view._theme, bench.sheet, bench.pictures, view._painter._folder).size_step == USUAL_SIZE


def turn(view: GridView, angle: int, modifiers: Qt.KeyboardModifier) -> None:
    place = QPointF(view.rect().center())
    event = QWheelEvent(
        place, view.mapToGlobal(place), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_another_size_of_the_window_is_told_once_it_has_settled(qtbot: QtBot, bench: Bench) -> None:
    view, told = bench.view, []
    view.capacity_changed.connect(told.append)
    for width in (900, 1000, 1100, 1200):
        view.resize(width, 800)
    assert told == []
    qtbot.waitUntil(lambda: told == [view.capacity()])
    assert told[0] > 14


def test_plots_of_another_shape_are_shown_in_it_and_the_shape_is_known_the_next_time(
    qtbot: QtBot, bench: Bench, drawn: tuple[ImageStore, list[str]], tmp_path: Path
) -> None:
    store, path = drawn[0], tmp_path / "wide.png"
    Image.effect_noise((400, 100), 60).convert("RGB").save(path)
    kind, content_hash = PlotType("wide", labels=LABELS), store.add(path.read_bytes())
    view = bench.view
    before = view.cell(1).size()
    with qtbot.waitSignal(view.capacity_changed):
        bench.sheet.set_page([queued(n, content_hash, "Good") for n in range(1, 5)], kind)
    assert view.cell(1).height() < before.height()
    qtbot.waitUntil(lambda: not bench.pictures.busy and view.is_painted)
    again = GridView(view._theme, bench.sheet, bench.pictures, store.folder)
    qtbot.addWidget(again)
    again.resize(view.size())
    assert again.capacity() == view.capacity()


def test_the_next_page_is_there_when_it_is_shown(
    qtbot: QtBot, bench: Bench, drawn: tuple[ImageStore, list[str]], tmp_path: Path
) -> None:
    view, store = bench.view, drawn[0]
    items = []
    for number in range(21, 35):
        path = tmp_path / "next.png"
        Image.effect_noise((320, 240), number).convert("RGB").save(path)
        items.append(queued(number, store.add(path.read_bytes()), "Bad" if number % 2 else "NoData"))
    view.prefetch(items)
    qtbot.waitUntil(lambda: not bench.pictures.busy)
    bench.sheet.set_page(items)
    assert not bench.pictures.busy
    view.prefetch(bench.items)
    view.resize(view.size() + QSize(60, 60))  # what is ahead is fetched in the new size
    qtbot.waitUntil(lambda: not bench.pictures.busy)
    bench.sheet.set_page(bench.items)
    assert not bench.pictures.busy


def test_a_picture_that_is_gone_is_told(qtbot: QtBot, bench: Bench) -> None:
    bench.sheet.set_page([queued(1, "0" * 64, "Good")])
    qtbot.waitUntil(lambda: not bench.pictures.busy and bench.view.is_painted)
    image = bench.view.grab(bench.view.cell(1)).toImage()
    assert image.pixelColor(image.width() // 2, 20).name() == THEMES["dark"].panel.lower()
    qtbot.keyClick(bench.view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not bench.pictures.busy)


def test_nothing_to_label_is_no_error(qtbot: QtBot, bench: Bench) -> None:
    bench.sheet.set_page([])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_End, Qt.Key.Key_Escape):
        qtbot.keyClick(bench.view, key)
    qtbot.mouseClick(bench.view, LEFT, pos=QPoint(50, 50))
    assert bench.view.grab().toImage().pixelColor(50, 50).name() == THEMES["dark"].background.lower()
    assert bench.view.accessibleDescription() == "no plots"


def test_the_tile_in_focus_is_told_to_who_does_not_see_it(qtbot: QtBot, bench: Bench) -> None:
    view = bench.view
    assert view.accessibleName() == "Page of plots"
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.accessibleDescription() == "run 297002, guess Good 52 %, not labelled"
    bench.sheet.give([2], "Bad")
    assert view.accessibleDescription() == "run 297002, guess Good 52 %, labelled Bad"
    odd = Guess("Good", 0.999, Status.UNFAMILIAR, AT)
    bench.sheet.set_page([replace(bench.items[0], guess=odd, alike=(7,))])
    assert view.accessibleDescription() == (
        "run 297001, guess Good > 99 %, unlike all that the model knows, not labelled, stands for 2 alike"
    )


def test_each_role_and_severity_has_a_mark() -> None:
    found = {name: marks.for_label(default_label(name)) for name in ("Good", "Bad", "Outlier", "NoData", "Ignore")}
    assert found == {
        "Good": "circled tick", "Bad": "square", "Outlier": "triangle", "NoData": "hexagon", "Ignore": "crossed circle",
    }  # fmt: skip
    assert marks.for_label(Label("x", Role.CONDITION, Severity.LOW, "#000000", "")) == "diamond"

"""Proposed references confirmed by real keys and clicks, from the wall to the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.app import Desktop
from hydra_desktop.database import halls, plots, references
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.reference import Reference, ReferenceState, WithoutReference
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.services.deviating import Compared
from hydra_desktop.views.reference.proposal_list_model import ProposalRow, RowState
from hydra_desktop.views.reference.reference_screen import NOTHING, ReferenceScreen
from hydra_desktop.views.wall.message_line import MessageLine
from tests.fakes.upgraded import upgraded

START = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
CONTROL = Qt.KeyboardModifier.ControlModifier
OLD, NEW = "2025-09", "2026-03"


@dataclass
class Site:
    """The program on a hall of three plot types with proposals, the first of which has a former reference."""

    desktop: Desktop
    database: Database
    hall_id: int

    def in_force(self, name: str) -> Reference | None:
        with self.database.read() as c:
            return references.in_force(c, self.hall_id, name).get(NEW)

    def confirmed(self, name: str) -> Reference | None:
        found = self.in_force(name)
        return found if found is not None and found.state is ReferenceState.CONFIRMED else None

    def waits(self, name: str) -> bool:
        with self.database.read() as c:
            return NEW in references.proposals(c, self.hall_id, name)


@pytest.fixture
def site(qtbot: QtBot, home: Path, tmp_path: Path) -> Iterator[Site]:
    chosen = settings.load(None, "D")
    database = upgraded(chosen.database_url)
    images = ImageStore(chosen.image_folder)
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        for number, name in enumerate(("A", "B", "C")):
            halls.ensure_plot_type(c, hall_id, name)
            for period, state in ((OLD, ReferenceState.CONFIRMED), (NEW, ReferenceState.PROPOSED)):
                if period == OLD and name != "A":
                    continue
                added = []
                for chunk in range(6):
                    path = tmp_path / "plot.png"
                    Image.effect_noise((64, 48), 20 + chunk + 9 * number).convert("RGB").save(path)
                    at = START + timedelta(days=180 * (period == NEW), minutes=chunk)
                    new = NewPlot(
                        PlotName(name, 5, chunk, period), images.add(path.read_bytes()), at, f"{name}{period}{chunk}"
                    )
                    plot = plots.add(c, hall_id, new, live=True)
                    assert plot is not None
                    added.append(plot)
                references.add(c, hall_id, name, period, added, state=state, user="monitor")
    desktop = Desktop(chosen, database)
    qtbot.addWidget(desktop.window)
    desktop.window.resize(1600, 900)
    desktop.window.show()
    qtbot.waitExposed(desktop.window)
    desktop.window.open_screen(0)
    yield Site(desktop, database, hall_id)
    desktop.close()
    database.close()


def opened(qtbot: QtBot, site: Site) -> ReferenceScreen:
    """The screen as R opens it, when every row is read."""
    qtbot.keyClick(site.desktop.wall, Qt.Key.Key_R)
    screen = site.desktop.window.page
    assert isinstance(screen, ReferenceScreen)
    qtbot.waitUntil(lambda: [row.state for row in screen.model.rows] == [RowState.WAITING] * 3)
    return screen


def test_one_plot_is_left_out_and_one_type_confirmed_by_keys(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    assert screen.title.text() == (
        "3 plot types of run period 2026-03 have a proposed reference that waits: are these plots normal?"
    )
    first = screen.model.rows[0]
    assert (first.plot_type, len(first.plots), first.former_words) == ("A", 6, "until now: 2025-09, 6 plots")
    assert screen.model.rows[1].former_words == "until now: none"
    assert screen.view.hasFocus()
    qtbot.keyClick(screen.view, Qt.Key.Key_Right)
    qtbot.keyClick(screen.view, Qt.Key.Key_X)
    assert screen.model.rows[0].left_out == {first.plots[1].id}
    assert screen.leave_out.text() == "Take in again  [X]"
    assert screen.confirm.text() == "Confirm 5  [C]"
    qtbot.keyClick(screen.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: screen.model.rows[0].state is RowState.CONFIRMED)
    made = site.confirmed("A")
    assert made is not None
    assert made.plot_ids == tuple(plot.id for plot in first.plots if plot is not first.plots[1])
    assert (made.user, made.at is not None) == (site.desktop._settings.user, True)
    assert "from the next chunk verdicts use it" in screen.told.text()
    assert site.confirmed("B") is None
    assert screen.view.row == 1  # on to the next


def test_all_at_once_and_back_to_the_wall(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    assert screen.confirm_all.text() == "Confirm all 3  [Ctrl+Enter]"
    qtbot.keyClick(screen.view, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: all(row.state is RowState.CONFIRMED for row in screen.model.rows))
    assert [site.confirmed(name) is not None for name in "ABC"] == [True] * 3
    assert screen.title.text() == "Nothing of run period 2026-03 waits any more"
    assert not screen.confirm_all.isEnabled()
    qtbot.keyClick(screen.view, Qt.Key.Key_Escape)
    assert site.desktop.window.page is None
    assert site.desktop.wall.isVisible()
    qtbot.keyClick(site.desktop.wall, Qt.Key.Key_R)
    empty = site.desktop.window.page
    assert isinstance(empty, ReferenceScreen)
    qtbot.waitUntil(lambda: empty.empty.text() == NOTHING)
    assert empty.empty.isVisible()
    assert not empty.view.isVisible()


def test_what_was_asked_for_is_stored_though_the_screen_is_left_at_once(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    qtbot.keyClick(screen.view, Qt.Key.Key_Return, CONTROL)
    qtbot.keyClick(screen.view, Qt.Key.Key_Escape)
    assert site.desktop.window.page is None
    qtbot.waitUntil(lambda: all(site.confirmed(name) is not None for name in "ABC"))


def test_rejected_and_taken_back_by_keys(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    qtbot.keyClick(screen.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: screen.model.rows[0].state is RowState.REJECTED)
    assert not site.waits("A")
    qtbot.keyClick(screen.view, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: screen.model.rows[1].state is RowState.CONFIRMED)
    for row, name in enumerate("AB"):
        screen.view.choose(row)
        qtbot.keyClick(screen.view, Qt.Key.Key_U)
        qtbot.waitUntil(lambda row=row: screen.model.rows[row].state is RowState.WAITING)
        assert site.waits(name)
        assert site.confirmed(name) is None


def test_by_mouse(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    viewport, left = screen.view.viewport(), Qt.MouseButton.LeftButton

    def box(row: int):
        return screen.view.visualRect(screen.model.index(row))

    place = screen.delegate.thumbnail(box(1), 2).center()
    qtbot.mouseClick(viewport, left, pos=place)
    assert screen.model.rows[1].left_out == {screen.model.rows[1].plots[2].id}
    assert screen.view.row == 1
    qtbot.mouseClick(viewport, left, pos=place)
    assert screen.model.rows[1].left_out == frozenset()
    qtbot.mouseClick(viewport, left, pos=screen.delegate.button(box(1), "confirm").center())
    qtbot.waitUntil(lambda: screen.model.rows[1].state is RowState.CONFIRMED)
    qtbot.mouseClick(viewport, left, pos=screen.delegate.button(box(0), "reject").center())
    qtbot.waitUntil(lambda: screen.model.rows[0].state is RowState.REJECTED)
    qtbot.mouseClick(viewport, left, pos=box(0).topLeft() + QPoint(20, 15))
    qtbot.mouseClick(screen.take_back, left)
    qtbot.waitUntil(lambda: screen.model.rows[0].state is RowState.WAITING)
    qtbot.mouseClick(screen.confirm_all, left)
    qtbot.waitUntil(lambda: all(row.state is RowState.CONFIRMED for row in screen.model.rows))


def test_too_few_that_stay_and_another_who_was_first(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    for plot in range(5):
        screen.model.toggle(0, plot)
    assert "too few: 2 must stay" in screen.model.rows[0].facts
    assert not screen.confirm.isEnabled()
    qtbot.keyClick(screen.view, Qt.Key.Key_C)
    assert screen.model.rows[0].state is RowState.WAITING
    with site.database.write() as c:
        proposal = references.proposals(c, site.hall_id, "B")[NEW]
        references.add(
            c, site.hall_id, "B", NEW, proposal.plots[:3], state=ReferenceState.CONFIRMED, user="somebody else"
        )
    screen.view.choose(1)
    qtbot.keyClick(screen.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: screen.model.rows[1].state is RowState.GONE)
    assert "no proposal that waits" in screen.told.text()
    made = site.confirmed("B")
    assert made is not None
    assert made.user == "somebody else"  # a rejection never takes a confirmed reference back


def test_what_deviates_is_marked_and_told(qtbot: QtBot, site: Site) -> None:
    screen = opened(qtbot, site)
    row = screen.model.rows[0]
    screen.model.change(0, compared=Compared(6, frozenset({row.plots[0].id})))
    assert "1 deviates from the others" in screen.model.rows[0].facts
    assert "deviates from the others" in screen.preview.accessibleDescription()
    assert screen.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole).startswith("A, run period 2026-03, 6 plots")
    assert replace(row, compared=Compared(6)).facts[-1] == "all alike"
    assert replace(row, compared=Compared()).facts[-1] == "not compared with each other: look"
    assert replace(row, compared=Compared(5)).facts[-1] == "all of 5 compared alike"
    unfamiliar = screen._theme.colours.unfamiliar.lower()
    image = screen.view.viewport().grab().toImage()
    for number, marked in ((0, True), (1, False)):
        place = screen.delegate.thumbnail(screen.view.visualRect(screen.model.index(0)), number)
        star = {image.pixelColor(x, place.top() + 8).name() for x in range(place.right() - 18, place.right())}
        assert (unfamiliar in star) is marked


def test_the_line_of_the_wall_opens_it_and_new_alarms_are_told_there(
    qtbot: QtBot, site: Site, snapshot: WallSnapshot
) -> None:
    wall = site.desktop.wall
    line = next(one for one in wall.findChildren(MessageLine) if one.accessibleName() == "Changes")
    site.desktop.hall.take(replace(snapshot, without_reference=(WithoutReference("A_good", NEW),)))
    assert "[R]" not in line.text()
    site.desktop.hall.take(replace(snapshot, without_reference=(WithoutReference("A_good", NEW, proposed=True),)))
    assert "look at them and confirm  [R]" in line.text()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    screen = site.desktop.window.page
    assert isinstance(screen, ReferenceScreen)
    assert screen.now.text() == "1 new alarm now: Esc returns to the wall"
    site.desktop.hall.take(replace(snapshot, alarms=()))
    assert not screen.now.isVisible()


def test_a_row_that_is_not_read_yet_says_so() -> None:
    assert ProposalRow("A", "").facts == ["no run period", "reading..."]
    assert not ProposalRow("A", NEW).is_open

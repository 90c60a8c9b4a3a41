"""A person at the labeling screen who presses real keys: labels in single mode, then pages in grid mode.

python -m tests.fakes.typing_person DATABASE IMAGES SINGLE GRID [SEED or NAME]: so many plots one at a time, then so
many in pages, or all there are; a name is another person, who takes nothing back.
Each line says what was typed or what is stored, as JSON; at the end how long all took.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hydra_desktop.app.desktop import SWITCH_S
from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.labeling import Queue
from hydra_desktop.services.detail import DetailService
from hydra_desktop.services.label_pages import LabelPages
from hydra_desktop.services.labeling import Labeler
from hydra_desktop.views.background import Background
from hydra_desktop.views.detail.reader import DetailReader
from hydra_desktop.views.labeling.desk import Desk
from hydra_desktop.views.labeling.labeling_screen import LabelingScreen
from hydra_desktop.views.theme import Theme

from .desk_hall import HALL, TYPE, truth

LIMIT_S = 60
KEYS = {"Good": Qt.Key.Key_G, "Bad": Qt.Key.Key_B, "NoData": Qt.Key.Key_N}


def wait_until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Let the event loop run until something is so, looking after each event."""
    loop, ends = QEventLoop(), time.monotonic() + limit_s
    waker = QTimer()
    waker.start(50)  # so that the end of the time is noticed too
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("it never came")
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    waker.stop()


class Person:
    """Sits at a screen of labeling; `say` is told what is typed and what is stored."""

    def __init__(
        self, database: Database, images: Path, say: Callable[..., None], *, user: str = "eva", hall: str = HALL
    ) -> None:
        sys.setswitchinterval(SWITCH_S)  # as the program does
        self._say = say
        with database.read() as c:
            hall_id = halls.find(c, hall)
        assert hall_id is not None
        self.labeler = Labeler(database, hall_id, user, "desk")
        self.desk = Desk(self.labeler, LabelPages(database, hall_id, user, "desk"))
        service = DetailService(database, hall_id, hall, ImageStore(images), user, "desk")
        self.background = Background()
        reader = DetailReader(service, self.background, self.desk)
        self.screen = LabelingScreen(Theme(), self.desk, reader, lambda _verdict, _label: None, images)
        self.screen.resize(1920, 1080)
        self.screen.show()
        self.desk.stored.connect(lambda act: say(stored=act.id, key=act.key))
        self.screen.show_hall(self.labeler.hall(), TYPE, Queue.UNLABELLED)
        wait_until(lambda: self.desk.sheet.tiles and not self.desk.is_loading and not self.screen.pictures.busy)

    def chunk(self, plot_id: int) -> int:
        """The chunk of a plot on the page."""
        return self.desk.sheet.tiles[plot_id].item.plot.name.chunk or 0

    def press(self, key: Qt.Key, **typed: Any) -> None:
        """Press a key where the plots are."""
        self._say(typed=key.name, **typed)
        QTest.keyClick(self.screen.single if self.screen.is_single else self.screen.grid, key)

    def label_one(self) -> None:
        """Say what the plot in focus is."""
        focus = self.desk.sheet.focus
        assert focus is not None
        label = truth(self.chunk(focus))
        self.press(KEYS[label], plot=focus, label=label)

    def correct_page(self) -> int:
        """Correct each guess that is wrong or hidden and commit the page; how many plots it had."""
        sheet = self.desk.sheet
        ids = list(sheet.tiles)
        for place, one in enumerate(ids):
            tile = sheet.tiles[one]
            label = truth(self.chunk(one))
            if tile.said is None and tile.item.shown_guess != label:
                while ids.index(sheet.focus) != place:
                    self.press(Qt.Key.Key_Right if ids.index(sheet.focus) < place else Qt.Key.Key_Left)
                self.press(KEYS[label], plot=one, label=label)
                wait_until(lambda: self.desk.is_stored)
        self.press(Qt.Key.Key_Return)
        return len(ids)

    def close(self) -> None:
        """Leave."""
        self.screen.close_threads()
        self.background.close()


def work(database: Database, images: Path, single: int, grid: float, say: Callable[..., None], who: str = "1") -> None:
    """Label plots one at a time, now and then taking the last back, then pages."""
    chance = random.Random(int(who)) if who.isdecimal() else None
    person = Person(database, images, say, user="eva" if chance else who)
    person.screen.show_single(True)
    started, done = time.perf_counter(), 0
    while done < single:
        wait_until(lambda: person.desk.is_stored and person.desk.sheet.focus is not None)
        if chance is not None and chance.random() < 0.05 and person.desk.session.can_undo:
            person.press(Qt.Key.Key_Backspace)
            wait_until(lambda: person.desk.is_stored and not person.desk.is_loading)
            done -= 1
        person.label_one()
        done += 1
    wait_until(lambda: person.desk.is_stored)
    say(mode="single", decisions=single, seconds=time.perf_counter() - started)
    person.screen.show_single(False)
    started, done, presses = time.perf_counter(), 0, []
    while done < grid and (person.desk.left or person.desk.sheet.tiles):
        wait_until(lambda: person.desk.is_stored and not person.desk.is_loading)
        if not person.desk.sheet.tiles:
            break
        before = frozenset(person.desk.sheet.tiles)
        done += person.correct_page()
        pressed = time.perf_counter()
        wait_until(lambda before=before: person.desk.sheet.tiles.keys() != before or person.desk.left == 0)
        presses.append(time.perf_counter() - pressed)
    wait_until(lambda: person.desk.is_stored)
    if presses:
        say(
            mode="grid", decisions=done, seconds=time.perf_counter() - started, page_s=float(np.percentile(presses, 99))
        )
    person.close()


def main() -> None:
    """Work, and tell."""
    url, images, single, grid = sys.argv[1:5]
    application = QApplication(sys.argv[:1])
    database = open_database(url)

    def say(**facts: Any) -> None:
        print(json.dumps(facts), flush=True)

    most = float("inf") if grid == "all" else int(grid)
    work(database, Path(images), int(single), most, say, who=sys.argv[5] if len(sys.argv) > 5 else "1")
    database.close()
    del application


if __name__ == "__main__":
    main()

"""A person who labels at the screen, measured: one process, real key events, offscreen.

python -m tests.benchmarks.labeling_run DATABASE IMAGES HALL: one JSON line with all figures.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from hydra_desktop.app.desktop import SWITCH_S
from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.labeling import Act, Decision
from tests.fakes.typing_person import KEYS, Person, truth, wait_until

KEYS_A_SECOND = 10
TYPED, SINGLE, GRID, PAGE = 300, 500, 2000, 100


def main() -> None:
    """Measure, and tell."""
    url, images, hall = sys.argv[1:4]
    application = QApplication(sys.argv[:1])
    sys.setswitchinterval(SWITCH_S)  # as the program does
    database = open_database(url)
    person = Person(database, Path(images), lambda **_facts: None, user="bench", hall=hall)
    stored_at: dict[str, float] = {}
    decide = person.labeler.decide

    def timed(decision: Decision) -> Act:
        act = decide(decision)
        stored_at[act.key] = time.perf_counter()  # on the disk now, on the thread that wrote it
        return act

    person.desk._labeler = SimpleNamespace(decide=timed, session=person.labeler.session)
    figures = typed(person, stored_at) | one_at_a_time(person) | pages(person)
    print(json.dumps(figures), flush=True)
    person.close()
    database.close()
    del application


def typed(person: Person, stored_at: dict[str, float]) -> dict[str, float]:
    """Ten keys a second in single mode: until the next picture is painted whole, and until the label is on the disk."""
    person.screen.show_single(True)
    settle(person)
    painted_ms, durable_ms = [], []
    acts: list[Act] = []
    person.desk.stored.connect(acts.append)
    for number in range(TYPED):
        due = time.perf_counter() + 1 / KEYS_A_SECOND
        pressed = time.perf_counter()
        person.label_one()
        face, before = person.screen.single.face, person.screen.single.face.painted
        wait_until(lambda face=face, before=before: face.painted > before)
        painted_ms.append(1e3 * (face.painted_at_s - pressed))
        wait_until(lambda number=number: len(acts) > number)
        durable_ms.append(1e3 * (stored_at[acts[number].key] - pressed))
        rest(max(0.0, due - time.perf_counter()))
    return {"painted_p99_ms": p99(painted_ms), "painted_ms": median(painted_ms), "durable_p99_ms": p99(durable_ms)}


def one_at_a_time(person: Person) -> dict[str, float]:
    """As fast as the program lets a person: decisions per minute in single mode."""
    settle(person)
    started = time.perf_counter()
    for _ in range(SINGLE):
        wait_until(lambda: person.desk.is_stored and person.desk.sheet.focus is not None)
        person.label_one()
    wait_until(lambda: person.desk.is_stored)
    took = time.perf_counter() - started
    return {"single_a_minute": 60 * SINGLE / took, "single_ms": 1e3 * took / SINGLE}


def pages(person: Person) -> dict[str, float]:
    """Pages of a hundred with 5 % wrong guesses: from Enter until the next one stands, and decisions per minute."""
    person.screen.show_single(False)
    grid = person.screen.grid
    sizes = sorted(range(8), key=lambda step: abs(capacity_at(person, step) - PAGE))
    grid.set_size(sizes[0])
    settle(person)
    person.desk.next_page()
    settle(person)
    turned_ms, done, keys = [], 0, 0
    started = time.perf_counter()
    while done < GRID:
        wait_until(lambda: ready(person))
        done += len(person.desk.sheet.tiles)
        keys += correct(person)
        wait_until(lambda: person.desk.is_stored and person.desk.peek() and not person.screen.pictures.busy)
        wait_until(lambda: person.screen.grid.is_ahead)  # a person takes longer than that for a page
        before, pressed = frozenset(person.desk.sheet.tiles), time.perf_counter()
        person.press(Qt.Key.Key_Return)
        wait_until(lambda before=before: person.desk.sheet.tiles.keys() != before and stands(person))
        turned_ms.append(1e3 * (time.perf_counter() - pressed))
    wait_until(lambda: person.desk.is_stored)
    took = time.perf_counter() - started
    return {
        "page_p99_ms": p99(turned_ms), "page_ms": median(turned_ms), "page_size": grid.capacity(),
        "grid_a_minute": 60 * done / took, "grid_ms": 1e3 * took / done, "grid_keys": keys / done,
    }  # fmt: skip


def correct(person: Person) -> int:
    """Correct the wrong and the hidden guesses of a page; how many keys that took."""
    sheet, keys = person.desk.sheet, 0
    for one in list(sheet.tiles):
        tile, label = sheet.tiles[one], truth(person.chunk(one))
        if tile.said is None and tile.item.shown_guess != label:
            sheet.go(one)  # as with the mouse
            person.press(KEYS[label])
            wait_until(lambda: person.desk.is_stored)
            keys += 2
    return keys + 1


def capacity_at(person: Person, step: int) -> int:
    """How many tiles of a size fit."""
    person.screen.grid.set_size(step)
    return person.screen.grid.capacity()


def stands(person: Person) -> bool:
    """Whether all of the page is painted, with its pictures."""
    return person.screen.grid.is_whole


def ready(person: Person) -> bool:
    """Whether a page is there to be worked on."""
    return bool(person.desk.sheet.tiles) and person.desk.is_stored and not person.desk.is_loading and stands(person)


def settle(person: Person) -> None:
    """Wait until nothing is under way."""
    wait_until(lambda: not person.screen.pictures.busy and person.desk.is_stored and not person.desk.is_loading)
    rest(1.0)


def rest(seconds: float) -> None:
    """Let the event loop run for a while."""
    over: list[bool] = []
    QTimer.singleShot(round(1e3 * seconds), lambda: over.append(True))
    wait_until(lambda: over)


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return float(np.percentile(values, 99))


def median(values: list[float]) -> float:
    """The middle one."""
    return float(np.median(values))


if __name__ == "__main__":
    main()

"""Work is done in pieces, and the event loop runs between them."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from hydra_desktop.views.spread import Spread


def test_pieces_are_done_in_order_once_and_a_few_at_a_time(qtbot: QtBot) -> None:
    done: list[str] = []
    spread = Spread(done.append, 2)
    spread.add("abcd")
    spread.add("ba")  # they wait already
    assert done == []
    seen: list[int] = []  # how many were done when another timer had its turn
    other = QTimer()
    other.timeout.connect(lambda: seen.append(len(done)))
    other.start(0)
    qtbot.waitUntil(lambda: done == ["a", "b", "c", "d"])
    other.stop()
    assert 2 in seen
    spread.add("a")
    qtbot.waitUntil(lambda: done[4:] == ["a"])


def test_what_is_forgotten_is_not_done(qtbot: QtBot) -> None:
    done: list[int] = []
    spread = Spread(done.append, 1)
    spread.add([1, 2])
    spread.clear()
    spread.add([3])
    qtbot.waitUntil(lambda: bool(done))
    assert done == [3]

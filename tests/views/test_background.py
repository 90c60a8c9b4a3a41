"""Slow work that a person asks for faster than it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.errors import HistoryError
from hydra_desktop.views.background import Background, Newest


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def test_only_the_newest_question_is_answered(qtbot: QtBot, background: Background) -> None:
    newest, gate = Newest(background), threading.Event()
    done: list[int] = []
    answers: list[object] = []

    def work(number: int) -> Callable[[], int]:
        def run() -> int:
            assert gate.wait(10)
            done.append(number)
            return number

        return run

    for number in range(4):
        newest.run(work(number), answers.append, answers.append)
    assert newest.busy
    gate.set()
    qtbot.waitUntil(lambda: not newest.busy)
    assert done == [0, 3]  # the first had begun, those between were never asked
    assert answers == [3]


def test_what_nobody_waits_for_is_not_told_and_a_failure_is(qtbot: QtBot, background: Background) -> None:
    newest = Newest(background)
    answers: list[object] = []
    newest.run(lambda: 1, answers.append, answers.append)
    newest.forget()
    qtbot.waitUntil(lambda: not newest.busy)
    assert answers == []

    def fail() -> None:
        raise HistoryError("There is nothing earlier.")

    newest.run(fail, lambda _value: None, answers.append)
    qtbot.waitUntil(lambda: answers == ["There is nothing earlier."])


def test_at_the_end_what_waits_is_done_but_not_for_ever(qtbot: QtBot) -> None:
    done: list[str] = []
    gate, begun = threading.Event(), threading.Event()
    patient = Background(1)
    patient.run(lambda: (begun.set(), gate.wait(10), done.append("first")))
    patient.run(lambda: done.append("second"))
    assert begun.wait(10)
    threading.Timer(0.2, gate.set).start()
    patient.finish(10)
    assert done == ["first", "second"]
    hanging, gone_on = threading.Event(), threading.Event()
    short = Background(1)
    short.run(lambda: (hanging.wait(10), gone_on.set()))
    short.run(lambda: done.append("never"))
    short.finish(0.1)
    assert not gone_on.is_set()
    hanging.set()
    assert gone_on.wait(10)
    assert done == ["first", "second"]

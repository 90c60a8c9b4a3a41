"""A runner that hangs doesn't hold the program up when it closes, and one that meets an error begins anew."""

from __future__ import annotations

import atexit
import threading
import time
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.domain.training import USUAL, Job, JobState
from hydra_desktop.services import training_runner
from hydra_desktop.services.training_process import TrainingProcess
from hydra_desktop.views.training import runner_thread
from hydra_desktop.views.training.runner_thread import RunnerThread


@pytest.fixture
def thread(home: Path) -> RunnerThread:
    return RunnerThread(settings.load(None, "D"))


def test_one_that_hangs_is_left_behind_and_its_child_killed(
    qtbot: QtBot, thread: RunnerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, left = threading.Event(), []
    monkeypatch.setattr(runner_thread, "END_MS", 100)
    monkeypatch.setattr(runner_thread, "KILLED_MS", 100)
    monkeypatch.setattr(thread.runner, "run", lambda _stop: gate.wait(60))
    monkeypatch.setattr(atexit, "register", lambda work, *more: left.append((work, more)))
    child = thread.runner._child
    child._start()
    process = psutil.Process(child.pid)
    thread.start()
    began = time.monotonic()
    thread.close()
    assert time.monotonic() - began < 10
    assert thread.isRunning()
    qtbot.waitUntil(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, timeout=20_000)
    gate.set()
    ((work, more),) = left
    assert work(*more)
    child.close()


def test_an_error_of_any_kind_is_told_once_and_what_waits_is_tried_again(
    qtbot: QtBot, thread: RunnerThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    came: list[str] = []
    tries = 0

    def broken(_url: str) -> None:
        nonlocal tries
        tries += 1
        raise OSError("no such file")

    monkeypatch.setattr(training_runner, "FAULT_S", 0.01)
    monkeypatch.setattr(training_runner, "open_database", broken)
    thread.trouble.connect(came.append)
    thread.start()
    qtbot.waitUntil(lambda: tries > 3 and bool(came), timeout=20_000)
    thread.close()
    assert not thread.isRunning()
    assert came == ["Training had a fault of its own and begins anew: OSError no such file"]
    assert len([record for record in caplog.records if "begins anew" in record.message]) == 1


def test_a_child_that_does_not_end_though_it_is_killed_holds_nobody_up(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    child = TrainingProcess(settings.load(None, "D"))
    child.begin(Job(1, "hump", JobState.RUNNING, "eva", "desk", None, USUAL), 1, 1)  # type: ignore[arg-type]
    process = child._process
    assert process is not None
    kill = process.kill
    monkeypatch.setattr("hydra_desktop.services.training_process.END_S", 0.1)
    monkeypatch.setattr(process, "kill", lambda: None)  # as one that hangs in the kernel
    assert "didn't end, so it was killed" in child.why_gone()
    child.close()
    assert child.pid is None
    assert f"{process.pid}, was killed and doesn't end" in caplog.text
    kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()

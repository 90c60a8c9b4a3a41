"""EPICS variables of a real soft IOC, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.hall import RunPvs
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.services.beam import BeamFollower
from hydra_desktop.sources.epics import AWAY_S, EpicsRun

pytest.importorskip("caproto", reason="the extra [epics] isn't installed")

PVS = RunPvs("T:BEAM", "T:CURRENT", "T:RUN", "", "T:STATE", "T:EVENTS")
WAIT_S = 30.0


@dataclass
class Ioc:
    """The process, and what sets its variables."""

    process: subprocess.Popen[str]

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Both ends talk on this machine alone, on ports of their own."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], two.getsockname()[1]
    chosen = {
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CA_ADDR_LIST": "127.0.0.1",
        "EPICS_CA_SERVER_PORT": str(ports[0]),
        "EPICS_CAS_SERVER_PORT": str(ports[0]),
        "EPICS_CA_REPEATER_PORT": str(ports[1]),
        "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
    }
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    return chosen


def start(environment: dict[str, str]) -> Ioc:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.soft_ioc"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return Ioc(process)


@pytest.fixture
def ioc(environment: dict[str, str]) -> Iterator[Ioc]:
    made = start(environment)
    yield made
    stop(made)


def stop(ioc: Ioc) -> None:
    ioc.process.kill()
    ioc.process.wait()
    for stream in (ioc.process.stdin, ioc.process.stdout):
        if stream is not None:
            stream.close()


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[EpicsRun]:
    made = EpicsRun(PVS)
    yield made
    made.close()


def wait_until(run: EpicsRun, holds: Callable[[RunState], bool]) -> RunState:
    waiter = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        state = run.read()
        if holds(state):
            return state
        waiter.wait(0.05)
    raise AssertionError(f"it never came: {run.read()}")


def test_what_the_variables_say_is_known_and_follows_them(ioc: Ioc, run: EpicsRun) -> None:
    first = wait_until(run, lambda state: state.run_number == 0 and state.state == "idle" and state.events == 0)
    assert (first.beam_on, first.beam_current_na, first.source) == (False, 0.0, BeamSource.EPICS)
    for line in ("beam 1", "current 151.5", "number 121453", "state running", "events 12000000000"):
        ioc.say(line)
    state = wait_until(run, lambda state: state.events == 12_000_000_000)
    assert (state.run_number, state.beam_on, state.beam_current_na, state.state) == (121453, True, 151.5, "running")
    assert run.trouble == ""


def test_a_server_that_is_gone_leaves_all_unknown(environment: dict[str, str], run: EpicsRun) -> None:
    ioc = start(environment)
    wait_until(run, lambda state: state.run_number == 0)
    stop(ioc)
    state = wait_until(run, lambda state: state.run_number is None and state.beam_on is None)
    assert (state.state, state.events) == ("", None)
    assert run.trouble == ""  # it may come back
    run._away_since = {name: since - AWAY_S for name, since in run._away_since.items()}  # as if so much time had passed
    assert "T:BEAM" in run.trouble
    assert "don't answer" in run.trouble


def test_the_hall_follows_them_and_a_file_says_the_rest(ioc: Ioc, database: Database, tmp_path: Path) -> None:
    beam = tmp_path / "beam.json"
    beam.write_text('{"run_number": 7, "run_period": "2026-03", "beam_on": true}')
    for line in ("number 9", "state running"):
        ioc.say(line)
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
    follower = BeamFollower(hall_id, names_run=True)
    pvs = RunPvs(run_pv="T:RUN", run_state_pv="T:STATE")
    waiter = threading.Event()
    try:
        for _ in range(int(WAIT_S / 0.05)):
            with database.write() as c:
                follower.store(c, follower.read(str(beam), pvs))
                state = halls.run_state(c, hall_id)
            if state.run_number == 9 and state.state == "running":
                break
            waiter.wait(0.05)
        assert (state.run_number, state.run_period, state.beam_on, state.state) == (9, "2026-03", True, "running")
        assert state.source is BeamSource.EPICS
        with database.write() as c:  # the variables are taken from the settings
            follower.store(c, follower.read(str(beam), RunPvs()))
            assert halls.run_state(c, hall_id).run_number == 7
    finally:
        follower.close()

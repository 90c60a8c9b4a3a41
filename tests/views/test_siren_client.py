"""The siren as the program commands it: what goes wrong with sound is told, and mends itself."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop import settings
from hydra_desktop.database import halls
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.hall import Hall
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.station import LOOKING, StationRole
from hydra_desktop.settings import Settings
from hydra_desktop.views.siren_client import SirenClient
from tests.fakes.siren_process import HALL, raise_alarm
from tests.fakes.sound_server import Ear, environment, missing, start_server, stop_server
from tests.fakes.upgraded import upgraded

LIMIT_MS = 30_000
pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def sound_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for sound servers; a short name, as that of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as name:
        for variable, value in environment(Path(name)).items():
            monkeypatch.setenv(variable, value)
        yield Path(name)


@pytest.fixture
def sound_server(sound_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    server = start_server(sound_folder)
    yield server
    stop_server(server)


@pytest.fixture
def chosen(home: Path) -> Settings:
    return settings.load(None, HALL)


@pytest.fixture
def embedded(chosen: Settings) -> Iterator[Database]:
    opened = upgraded(chosen.database_url)
    with opened.write() as c:
        halls.find_or_create(c, HALL)
    yield opened
    opened.close()


@pytest.fixture
def client(qtbot: QtBot, chosen: Settings, embedded: Database, sound_folder: Path) -> Iterator[SirenClient]:
    made = SirenClient(chosen)
    yield made
    made.close()
    assert sirens() == []  # none is left over after a normal end


def sirens() -> list[psutil.Process]:
    """Those that live; one that was killed is a zombie until somebody looks."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie's line can't be read
            if "siren" in one.cmdline():
                found.append(one)
    return found


def wait(qtbot: QtBot, condition: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(condition()), timeout=LIMIT_MS)


def test_what_the_program_knows_reaches_the_siren(
    qtbot: QtBot, client: SirenClient, embedded: Database, sound_server: subprocess.Popen[bytes]
) -> None:
    assert (client.state, client.audible) == (LOOKING, True)  # which is no trouble
    said: list[tuple[str, bool]] = []
    client.state_changed.connect(lambda state, audible: said.append((state, audible)))
    client.follow([HALL, "Other"])
    client.start()
    wait(qtbot, lambda: client.state == "this station is audible")
    assert said == [("this station is audible", True)]
    raise_alarm(embedded, Severity.LOW, hall="Other")
    wait(qtbot, lambda: client.sounds == ("low",))
    client.silence()
    wait(qtbot, lambda: (client.sounds, client.silenced) == ((), 1))
    raise_alarm(embedded)
    wait(qtbot, lambda: client.sounds == ("high",))
    client.set_role(StationRole.VIEWER)
    wait(qtbot, lambda: client.sounds == ())
    assert said[-1] == ("this station is a viewer: alarms make no sound here", True)
    client.set_role(StationRole.AUDIBLE)
    wait(qtbot, lambda: client.sounds == ("high",))


def test_role_volume_and_speech_are_remembered_on_this_station(client: SirenClient, chosen: Settings) -> None:
    assert (client.role, client.volume, client.speaks) == (StationRole.AUDIBLE, 1.0, False)
    client.set_role(StationRole.VIEWER)
    client.set_volume(0.25)
    client.set_speech(True)
    other = SirenClient(chosen)
    assert (other.role, other.volume, other.speaks) == (StationRole.VIEWER, 0.25, True)
    assert list(chosen.home.glob(f"screens-{socket.gethostname()}.ini"))


def test_an_alarm_sounds_again_after_the_sound_server_broke_down(
    qtbot: QtBot, client: SirenClient, embedded: Database, sound_folder: Path
) -> None:
    server = start_server(sound_folder)
    try:
        client.start()
        wait(qtbot, lambda: client.state == "this station is audible")
        raise_alarm(embedded)
        wait(qtbot, lambda: client.sounds == ("high",))
        stop_server(server)
        wait(qtbot, lambda: not client.audible)
        assert client.state.startswith("NO SOUND")
        server = start_server(sound_folder)
        wait(qtbot, lambda: client.audible)
        ear = Ear(environment(sound_folder))
        try:
            assert ear.hears(880.0, within_s=10)
        finally:
            ear.close()
    finally:
        stop_server(server)


def test_a_siren_that_was_killed_is_started_again_with_all_that_it_knew(
    qtbot: QtBot, client: SirenClient, embedded: Database, sound_server: subprocess.Popen[bytes]
) -> None:
    client.start()
    client.follow(["Other"])
    raise_alarm(embedded, hall="Other")
    wait(qtbot, lambda: client.sounds == ("high",))
    (siren,) = sirens()
    siren.kill()
    wait(qtbot, lambda: client.state == "NO SOUND: the siren ended and is started again")
    assert not client.audible
    wait(qtbot, lambda: client.state == "this station is audible")
    wait(qtbot, lambda: client.sounds == ("high",))
    assert sirens() != [siren]


def test_what_hydra_itself_lacks_is_said_beside_the_sound(
    qtbot: QtBot, client: SirenClient, embedded: Database, sound_server: subprocess.Popen[bytes]
) -> None:
    with embedded.write() as c:
        soon = Hall(HALL, alarms=AlarmSettings(unanswered_after_s=1.5))
        halls.apply(c, halls.find_or_create(c, HALL), soon, user="test")
    client.start()
    wait(qtbot, lambda: client.state == "this station is audible")
    with embedded.write():  # nobody else can
        takes_nothing = "this station is audible; Hydra's database takes nothing, its disk may be full"
        wait(qtbot, lambda: client.state == takes_nothing)
        assert client.audible
    wait(qtbot, lambda: client.state == "this station is audible")


def test_a_test_of_the_sound_is_heard_to_its_end(
    qtbot: QtBot, client: SirenClient, sound_folder: Path, sound_server: subprocess.Popen[bytes]
) -> None:
    ear = Ear(environment(sound_folder))
    try:
        client.start()
        wait(qtbot, lambda: client.state == "this station is audible")
        client.test()
        assert client._process.waitForBytesWritten(LIMIT_MS)
        assert ear.hears(660.0, within_s=10)
    finally:
        ear.close()

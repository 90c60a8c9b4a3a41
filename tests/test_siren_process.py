"""The siren's real process on real databases and a real PulseAudio server: what is to be heard is heard."""

from __future__ import annotations

import importlib.util
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import sqlalchemy as sa
import watchfiles

from hydra_desktop.database import halls, stations
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.who import Who
from hydra_desktop.services.alarms import acknowledge
from hydra_desktop.siren import tones
from hydra_desktop.siren.tones import PATTERNS, RATE_HZ
from tests.conftest import wait_for
from tests.fakes.postgres_server import PostgresServer, programs
from tests.fakes.siren_process import HALL, LIMIT_S, SirenProcess, raise_alarm
from tests.fakes.sound_server import Ear, environment, has_rhythm, missing, start_server, stop_server
from tests.fakes.upgraded import upgraded

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
PITCH_HZ = {tone: pattern[0] for tone, pattern in PATTERNS.items()}
PAUSE_S = 1.6  # longer than that between two tones of high severity, and than those of the test
Start = Callable[..., SirenProcess]


@pytest.fixture
def sound_folder() -> Iterator[Path]:
    """A folder with a short name: that of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def sound_server(sound_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    server = start_server(sound_folder)
    yield server
    stop_server(server)


@pytest.fixture
def ear(sound_folder: Path, sound_server: subprocess.Popen[bytes]) -> Iterator[Ear]:
    opened = Ear(environment(sound_folder))
    yield opened
    opened.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """A database of one station, with a hall."""
    opened = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    with opened.write() as c:
        halls.find_or_create(c, HALL)
    yield opened
    opened.close()


@pytest.fixture
def start(sound_folder: Path, home: Path) -> Iterator[Start]:
    """Starts sirens, which end with the test."""
    started: list[SirenProcess] = []

    def begin(database: Database, **options: object) -> SirenProcess:
        url = database.engine.url.render_as_string(hide_password=False)
        started.append(SirenProcess(url, environment(sound_folder), **options))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for siren in started:
        siren.close()


def take(database: Database, alarm_id: int) -> None:
    """Acknowledge an alarm, at another station."""
    with database.read() as c:
        hall_id = halls.find(c, HALL) or 0
    acknowledge(database, hall_id, alarm_id, who=Who("eva", "there"))


def be_patient(database: Database, unanswered_after_s: float) -> None:
    """Set after which time a database that doesn't answer is heard."""
    with database.write() as c:
        hall = halls.load(c, halls.find_or_create(c, HALL))
        settings = replace(hall, alarms=AlarmSettings(unanswered_after_s=unanswered_after_s))
        halls.apply(c, halls.find_or_create(c, HALL), settings, user="test")


def test_an_alarm_is_heard_again_and_again_until_somebody_takes_it(database: Database, ear: Ear, start: Start) -> None:
    with database.write() as c:
        halls.find_or_create(c, HALL)
    siren = start(database)
    assert siren.says() == {"hello": True}
    siren.is_audible()
    assert siren.state["state"] == "this station is audible"
    assert siren.state["sounds"] == []
    assert ear.silent_for(0.5, within_s=5)
    alarm_id = raise_alarm(database)
    assert ear.hears(PITCH_HZ["high"], within_s=10)
    assert ear.silent_for(0.8, within_s=5)  # the pause between two tones
    assert ear.hears(PITCH_HZ["high"], within_s=5)
    take(database, alarm_id)
    siren.sounds()
    assert ear.silent_for(PAUSE_S, within_s=10)
    siren.quit()


@pytest.mark.parametrize("tone", [*PATTERNS])
def test_each_severity_has_its_tone_and_rhythm_in_what_is_heard(
    tone: str, embedded: Database, ear: Ear, start: Start
) -> None:
    if tone == "system":
        siren = start(embedded, gone_s=0.1, orphan_s=60.0)
        siren.is_audible()
        siren.leave()
    else:
        siren = start(embedded)
        siren.is_audible()
        raise_alarm(embedded, Severity.from_word(tone))
    siren.sounds(tone)
    heard = [ear.hear_whole(tone, within_s=10)]
    if not has_rhythm(heard[0], tone):  # a busy machine may tear a hole into one
        heard.append(ear.hear_whole(tone, within_s=10))
    assert has_rhythm(heard[-1], tone)
    assert not any(has_rhythm(one, other) for one in heard for other in PATTERNS if other != tone)


def test_the_worst_alarm_that_is_not_silenced_gives_the_tone(embedded: Database, ear: Ear, start: Start) -> None:
    siren = start(embedded)
    siren.is_audible()
    low = raise_alarm(embedded, Severity.LOW, "BCAL_occupancy")
    siren.sounds("low")
    assert ear.hears(PITCH_HZ["low"], within_s=5)
    raise_alarm(embedded, Severity.HIGH)
    assert ear.hears(PITCH_HZ["high"], within_s=5)
    siren.do("silence")
    siren.sounds()
    assert siren.state["silenced"] == 2
    assert ear.silent_for(PAUSE_S, within_s=8)
    take(embedded, low)
    siren.until(lambda said: said["silenced"] == 1)
    assert siren.state["sounds"] == []
    raise_alarm(embedded, Severity.MEDIUM, "FDC_occupancy")  # ends the silence of what nobody has taken
    siren.sounds("high")
    assert ear.hears(PITCH_HZ["high"], within_s=5)


def test_a_viewer_makes_no_sound_but_for_a_test(embedded: Database, ear: Ear, start: Start) -> None:
    siren = start(embedded)
    siren.is_audible()
    siren.do("role", role="viewer")
    raise_alarm(embedded)
    wait_for(embedded, HALL, lambda c, hall_id: [one.role for one in stations.all(c, hall_id)] == ["viewer"], LIMIT_S)
    assert ear.silent_for(2.0, within_s=2.1)
    siren.do("test")
    assert ear.hears(PITCH_HZ["medium"], within_s=5)
    assert ear.silent_for(PAUSE_S, within_s=8)
    siren.do("nonsense")
    siren.do("role", role="nonsense")
    siren.do("role", role="audible")
    siren.sounds("high")
    siren.do("volume", volume=0)
    assert "its volume is 0" in siren.until(lambda said: not said["can_sound"])["state"]
    assert ear.silent_for(PAUSE_S, within_s=8)


def test_an_alarm_sounds_on_and_a_new_one_is_heard_when_the_program_is_gone(
    embedded: Database, ear: Ear, start: Start
) -> None:
    siren = start(embedded, orphan_s=60.0, gone_s=6.0)
    siren.is_audible()
    first = raise_alarm(embedded)
    siren.sounds("high")
    siren.leave()
    assert ear.hears(PITCH_HZ["high"], within_s=5)
    take(embedded, first)
    siren.sounds()
    raise_alarm(embedded, Severity.MEDIUM, "FDC_occupancy")
    siren.sounds("medium")
    assert ear.hears(PITCH_HZ["medium"], within_s=5)
    siren.sounds("medium", "system")  # in turns
    assert ear.hears(PITCH_HZ["system"], within_s=20)
    assert ear.hears(PITCH_HZ["medium"], within_s=20)
    assert siren.state["troubles"] == ["Hydra's program is gone"]


def test_a_new_program_takes_over_from_a_siren_that_was_left_alone(
    embedded: Database, ear: Ear, start: Start, home: Path
) -> None:
    left = start(embedded, orphan_s=60.0, gone_s=0.1)
    other = start(embedded, station="there")
    left.is_audible()
    left.leave()
    left.sounds("system")
    new = start(embedded)
    new.is_audible()
    assert left.process.wait(LIMIT_S) == 0
    assert other.process.poll() is None
    for siren in (new, other):
        siren.quit()
    assert list(home.glob("siren-*")) == []


def test_a_program_that_hangs_is_missed_until_it_gives_a_sign_of_life(
    embedded: Database, sound_server: subprocess.Popen[bytes], start: Start
) -> None:
    siren = start(embedded, sign_s=1.0, gone_s=0.5)
    siren.sounds("system")
    siren.do("alive")
    siren.sounds()
    siren.sounds("system")
    siren.do("silence")
    siren.sounds()
    assert siren.state["troubles"] == ["Hydra's program is gone"]
    siren.do("alive")
    siren.sounds("system")  # it came back, and hangs again


def test_what_a_terminal_does_to_the_program_ends_no_siren(embedded: Database, start: Start) -> None:
    siren = start(embedded)
    siren.until(lambda said: said["state"])
    for name in (signal.SIGINT, signal.SIGHUP):
        siren.process.send_signal(name)
    raise_alarm(embedded)
    siren.sounds("high")


def test_left_alone_it_ends_when_its_time_is_over(embedded: Database, start: Start) -> None:
    siren = start(embedded, orphan_s=1.0)
    viewer = start(embedded, station="there", orphan_s=1000.0)
    siren.says()
    viewer.do("role", role="viewer")
    wait_for(embedded, HALL, lambda c, hall_id: "viewer" in [one.role for one in stations.all(c, hall_id)], LIMIT_S)
    siren.leave()
    viewer.leave()
    assert siren.process.wait(LIMIT_S) == 0
    assert viewer.process.wait(LIMIT_S) == 0


def test_a_server_that_hangs_or_is_gone_is_heard_until_it_answers(ear: Ear, start: Start) -> None:
    if programs() is None:
        pytest.skip("PostgreSQL isn't installed here; .ci/run installs it")
    server = PostgresServer()
    database = upgraded(server.new_database())
    try:
        be_patient(database, 1.5)
        siren = start(database)
        siren.is_audible()
        alarm_id = raise_alarm(database, Severity.MEDIUM)
        siren.sounds("medium")
        with database.write() as c:
            c.execute(sa.text("LOCK TABLE alarms IN ACCESS EXCLUSIVE MODE"))
            siren.sounds("medium", "system")  # what sounded sounds on
            assert ear.hears(PITCH_HZ["system"], within_s=15)
        siren.sounds("medium")
        database.close()
        server.stop()
        siren.sounds("medium", "system")
        server.start()
        siren.sounds("medium")
        take(database, alarm_id)
        siren.sounds()
    finally:
        database.close()
        server.close()


def test_an_embedded_database_that_is_gone_is_heard_until_it_is_back(
    embedded: Database, ear: Ear, start: Start
) -> None:
    be_patient(embedded, 1.5)
    siren = start(embedded)
    siren.is_audible()
    file = Path(embedded.engine.url.database or "")
    away = file.with_suffix(".away")
    embedded.close()
    file.rename(away)
    siren.sounds("system")
    assert siren.state["troubles"] == ["Hydra's database does not answer"]
    assert ear.hears(PITCH_HZ["system"], within_s=10)
    siren.do("silence")
    siren.sounds()
    assert not file.exists()  # it made no other
    away.rename(file)
    siren.until(lambda said: said["troubles"] == [])
    file.rename(away)
    siren.sounds("system")
    away.rename(file)
    siren.sounds()
    raise_alarm(embedded)
    siren.sounds("high")


def test_what_a_restored_backup_holds_is_heard(
    embedded: Database, sound_server: subprocess.Popen[bytes], start: Start
) -> None:
    file = Path(embedded.engine.url.database or "")
    copy = file.with_suffix(".copy")
    embedded.backup(copy)
    siren = start(embedded)
    siren.is_audible()
    raise_alarm(embedded, Severity.LOW)
    siren.sounds("low")
    embedded.close()
    copy.replace(file)
    for name in ("-wal", "-shm"):
        Path(f"{file}{name}").unlink(missing_ok=True)
    siren.sounds()
    restored = open_database(f"sqlite:///{file}")
    raise_alarm(restored, Severity.HIGH)
    siren.sounds("high")
    restored.close()


def test_a_database_that_can_be_read_but_takes_nothing_is_heard(
    embedded: Database, sound_server: subprocess.Popen[bytes], start: Start
) -> None:
    be_patient(embedded, 1.5)
    siren = start(embedded)
    siren.is_audible()
    with embedded.write():  # SQLite has one writer; a full disk is seen alike
        siren.sounds("system")
        assert siren.state["troubles"] == ["Hydra's database takes nothing, its disk may be full"]
    siren.sounds()


def test_a_station_lives_as_long_as_its_siren_and_says_farewell(
    database: Database, sound_server: subprocess.Popen[bytes], start: Start
) -> None:
    with database.write() as c:
        halls.find_or_create(c, HALL)
    siren = start(database)
    siren.says()
    wait_for(database, HALL, stations.audible_alive, LIMIT_S)
    with database.read() as c:
        (station,) = stations.all(c, halls.find(c, HALL) or 0)
    assert (station.name, station.sound) == ("here", "this station is audible")
    siren.quit()
    with database.read() as c:
        assert not stations.audible_alive(c, halls.find(c, HALL) or 0)


def test_without_a_sound_server_it_says_so_and_an_alarm_waits_for_one(
    embedded: Database, start: Start, sound_folder: Path
) -> None:
    siren = start(embedded)
    siren.until(lambda said: said["state"].startswith("NO SOUND"))
    raise_alarm(embedded)
    siren.sounds("high")
    server = start_server(sound_folder)
    ear = Ear(environment(sound_folder))
    try:
        siren.is_audible()
        assert siren.state["sounds"] == ["high"]
        assert ear.hears(PITCH_HZ["high"], within_s=10)
        siren.do("silence")
        siren.sounds()
        assert ear.silent_for(PAUSE_S, within_s=8)
    finally:
        ear.close()
        stop_server(server)


def test_a_sound_server_that_went_away_is_missed_and_taken_again(
    embedded: Database, start: Start, sound_folder: Path
) -> None:
    server = start_server(sound_folder)
    siren = start(embedded)
    ear = None
    try:
        siren.is_audible()
        raise_alarm(embedded, Severity.LOW)
        siren.sounds("low")
        siren.do("silence")
        siren.sounds()
        stop_server(server)
        assert "NO SOUND" in siren.until(lambda said: not said["can_sound"])["state"]
        server = start_server(sound_folder)
        siren.is_audible()
        ear = Ear(environment(sound_folder))
        assert siren.state["sounds"] == []  # it remembers what was silenced
        raise_alarm(embedded, Severity.HIGH, "FDC_occupancy")
        assert ear.hears(PITCH_HZ["high"], within_s=10)
    finally:
        if ear is not None:
            ear.close()
        stop_server(server)


def test_a_device_that_was_taken_away_is_missed_and_taken_again(
    embedded: Database, start: Start, sound_folder: Path, sound_server: subprocess.Popen[bytes]
) -> None:
    def pactl(*words: str) -> None:
        subprocess.run(["pactl", *words], env=environment(sound_folder), check=True, capture_output=True)

    siren = start(embedded)
    siren.is_audible()
    raise_alarm(embedded)
    siren.sounds("high")
    pactl("unload-module", "module-null-sink")
    assert "NO SOUND" in siren.until(lambda said: not said["can_sound"])["state"]
    pactl("load-module", "module-null-sink", "sink_name=hydra", "rate=44100")
    siren.is_audible()
    ear = Ear(environment(sound_folder))
    try:
        assert ear.hears(PITCH_HZ["high"], within_s=10)
        siren.do("silence")
        siren.sounds()
        pactl("unload-module", "module-null-sink")
        pactl("load-module", "module-null-sink", "sink_name=hydra", "rate=44100")
        siren.do("test")
        siren.is_audible()
    finally:
        ear.close()


def test_a_sound_server_that_hangs_is_no_sound_and_holds_nothing_else_up(
    embedded: Database, start: Start, sound_server: subprocess.Popen[bytes]
) -> None:
    siren = start(embedded)
    siren.is_audible()
    sound_server.send_signal(signal.SIGSTOP)
    try:
        raise_alarm(embedded)
        siren.sounds("high")
        assert "takes no sound" in siren.until(lambda said: not said["can_sound"])["state"]
        siren.do("silence")
        siren.sounds()
    finally:
        sound_server.send_signal(signal.SIGCONT)
    siren.is_audible()


def test_on_bare_alsa_a_device_that_failed_is_no_sound_until_it_takes_one(
    embedded: Database, sound_folder: Path, home: Path
) -> None:
    broken = sound_folder / "broken"
    broken.touch()
    (sound_folder / ".asoundrc").touch()  # the sign of an ALSA set-up where there is no card
    (sound_folder / "simpleaudio.py").write_text(
        "import pathlib\n"
        "class Playing:\n    def stop(self): pass\n"
        "def play_buffer(*_what):\n"
        f"    if pathlib.Path({str(broken)!r}).exists():\n"
        "        raise RuntimeError('Error opening PCM device')\n"
        "    return Playing()\n"
    )
    url = embedded.engine.url.render_as_string(hide_password=False)
    siren = SirenProcess(url, environment(sound_folder) | {"PYTHONPATH": f"{sound_folder}:{Path.cwd()}"})
    try:
        said = siren.until(lambda said: said["state"].startswith("NO SOUND"))
        assert "Error opening PCM device" in said["state"]
        raise_alarm(embedded)
        siren.sounds("high")
        with pytest.raises(queue.Empty):
            siren.says(within_s=2.6)  # it looks every 2 s, and a tone is tried every 3.5 s
        broken.unlink()
        siren.is_audible()
    finally:
        siren.close()


@pytest.mark.skipif(importlib.util.find_spec("simpleaudio") is None, reason="the extra alsa isn't installed here")
@pytest.mark.parametrize("tone", ["low", "medium", "high", "system"])
def test_what_bare_alsa_plays_has_tone_and_rhythm(tone: str, embedded: Database, sound_folder: Path) -> None:
    """ALSA's own plugin writes what it is given to a file, in place of a card."""
    played = sound_folder / "played"
    (sound_folder / ".asoundrc").write_text(
        f'pcm.!default {{ type file slave.pcm "null" file "{played}" format "raw" }}\n'
    )
    url = embedded.engine.url.render_as_string(hide_password=False)
    siren = SirenProcess(url, environment(sound_folder), orphan_s=60.0, gone_s=0.1)
    try:
        siren.is_audible()
        if tone == "system":
            siren.leave()
        else:
            raise_alarm(embedded, Severity.from_word(tone))
        siren.sounds(tone)
        whole = wait_for_samples(played, round(1.1 * tones.end_s(tone) * RATE_HZ))
        assert has_rhythm(whole, tone)
    finally:
        siren.close()


def wait_for_samples(file: Path, count: int) -> npt.NDArray[np.float64]:
    """What was played into a file, from the first sample that isn't silence, once there is enough of it."""
    stop = threading.Event()
    timer = threading.Timer(LIMIT_S, stop.set)
    timer.start()
    try:
        for _ in watchfiles.watch(file.parent, stop_event=stop, yield_on_timeout=True, rust_timeout=200):
            data = file.read_bytes() if file.exists() else b""
            samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32768
            loud = np.flatnonzero(np.abs(samples) > 0.005)
            if len(loud) and len(samples) - loud[0] > count:
                return samples[max(0, loud[0] - 2000) :]
    finally:
        timer.cancel()
    pytest.fail("it was never played")

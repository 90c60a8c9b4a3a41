"""The siren as the program commands it: what goes wrong with sound is told, and mends itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.label import Severity
from hydra_desktop.views.siren_client import SirenClient
from tests.fakes.sound_server import Ear, environment, missing, start_server, stop_server

LIMIT_MS = 20_000


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_an_alarm_sounds_again_after_the_sound_server_broke_down(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as name:
        folder = Path(name)  # a short name, as that of a socket may have 107 characters
        for variable, value in environment(folder).items():
            monkeypatch.setenv(variable, value)
        server = start_server(folder)
        client = SirenClient()
        try:
            with qtbot.waitSignal(client.state_changed, timeout=LIMIT_MS, check_params_cb=lambda _, audible: audible):
                client.start()
            with qtbot.waitSignal(
                client.state_changed, timeout=LIMIT_MS, check_params_cb=lambda _, audible: not audible
            ):
                client.sound(Severity.HIGH)
                stop_server(server)
            server = start_server(folder)
            if not client.audible:
                with qtbot.waitSignal(
                    client.state_changed, timeout=LIMIT_MS, check_params_cb=lambda _, audible: audible
                ):
                    pass
            ear = Ear(environment(folder))
            try:
                assert ear.hears(880.0, within_s=10)
            finally:
                ear.close()
        finally:
            client.close()
            stop_server(server)


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_a_test_of_the_sound_is_heard_to_its_end_whatever_snapshots_come(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for variable, value in environment(folder).items():
            monkeypatch.setenv(variable, value)
        server = start_server(folder)
        client = SirenClient()
        ear = Ear(environment(folder))
        try:
            with qtbot.waitSignal(client.state_changed, timeout=LIMIT_MS, check_params_cb=lambda _, audible: audible):
                client.start()
            client.test()
            client.stop()  # as with every snapshot without an alarm
            assert client._process.waitForBytesWritten(LIMIT_MS)
            assert ear.hears(660.0, within_s=10)
        finally:
            ear.close()
            client.close()
            stop_server(server)

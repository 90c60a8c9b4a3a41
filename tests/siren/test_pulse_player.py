"""What is played on a real PulseAudio server, and what is said of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop import paths
from hydra_desktop.siren import pulse_player
from hydra_desktop.siren.pulse_player import PulsePlayer
from tests.fakes.sound_server import environment, missing, start_server, stop_server


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_a_tone_that_is_stopped_before_it_begins_is_no_trouble(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    library = pulse_player.library()
    assert library is not None
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as folder:
        for name, value in environment(Path(folder)).items():
            monkeypatch.setenv(name, value)
        server = start_server(Path(folder))
        player = PulsePlayer(paths.shipped("resources") / "sounds", library)
        try:
            qtbot.waitUntil(player.proven, timeout=10_000)
            monkeypatch.setattr(pulse_player, "PATIENCE_S", -1000.0)  # what waits is told at once
            for _ in range(20):
                player.play("low")
                player.stop()
                qtbot.waitUntil(lambda: player.problem() == "", timeout=5000)
        finally:
            player.close()
            stop_server(server)

"""Speech: words become a sound that the player plays between two tones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.loudness import Sounding
from hydra_desktop.siren import speech
from hydra_desktop.siren.siren import Siren
from hydra_desktop.siren.speech import Speech
from hydra_desktop.siren.tones import PATTERNS, RATE_HZ, end_s
from hydra_desktop.siren.wave_file import read
from tests.fakes.sound_server import Ear, environment, missing, pitch, start_server, stop_server

LIMIT_MS = 20_000
needs_engine = pytest.mark.skipif(bool(speech.missing()), reason=speech.missing())


@pytest.fixture
def voice(qtbot: QtBot) -> Iterator[Speech]:
    made = Speech()
    yield made
    made.close()


@needs_engine
def test_words_become_a_sound_of_their_length(qtbot: QtBot, voice: Speech) -> None:
    assert voice.file("CDC occupancy, Bad") is None  # it is being made
    qtbot.waitUntil(lambda: voice.file("CDC occupancy, Bad") is not None, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: voice.file("--help") is not None, timeout=LIMIT_MS)  # words, not an option
    file, other = voice.file("CDC occupancy, Bad"), voice.file("--help")
    assert file is not None
    assert other is not None
    said = read(file)
    assert 1.0 < said.length_s < 6.0
    assert np.abs(said.samples).max() > 3000
    assert read(other).length_s < said.length_s


def test_without_an_engine_nothing_is_said_and_that_is_told(
    voice: Speech, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert speech.missing() == "no speech: espeak-ng isn't installed on this station"
    assert voice.file("Bad") is None
    assert voice._process is None


@needs_engine
@pytest.mark.skipif(bool(missing()), reason=missing())
def test_the_plot_type_is_named_between_two_tones(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="hydra-sound-", ignore_cleanup_errors=True) as name:
        for variable, value in environment(Path(name)).items():
            monkeypatch.setenv(variable, value)
        server = start_server(Path(name))
        ear = Ear(environment(Path(name)))
        siren = Siren()
        try:
            qtbot.waitUntil(lambda: siren.can_sound, timeout=LIMIT_MS)
            siren.set_speech(True)
            siren.sound([Sounding("medium", "CDC occupancy, Bad")])
            heard: list[float] = []

            def hear() -> bool:
                heard.extend(ear.hear(0.1))
                return len(heard) > 9 * RATE_HZ

            qtbot.waitUntil(hear, timeout=2 * LIMIT_MS)
            blocks = np.array(heard)[: len(heard) // 4410 * 4410].reshape(-1, 4410)
            of_tone = np.array([abs(pitch(block) - PATTERNS["medium"][0]) < 15 for block in blocks])
            of_voice = np.array([np.abs(block).max() > 0.02 for block in blocks]) & ~of_tone
            assert of_tone.sum() > 8
            assert of_voice.sum() > 8  # of the words, more than a second in all
            first = np.flatnonzero(of_tone)[0] + round(10 * end_s("medium")) + 2
            between = of_voice[first : first + 25]
            assert between.any()
        finally:
            siren.close()
            ear.close()
            stop_server(server)

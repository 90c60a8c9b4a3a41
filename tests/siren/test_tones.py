"""The tones: told apart by their rhythm, and the shipped files are what the program makes."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from hydra_desktop import paths
from hydra_desktop.siren import tones

TONES = ("low", "medium", "high")


def rhythm(folder: Path, name: str) -> list[tuple[float, float]]:
    """Begin and length of each pulse in a WAV file, in s."""
    with wave.open(str(folder / f"{name}.wav")) as file:
        rate = file.getframerate()
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    step = rate // 100
    blocks = values[: len(values) // step * step].reshape(-1, step)
    loud = np.abs(blocks).max(axis=1) > 1000
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int)))
    return [(begin / 100, (end - begin) / 100) for begin, end in edges.reshape(-1, 2)]


@pytest.mark.parametrize("name", [*TONES, "system", tones.SILENCE])
def test_the_shipped_file_is_what_the_program_makes(name: str, tmp_path: Path) -> None:
    tones.write(tmp_path)
    assert (paths.shipped("resources") / "sounds" / f"{name}.wav").read_bytes() == (
        tmp_path / f"{name}.wav"
    ).read_bytes()


def test_each_tone_has_a_rhythm_of_its_own(tmp_path: Path) -> None:
    tones.write(tmp_path)
    low, medium, high = (rhythm(tmp_path, name) for name in TONES)
    assert (len(low), len(medium), len(high)) == (2, 3, 10)
    gaps = [np.diff([begin for begin, _ in pulses]).min() for pulses in (low, medium, high)]
    assert gaps[2] < gaps[1] / 2 < gaps[0]  # the more urgent, the quicker
    assert high[-1][0] > medium[-1][0] + 1.0


@pytest.mark.parametrize("name", [*TONES, "system"])
def test_a_tone_ends_in_silence_before_it_comes_again_and_is_not_clipped(name: str) -> None:
    values = np.array(tones.samples(name))
    assert len(values) == int((tones.end_s(name) + tones.TAIL_S) * tones.RATE_HZ)
    assert not values[-tones.RATE_HZ // 4 :].any()
    assert tones.PERIOD_S[name] > tones.end_s(name) + 0.8
    assert 0.2 < np.abs(values).max() < 1.0
    assert np.abs(np.diff(values)).max() < 0.5  # faded, no click


def test_the_system_has_a_rhythm_unlike_that_of_any_alarm(tmp_path: Path) -> None:
    tones.write(tmp_path)
    gaps = {name: np.diff([begin for begin, _ in rhythm(tmp_path, name)]).round(1) for name in (*TONES, "system")}
    assert gaps["system"].tolist() == [0.2, 0.7, 0.2, 0.7, 0.2]
    assert len({len(one) for one in gaps.values()}) == 4


def test_the_bursts_are_spaced_as_in_the_standard() -> None:
    """IEC 60601-1-8: ranges of its table of bursts, in s; x is between pulses, d their length."""
    _, onsets, d, _ = tones.PATTERNS["high"]
    x = onsets[1] - onsets[0] - d
    assert 0.05 <= x <= 0.125
    assert 0.075 <= d <= 0.2
    assert onsets[3] - onsets[2] - d == pytest.approx(2 * x + d)
    assert 0.35 <= onsets[5] - onsets[4] - d <= 1.3
    assert np.diff(onsets[:5]).tolist() == pytest.approx(np.diff(onsets[5:]).tolist())
    for name in ("medium", "low"):
        _, (first, second, *_), d, _ = tones.PATTERNS[name]
        assert 0.125 <= second - first - d <= 0.25
        assert 0.125 <= d <= 0.25


def test_the_more_severe_is_higher_louder_and_comes_more_often() -> None:
    pitches, _, _, loudness = zip(*(tones.PATTERNS[name] for name in TONES), strict=True)
    assert list(pitches) == sorted(set(pitches))
    assert list(loudness) == sorted(set(loudness))
    assert tones.PERIOD_S["high"] < tones.PERIOD_S["medium"] < tones.PERIOD_S["low"]

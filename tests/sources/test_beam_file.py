from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.run import BeamSource, RunState
from hydra_desktop.sources.beam_file import read_beam_file


def write(folder: Path, text: str) -> Path:
    path = folder / "beam.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_full_state(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '{"run_number": 121453, "run_period": "2026-03", "beam_on": true, "beam_current_nA": 151, "more": [1]}',
    )
    modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    assert read_beam_file(path) == RunState(121453, "2026-03", True, 151.0, BeamSource.FILE, modified_at)


def test_all_of_it_is_optional(tmp_path: Path) -> None:
    state = read_beam_file(write(tmp_path, '{"beam_on": null}'))
    assert state is not None
    assert (state.run_number, state.run_period, state.beam_on, state.beam_current_na) == (None, "", None, None)


@pytest.mark.parametrize("current", ["NaN", "-Infinity", "1e999", "9" * 400])
def test_a_current_that_is_no_finite_number_is_unknown(tmp_path: Path, current: str) -> None:
    path = write(tmp_path, f'{{"beam_on": true, "beam_current_nA": {current}}}')
    state = read_beam_file(path)
    assert state is not None
    assert (state.beam_on, state.beam_current_na) == (True, None)
    assert state == read_beam_file(path)  # NaN isn't equal to itself: it would be news each second


def test_a_year_may_be_a_number(tmp_path: Path) -> None:
    state = read_beam_file(write(tmp_path, '{"run_period": 2026}'))
    assert state is not None
    assert state.run_period == "2026"


@pytest.mark.parametrize("text", ["", '{"run_number": 12', '{"beam_on": tr', "\ufffd"])
def test_a_file_that_is_being_written_says_nothing(tmp_path: Path, text: str) -> None:
    assert read_beam_file(write(tmp_path, text)) is None


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_beam_file(tmp_path / "none.json") is None
    assert read_beam_file(tmp_path) is None


def test_bytes_that_are_no_text_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "beam.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert read_beam_file(path) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[1]", "JSON object"),
        ('"beam"', "JSON object"),
        ("[" * 100_000, "JSON object"),
        ('{"run_number": "121453"}', "run_number"),
        ('{"run_number": true}', "run_number"),
        ('{"run_number": -1}', "run_number"),
        ('{"run_number": 9223372036854775808}', "run_number"),
        ('{"run_period": {"year": 2026}}', "run_period"),
        ('{"run_period": "a\\u0000b"}', "run_period"),
        ('{"run_period": "\\ud800"}', "run_period"),
        ('{"beam_on": 1}', "beam_on"),
        ('{"beam_current_nA": "151 nA"}', "beam_current_nA"),
    ],
)
def test_what_no_wall_can_show_is_refused_with_its_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        read_beam_file(write(tmp_path, text))
    assert "beam.json" in str(refused.value)


def test_the_run_has_a_state_and_events(tmp_path: Path) -> None:
    state = read_beam_file(write(tmp_path, '{"run_number": 7, "state": "running", "events": 12000000000}'))
    assert state is not None
    assert (state.state, state.events) == ("running", 12_000_000_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"events": -1}', "events must be a whole number"),
        ('{"events": 1.5}', "events must be a whole number"),
        ('{"events": true}', "events must be a whole number"),
        ('{"state": ["a"]}', "state must be a text"),
    ],
)
def test_a_state_or_events_that_are_none_are_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_beam_file(write(tmp_path, text))

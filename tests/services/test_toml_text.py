from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydra_desktop.services.toml_text import key, number, text

CHARACTERS = "aZ09 _-.#='\"\\\n\r\t\0\x1f\x7f\x85\u2028äß漢😀"


@settings(deadline=None)
@given(st.text(CHARACTERS))
def test_any_text_comes_back(value: str) -> None:
    assert tomllib.loads(f"x = {text(value)}") == {"x": value}


@settings(deadline=None)
@given(st.text(CHARACTERS))
def test_any_key_comes_back(name: str) -> None:
    assert tomllib.loads(f"[t.{key(name)}]") == {"t": {name: {}}}


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_comes_back(value: float) -> None:
    assert tomllib.loads(f"x = {number(value)}")["x"] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [("Hall D", '"Hall D"'), (r"Run(?P<run>\d+)", r"'Run(?P<run>\d+)'"), ("one\ntwo", '"""\none\ntwo"""')],
)
def test_a_person_can_read_it(value: str, written: str) -> None:
    assert text(value) == written

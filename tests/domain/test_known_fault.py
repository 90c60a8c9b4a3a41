from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.known_fault import KnownFault, Region, in_force, is_in_question, is_quiet
from hydra_desktop.domain.plot import PlotName
from hydra_desktop.domain.verdict import Status, Verdict

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FAULT = KnownFault(1, "CDC", "", "Bad", Region(0.1, 0.2, 0.3, 0.4), "2026-03", 120, None, "HV", "ann", "desk", NOON)
RUN_120 = PlotName("CDC", 120, 3, "2026-03")
SHARE = st.floats(-2, 3, allow_nan=False)


def verdict(label: str, status: Status = Status.CONFIRMED) -> Verdict:
    return Verdict(label, 0.9, status, 0.9, {label: 0.9})


@given(SHARE, SHARE, SHARE, SHARE)
def test_whatever_is_drawn_makes_a_region_within_the_picture(a: float, b: float, c: float, d: float) -> None:
    region = Region.within(a, b, c, d)
    assert region == replace(region)  # it is a valid one
    rows, columns = region.pixels(224, 320)
    assert 0 <= rows.start < rows.stop <= 224
    assert 0 <= columns.start < columns.stop <= 320


def test_a_region_is_the_cells_that_it_touches() -> None:
    assert Region(0.1, 0.2, 0.3, 0.4).pixels(10, 10) == (slice(2, 6), slice(1, 4))
    assert Region(0.15, 0.0, 0.1, 1.0).pixels(10, 10) == (slice(0, 10), slice(1, 3))
    assert Region.within(0.5, 0.75, 0.25, 0.25) == Region(0.25, 0.25, 0.25, 0.5)


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ((0.1, 0.1, 0.001, 0.1), "at least 1 %"),
        ((-0.1, 0.1, 0.5, 0.1), "lies within"),
        ((0.6, 0.1, 0.5, 0.1), "lies within"),
        ((float("nan"), 0.1, 0.5, 0.1), "finite"),
    ],
)
def test_what_is_no_region(numbers: tuple[float, float, float, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Region(*numbers)


def test_it_is_known_up_to_a_run_of_its_period() -> None:
    assert FAULT.is_known_in(RUN_120, NOON)
    assert not FAULT.is_known_in(replace(RUN_120, run_number=121), NOON)
    assert not FAULT.is_known_in(replace(RUN_120, run_period="2027-01"), NOON)
    assert not FAULT.is_known_in(replace(RUN_120, plot_type="FDC"), NOON)
    assert not replace(FAULT, ended_at=NOON, ended_by="bob").is_known_in(RUN_120, NOON)


def test_it_is_known_until_a_time() -> None:
    fault = replace(FAULT, until_run=None, until=NOON)
    assert fault.is_known_in(replace(RUN_120, run_number=500, run_period="2027-01"), NOON - timedelta(seconds=1))
    assert not fault.is_known_in(RUN_120, NOON)


def test_without_a_pad_it_is_of_all_of_them() -> None:
    assert FAULT.is_known_in(replace(RUN_120, pad="02"), NOON)
    of_one = replace(FAULT, id=2, pad="01")
    assert in_force([FAULT, of_one], replace(RUN_120, pad="02"), NOON) == (FAULT,)
    assert in_force([FAULT, of_one], replace(RUN_120, pad="01"), NOON) == (FAULT, of_one)


def test_as_of_a_time_before_its_end_it_goes_on() -> None:
    ended = replace(FAULT, ended_at=NOON, ended_by="bob")
    assert ended.as_of(NOON - timedelta(hours=1)) == FAULT
    assert ended.as_of(NOON) == ended


def test_which_verdicts_are_in_question() -> None:
    cdc = PlotType("CDC")
    assert is_in_question(verdict("Bad"), [FAULT], cdc)
    assert is_in_question(verdict("Bad", Status.UNCONFIRMED), [FAULT], cdc)
    assert not is_in_question(verdict("HotChannel"), [FAULT], cdc)
    assert not is_in_question(verdict("Good"), [FAULT], cdc)
    assert is_in_question(verdict("HotChannel", Status.UNFAMILIAR), [FAULT], cdc)  # its label means little
    assert not is_in_question(verdict("HotChannel", Status.UNFAMILIAR), [replace(FAULT, region=None)], cdc)
    assert not is_in_question(verdict("Bad"), [], cdc)


def test_the_rest_is_quiet_only_where_it_is_not_faulty() -> None:
    cdc = PlotType("CDC")
    assert is_quiet(verdict("Good"), cdc)
    assert is_quiet(verdict("NoData", Status.UNCONFIRMED), cdc)
    assert not is_quiet(verdict("Good", Status.UNFAMILIAR), cdc)
    assert not is_quiet(verdict("Bad", Status.UNCONFIRMED), cdc)

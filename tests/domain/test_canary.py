from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.canary import Canary, missing

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SETTINGS = AlarmSettings()
SENT = Canary(1, "CDC", "f" * 64, "Bad", NOON)
FOUND = replace(SENT, judged_at=NOON + timedelta(seconds=2), said="Bad, Confirmed", found=True, confidence=0.97)
HEARD = replace(FOUND, heard_at=NOON + timedelta(seconds=3), heard_by="wall")
LONG_AGO = NOON - timedelta(hours=1)


def said(canary: Canary, after_s: float, audible_since: datetime | None = LONG_AGO) -> str | None:
    return missing(canary, SETTINGS, NOON + timedelta(seconds=after_s), audible_since=audible_since)


def test_nothing_is_missing_while_it_may_still_come() -> None:
    assert said(SENT, 119) is None
    assert said(FOUND, 121) is None
    assert said(HEARD, 3000) == ""


def test_without_a_verdict_in_time_it_is_missed() -> None:
    assert "sent at" in (said(SENT, 121) or "")
    assert "had no verdict within 120 s" in (said(SENT, 121) or "")
    assert said(SENT, 121) == said(SENT, 500)  # it is told once, not each second anew


def test_one_that_is_called_good_is_missed_at_once() -> None:
    good = replace(FOUND, said="Good, Confirmed", found=False)
    assert "was judged Good, Confirmed: look at the model of CDC" in (said(good, 3) or "")


def test_one_that_no_siren_had_is_missed_where_a_station_could_hear_it() -> None:
    assert "no siren had it" in (said(FOUND, 123) or "")
    assert said(FOUND, 1000, audible_since=None) == ""  # every station says so
    assert said(FOUND, 1000, audible_since=NOON + timedelta(seconds=900)) is None  # one has only come
    assert "no siren had it" in (said(FOUND, 1100, audible_since=NOON + timedelta(seconds=900)) or "")


@pytest.mark.parametrize("off", ["canary_every_s", "canary_within_s"])
def test_it_can_be_switched_off(off: str) -> None:
    assert missing(SENT, replace(SETTINGS, **{off: 0.0}), NOON + timedelta(hours=1), audible_since=None) == ""

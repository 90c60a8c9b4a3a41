"""The canary: a plot known to be faulty, sent through the whole chain now and then; what must be so of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .alarm_settings import AlarmSettings


@dataclass(frozen=True)
class Canary:
    """One that was sent: a plot that a person gave a faulty `label`.

    `said` is what the monitor judged it to be, "" until then; `found` that this was a Confirmed fault. `heard_at` is
    when the siren of an audible station had it.
    """

    id: int
    plot_type: str
    content_hash: str
    label: str
    sent_at: datetime
    judged_at: datetime | None = None
    said: str = ""
    found: bool = False
    confidence: float | None = None
    heard_at: datetime | None = None
    heard_by: str = ""


def missing(canary: Canary, settings: AlarmSettings, now: datetime, *, audible_since: datetime | None) -> str | None:
    """In words what didn't come at the end of the chain, "" where all did, None where it may still come.

    `audible_since` is since when a station is alive that can sound, None where there is none: nobody hears then, and
    that is said elsewhere.
    """
    if not settings.canary_every_s or not settings.canary_within_s:
        return ""
    within = timedelta(seconds=settings.canary_within_s)
    what = f"The known {canary.label} plot of {canary.plot_type} that was sent at {_clock(canary.sent_at)}"
    if canary.judged_at is None:
        if now - canary.sent_at <= within:
            return None
        return f"{what} had no verdict within {settings.canary_within_s:g} s: what is faulty now may not be told."
    if not canary.found:
        return f"{what} was judged {canary.said}: look at the model of {canary.plot_type}, and at its thresholds."
    if canary.heard_at is not None or audible_since is None:
        return ""
    waits_since = max(canary.judged_at, audible_since)
    if now - waits_since <= within:
        return None
    return f"{what} was judged {canary.said} and no siren had it: an alarm may not be heard. Test the sound."


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%H:%M:%S}"

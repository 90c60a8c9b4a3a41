"""What an alarm's log says, line by line."""

from __future__ import annotations

from datetime import datetime

from ..domain.alarm import AlarmState, AlarmStep
from . import words

_STATES = {
    AlarmState.UNACKNOWLEDGED: "raised",
    AlarmState.ACKNOWLEDGED: "taken",
    AlarmState.RETURNED_UNACKNOWLEDGED: "returned by itself",
    AlarmState.NORMAL: "over",
    AlarmState.LATCHED: "over, waits for a reset",
    AlarmState.SHELVED: "shelved",
    AlarmState.SUPPRESSED: "suppressed",
    AlarmState.OUT_OF_SERVICE: "out of service",
}
_COMMENT = "comment"
_BY_ITSELF = ("monitor", "hydra")  # what acts in the name of nobody
_SAID_BY_STATE = ("", "acknowledged", _COMMENT, "out of service")


def what(step: AlarmStep) -> str:
    """What happened, in a word or two."""
    if step.state is step.former:
        return _COMMENT if step.comment and step.why == _COMMENT else "changed"
    if step.former in (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE, AlarmState.SUPPRESSED):
        return f"no longer {step.former}, {_STATES[step.state]}"
    if step.former is AlarmState.LATCHED and step.state is AlarmState.NORMAL:
        return "reset"
    return _STATES[step.state]


def told(step: AlarmStep) -> str:
    """A line of an alarm's log."""
    word = what(step)
    is_of_plots = step.state is AlarmState.UNACKNOWLEDGED and word != _COMMENT
    label = f" {step.label}{_figure(step)}" if is_of_plots else ""
    said = why(step)
    return f"{moment(step.at)}  {word}{label}{by(step)}{': ' if said else ''}{said}"


def by(step: AlarmStep) -> str:
    """Who did it, "" for what the monitor saw by itself."""
    return f" by {step.who}" if step.state is AlarmState.ACKNOWLEDGED or step.who not in _BY_ITSELF else ""


def why(step: AlarmStep) -> str:
    """Why, and what the person wrote."""
    given = "" if step.why in (*_SAID_BY_STATE, what(step)) else step.why
    return ". ".join(filter(None, (given, f"\u201c{step.comment}\u201d" if step.comment else "")))


def moment(at: datetime) -> str:
    """The time, with its day where that isn't today."""
    here = at.astimezone()
    if here.date() == datetime.now().astimezone().date():
        return words.clock(at)
    return here.strftime("%d %b %H:%M:%S")


def _figure(step: AlarmStep) -> str:
    return f" {words.confidence(step.confidence)}" if step.confidence is not None else ""

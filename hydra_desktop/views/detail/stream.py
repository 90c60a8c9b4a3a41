"""A stream of plots as the wall's snapshot knows it."""

from __future__ import annotations

from ...domain.alarm import Alarm
from ...domain.hall import PlotType
from ...domain.wall import Panel, WallSnapshot
from ...services.detail import Ask
from .. import alarm_speech


def panel(snapshot: WallSnapshot, ask: Ask | None) -> Panel | None:
    """The newest plot of the stream, None where the wall doesn't know it."""
    if ask is None:
        return None
    known = (one for one in (*snapshot.in_alarm, *snapshot.panels) if one.plot_type.name == ask.plot_type)
    return next((one for one in known if one.pad == ask.pad), None)


def plot_type(snapshot: WallSnapshot, ask: Ask | None) -> PlotType:
    """The settings of the plot type, the defaults for one that the wall doesn't know."""
    name = ask.plot_type if ask is not None else ""
    return next((one.plot_type for one in snapshot.panels if one.plot_type.name == name), PlotType(name))


def alarm(snapshot: WallSnapshot, ask: Ask | None) -> Alarm | None:
    """The open alarm of the stream, of several that which most needs a person."""
    return _worst(snapshot.alarms, ask)


def held(snapshot: WallSnapshot, ask: Ask | None) -> Alarm | None:
    """The alarm of the stream that is held back, None where none is."""
    return _worst(snapshot.held, ask)


def held_why(snapshot: WallSnapshot, ask: Ask | None) -> str:
    """Why the plot type makes no alarm now, "" while it may."""
    name = ask.plot_type if ask is not None else ""
    return next((one.held for one in snapshot.panels if one.plot_type.name == name), "")


def others(snapshot: WallSnapshot, ask: Ask | None) -> list[Alarm]:
    """The open alarms of other streams, those first that most need a person."""
    own = alarm(snapshot, ask)
    elsewhere = [one for one in snapshot.alarms if own is None or one.id != own.id]
    return sorted(elsewhere, key=lambda one: (*alarm_speech.by_need(one)[:2], one.id))


def _worst(alarms: tuple[Alarm, ...], ask: Ask | None) -> Alarm | None:
    if ask is None:
        return None
    own = (one for one in alarms if one.plot_type == ask.plot_type and one.pad in (ask.pad, ""))
    return min(own, key=alarm_speech.by_need, default=None)

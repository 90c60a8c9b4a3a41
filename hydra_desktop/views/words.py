"""How times, ages and shares are written on every screen."""

from __future__ import annotations

from datetime import datetime, timedelta


def age(span: timedelta) -> str:
    """An age as ``12 s``, ``4 min``, ``2 h`` or ``3 d``."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def duration(span: timedelta) -> str:
    """A time that something takes, as ``50 s``, ``8 min`` or ``2 h 10 min``."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return f"{max(1, round(span.total_seconds()))} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def confidence(value: float) -> str:
    """A probability as ``97 %``, and never as 100 % or 0 %: nothing is that sure."""
    percent = round(100 * value)
    if percent >= 100:
        return "> 99 %"
    if percent <= 0:
        return "< 1 %"
    return f"{percent} %"


def clock(moment: datetime) -> str:
    """A time of the local day as ``14:03:27``."""
    return moment.astimezone().strftime("%H:%M:%S")


def day(moment: datetime) -> str:
    """The local day of a time as ``2026-11-24``."""
    return moment.astimezone().strftime("%Y-%m-%d")


def count(number: int, noun: str) -> str:
    """A number of things as ``1 alarm`` or ``3 alarms``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def stream(plot_type: str, pad: str) -> str:
    """A plot type with its pad, where it has one, as ``RF_TOF pad 02``."""
    return f"{plot_type} pad {pad}" if pad else plot_type

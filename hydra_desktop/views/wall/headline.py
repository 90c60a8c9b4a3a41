"""The headline: is something wrong? In words, over all panels of the hall, whatever is filtered or hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ...domain.alarm import Alarm, AlarmState
from ...domain.label import Severity
from ...domain.wall import PanelState, WallSnapshot
from .. import alarm_speech, marks, words
from ..theme import Colours
from .panel_list_model import PanelItem

_IN_DOUBT = (PanelState.UNCONFIRMED, PanelState.UNFAMILIAR)


@dataclass(frozen=True)
class Headline:
    """A title and a line below it; `fill` is the colour behind them, "" on the plain panel."""

    title: str
    below: str
    mark: str
    colour: str
    fill: str = ""
    hollow: bool = False


def headline(
    snapshot: WallSnapshot, items: list[PanelItem], now: datetime, c: Colours, *, away: bool = False
) -> Headline:
    """What is said first of the hall; `items` are all its panels, `away` tells that the database doesn't answer."""
    if away:
        return Headline("Database away", "what you see is old; trying again", "cross", c.high)
    if snapshot.monitor.down(now):
        seen = snapshot.monitor.last_seen_at
        below = f"nobody judges plots; last sign {words.age(now - seen)} ago" if seen else "nobody judges plots yet"
        return Headline("Monitor down", below, "cross", c.high)
    if snapshot.alarms:
        return _of_alarms(snapshot.alarms, c)
    found = list(_conditions(snapshot, items, now, c))
    if found:
        first, *others = found
        return replace(first, below="; ".join([first.below, *(one.title for one in others)]))
    ended = snapshot.last_alarm_ended_at
    below = f"quiet since {words.clock(ended)[:5]}" if ended else "no alarm yet"
    known = sum(item.state is PanelState.KNOWN for item in items)
    return Headline("All well", f"{below}, {words.count(known, 'known fault')}" if known else below, "tick", c.good)


def _of_alarms(alarms: tuple[Alarm, ...], c: Colours) -> Headline:
    fresh = [alarm for alarm in alarms if alarm.state is AlarmState.UNACKNOWLEDGED]
    counts = [words.count(len(fresh), "new alarm")] if fresh else []
    counts += alarm_speech.counts(alarms, leaving_out=AlarmState.UNACKNOWLEDGED)
    worst = max(fresh or alarms, key=lambda alarm: (alarm.severity, alarm.raised_at))
    mark, colour = marks.for_state(PanelState.FAULT, worst.severity), c.severity(worst.severity)
    if fresh:
        return Headline(alarm_speech.said_of(worst), ", ".join(counts), mark, colour, fill=colour)
    return Headline(f"{words.count(len(alarms), 'alarm')}, none new", ", ".join(counts), mark, colour, hollow=True)


def _conditions(snapshot: WallSnapshot, items: list[PanelItem], now: datetime, c: Colours) -> Iterator[Headline]:
    """Why it can't be said that all is well, the gravest first."""
    if snapshot.monitor.message:
        yield Headline("The monitor has trouble", snapshot.monitor.message, "cross", c.medium)
    if not items:
        yield Headline("No plots yet", "panels appear as plots arrive", "dots", c.muted)
        return

    def those(*states: PanelState) -> list[PanelItem]:
        return [item for item in items if item.state in states]

    every_fault = [item for item in those(PanelState.FAULT) if item.severity > Severity.NONE]
    faults = [item for item in every_fault if not item.held]
    if faults:
        worst = max(faults, key=lambda item: item.severity)
        title = f"{worst.word}: {worst.title}" if len(faults) == 1 else f"{len(faults)} plots are not Good"
        mark = marks.for_state(PanelState.FAULT, worst.severity)
        yield Headline(title, "no alarm so far", mark, c.severity(worst.severity))
    kept = [item for item in every_fault if item.held]
    if kept:
        worst = max(kept, key=lambda item: item.severity)
        title = f"{worst.word}: {worst.title}" if len(kept) == 1 else f"{len(kept)} faults are held back"
        yield Headline(title, "no alarm meanwhile", "pause", c.muted)
    for rule in snapshot.suppressions:
        yield Headline(f"Suppressed: {rule.rule}", rule.why or "no alarm meanwhile", "pause", c.muted)
    stale = those(PanelState.STALE)
    came = [panel.plot.taken_at for panel in snapshot.panels if panel.plot is not None and panel.plot_type.chunked]
    if stale and len(stale) == len(came):
        yield Headline(f"No new plots for {words.age(now - max(came))}", "nothing comes any more", "hatch", c.medium)
    elif stale:
        oldest = min(panel.plot.taken_at for panel in snapshot.panels if panel.plot and panel.plot_type.chunked)
        title = f"{len(stale)} of {len(items)} panels {'is' if len(stale) == 1 else 'are'} stale"
        yield Headline(title, f"no new plot for up to {words.age(now - oldest)}", "hatch", c.muted)
    resting = those(PanelState.BEAM_OFF)
    if resting:
        yield Headline("Beam off", f"{words.count(len(resting), 'panel')} without a new plot", "dash", c.muted)
    waiting = those(PanelState.WAITING)
    if waiting:
        every = len(waiting) == len(items)
        title = "Waiting for the first plots" if every else f"{words.count(len(waiting), 'plot type')} without a plot"
        yield Headline(title, "none has come yet", "dots", c.muted)
    bare = those(PanelState.NO_MODEL)
    if bare:
        verb = "has" if len(bare) == 1 else "have"
        yield Headline(
            f"{words.count(len(bare), 'plot type')} {verb} no model", "nobody judges them", "dashed", c.muted
        )
    for word, number in Counter(item.word for item in those(PanelState.CONDITION)).most_common():
        yield Headline(f"{words.count(number, 'plot')} with {word}", "no alarm", "dash", c.muted)
    doubted = those(*_IN_DOUBT)
    if doubted:
        title = f"{words.count(len(doubted), 'plot')} in doubt"
        yield Headline(title, "no alarm; an expert will look", "question", c.unconfirmed)

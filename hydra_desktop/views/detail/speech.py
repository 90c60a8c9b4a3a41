"""What the detail view says of a stream, of other alarms and of where one looks, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...domain.alarm import Alarm, AlarmState, AlarmStep
from ...domain.plot import Plot
from ...domain.verdict import Status
from ...domain.wall import Panel, PanelState, WallSnapshot, panel_state
from ...services.detail import Ask, Detail
from .. import alarm_speech, marks, words
from ..theme import Colours
from . import stream
from .banner import Said
from .standing import of_verdict

_NOT_NOW = (PanelState.STALE, PanelState.BEAM_OFF, PanelState.MONITOR_DOWN)  # its verdict says nothing of now


def banner(ask: Ask, snapshot: WallSnapshot, log: Sequence[AlarmStep], c: Colours, now: datetime) -> Said:
    """How a stream stands now, in the words of the wall."""
    panel, alarm = stream.panel(snapshot, ask), stream.alarm(snapshot, ask)
    plot_type = stream.plot_type(snapshot, ask)
    title = words.stream(ask.plot_type, ask.pad)
    verdict = panel.verdict if panel is not None else None
    rights = _rights(panel, now)
    if alarm is not None:
        return _of_alarm(title, panel, alarm, log, rights, c, now)
    if panel is None or panel.plot is None:
        return Said("waiting", title, ("no plot of this type yet",), (), "", "dots", c.muted)
    standing = of_verdict(verdict, plot_type, c)
    why, kept = stream.held_why(snapshot, ask), stream.held(snapshot, ask)
    box = alarm_speech.holder(kept) if kept is not None else why
    state = panel_state(panel, snapshot.run, snapshot.monitor, now)
    if state in _NOT_NOW:
        return Said(str(state), title, (f"was {standing.word}",), rights, box, marks.for_state(state), c.muted)
    if state is PanelState.KNOWN and panel.known is not None:
        known = panel.known
        told = (f"until {known.until_words}", known.why, "no alarm")
        return Said(known.words, title, told, rights, "", marks.for_state(state), c.muted)
    facts = [words.confidence(verdict.confidence)] if verdict is not None and verdict.label else []
    episode = panel.episode
    if episode is not None:
        facts.insert(0, f"for {words.age(max(now, episode.last_at) - episode.started_at)}")
        facts.insert(1, f"since {words.clock(episode.started_at)}")
    if verdict is not None and verdict.status is not Status.CONFIRMED and verdict.label:
        facts.append("no alarm; an expert will look")
    if why and standing.rank < 50:
        return Said(standing.word, title, tuple(facts), rights, box, standing.mark, c.muted, hollow=True)
    frame = standing.colour if standing.rank < 50 else ""
    return Said(standing.word, title, tuple(facts), rights, box, standing.mark, standing.colour, frame=frame)


def _of_alarm(
    title: str,
    panel: Panel | None,
    alarm: Alarm,
    log: Sequence[AlarmStep],
    rights: tuple[str, ...],
    c: Colours,
    now: datetime,
) -> Said:
    colour = c.severity(alarm.severity)
    mark = marks.for_state(PanelState.FAULT, alarm.severity)
    why = next((step.why for step in reversed(log) if step.state is AlarmState.UNACKNOWLEDGED), "")
    facts = [f"for {words.age(now - alarm.raised_at)}", f"since {words.clock(alarm.raised_at)}"]
    facts += [said] if (said := why or alarm.facts) else []
    facts += [figure] if (figure := alarm_speech.confidence(alarm)) else []
    facts += [f"\u201c{alarm.comment}\u201d"] if alarm.comment else []
    word, fill, hollow, state = alarm.label, "", False, alarm_speech.holder(alarm).lower()
    if alarm.state is AlarmState.UNACKNOWLEDGED:
        fill = colour
    elif alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED:
        label = panel.verdict.label if panel is not None and panel.verdict is not None else ""
        if panel is not None and panel.known is not None:
            label = panel.known.words
        word, mark = f"{label or 'other'} now", marks.RETURN
        facts.insert(0, f"was {alarm.label}")
    else:
        hollow, state = True, alarm_speech.holder(alarm)
    return Said(word, title, tuple(facts), rights, state, mark, colour, fill, colour, hollow)


def _rights(panel: Panel | None, now: datetime) -> tuple[str, ...]:
    if panel is None or panel.plot is None:
        return ()
    name, at = panel.plot.name, panel.plot.taken_at
    run = f"run {name.run_number}"
    chunk = f"{run}, chunk {name.chunk}" if name.chunk is not None else run
    old = words.age(now - at)
    return f"newest {chunk}, taken {words.clock(at)}, {old} old", f"{chunk}, {old} old", f"{run}, {old} old", run


def others(alarms: Sequence[Alarm], c: Colours, now: datetime) -> tuple[str, str]:
    """What is said of alarms elsewhere, the one that most needs a person first, and the colour behind it."""
    if not alarms:
        return "No other alarm", ""
    fresh = [one for one in alarms if one.state is AlarmState.UNACKNOWLEDGED]
    go = ": go there  [N]" if any(one.plot_type for one in alarms) else ""
    if fresh:
        first = fresh[0]
        more = f", and {words.count(len(alarms) - 1, 'other')}" if len(alarms) > 1 else ""
        where = f" in {alarm_speech.place(first)}" if first.plot_type else ""
        old = words.age(now - first.raised_at)
        return f"{first.label}{where}, for {old}, not acknowledged{more}{go}", c.severity(first.severity)
    parts = ", ".join(alarm_speech.counts(alarms))
    return f"{words.count(len(alarms), 'other alarm')}: {parts}{go}", ""


def place(plot: Plot) -> str:
    """A plot's chunk and run."""
    name = plot.name
    return f"chunk {name.chunk} of run {name.run_number}" if name.chunk is not None else f"run {name.run_number}"


def position(ask: Ask, detail: Detail | None, now: datetime) -> tuple[str, bool]:
    """Where one looks, and whether that is another place than the newest plot."""
    if detail is None or detail.shown is None:
        return "The newest plot; new ones are followed" if ask.plot_id is None else "Another plot", False
    shown = detail.shown
    chunk = place(shown)
    old = words.age(now - shown.taken_at)
    if detail.ask.plot_id != ask.plot_id:
        return f"Reading what you asked for; until it comes you look at {chunk}, {old} ago", True
    if ask.plot_id is None:
        return "The newest plot; new ones are followed", False
    if not any(one.plot.id == shown.id for one in detail.history):
        label = f", labelled {detail.label} by {detail.labelled_by}" if detail.label else ""
        return f"You look at another plot: {chunk}, taken {old} ago{label}; Home returns to now  [Home]", True
    return f"Not live: {chunk}, {old} ago; Home returns to now  [Home]", True

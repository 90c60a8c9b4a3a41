"""The rows of the alarm list: what each says of an alarm, or of what is held back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from ...domain.alarm import OF_PLOTS, Alarm, AlarmState
from ...domain.held import OutOfService, Suppression
from ...domain.known_fault import KnownFault
from ...domain.label import Severity
from ...domain.wall import Panel, WallSnapshot
from .. import alarm_speech, marks, words
from ..wall.panel_list_model import PanelItem, make_item

_K_OF_N = re.compile(r"\d+ of \d+")


class Section(StrEnum):
    """The parts of the list, in their order."""

    NEEDS = "Needs a person"
    TAKEN = "Taken"
    HELD = "Held back"


class Look(Enum):
    """How a row's verdict is drawn."""

    FILLED = "filled"  # nobody has taken it
    RETURNED = "returned"  # nobody took it, and it is over
    HOLLOW = "hollow"  # somebody has it
    MUTED = "muted"  # it makes no alarm


class Act(StrEnum):
    """What the button of a row does."""

    NONE = ""
    TAKE = "Ack"
    COMMENT = "Comment"
    RESET = "Reset"
    UNSHELVE = "Unshelve"
    PUT_BACK = "Put back"


KEYS = {
    Act.TAKE: "A", Act.COMMENT: "C", Act.RESET: "R", Act.UNSHELVE: "U", Act.PUT_BACK: "O",
}  # fmt: skip


@dataclass(frozen=True)
class SectionRow:
    """The head of a section."""

    key: str
    section: Section
    beside: str


@dataclass(frozen=True)
class Picture:
    """What stands at the left of a row: a plot with its evidence, or a mark and words in its place."""

    content_hash: str = ""
    verdict_id: int | None = None
    label: str = ""
    mark: str = ""
    said: str = ""


@dataclass(frozen=True)
class ItemRow:
    """One row below a section's head; two that are equal look the same.

    `alarm`, `suppression`, `out_of_service` or `known` is what it is of.
    """

    key: str
    section: Section
    look: Look
    severity: Severity
    picture: Picture
    mark: str
    word: str
    title: str
    where: str
    state_mark: str
    state: str
    state_under: str
    since: str
    age: str
    k_of_n: str
    text: str
    act: Act
    is_said_by_person: bool = False  # the text
    alarm: Alarm | None = None
    suppression: Suppression | None = None
    out_of_service: OutOfService | None = None
    known: KnownFault | None = None
    plot_types: tuple[str, ...] = ()

    @property
    def accessible(self) -> str:
        """What a screen reader says."""
        parts = (
            self.word, self.title, self.where, self.state, self.state_under, f"since {self.since}", self.age,
            self.k_of_n, self.text,
        )  # fmt: skip
        return ", ".join(part for part in parts if part)


Row = SectionRow | ItemRow


def in_order(snapshot: WallSnapshot) -> tuple[list[Alarm], list[Alarm], list[Alarm]]:
    """The alarms that need a person, those that somebody has, and those that are shelved, as they are listed."""
    needs = sorted(
        (one for one in snapshot.alarms if alarm_speech.is_to_take(one)),
        key=lambda one: (one.state is not AlarmState.UNACKNOWLEDGED, -one.raised_at.timestamp(), one.id),
    )
    taken = sorted(
        (one for one in snapshot.alarms if not alarm_speech.is_to_take(one)),
        key=lambda one: (-one.raised_at.timestamp(), one.id),
    )
    shelved = [one for one in snapshot.held if one.state is AlarmState.SHELVED]
    return needs, taken, sorted(shelved, key=lambda one: (one.held_until or one.changed_at, one.id))


def make_rows(snapshot: WallSnapshot, now: datetime, why: Mapping[int, str], sound: str = "") -> list[Row]:
    """The whole list at the time `now`; `why` says of alarms why they were last raised, `sound` what is heard here."""
    needs, taken, shelved = in_order(snapshot)
    maker = _Maker(snapshot, now, why, sound)
    resting = [maker.out_of_service(one) for one in snapshot.out_of_service]
    rules = [maker.suppression(one) for one in snapshot.suppressions]
    known = [maker.known(panel) for panel in snapshot.panels if panel.known is not None]
    held = [*(maker.alarm(one, Section.HELD) for one in shelved), *rules, *known, *resting]
    kept = {name for row in held for name in row.plot_types}
    rows: list[Row] = []
    for section, beside, items in (
        (Section.NEEDS, f"{len(needs)}, newest first" if needs else "nothing",
         [maker.alarm(one, Section.NEEDS) for one in needs]),
        (Section.TAKEN, str(len(taken)), [maker.alarm(one, Section.TAKEN) for one in taken]),
        (Section.HELD, f"{words.count(len(held), 'row')}, {words.count(len(kept), 'plot type')}; no sound", held),
    ):  # fmt: skip
        if items or section is Section.NEEDS:
            rows.append(SectionRow(f"section {section}", section, beside))
            rows.extend(items)
    return rows


class _Maker:
    """Makes the rows of one snapshot."""

    def __init__(self, snapshot: WallSnapshot, now: datetime, why: Mapping[int, str], sound: str) -> None:
        self._snapshot, self._now, self._why, self._sound = snapshot, now, why, sound
        self._in_alarm = {panel.alarm.id: panel for panel in snapshot.in_alarm if panel.alarm is not None}
        self._by_type = {panel.plot_type.name: panel for panel in snapshot.panels}

    def alarm(self, alarm: Alarm, section: Section) -> ItemRow:
        panel = self._panel(alarm)
        item = make_item(panel, self._snapshot, self._now) if panel is not None else None
        returned = alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED
        look = {
            AlarmState.UNACKNOWLEDGED: Look.FILLED,
            AlarmState.RETURNED_UNACKNOWLEDGED: Look.RETURNED,
            AlarmState.SHELVED: Look.MUTED,
        }.get(alarm.state, Look.HOLLOW)
        word = alarm.label
        if returned:
            word = item.returned if item is not None and item.verdict_id is not None else "Over now"
        state_mark, state, under = self._state(alarm)
        text, by_person = self._text(alarm, panel)
        return ItemRow(
            f"alarm {alarm.id}",
            section,
            look,
            alarm.severity,
            _picture(alarm, item),
            marks.RETURN if returned else alarm_speech.mark(alarm),
            word,
            alarm_speech.place(alarm),
            item.where if item is not None and alarm.plot_type else "",
            state_mark,
            state,
            under,
            _moment(alarm.raised_at, self._now),
            self._age(alarm),
            self._k_of_n(alarm),
            text,
            _act(alarm),
            by_person,
            alarm=alarm,
            plot_types=(alarm.plot_type,) if alarm.plot_type else (),
        )

    def suppression(self, one: Suppression) -> ItemRow:
        told = f"{AlarmState.SUPPRESSED}: {one.rule}"
        names = tuple(panel.plot_type.name for panel in self._snapshot.panels if panel.held == told)
        waiting = [alarm for alarm in self._snapshot.held if alarm.state is AlarmState.SUPPRESSED]
        waiting = [alarm for alarm in waiting if alarm.plot_type in names]
        groups = sorted({self._by_type[name].plot_type.group for name in names} - {""})
        until = ""
        if one.holds_until is not None:
            until = alarm_speech.left(one.holds_until, self._now)
        facts = [f"\u201c{one.rule}\u201d holds: {one.why}" if one.why else f"The rule \u201c{one.rule}\u201d holds"]
        facts += [f"{words.count(one.arrivals, 'fault')} made no alarm"] if one.arrivals else []
        wait = f"{words.count(len(waiting), 'alarm')} {'wait' if len(waiting) > 1 else 'waits'}" if waiting else ""
        return ItemRow(
            f"suppression {one.id}",
            Section.HELD,
            Look.MUTED,
            Severity.NONE,
            Picture(said=words.count(len(names), "plot")),
            "pause",
            one.rule.capitalize(),
            words.count(len(names), "plot type"),
            wait or (f"of {', '.join(groups)}" if groups else ""),
            "pause",
            "Suppressed by design",
            until or "as long as the rule holds",
            _moment(one.since, self._now),
            words.age(self._now - one.since),
            "",
            "; ".join(facts) + ".",
            Act.NONE,
            suppression=one,
            plot_types=names,
        )

    def known(self, panel: Panel) -> ItemRow:
        fault = panel.known
        assert fault is not None  # noqa: S101 it was asked for
        item = make_item(panel, self._snapshot, self._now)
        return ItemRow(
            f"known fault {fault.id} {panel.plot_type.name} {panel.pad}",
            Section.HELD,
            Look.MUTED,
            Severity.NONE,
            _plain(item) or Picture(mark="pin"),
            "pin",
            fault.words,
            words.stream(panel.plot_type.name, panel.pad),
            item.where,
            "pin",
            "Known fault",
            f"by {fault.user} until {fault.until_words}",
            _moment(fault.at, self._now),
            words.age(self._now - fault.at),
            "",
            fault.why,
            Act.NONE,
            is_said_by_person=True,
            known=fault,
            plot_types=(panel.plot_type.name,),
        )

    def out_of_service(self, one: OutOfService) -> ItemRow:
        panel = self._by_type.get(one.plot_type)
        item = make_item(panel, self._snapshot, self._now) if panel is not None else None
        until = f"until {_moment(one.until, self._now)}" if one.until is not None else ""
        return ItemRow(
            f"out of service {one.plot_type}",
            Section.HELD,
            Look.MUTED,
            Severity.NONE,
            _plain(item) or Picture(mark="barred", said="no plot"),
            "barred",
            "No alarm",
            one.plot_type,
            item.where if item is not None else "",
            "barred",
            "Out of service",
            f"by {one.user} {until}".strip(),
            _moment(one.since, self._now),
            words.age(self._now - one.since),
            "",
            one.why,
            Act.PUT_BACK,
            is_said_by_person=True,
            out_of_service=one,
            plot_types=(one.plot_type,),
        )

    def _panel(self, alarm: Alarm) -> Panel | None:
        return self._in_alarm.get(alarm.id) or self._by_type.get(alarm.plot_type)

    def _state(self, alarm: Alarm) -> tuple[str, str, str]:
        if alarm.state is AlarmState.UNACKNOWLEDGED:
            return "bell", "Unacknowledged", self._sound
        if alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED:
            to = f", to {words.clock(alarm.returned_at)[:5]}" if alarm.returned_at is not None else ""
            return marks.RETURN, "Returned, not taken", f"was {alarm.label}{to}"
        if alarm.state is AlarmState.SHELVED:
            left = alarm_speech.left(alarm.held_until, self._now) if alarm.held_until is not None else ""
            until = f" until {words.clock(alarm.held_until)[:5]}" if alarm.held_until is not None else ""
            return "clock", f"Shelved, {left}" if left else "Shelved", f"by {alarm.held_by}{until}"
        who = f" by {alarm.acknowledged_by}" if alarm.acknowledged_by else ""
        at = f"at {words.clock(alarm.acknowledged_at)}" if alarm.acknowledged_at is not None else ""
        if alarm.state is AlarmState.LATCHED:
            return "clock", "Over, waits for a reset", f"taken{who}"
        return "double tick", f"Taken{who}", at

    def _age(self, alarm: Alarm) -> str:
        if alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED and alarm.returned_at is not None:
            return f"lasted {words.age(alarm.returned_at - alarm.raised_at)}"
        return words.age(self._now - alarm.raised_at)

    def _k_of_n(self, alarm: Alarm) -> str:
        found = _K_OF_N.search(self._why.get(alarm.id, ""))
        return found.group() if found else "\u2013"

    @staticmethod
    def _text(alarm: Alarm, panel: Panel | None) -> tuple[str, bool]:
        """What to do, or why; and whether a person wrote that for the others."""
        if alarm.state is AlarmState.SHELVED:
            return alarm.held_why, True
        if alarm.comment:
            return alarm.comment, True
        guidance = " ".join(panel.plot_type.guidance.split()) if panel is not None and alarm.plot_type else ""
        return (alarm.facts or guidance if alarm.kind not in OF_PLOTS else guidance or alarm.facts), False


def _picture(alarm: Alarm, item: PanelItem | None) -> Picture:
    if alarm.plot_type and item is not None and item.content_hash:
        overlay = item.label == alarm.label and item.verdict_id is not None
        return Picture(item.content_hash, item.verdict_id if overlay else None, item.label if overlay else "")
    return Picture(mark=alarm_speech.kind_mark(alarm), said="" if not alarm.plot_type else "no plot")


def _plain(item: PanelItem | None) -> Picture | None:
    return Picture(item.content_hash) if item is not None and item.content_hash else None


def _act(alarm: Alarm) -> Act:
    if alarm_speech.is_to_take(alarm):
        return Act.TAKE
    return {AlarmState.LATCHED: Act.RESET, AlarmState.SHELVED: Act.UNSHELVE}.get(alarm.state, Act.COMMENT)


def _moment(at: datetime, now: datetime) -> str:
    """The time of day, with the day where that is another."""
    here = at.astimezone()
    return here.strftime("%H:%M:%S") if here.date() == now.astimezone().date() else here.strftime("%d %b %H:%M")


def item_rows(rows: Sequence[Row]) -> list[ItemRow]:
    """Those of the rows that one can stand on."""
    return [row for row in rows if isinstance(row, ItemRow)]

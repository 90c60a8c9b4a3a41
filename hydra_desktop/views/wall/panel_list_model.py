"""The panels as a Qt list: stable positions, and only what changed is painted again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal

from ...domain.alarm import Alarm, AlarmState
from ...domain.hall import PlotType
from ...domain.label import Severity
from ...domain.verdict import Status
from ...domain.wall import Panel, PanelState, WallSnapshot, panel_state
from .. import words
from ..spread import Spread
from .layouts import WallLayout

OLD_ROUNDS = 5  # a panel whose age is told in minutes is looked at in each fifth second
AT_ONCE = 3  # panels painted in one go: a whole chunk would hold up keys and alarms for 20 ms and more
ITEM_ROLE = Qt.ItemDataRole.UserRole + 1


_ALARMING = (PanelState.FAULT, PanelState.UNFAMILIAR)
_JUDGED = (
    PanelState.GOOD,
    PanelState.KNOWN,
    PanelState.CONDITION,
    PanelState.FAULT,
    PanelState.UNCONFIRMED,
    PanelState.UNFAMILIAR,
)
_LASTING = (PanelState.FAULT, PanelState.KNOWN, PanelState.UNFAMILIAR, PanelState.UNCONFIRMED)


@dataclass(frozen=True)
class PanelItem:
    """One panel as it is painted; two that are equal look the same."""

    plot_type: PlotType
    pad: str
    state: PanelState
    severity: Severity
    word: str
    confidence: str
    where: str  # run and chunk
    is_other_run: bool  # than the header's
    taken: str  # the time of day
    age: str
    how_long: str  # of the episode, "" when all is well
    content_hash: str
    verdict_id: int | None
    label: str
    alarm: Alarm | None
    alarm_number: int
    explanation: str  # in place of the picture
    beside: str  # what else is so of its plot type, "" when nothing
    held: str = ""  # why it makes no alarm now

    @property
    def name(self) -> str:
        """The plot type's name."""
        return self.plot_type.name

    @property
    def title(self) -> str:
        """The plot type's name with the pad that is shown."""
        return words.stream(self.name, self.pad)

    @property
    def is_kept(self) -> bool:
        """Whether what it shows makes no alarm now, and is told as that."""
        return self.held in (AlarmState.OUT_OF_SERVICE, AlarmState.SHELVED) or (
            self.held != "" and self.state in _ALARMING
        )

    @property
    def returned(self) -> str:
        """What is said of an alarm whose fault has gone: how the plot is now, where that is known."""
        return f"{self.word} now" if self.state in _JUDGED else "returned"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """How long it is so, run and chunk at the left, time and age at the right, in shorter and shorter forms.

        What else is so of its plot type goes before the run.
        """
        run = self.where.partition(",")[0]
        lefts = [
            ", ".join(filter(None, (self.beside, self.how_long, where)))
            for where in (self.where, run, run.removeprefix("run "))
        ]
        full = f"{self.taken}, {self.age}"
        forms = [(left, full) for left in lefts] + [(left, self.age) for left in lefts]
        if self.is_other_run:
            forms.append((lefts[2], ""))
        first = self.beside or self.how_long
        return [*forms, (first, self.age), (first, ""), ("", self.age)]

    @property
    def accessible(self) -> str:
        """What a screen reader says."""
        parts = [
            self.title, self.word, self.beside, self.confidence, self.how_long, self.where, self.taken, self.age
        ]  # fmt: skip
        return ", ".join(part for part in parts if part)


def make_item(panel: Panel, snapshot: WallSnapshot, now: datetime, alarm_number: int = 0) -> PanelItem:
    """What a panel shows at the time `now`."""
    state = panel_state(panel, snapshot.run, snapshot.monitor, now)
    plot, verdict = panel.plot, panel.verdict
    word, explanation = _word(panel, state, now)
    held = panel.held if panel.alarm is None else ""
    condition = panel.condition.kind.capitalize() if panel.condition is not None else ""
    word = _held_word(word, state, held)
    episode = panel.episode
    how_long = ""
    if episode is not None and state in _LASTING:
        how_long = f"for {words.age(max(now, episode.last_at) - episode.started_at)}"
    where = ""
    if plot is not None:
        where = f"run {plot.name.run_number}"
        if plot.name.chunk is not None:
            where += f", chunk {plot.name.chunk}"
    return PanelItem(
        plot_type=panel.plot_type,
        pad=panel.pad,
        state=state,
        severity=panel.severity,
        word=word,
        confidence=words.confidence(verdict.confidence) if verdict is not None and verdict.label else "",
        where=where,
        is_other_run=plot is not None and snapshot.run.run_number not in (None, plot.name.run_number),
        taken=words.clock(plot.taken_at)[:5] if plot is not None else "",
        age=words.age(now - plot.taken_at) if plot is not None else "",
        how_long=how_long,
        content_hash=plot.content_hash if plot is not None else "",
        verdict_id=panel.verdict_id,
        label=verdict.label if verdict is not None else "",
        alarm=panel.alarm,
        alarm_number=alarm_number,
        explanation=explanation,
        beside=condition,
        held=held,
    )


def _held_word(word: str, state: PanelState, held: str) -> str:
    """What a panel says that makes no alarm now; a rule of the hall is told only where it hides one."""
    if not held:
        return word
    if held == AlarmState.OUT_OF_SERVICE:
        return held
    if held == AlarmState.SHELVED:
        return f"{word}, {held}"
    return f"{word}, suppressed" if state in _ALARMING else word


def _word(panel: Panel, state: PanelState, now: datetime) -> tuple[str, str]:
    verdict = panel.verdict
    label = verdict.label if verdict is not None else ""
    if state is PanelState.STALE and panel.plot is not None:
        return f"stale {words.age(now - panel.plot.taken_at)}", ""
    if state is PanelState.WAITING:
        return "waiting", "no plot of this type yet" if panel.plot_type.chunked else "made once per run; none yet"
    if state is PanelState.BEAM_OFF:
        return "beam off", "" if panel.plot is not None else "no plot yet, and no beam"
    if state is PanelState.MONITOR_DOWN:
        return "monitor down", "" if panel.plot is not None else "nobody looks for plots"
    if state is PanelState.NO_MODEL:
        return "NoModel", ""
    if state is PanelState.KNOWN and panel.known is not None:
        return panel.known.words, ""
    if verdict is not None and verdict.status is Status.UNFAMILIAR:
        return "Unfamiliar", ""
    if state is PanelState.UNCONFIRMED:
        return f"{label}?", ""
    return label, ""


class PanelListModel(QAbstractListModel):
    """Panels in the order of the layout in use; nothing reorders by itself."""

    aged = Signal(int)  # the row of a panel of which only the age has changed

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self._clock = clock
        self._snapshot = WallSnapshot("")
        self._all: list[PanelItem] = []
        self._made: list[tuple[Any, ...]] = []  # of what each of them was made
        self._young: list[bool] = []  # those whose age changes each second
        self._round = 0
        self._was_alive = False
        self._items: list[PanelItem] = []
        self._rows: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._changed = Spread(self._tell, AT_ONCE, self)  # rows that Qt isn't told of yet
        self._layout = WallLayout()
        self._search = ""

    @property
    def snapshot(self) -> WallSnapshot:
        """What the panels were made from."""
        return self._snapshot

    @property
    def items(self) -> list[PanelItem]:
        """The panels that are shown, in their order."""
        return self._items

    @property
    def all_items(self) -> list[PanelItem]:
        """The panels of the whole hall, whatever is filtered or hidden."""
        return self._all

    def all_in_order(self) -> list[str]:
        """The plot types of the whole hall in the order of the layout, whatever is filtered or hidden."""
        return [item.name for item in self._in_order(self._all)]

    @property
    def now(self) -> datetime:
        """The time as of which all is told."""
        return self._snapshot.as_of or self._clock()

    @property
    def has_untold(self) -> bool:
        """Whether panels look different that Qt isn't told of yet."""
        return bool(self._changed)

    def alarm_items(self) -> dict[int, PanelItem]:
        """What the cards show, by the id of their alarm, whatever is filtered or hidden."""
        now = self.now
        return {
            panel.alarm.id: make_item(panel, self._snapshot, now, self._numbers.get(panel.alarm.id, 0))
            for panel in self._snapshot.in_alarm
            if panel.alarm is not None
        }

    def number_of(self, alarm: Alarm) -> int:
        """The number that an alarm's card and pointer share, the same as long as it is open."""
        return self._numbers.get(alarm.id, 0)

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over a new snapshot; where only the monitor gave a sign of life, there is nothing to be done."""
        before, self._snapshot = self._snapshot, snapshot
        now = self.now
        alive = snapshot.monitor.alive(now)
        same = snapshot.panels is before.panels and snapshot.run is before.run and snapshot.alarms is before.alarms
        same = same and snapshot.as_of == before.as_of
        if not same or alive is not self._was_alive:
            self._number(snapshot)
            self.refresh()

    def set_search(self, text: str) -> None:
        """Show only panels whose name holds a text."""
        self._search = text.lower()
        self.refresh()

    def set_layout(self, layout: WallLayout) -> None:
        """Take over the order, the group and what is hidden; hidden panels alarm all the same."""
        self._layout = layout
        self.refresh()

    def row_of(self, name: str) -> int | None:
        """The row of a plot type's panel, None when it isn't shown."""
        return self._rows.get(name)

    def refresh_ages(self, part: int, parts: int) -> None:
        """Work out one of `parts` shares of the panels anew, neighbours together, as their plots have got older."""
        now, count = self.now, len(self._all)
        self._round += part == 0
        if self._snapshot.monitor.alive(now) is not self._was_alive:
            self.refresh()
        for place in range(part * count // parts, (part + 1) * count // parts):
            if not self._young[place] and (self._round + place) % OLD_ROUNDS:
                continue
            before, item = self._all[place], self._item(place, now)
            self._all[place] = item
            row = self._rows.get(item.name)
            if row is None or item == before:
                continue
            self._items[row] = item
            if replace(item, age=before.age) == before:
                self.aged.emit(row)
            else:
                self._changed.add([row])

    def refresh(self) -> None:
        """Work out what is shown now, and tell Qt only of panels that look different."""
        now, count = self.now, len(self._snapshot.panels)
        self._was_alive = self._snapshot.monitor.alive(now)
        del self._all[count:]
        del self._made[count:]
        self._young[len(self._made) :] = [True] * (count - len(self._made))
        self._all = [self._item(place, now) for place in range(count)]
        items = self._in_order([item for item in self._all if self._is_shown(item.plot_type)])
        if [item.name for item in items] != [item.name for item in self._items]:
            self.beginResetModel()
            self._changed.clear()
            self._items = items
            self._rows = {item.name: row for row, item in enumerate(items)}
            self.endResetModel()
            return
        changed = [row for row, (new, old) in enumerate(zip(items, self._items, strict=True)) if new != old]
        self._items = items
        self._changed.add(changed)

    def _item(self, place: int, now: datetime) -> PanelItem:
        """What a panel shows now: what it showed before, unless something that it tells of has changed."""
        panel, snapshot = self._snapshot.panels[place], self._snapshot
        number = self._numbers.get(panel.alarm.id, 0) if panel.alarm else 0
        self._young[place] = panel.plot is not None and (now - panel.plot.taken_at).total_seconds() < 60
        made_of = (
            panel,
            number,
            panel_state(panel, snapshot.run, snapshot.monitor, now),
            words.age(now - panel.plot.taken_at) if panel.plot is not None else "",
            words.age(now - panel.episode.started_at) if panel.episode is not None else "",
            snapshot.run.run_number,
        )
        if place < len(self._all) and self._made[place] == made_of:
            return self._all[place]
        if place < len(self._made):
            self._made[place] = made_of
        else:
            self._made.append(made_of)
        return make_item(panel, snapshot, now, number)

    def _tell(self, row: int) -> None:
        """Tell Qt of a panel that looks different."""
        self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's own signature
        """Number of panels shown."""
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The item for painting, its name for searching, its words for a screen reader."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == ITEM_ROLE:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return item.accessible
        return None

    def _is_shown(self, plot_type: PlotType) -> bool:
        layout = self._layout
        if plot_type.name in layout.hidden or (layout.group and plot_type.group != layout.group):
            return False
        return self._search in plot_type.name.lower()

    def _in_order(self, items: list[PanelItem]) -> list[PanelItem]:
        if self._layout.order == "name":
            return sorted(items, key=lambda item: item.name.lower())
        if self._layout.order == "group":
            return sorted(items, key=lambda item: item.plot_type.group.lower())
        if self._layout.order == "own":
            place = {name: number for number, name in enumerate(self._layout.own)}
            return sorted(items, key=lambda item: place.get(item.name, len(place)))
        return items

    def _number(self, snapshot: WallSnapshot) -> None:
        alive = {alarm.id for alarm in snapshot.alarms}
        self._numbers = {id_: number for id_, number in self._numbers.items() if id_ in alive}
        for id_ in sorted(alive - set(self._numbers)):
            taken = set(self._numbers.values())
            self._numbers[id_] = next(n for n in range(1, len(taken) + 2) if n not in taken)

"""The plot types of a hall as a Qt list: how each stands, and whether it is selected or in the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from ...domain.label import Role
from ...domain.training import Job, JobState, Light
from ...services.training_state import TypeState

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_ORDER = {light: number for number, light in enumerate(Light)}

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class TypeRow:
    """One plot type; `job` is its own that runs or waits."""

    state: TypeState
    job: Job | None = None
    selected: bool = False

    @property
    def name(self) -> str:
        """The plot type's name."""
        return self.state.name

    @property
    def counts(self) -> tuple[int, int, int]:
        """Labelled plots: Good, faulty, conditions."""
        labelled = self.state.labelled
        good, faulty, conditions = (
            labelled.of_role(role, labelled.counts) for role in (Role.GOOD, Role.FAULTY, Role.CONDITION)
        )
        return good, faulty, conditions

    @property
    def new(self) -> int:
        """Labels since the last model."""
        return sum(self.state.labelled.new.values())

    @property
    def act(self) -> str:
        """What its button does, "" while a job of it runs or waits."""
        if self.job is not None:
            return ""
        return "Label" if self.state.standing.light is Light.TOO_FEW else "Train"

    @property
    def going(self) -> str:
        """What its job does."""
        return "" if self.job is None else "running" if self.job.state is JobState.RUNNING else "waits"

    @property
    def detail(self) -> str:
        """Its labels one by one, accepted guesses beside them."""
        return f"{self.name}: {', '.join(self._parts().values()) or 'no label yet'}"

    @property
    def rich(self) -> str:
        """The same with each label's colour, as in its bar."""
        type_ = self.state.labelled.plot_type
        parts = [
            f'<span style="color:{type_.label(name).colour}">\N{BLACK SQUARE}</span> {escape(text)}'
            for name, text in self._parts().items()
        ]
        return " &nbsp; ".join(parts) or "no label yet"

    def _parts(self) -> dict[str, str]:
        labelled = self.state.labelled
        passed = labelled.accepted
        return {
            name: f"{name} {count:,}" + (f" ({passed[name]:,} accepted guesses)" if passed.get(name) else "")
            for name, count in labelled.counts.items()
        }

    @property
    def accessible(self) -> str:
        """What a screen reader says."""
        standing = self.state.standing
        said = [self.name, f"{standing.light}, {standing.reason}", f"{self.new} new labels", self.going]
        return ", ".join(one for one in ("selected" if self.selected else "", *said) if one)


class TypeListModel(QAbstractListModel):
    """Rows in the order in which they were first shown, the most urgent first; `narrow` leaves some out."""

    def __init__(self) -> None:
        super().__init__()
        self.everything: dict[str, TypeRow] = {}
        self.rows: list[TypeRow] = []
        self._light: Light | None = None
        self._text = ""

    def show_states(self, states: Mapping[str, TypeState], *, in_order: bool) -> None:
        """Take over how plot types stand; `in_order`: the most urgent first again, else each stays where it is."""
        known = {name: self.everything.get(name, TypeRow(state)) for name, state in states.items()}
        rows = {name: replace(row, state=states[name]) for name, row in known.items()}
        names = [name for name in self.everything if name in rows] if not in_order else []
        urgent = sorted(
            (name for name in rows if name not in names), key=lambda name: (_ORDER[states[name].standing.light], name)
        )
        self.everything = {name: rows[name] for name in (*names, *urgent)}
        self._fill()

    def show_jobs(self, jobs: Sequence[Job]) -> None:
        """Take over which of them run or wait."""
        going = {job.plot_type: job for job in reversed(jobs) if job.is_open}  # the one that runs counts
        self.everything = {name: replace(row, job=going.get(name)) for name, row in self.everything.items()}
        self._fill()

    def narrow(self, light: Light | None, text: str) -> None:
        """Show only those of a light, and whose name holds a text."""
        self._light, self._text = light, text.casefold()
        self._fill()

    def select(self, names: Iterable[str], selected: bool) -> None:
        """Select plot types, or take them out."""
        for name in names:
            self.everything[name] = replace(self.everything[name], selected=selected)
        self._fill()

    @property
    def selected(self) -> list[str]:
        """Names of those that are selected and can be asked for, shown or not."""
        return [row.name for row in self.everything.values() if row.selected and row.job is None]

    def place(self, name: str) -> int:
        """The row of a plot type, -1 where it isn't shown."""
        return next((number for number, row in enumerate(self.rows) if row.name == name), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """How many are shown."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A row, its name, or what a screen reader says."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.detail
        return row.accessible if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _fill(self) -> None:
        rows = [
            row
            for row in self.everything.values()
            if self._light in (None, row.state.standing.light) and self._text in row.name.casefold()
        ]
        if [row.name for row in rows] != [row.name for row in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        changed = [number for number, row in enumerate(rows) if row != self.rows[number]]
        self.rows = rows
        for number in changed:
            self.dataChanged.emit(self.index(number), self.index(number))

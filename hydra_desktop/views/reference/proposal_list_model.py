"""The proposals that wait as a Qt list, a row for each plot type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt

from ...domain.plot import Plot
from ...domain.reference import FEWEST, Reference, ReferenceState
from ...services.deviating import Compared
from .. import words

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
BEFORE = 15  # plots of the former reference that are shown


class RowState(StrEnum):
    """How a row stands; named as it is said."""

    READING = "reading..."
    WAITING = "waits for your word"
    WORKING = "storing..."
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    GONE = "gone"  # somebody else was first


@dataclass(frozen=True)
class ProposalRow:
    """One plot type's proposal; `compared` is None while they weren't, `told` is what was answered last."""

    plot_type: str
    run_period: str
    state: RowState = RowState.READING
    proposal: Reference | None = None
    before: Reference | None = None
    left_out: frozenset[int] = frozenset()
    compared: Compared | None = None
    told: str = ""
    stored_id: int | None = None  # of the reference that was made of it

    @property
    def plots(self) -> tuple[Plot, ...]:
        """The plots that are proposed."""
        return self.proposal.plots if self.proposal is not None else ()

    @property
    def deviating(self) -> frozenset[int]:
        """Ids of the plots that deviate from the others, as far as is known."""
        return self.compared.deviating if self.compared is not None else frozenset()

    @property
    def former(self) -> tuple[Plot, ...]:
        """Some plots of what holds until now, evenly over its time."""
        plots = self.before.plots if self.before is not None else ()
        count = min(BEFORE, len(plots))
        return tuple(plots[index * len(plots) // count] for index in range(count))

    @property
    def staying(self) -> int:
        """How many of the plots would be the reference."""
        return len(self.plots) - len(self.left_out)

    @property
    def is_open(self) -> bool:
        """Whether it can be confirmed as it stands."""
        return self.state is RowState.WAITING and self.staying >= FEWEST

    @property
    def facts(self) -> list[str]:
        """What is told of it, a line each."""
        if self.proposal is None:
            return [_period(self.run_period), self.told or str(self.state)]
        runs = sorted({plot.name.run_number for plot in self.plots})
        of_runs = f"run {runs[0]}" if len(runs) == 1 else f"runs {runs[0]} to {runs[-1]}"
        lines = [_period(self.run_period), f"{words.count(len(self.plots), 'plot')} of {of_runs}"]
        if self.compared is not None:
            lines.append(self._alike(self.compared))
        if self.staying < FEWEST and self.state is RowState.WAITING:
            lines.append(f"too few: {FEWEST} must stay")
        elif self.left_out:
            lines.append(f"{len(self.left_out)} left out by hand")
        return lines

    def _alike(self, compared: Compared) -> str:
        if not compared.plots:
            return "not compared with each other: look"
        of = "" if compared.plots == len(self.plots) else f" of {compared.plots} compared"
        if compared.deviating:
            return f"{len(compared.deviating)}{of} deviate{'s' if len(compared.deviating) == 1 else ''} from the others"
        return f"all{of} alike"

    @property
    def former_words(self) -> str:
        """What holds until now."""
        if self.before is None:
            return "until now: none"
        period = self.before.origin if self.before.state is ReferenceState.INHERITED else self.before.run_period
        shown, of = len(self.former), len(self.before.plots)
        return f"until now: {period or 'no run period'}, {of} plots" + (f", {shown} shown" if shown < of else "")

    @property
    def accessible(self) -> str:
        """What a screen reader says."""
        said = self.told or str(self.state)
        return ", ".join([self.plot_type, *self.facts, self.former_words, said])

    def plot_words(self, index: int) -> str:
        """What is told of one of the plots."""
        plot = self.plots[index]
        chunk = f", chunk {plot.name.chunk}" if plot.name.chunk is not None else ""
        lines = [f"run {plot.name.run_number}{chunk}", f"{words.day(plot.taken_at)} {words.clock(plot.taken_at)}"]
        if plot.id in self.deviating:
            lines.append("deviates from the others")
        if plot.id in self.left_out:
            lines.append("left out")
        return ", ".join(lines)


class ProposalListModel(QAbstractListModel):
    """Rows in the order of the wall; a row that was decided stays where it is."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ProposalRow] = []

    @property
    def rows(self) -> list[ProposalRow]:
        """All rows."""
        return self._rows

    def begin(self, rows: Iterable[ProposalRow]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def change(self, row: int, **facts: Any) -> None:
        """Change some facts of a row."""
        after = replace(self._rows[row], **facts)
        if after != self._rows[row]:
            self._rows[row] = after
            self.dataChanged.emit(self.index(row), self.index(row))

    def toggle(self, row: int, plot_index: int) -> None:
        """Leave a plot out, or take it in again."""
        one = self._rows[row]
        if one.state is RowState.WAITING and 0 <= plot_index < len(one.plots):
            self.change(row, left_out=one.left_out ^ {one.plots[plot_index].id}, told="")

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's own signature
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row for painting, its name for searching, its words for a screen reader."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.plot_type
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.accessible
        return None


def _period(run_period: str) -> str:
    return f"run period {run_period}" if run_period else "no run period"

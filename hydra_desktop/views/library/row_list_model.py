"""What the lists of the library have in common: rows that know themselves by a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from .painting import ROW_ROLE, Index


class RowListModel(QAbstractListModel):
    """Rows in the order in which they came; what is chosen stays chosen where the same ones come again."""

    key = "id"  # the attribute by which a row is known

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Any] = ()

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Take over what there is."""
        if [getattr(one, self.key) for one in rows] == [getattr(one, self.key) for one in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def row_of(self, wanted: object) -> int:
        """Where the row of that key is, -1 where it isn't."""
        return next((row for row, one in enumerate(self.rows) if getattr(one, self.key) == wanted), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's own
        """How many there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A row, or what `told` says of it."""
        if not index.isValid():
            return None
        one = self.rows[index.row()]
        return one if role == ROW_ROLE else self.told(one, Qt.ItemDataRole(role))

    def told(self, one: Any, role: Qt.ItemDataRole) -> str | None:
        """What a row says of itself in a role, None for nothing."""
        raise NotImplementedError

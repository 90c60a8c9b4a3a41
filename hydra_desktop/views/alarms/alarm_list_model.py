"""The alarm list as a Qt list: what doesn't change isn't painted again, and what one stands on stays."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from .rows import ItemRow, Row, SectionRow

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole


class AlarmListModel(QAbstractListModel):
    """Rows with the heads of their sections between them, which nobody can stand on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Take over the list: rows that are the same ones are told only where they look different."""
        wanted = {row.key for row in rows}
        for place in range(len(self.rows) - 1, -1, -1):
            if self.rows[place].key not in wanted:
                self._take_out(place)
        for place, row in enumerate(rows):
            if place < len(self.rows) and self.rows[place].key == row.key:
                continue
            here = self.row_of(row.key)
            if here >= 0:
                self.beginMoveRows(QModelIndex(), here, here, QModelIndex(), place)
                self.rows.insert(place, self.rows.pop(here))
                self.endMoveRows()
            else:
                self.beginInsertRows(QModelIndex(), place, place)
                self.rows.insert(place, row)
                self.endInsertRows()
        for place, row in enumerate(rows):
            if self.rows[place] != row:
                self.rows[place] = row
                self.dataChanged.emit(self.index(place), self.index(place))

    def row_of(self, key: str) -> int:
        """Where the row of that key is, -1 where it isn't."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's own
        """How many rows there are, heads of sections included."""
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A section's head is only looked at."""
        if index.isValid() and isinstance(self.rows[index.row()], ItemRow):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The row for painting, its words for a screen reader."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.section}: {row.beside}" if isinstance(row, SectionRow) else row.accessible
        return None

    def _take_out(self, place: int) -> None:
        self.beginRemoveRows(QModelIndex(), place, place)
        self.rows.pop(place)
        self.endRemoveRows()

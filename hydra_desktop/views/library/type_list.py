"""The plot types of the library, with what is live of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ...services.model_listing import TypeStanding
from .. import words
from ..theme import Theme
from . import painting
from .painting import ROW_ROLE, Index
from .row_list_model import RowListModel


class TypeListModel(RowListModel):
    """Plot types whose name holds what is searched for."""

    key = "plot_type"

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: Sequence[TypeStanding] = ()
        self._wanted = ""

    def show_types(self, standings: Sequence[TypeStanding]) -> None:
        """Take over what there is."""
        self.all = standings
        self.show_rows([one for one in standings if self._wanted in one.plot_type.casefold()])

    def search(self, text: str) -> None:
        """Leave only those whose name holds this."""
        self._wanted = text.strip().casefold()
        self.show_types(self.all)

    def told(self, one: TypeStanding, role: Qt.ItemDataRole) -> str | None:
        """A plot type in words."""
        if role == Qt.ItemDataRole.DisplayRole:
            return one.plot_type
        return f"{one.plot_type}, {said(one)}" if role == Qt.ItemDataRole.AccessibleTextRole else None


def said(one: TypeStanding) -> str:
    """How a plot type stands, in words."""
    if one.active_id is None:
        found = "no model yet" if not one.models else f"none live of {words.count(one.models, 'model')}"
    else:
        age = f", {words.age(datetime.now(UTC) - one.trained_at)} old" if one.trained_at is not None else ""
        found = f"model {one.active_id} live{age}"
    return f"{found}; {one.shadow.model_id} in shadow" if one.shadow is not None else found


class TypeDelegate(QStyledItemDelegate):
    """Paints a plot type: its name, and how it stands as mark and words."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of a row."""
        return QSize(self._theme.px(120), self._theme.px(54))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        one: TypeStanding = index.data(ROW_ROLE)
        theme, c = self._theme, self._theme.colours
        painter.save()
        room = painting.frame(painter, theme, option)
        half = room.height() / 2
        upper = QRectF(room.left(), room.top(), room.width(), half)
        painting.words(painter, theme, upper, one.plot_type, 14, c.text, bold=True, middle=True)
        lower = upper.translated(0, half)
        if one.active_id is not None:
            name, colour = painting.LIVE, c.good
        else:
            name, colour = (painting.NO_MODEL if not one.models else painting.NONE_LIVE), c.muted
        lower = painting.mark(painter, theme, lower, name, colour)
        if one.shadow is not None:
            trial = f"{one.shadow.model_id} in shadow"
            width = theme.advance(trial, theme.px(12)) + theme.px(26)
            right = QRectF(lower.right() - width, lower.top(), width, lower.height())
            right = painting.mark(painter, theme, right, painting.SHADOW, c.muted, hollow=True)
            painting.words(painter, theme, right, trial, 12, c.muted)
            lower.setRight(lower.right() - width - theme.px(6))
        painting.words(painter, theme, lower, said(one).split(";")[0], 12, c.muted)
        painter.restore()

"""The sets of models, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ...domain.library import ModelSet
from .. import words
from ..theme import Theme
from . import painting
from .painting import ROW_ROLE, Index
from .row_list_model import RowListModel


class SetListModel(RowListModel):
    """Sets, the newest first."""

    def told(self, one: ModelSet, role: Qt.ItemDataRole) -> str | None:
        """A set in words."""
        if role == Qt.ItemDataRole.DisplayRole:
            return one.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (titled(one), live(one), saved(one), one.comment)))
        return (one.comment or None) if role == Qt.ItemDataRole.ToolTipRole else None


def last(sets: Sequence[ModelSet]) -> ModelSet | None:
    """The set that was put live last and wasn't rolled back."""
    found: list[tuple[datetime, ModelSet]] = [(one.activated_at, one) for one in sets if one.activated_at is not None]
    return max(found, key=lambda pair: pair[0], default=(None, None))[1]


def titled(one: ModelSet) -> str:
    """Its name, and for which run period it is where the name doesn't say so."""
    return f"{one.name} for {one.run_period}" if one.run_period not in ("", one.name) else one.name


def saved(one: ModelSet) -> str:
    """What is in it, and whose it is."""
    return f"{one.size}, saved {words.day(one.at)} by {one.user}"


def live(one: ModelSet) -> str:
    """Since when it is live, "" where it isn't."""
    return f"live since {words.day(one.live_since)} by {one.live_by}" if one.live_since is not None else ""


class SetDelegate(QStyledItemDelegate):
    """Paints a set: its name, whether it is live, what is in it."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """The size of a row."""
        return QSize(self._theme.px(120), self._theme.px(54))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        one: ModelSet = index.data(ROW_ROLE)
        theme, c = self._theme, self._theme.colours
        painter.save()
        room = painting.frame(painter, theme, option)
        half = room.height() / 2
        upper = QRectF(room.left(), room.top(), room.width(), half)
        painting.words(painter, theme, upper, titled(one), 14, c.text, bold=True)
        lower = upper.translated(0, half)
        told = live(one)
        if told:
            lower = painting.mark(painter, theme, lower, painting.LIVE, c.good)
        text = told or (f"{saved(one)}; {one.comment}" if one.comment else saved(one))
        painting.words(painter, theme, lower, text, 12, c.muted)
        painter.restore()

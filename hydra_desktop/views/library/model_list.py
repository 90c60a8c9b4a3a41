"""The models of a plot type, the newest first, each with who made it of what, its figures and thresholds."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ...services.model_listing import LibraryModel
from .. import words
from ..theme import Theme
from . import painting
from .painting import ROW_ROLE, Index
from .row_list_model import RowListModel

LINES = 5


class ModelListModel(RowListModel):
    """Models in the order of the shelf."""

    def told(self, one: LibraryModel, role: Qt.ItemDataRole) -> str | None:
        """A model in words."""
        if role == Qt.ItemDataRole.DisplayRole:
            return f"model {one.id}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (f"model {one.id}", state(one), made(one), figures(one))))
        return None


def state(one: LibraryModel) -> str:
    """What a model does now."""
    return "live" if one.active else "in shadow" if one.on_trial else ""


def made(one: LibraryModel) -> str:
    """When and by whom a model was made."""
    return f"{words.day(one.created_at)} {words.clock(one.created_at)[:5]} by {one.created_by}"


def learnt(one: LibraryModel) -> str:
    """What a model was trained on."""
    labels = ", ".join(f"{label} {count}" for label, count in one.trained_on.items())
    runs = f" of {words.count(one.runs, 'run')}" if one.runs else ""
    periods = f", {', '.join(one.run_periods)}" if one.run_periods else ""
    return f"Trained on {labels}{runs}{periods}; {one.recipe}" if labels else "Nobody wrote down what it was trained on"


def figures(one: LibraryModel) -> str:
    """What a model did with plots that it never saw."""
    return one.measured.text() if one.measured is not None else "No figures of held-out plots"


def thresholds(one: LibraryModel) -> str:
    """The thresholds in force."""
    return "Thresholds " + ", ".join(f"{label} {value:.2f}" for label, value in one.thresholds.items())


class ModelDelegate(QStyledItemDelegate):
    """Paints a model in lines; figures that promise too much have a mark and say why."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """The size of a row."""
        one: LibraryModel = index.data(ROW_ROLE)
        lines = LINES if one.caution else LINES - 1
        return QSize(self._theme.px(200), self._theme.px(20 * lines + 18))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        one: LibraryModel = index.data(ROW_ROLE)
        theme, c = self._theme, self._theme.colours
        painter.save()
        room = painting.frame(painter, theme, option)
        lines = LINES if one.caution else LINES - 1
        height = room.height() / lines
        line = QRectF(room.left(), room.top(), room.width(), height)
        self._heading(painter, line, one)
        for text, size, colour in (
            (figures(one), 13, c.text if one.measured is not None else c.muted),
            *(((one.caution[:1].upper() + one.caution[1:], 12, c.text),) if one.caution else ()),
            (learnt(one), 12, c.muted),
            (thresholds(one), 12, c.muted),
        ):
            line = line.translated(0, height)
            cautious = bool(one.caution) and text.casefold() == one.caution.casefold()
            place = painting.mark(painter, theme, line, "triangle", c.medium) if cautious else line
            painting.words(painter, theme, place, text, size, colour)
        painter.restore()

    def _heading(self, painter: QPainter, line: QRectF, one: LibraryModel) -> None:
        theme, c = self._theme, self._theme.colours
        width = painting.words(painter, theme, line, f"model {one.id}", 15, c.text, bold=True)
        place = line.adjusted(width + theme.px(14), 0, 0, 0)
        told = state(one)
        if told:
            name, colour = (painting.LIVE, c.good) if one.active else (painting.SHADOW, c.muted)
            place = painting.mark(painter, theme, place, name, colour, hollow=not one.active)
            place.adjust(painting.words(painter, theme, place, told, 13, c.text, bold=True) + theme.px(14), 0, 0, 0)
        made_width = theme.advance(made(one), theme.px(12)) + 2
        right = QRectF(max(place.left(), line.right() - made_width), line.top(), made_width, line.height())
        right.setRight(line.right())
        painting.words(painter, theme, right, made(one), 12, c.muted)

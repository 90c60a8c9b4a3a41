"""Which plots are worked through: the plot type, its queues with their counts, and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from PySide6.QtCore import QDate, QModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ...domain.labeling import Filters, Order, Queue
from ..theme import Theme

ANY = "any"
QUEUE_ROLE = Qt.ItemDataRole.UserRole


class QueueSide(QWidget):
    """`changed` tells that other plots are wanted, `plot_type_changed` that those of another type are."""

    changed = Signal()
    plot_type_changed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("side")
        self._theme = theme
        self._counts: Mapping[Queue, int] = {}
        self.plot_types = QComboBox()
        self.queues = QListWidget()
        self.first_run, self.last_run = QLineEdit(), QLineEdit()
        self.period, self.guess, self.label, self.user = (QComboBox() for _ in range(4))
        self.least, self.most = QLineEdit(), QLineEdit()
        self.since, self.until = QDateEdit(), QDateEdit()
        self.order = QComboBox()
        self.stacks = QCheckBox("Near-duplicates as stacks")
        self.hide_guesses = QCheckBox("Hide the guesses")
        self.clear = QPushButton("Clear filters")
        self.others = QLabel()
        self._filters_title = QLabel("Filters")
        self._told: tuple[object, ...] | None = None
        self._lay_out()
        self._connect()
        self.rescale()

    @property
    def queue(self) -> Queue:
        """The queue that is chosen."""
        item = self.queues.currentItem()
        return Queue(item.data(QUEUE_ROLE)) if item is not None else Queue.UNLABELLED

    @property
    def chosen_order(self) -> Order:
        """The order that is chosen."""
        return Order(self.order.currentData())

    @property
    def filters(self) -> Filters:
        """What is wished of the plots; what can't be read as a number is no wish, and its field says so."""
        wished = Filters(
            _number(self.first_run),
            _number(self.last_run),
            None if self.period.currentIndex() <= 0 else self.period.currentText(),
            _chosen(self.guess),
            _chosen(self.label),
            _chosen(self.user),
            least_confidence=_percent(self.least),
            most_confidence=_percent(self.most),
        )
        if self.since.date() > self.since.minimumDate():
            wished = replace(wished, since=_day(self.since))
        if self.until.date() > self.until.minimumDate():
            wished = replace(wished, until=_day(self.until) + timedelta(days=1))
        return wished

    def show_plot_types(self, names: Sequence[str], chosen: str) -> None:
        """Take over the plot types of the hall; nothing is told."""
        self.plot_types.blockSignals(True)
        self.plot_types.clear()
        self.plot_types.addItems(list(names))
        self.plot_types.setCurrentText(chosen)
        self.plot_types.blockSignals(False)

    def show_choices(self, periods: Sequence[str], labels: Sequence[str], users: Sequence[str]) -> None:
        """Take over what can be wished; a wish that is no longer there is dropped, and nothing is told."""
        for box, values in ((self.period, periods), (self.guess, labels), (self.label, labels), (self.user, users)):
            box.blockSignals(True)
            before = box.currentText()
            box.clear()
            box.addItems([ANY, *values])
            box.setCurrentText(before if before in values else ANY)
            box.blockSignals(False)

    def show_counts(self, counts: Mapping[Queue, int]) -> None:
        """Take over how many plots wait in each queue."""
        self._counts = counts
        for row in range(self.queues.count()):
            item = self.queues.item(row)
            queue = Queue(item.data(QUEUE_ROLE))
            count = counts.get(queue, 0)
            item.setText(f"{queue.words}\t{count}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{queue.words}, {count} plots")

    def choose(self, queue: Queue) -> None:
        """Choose a queue; it is told as if a person had."""
        self.queues.setCurrentRow(list(Queue).index(queue))

    def show_others(self, others: Sequence[tuple[str, int]]) -> None:
        """Say who else works in this queue."""
        said = [f"{user} is in this queue too: {count} plots are left out of yours." for user, count in others]
        self.others.setText("\n".join(said))

    def clear_filters(self) -> None:
        """Wish nothing."""
        for field in (self.first_run, self.last_run, self.least, self.most):
            field.clear()
        for box in (self.period, self.guess, self.label, self.user):
            box.setCurrentIndex(0)
        for date in (self.since, self.until):
            date.setDate(date.minimumDate())
        self._tell()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setFixedWidth(px(228))
        self._layout.setContentsMargins(px(12), px(12), px(12), px(12))
        self._layout.setSpacing(px(6))
        row = px(28)
        self.queues.setFixedHeight(row * len(Queue) + px(4))
        self.queues.setStyleSheet(
            f"QListWidget {{ background: transparent; border: none; }}"
            f"QListWidget:focus {{ border: 1px solid {c.text}; }}"
            f"QListWidget::item {{ height: {row}px; padding-left: {px(4)}px; color: {c.text}; }}"
            f"QListWidget::item:selected {{ background: {c.selected}; color: {c.text}; font-weight: bold;"
            f" border-left: {px(3)}px solid {c.text}; }}"
        )
        self.setStyleSheet(
            f"#side {{ background: {c.background}; border-right: 1px solid {c.line}; }} #muted {{ color: {c.muted}; }}"
            f"#head {{ font-weight: bold; }}"
            f"QDateEdit {{ background: {c.panel}; color: {c.text}; border: 1px solid {c.edge};"
            f" border-radius: {px(4)}px; padding: {px(3)}px {px(4)}px; }}"
            f"QDateEdit:focus {{ border: 2px solid {c.text}; }}"
            f"QDateEdit::up-button, QDateEdit::down-button {{ width: 0; }}"
            f"QCheckBox {{ color: {c.text}; spacing: {px(8)}px; }}"
            f"QCheckBox::indicator {{ width: {px(15)}px; height: {px(15)}px; border: 1px solid {c.edge};"
            f" border-radius: {px(3)}px; background: {c.panel}; }}"
            f"QCheckBox::indicator:checked {{ background: {c.text}; }}"
            f"QCheckBox:focus {{ border: 1px solid {c.text}; }}"
        )

    def _lay_out(self) -> None:
        self._layout = QVBoxLayout(self)
        self._add_title("Plot type")
        self._layout.addWidget(self.plot_types)
        self._add_title("Queue")
        self._layout.addWidget(self.queues)
        for queue in Queue:
            item = QListWidgetItem(queue.words)
            item.setData(QUEUE_ROLE, queue.value)
            self.queues.addItem(item)
        self.queues.setCurrentRow(0)
        self.queues.setItemDelegate(_CountDelegate(self._theme, self.queues))
        self.queues.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.queues.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = QHBoxLayout()
        self._filters_title.setObjectName("head")
        head.addWidget(self._filters_title, 1)
        head.addWidget(self.clear)
        self._layout.addLayout(head)
        self._add_pair("Run", self.first_run, self.last_run)
        self._add_row("Run period", self.period)
        self._add_row("Guess", self.guess)
        self._add_pair("Confidence, %", self.least, self.most)
        self._add_row("Label", self.label)
        self._add_row("Given by", self.user)
        self._add_pair("Taken", self.since, self.until)
        self._add_row("Order", self.order)
        for order in Order:
            self.order.addItem(order.words, order.value)
        self._layout.addWidget(self.stacks)
        self._layout.addWidget(self.hide_guesses)
        self._layout.addStretch(1)
        self._layout.addWidget(self.others)
        self.stacks.setChecked(True)
        self.others.setWordWrap(True)
        self.others.setObjectName("muted")
        for field, name in (
            (self.plot_types, "Plot type"), (self.queues, "Queue"), (self.first_run, "From run"),
            (self.last_run, "To run"), (self.period, "Run period"), (self.guess, "Guess"), (self.label, "Label"),
            (self.user, "Given by"), (self.least, "Least confidence"), (self.most, "Most confidence"),
            (self.since, "Taken from"), (self.until, "Taken until"), (self.order, "Order"),
        ):  # fmt: skip
            field.setAccessibleName(name)
        for field, text in ((self.first_run, "first"), (self.last_run, "last"), (self.least, "0"), (self.most, "100")):
            field.setPlaceholderText(text)
        for date in (self.since, self.until):
            date.setMinimumDate(QDate(2000, 1, 1))
            date.setDate(date.minimumDate())
            date.setSpecialValueText(ANY)
            date.setDisplayFormat("yyyy-MM-dd")

    def _connect(self) -> None:
        self.plot_types.currentTextChanged.connect(self.plot_type_changed)
        self.queues.currentRowChanged.connect(lambda _row: self._tell())
        for box in (self.period, self.guess, self.label, self.user, self.order):
            box.currentIndexChanged.connect(lambda _index: self._tell())
        for field in (self.first_run, self.last_run, self.least, self.most):
            field.editingFinished.connect(self._tell)
        for date in (self.since, self.until):
            date.editingFinished.connect(self._tell)
        for check in (self.stacks, self.hide_guesses):
            check.toggled.connect(lambda _on: self._tell())
        self.clear.clicked.connect(self.clear_filters)

    def _tell(self) -> None:
        count = self.filters.count
        self._filters_title.setText(f"Filters  {count} set" if count else "Filters  none set")
        self.clear.setEnabled(count > 0)
        wished = (self.queue, self.filters, self.chosen_order, self.stacks.isChecked(), self.hide_guesses.isChecked())
        if wished != self._told:
            self._told = wished
            self.changed.emit()

    def _add_title(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("head")
        self._layout.addWidget(label)

    def _add_row(self, text: str, field: QWidget) -> None:
        row = QHBoxLayout()
        label = QLabel(text)
        label.setObjectName("muted")
        row.addWidget(label, 1)
        row.addWidget(field, 2)
        self._layout.addLayout(row)

    def _add_pair(self, text: str, first: QWidget, second: QWidget) -> None:
        label = QLabel(text)
        label.setObjectName("muted")
        row = QHBoxLayout()
        row.addWidget(first, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(second, 1)
        self._layout.addWidget(label)
        self._layout.addLayout(row)


class _CountDelegate(QStyledItemDelegate):
    """A queue's name at the left and its count at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """The name alone; the count is painted over it."""
        super().initStyleOption(option, index)
        option.text = index.data().partition("\t")[0]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint both."""
        super().paint(painter, option, index)
        count = index.data().partition("\t")[2]
        painter.setFont(self._theme.font(13))
        painter.setPen(QColor(self._theme.colours.muted))
        room = option.rect.adjusted(0, 0, -self._theme.px(6), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)


def _number(field: QLineEdit) -> int | None:
    text = field.text().strip()
    is_number = text.isdecimal() and int(text) < 2**63
    _mark(field, bad=bool(text) and not is_number, why="Write a run number, or leave it empty.")
    return int(text) if is_number else None


def _percent(field: QLineEdit) -> float | None:
    text = field.text().strip().removesuffix("%").strip().replace(",", ".")
    try:
        value = float(text) if text else None
    except ValueError:
        value = -1.0
    bad = value is not None and not 0 <= value <= 100
    _mark(field, bad=bad, why="Write a number from 0 to 100, or leave it empty.")
    return None if bad or value is None else value / 100


def _mark(field: QLineEdit, *, bad: bool, why: str) -> None:
    field.setToolTip(why if bad else "")
    field.setProperty("bad", bad)
    field.setStyleSheet("border: 2px solid #E6505B;" if bad else "")


def _chosen(box: QComboBox) -> str:
    return "" if box.currentIndex() <= 0 else box.currentText()


def _day(field: QDateEdit) -> datetime:
    return datetime.combine(field.date().toPython(), time()).astimezone()

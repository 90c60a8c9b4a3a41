"""Which plots are worked through: the plot type, its queues with their counts, and filters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ...domain.labeling import Filters, Order, Queue
from ..theme import Theme
from .caps import CapButton

ANY = "any"
CLEAR = "F8"
DAY = timedelta(days=1) - timedelta(microseconds=1)
QUEUE_ROLE = Qt.ItemDataRole.UserRole
WITHOUT_LABELS = frozenset({Queue.UNLABELLED, Queue.UNCONFIRMED, Queue.UNFAMILIAR, Queue.RANDOM})


class QueueSide(QWidget):
    """`changed` tells that other plots are wanted, `plot_type_changed` that those of another type are, `left` that
    the person goes to the plots, `plots_left` that chosen plots are no longer looked through.
    """

    changed = Signal()
    plots_left = Signal()
    plot_type_changed = Signal(str)
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._counts: Mapping[Queue, int] = {}
        self.plot_types = QComboBox()
        self.queues = QListWidget()
        self.first_run, self.last_run = QLineEdit(), QLineEdit()
        self.period, self.guess, self.label, self.user = (QComboBox() for _ in range(4))
        self.least, self.most = QLineEdit(), QLineEdit()
        self.since, self.until = QLineEdit(), QLineEdit()
        self.order = QComboBox()
        self.stacks = QCheckBox("Near-duplicates as stacks")
        self.hide_guesses = QCheckBox("Hide the guesses")
        self.clear = CapButton(theme, "Clear", [CLEAR], self.clear_filters, is_flat=True)
        self.wrong = QLabel()
        self.others = QLabel()
        self._filters_title = QLabel()
        self._names: dict[QWidget, QLabel] = {}  # what stands beside a filter
        self._told: tuple[object, ...] | None = None
        self._only: frozenset[int] | None = None
        self.only_words = ""  # what the chosen plots are, "" where none were chosen
        self._lay_out()
        self._connect()
        self.rescale()
        self.show_choices((), (), ())

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
        """What is wished of the plots; what can't be read is no wish, and its field says so."""
        wished = Filters(
            _number(self.first_run),
            _number(self.last_run),
            None if not _chosen(self.period) else self.period.currentText(),
            _chosen(self.guess),
            _chosen(self.label),
            _chosen(self.user),
            since=_day(self.since),
            until=_day(self.until, DAY),
            least_confidence=_percent(self.least),
            most_confidence=_percent(self.most),
            plots=self._only,
        )
        for first, last, low, high in (
            (self.first_run, self.last_run, wished.first_run, wished.last_run),
            (self.least, self.most, wished.least_confidence, wished.most_confidence),
            (self.since, self.until, wished.since, wished.until),
        ):
            if low is not None and high is not None and low > high:  # type: ignore[operator]
                _mark(last, bad=True, why=f"Nothing is from {first.text()} to {last.text()}: turn them round.")
        return wished

    @property
    def wishes(self) -> str:
        """The filters that are set, in words; "" for none."""
        found = [] if self._only is None else ["chosen plots"]
        for what, first, last, unit in (
            ("run", self.first_run, self.last_run, ""),
            ("confidence", self.least, self.most, " %"),
            ("taken", self.since, self.until, ""),
        ):
            low, high = (one.text().strip() if not one.property("bad") else "" for one in (first, last))
            if low or high:
                span = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"
                found.append(f"{what} {span}{unit}")
        for what, box in (("", self.period), ("guess ", self.guess), ("label ", self.label), ("given by ", self.user)):
            if _chosen(box):
                found.append(f"{what}{box.currentText()}")
        return ", ".join(found)

    @property
    def problem(self) -> str:
        """What is wrong with a filter, "" for nothing."""
        return self.wrong.text()

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
            if [box.itemText(row) for row in range(box.count())] == [ANY, *values]:
                continue
            box.blockSignals(True)
            before = box.currentText()
            box.clear()
            box.addItems([ANY, *values])
            box.setCurrentText(before if before in values else ANY)
            box.blockSignals(False)
        self._show_wishes()

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
        if self.others.text() != "\n".join(said):
            self.others.setText("\n".join(said))

    def show_only(self, plot_ids: Collection[int], words: str) -> None:
        """Wish these plots, labelled or not, and no others until filters are cleared; nothing is told."""
        self.blockSignals(True)
        self.clear_filters()
        self.choose(Queue.EVERY)
        self._only, self.only_words = frozenset(plot_ids), words
        self._show_wishes()
        self.blockSignals(False)
        self._told = None

    def clear_filters(self) -> None:
        """Wish nothing."""
        had_only, self._only, self.only_words = self._only is not None, None, ""
        boxes = (self.period, self.guess, self.label, self.user)
        for field in (self.first_run, self.last_run, self.least, self.most, self.since, self.until):
            field.clear()
        for box in boxes:
            box.blockSignals(True)
            box.setCurrentIndex(0)
            box.blockSignals(False)
        self._tell()
        if had_only:
            self.plots_left.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape goes to the plots from anywhere here, Enter from the queues."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and watched is self.queues
            if event.key() == Qt.Key.Key_Escape or enter:
                self.left.emit()
                return True
        return super().eventFilter(watched, event)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self._layout.setContentsMargins(px(12), px(12), px(12), px(12))
        self._layout.setSpacing(px(6))
        row = px(28)
        self.queues.setFixedHeight(row * len(Queue) + px(4))
        self.queues.setStyleSheet(
            f"QListWidget {{ background: transparent; border: 1px solid transparent; }}"
            f"QListWidget:focus {{ border: 1px solid {c.text}; }}"
            f"QListWidget::item {{ height: {row}px; padding-left: {px(4)}px; color: {c.text};"
            f" border-left: {px(3)}px solid transparent; }}"
            f"QListWidget::item:selected {{ background: {c.selected}; color: {c.text}; font-weight: bold;"
            f" border-left: {px(3)}px solid {c.text}; }}"
        )
        self.setStyleSheet(
            f"#side {{ background: {c.background}; border-right: 1px solid {c.line}; }} #muted {{ color: {c.muted}; }}"
            f"#head, #set {{ font-weight: bold; }}"
            f"#wrong {{ color: {c.text}; border-left: {px(3)}px solid {c.high}; padding-left: {px(6)}px; }}"
            f'QLineEdit[set="true"], QComboBox[set="true"] {{ border: 2px solid {c.muted}; background: {c.selected}; }}'
            f'QLineEdit[bad="true"] {{ border: 2px solid {c.high}; }}'
            f"QLineEdit:focus, QComboBox:focus {{ border: 2px solid {c.text}; }}"
            f"QLineEdit, QComboBox {{ padding: {px(3)}px {px(5)}px; }}"
            f"QComboBox:disabled, #muted:disabled {{ color: {c.muted}; border-color: {c.line}; }}"
            f"QCheckBox {{ color: {c.text}; spacing: {px(8)}px; border: 1px solid transparent; padding: 1px; }}"
            f"QCheckBox:focus {{ border: 1px solid {c.text}; }}"
        )
        self.clear.updateGeometry()

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
        self.queues.setTabKeyNavigation(False)
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
        self._add_pair("Taken, year-month-day", self.since, self.until)
        self._add_row("Order", self.order)
        for order in Order:
            self.order.addItem(order.words, order.value)
        self.wrong.setObjectName("wrong")
        self.wrong.setWordWrap(True)
        self._layout.addWidget(self.wrong)
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
        for field, text in (
            (self.first_run, "first"), (self.last_run, "last"), (self.least, "0"), (self.most, "100"),
            (self.since, "first"), (self.until, "last"),
        ):  # fmt: skip
            field.setPlaceholderText(text)
        for one in self._controls:
            one.installEventFilter(self)

    @property
    def _controls(self) -> tuple[QWidget, ...]:
        """In the order of Tab."""
        return (
            self.plot_types, self.queues, self.first_run, self.last_run, self.period, self.guess, self.least, self.most,
            self.label, self.user, self.since, self.until, self.order, self.stacks, self.hide_guesses,
        )  # fmt: skip

    def _connect(self) -> None:
        self.plot_types.currentTextChanged.connect(self._another_type)
        self.queues.currentRowChanged.connect(lambda _row: self._tell())
        for box in (self.period, self.guess, self.label, self.user, self.order):
            box.currentIndexChanged.connect(lambda _index: self._tell())
        for field in (self.first_run, self.last_run, self.least, self.most, self.since, self.until):
            field.editingFinished.connect(self._tell)
        for check in (self.stacks, self.hide_guesses):
            check.toggled.connect(lambda _on: self._tell())

    def _another_type(self, name: str) -> None:
        self._only, self.only_words = None, ""  # those were of the type before
        self._show_wishes()
        self.plot_type_changed.emit(name)

    def _tell(self) -> None:
        self._show_wishes()
        filters = self.filters
        wished = (self.queue, filters, self.chosen_order, self.stacks.isChecked(), self.hide_guesses.isChecked())
        if wished != self._told:
            self._told = wished
            self.changed.emit()

    def _show_wishes(self) -> None:
        """Show which filters are set, which can't be read, and which mean nothing here."""
        without = self.queue in WITHOUT_LABELS
        for box in (self.label, self.user):
            box.setEnabled(not without)
            box.setToolTip("The plots of this queue have no label yet." if without else "")
        count = self.filters.count
        self._filters_title.setText(f"Filters: {count} set" if count else "Filters")
        self.clear.setVisible(count > 0)
        wrong = ""
        for field, name in self._names.items():
            is_set = bool(_chosen(field)) if isinstance(field, QComboBox) else bool(field.text().strip())
            is_set = is_set and field is not self.order
            bad = field.property("bad")
            if bad:
                wrong = field.toolTip()
            if field.property("set") != is_set or field.property("drawn_bad") != bad:
                field.setProperty("set", is_set)
                field.setProperty("drawn_bad", bad)
                field.style().unpolish(field)
                field.style().polish(field)
            others = [other for other, label in self._names.items() if label is name]
            wanted = "set" if any(one.property("set") for one in others) else "muted"
            if name.objectName() != wanted:
                name.setObjectName(wanted)
                name.style().unpolish(name)
                name.style().polish(name)
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))

    def _add_title(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("head")
        self._layout.addWidget(label)

    def _add_row(self, text: str, field: QWidget) -> None:
        row = QHBoxLayout()
        row.addWidget(self._named(text, field), 2)
        row.addWidget(field, 3)
        self._layout.addLayout(row)

    def _add_pair(self, text: str, first: QWidget, second: QWidget) -> None:
        row = QHBoxLayout()
        row.addWidget(first, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(second, 1)
        self._layout.addWidget(self._named(text, first, second))
        self._layout.addLayout(row)

    def _named(self, text: str, *fields: QWidget) -> QLabel:
        label = QLabel(text)
        label.setObjectName("muted")
        self._names.update(dict.fromkeys(fields, label))
        return label


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


def _day(field: QLineEdit, more: timedelta = timedelta()) -> datetime | None:
    text = field.text().strip()
    found = None
    try:
        if text:
            found = datetime.strptime(text, "%Y-%m-%d").astimezone() + more
    except (ValueError, OverflowError, OSError):  # no day, or none that a clock knows
        found = None
    _mark(field, bad=bool(text) and found is None, why="Write a day as 2026-11-24, or leave it empty.")
    return found


def _mark(field: QLineEdit, *, bad: bool, why: str) -> None:
    field.setToolTip(why if bad else "")
    field.setProperty("bad", bad)


def _chosen(box: QComboBox) -> str:
    return "" if box.currentIndex() <= 0 or not box.isEnabled() else box.currentText()

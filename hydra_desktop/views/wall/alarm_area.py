"""The alarm area: a card for each alarm that somebody must take or has taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ...domain.alarm import Alarm, AlarmState
from ...domain.wall import PanelState, WallSnapshot
from .. import alarm_speech, marks, words
from ..pictures import PictureKey, Pictures
from ..spread import Spread
from ..theme import Theme
from .panel_list_model import PanelItem, PanelListModel


class AlarmCard(QWidget):
    """One alarm: what, since when, the plot with its evidence, and who has taken it."""

    chosen = Signal(int)
    opened = Signal(str, str)  # plot type and pad
    asked = Signal(int)  # its id: one of the hall, which has no plot to open
    changed = Signal()  # it looks different and wants to be painted, `update` does

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme, self._pictures, self._folder = theme, pictures, image_folder
        self.alarm: Alarm | None = None
        self._item: PanelItem | None = None
        self.number = 0
        self.large = False
        self.blink = False
        self.is_chosen = False
        self.opacity = 0.6
        self.key: PictureKey | None = None  # of the picture that it shows
        self.as_of: datetime | None = None  # the time as of which it tells, None for now
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_alarm(self, alarm: Alarm, item: PanelItem | None, number: int, *, large: bool) -> None:
        """Take over an alarm and the newest plot of its stream."""
        if item is not None:
            item = replace(item, age="")  # which a card doesn't tell
        if (self.alarm, self._item, self.number, self.large) == (alarm, item, number, large):
            return
        self.alarm, self._item, self.number, self.large = alarm, item, number, large
        self.setAccessibleName(f"Alarm {number}: {alarm.label}, {self._title}, {alarm.state}")
        self.rescale()
        self.changed.emit()

    def rescale(self) -> None:
        """Take over the theme's size."""
        high = (360 if self._has_picture else 240) if self.large else 150
        self.setFixedHeight(self._theme.px(high))

    @property
    def _title(self) -> str:
        return alarm_speech.place(self.alarm) if self.alarm is not None else ""

    @property
    def _shows_the_fault(self) -> bool:
        """Whether the newest plot of the stream still has what the alarm was raised for."""
        return self.alarm is not None and self._item is not None and self._item.word == self.alarm.label

    def _newest(self) -> list[str]:
        """The newest plot in words, in shorter and shorter forms; with its verdict where that is another."""
        item = self._item
        if item is None or not item.where:
            return []
        verdict = "" if self._shows_the_fault else f"newest {item.word}"
        run = item.where.partition(",")[0]
        forms = [(verdict, item.where, item.taken), (verdict, run, item.taken), (verdict, item.taken), (verdict,)]
        return [", ".join(filter(None, form)) for form in forms]

    def sizeHint(self) -> QSize:
        """As wide as the area, as high as its content."""
        return QSize(self._theme.px(300), self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this card."""
        if self.alarm is not None:
            self.chosen.emit(self.alarm.id)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Look at the plot in full."""
        self.open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter looks at the plot in full."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open()
        else:
            super().keyPressEvent(event)

    def open(self) -> None:
        """Ask for the detail of its stream, or for all about one of the hall."""
        if self.alarm is not None and self.alarm.plot_type:
            self.opened.emit(self.alarm.plot_type, self.alarm.pad)
        elif self.alarm is not None:
            self.asked.emit(self.alarm.id)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose this card."""
        if self.alarm is not None:
            self.chosen.emit(self.alarm.id)
        super().focusInEvent(event)

    def set_blink(self, blink: bool) -> None:
        """Turn the strip to its other look."""
        self.blink = blink
        self.update(self._strip_box())

    def _strip_box(self) -> QRect:
        """Where the card says what the alarm is; below it the plot."""
        width = self._border()
        return QRect(width, width, self.width() - 2 * width, self._theme.px(56 if self.large else 34))

    def _border(self) -> int:
        taken = self.alarm is not None and not alarm_speech.is_to_take(self.alarm)
        return self._theme.px(2 if taken else 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card, or its strip alone where nothing else is dirty."""
        alarm = self.alarm
        if alarm is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        colour = c.severity(alarm.severity)
        taken = not alarm_speech.is_to_take(alarm)
        returned = alarm.state is AlarmState.RETURNED_UNACKNOWLEDGED
        width, strip = self._border(), self._strip_box()
        painter.setPen(QPen(QColor(colour), width))
        painter.setBrush(QColor(c.panel))
        half = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 4, 4)
        self._strip(painter, strip, alarm, colour, taken=taken, returned=returned)
        body = QRect(width + px(12), strip.bottom() + px(6), self.width() - 2 * (width + px(12)), 0)
        body.setBottom(self.height() - width - px(8))
        if strip.contains(event.rect()):
            pass  # it blinks
        elif self.large:
            self._large(painter, body, alarm)
        else:
            self._small(painter, body, alarm)
        if self.is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(c.text), 2, Qt.PenStyle.DotLine))
            inset = width + 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 3, 3)
        painter.end()

    def _strip(
        self, painter: QPainter, strip: QRect, alarm: Alarm, colour: str, *, taken: bool, returned: bool
    ) -> None:
        c, px = self._theme.colours, self._theme.px
        filled = alarm.state is AlarmState.UNACKNOWLEDGED
        word_colour, mark_colour, hole = c.text, colour, c.panel
        if filled:
            fill = c.text if self.blink else colour
            painter.fillRect(strip, QColor(fill))
            word_colour = mark_colour = self._theme.word_on(fill)
            hole = fill
        else:
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawLine(strip.bottomLeft(), strip.bottomRight())
        size = px(28 if self.large else 18)
        mark = marks.RETURN if returned else marks.for_state(PanelState.FAULT, alarm.severity)
        box = QRectF(strip.left() + px(10), strip.center().y() - size / 2, size, size)
        marks.paint(painter, mark, box, mark_colour, hollow=taken, hole=hole)
        number = str(self.number)
        number_size = px(28 if self.large else 20)
        number_box = QRectF(
            strip.right() - number_size - px(10), strip.center().y() - number_size / 2, number_size, number_size
        )
        painter.setPen(QPen(QColor(word_colour), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(number_box, 3, 3)
        painter.setFont(self._theme.font(15 if self.large else 13, bold=True))
        painter.drawText(number_box, Qt.AlignmentFlag.AlignCenter, number)
        x = box.right() + px(10)
        word = alarm.label
        if returned:
            word = self._item.returned if self._item is not None else "Over now"
        elif alarm.state is AlarmState.LATCHED:
            word = f"{alarm.label}, over"
        painter.setFont(self._theme.font(30 if self.large else 18, bold=True))
        room = number_box.left() - x - px(10)
        word = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, round(room))
        painter.drawText(QRectF(x, strip.top(), room, strip.height()), Qt.AlignmentFlag.AlignVCenter, word)
        x += painter.fontMetrics().horizontalAdvance(word) + px(12)
        painter.setFont(self._theme.font(15 if self.large else 13))
        beside = f"was {alarm.label}" if returned else self._how_long()
        if x + painter.fontMetrics().horizontalAdvance(beside) < number_box.left() - px(6):
            painter.drawText(QRectF(x, strip.top(), room, strip.height()), Qt.AlignmentFlag.AlignVCenter, beside)

    def _how_long(self) -> str:
        if self._item is not None and self._item.how_long and self._shows_the_fault:
            return self._item.how_long
        return f"for {words.age((self.as_of or datetime.now(UTC)) - self.alarm.raised_at)}" if self.alarm else ""

    def _large(self, painter: QPainter, body: QRect, alarm: Alarm) -> None:
        c, px = self._theme.colours, self._theme.px
        top = QRect(body.left(), body.top(), body.width(), px(28))
        painter.setFont(self._theme.font(15))
        painter.setPen(QColor(c.muted))
        painter.drawText(
            top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, alarm_speech.confidence(alarm)
        )
        painter.setFont(self._theme.fitting(self._title, body.width() - px(70), 20, 14, bold=True))
        painter.setPen(QColor(c.text))
        name = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideMiddle, body.width() - px(70))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, name)
        line = QRect(body.left(), top.bottom(), body.width(), px(22))
        if not self._has_picture:
            self._of_hall(painter, body.adjusted(0, px(28), 0, -px(26)), alarm)
            self._foot(painter, QRect(body.left(), body.bottom() - px(24), body.width(), px(24)), alarm)
            return
        self._line(painter, line, self._newest())
        contact = self._item.plot_type.contact if self._item is not None else ""
        if contact:
            line.translate(0, px(20))
            self._line(painter, line, [contact])
        foot = QRect(body.left(), body.bottom() - px(24), body.width(), px(24))
        self._picture(painter, QRect(body.left(), line.bottom() + 4, body.width(), foot.top() - line.bottom() - px(8)))
        self._foot(painter, foot, alarm)

    def _small(self, painter: QPainter, body: QRect, alarm: Alarm) -> None:
        c, px = self._theme.colours, self._theme.px
        picture = QRect(body.left(), body.top(), round(body.height() * 1.45), body.height())
        if self._has_picture:
            self._picture(painter, picture)
        else:
            size = min(body.height(), px(64))
            picture.setWidth(size)
            self._mark_of_kind(painter, QRectF(body.left(), body.center().y() - size / 2, size, size), alarm)
        x = picture.right() + px(10)
        room = body.right() - x
        painter.setFont(self._theme.fitting(self._title, room, 15, 11, bold=True))
        painter.setPen(QColor(c.text))
        name = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(x, body.top(), room, px(22)), Qt.AlignmentFlag.AlignVCenter, name)
        since = words.clock(alarm.raised_at)
        forms = [", ".join(filter(None, (f"since {since}", alarm_speech.confidence(alarm)))), f"since {since}"]
        self._line(painter, QRect(x, body.top() + px(22), room, px(20)), forms)
        said = [f"\u201c{alarm.comment}\u201d"] if alarm.comment else self._newest() or [alarm.facts]
        self._line(painter, QRect(x, body.top() + px(41), room, px(20)), said, cut=True)
        self._foot(painter, QRect(x, body.bottom() - px(24), room, px(24)), alarm, wrap=True)

    @property
    def _has_picture(self) -> bool:
        return self._item is not None and bool(self._item.content_hash)

    def _mark_of_kind(self, painter: QPainter, box: QRectF, alarm: Alarm) -> None:
        """In the place of a picture where there is none."""
        c = self._theme.colours
        painter.setPen(QPen(QColor(c.edge), 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        size = box.height() * 0.42
        inner = QRectF(box.center().x() - size / 2, box.center().y() - size / 2, size, size)
        marks.paint(painter, alarm_speech.kind_mark(alarm), inner, c.text, hole=c.panel)

    def _of_hall(self, painter: QPainter, room: QRect, alarm: Alarm) -> None:
        """What is said of an alarm without a picture: what was seen, and what the shift wrote."""
        c, px = self._theme.colours, self._theme.px
        size = min(px(72), room.height() - px(10))
        self._mark_of_kind(painter, QRectF(room.left(), room.top() + px(10), size, size), alarm)
        beside = room.adjusted(size + px(14), px(8), 0, 0)
        painter.setPen(QColor(c.text))
        said = alarm.facts or f"{alarm.label} since {words.clock(alarm.raised_at)}"
        if alarm.comment:
            said += f"\n\u201c{alarm.comment}\u201d"
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
        for points in (17, 15, 13, 12):  # rather smaller than cut
            painter.setFont(self._theme.font(points))
            if painter.boundingRect(beside, int(flags), said).height() <= beside.height():
                break
        else:  # as many lines as there are whole
            lines = beside.height() // painter.fontMetrics().lineSpacing()
            beside.setHeight(lines * painter.fontMetrics().lineSpacing())
            painter.setClipRect(beside)
        painter.drawText(beside, flags, said)
        painter.setClipping(False)

    def _line(self, painter: QPainter, box: QRect, forms: list[str], *, cut: bool = False) -> None:
        """Write the first form that has room; the last one is made smaller rather than cut, unless it is a person's."""
        if not forms:
            return
        painter.setFont(self._theme.font(13))
        width = painter.fontMetrics().horizontalAdvance
        text = next((form for form in forms if width(form) <= box.width()), forms[-1])
        painter.setFont(self._theme.fitting(text, box.width(), 13, 11 if cut else 9))
        painter.setPen(QColor(self._theme.colours.muted))
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width()) if cut else text
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    def _foot(self, painter: QPainter, box: QRect, alarm: Alarm, *, wrap: bool = False) -> None:
        c = self._theme.colours
        text = alarm_speech.holder(alarm)
        painter.setFont(self._theme.fitting(text, box.width(), 14, 9, bold=True))
        painter.setPen(QColor(c.text))
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        free = box.width() - painter.fontMetrics().horizontalAdvance(text) - self._theme.px(8)
        painter.setFont(self._theme.font(14))
        clock = words.clock(alarm.raised_at)
        width = painter.fontMetrics().horizontalAdvance
        raised = next((form for form in (f"raised {clock}", clock) if width(form) <= free), "")
        if raised and not wrap:
            painter.setPen(QColor(c.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, raised)

    def _picture(self, painter: QPainter, room: QRect) -> None:
        item = self._item
        if item is None or not item.content_hash or room.width() < 8 or room.height() < 8:
            return
        ratio = self.devicePixelRatioF()
        overlay = self.opacity > 0 and item.state is PanelState.FAULT and item.verdict_id is not None
        key = PictureKey(
            self._folder / item.content_hash[:2] / item.content_hash,
            round(room.width() * ratio),
            round(room.height() * ratio),
            item.verdict_id if overlay else None,
            item.label if overlay else "",
        )
        self.key = key
        shown = self._pictures.get(key)
        if shown is None or shown.plot.isNull():
            return
        size = (shown.plot.size() / ratio).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(
            room.left() + (room.width() - size.width()) // 2 * int(self.large), room.top(), size.width(), size.height()
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if overlay and not shown.evidence.isNull():
            painter.drawImage(target, shown.grey)
            painter.setOpacity(self.opacity)
            painter.drawImage(target, shown.evidence)
            painter.setOpacity(1.0)
        else:
            painter.drawImage(target, shown.plot)
            painter.fillRect(target, QColor(0, 0, 0, round(255 * (1 - self._theme.plot_light))))


class AlarmArea(QWidget):
    """The cards, and what a person can do: silence, acknowledge, test the sound."""

    acknowledge = Signal(int)
    opened = Signal(str, str)  # plot type and pad
    asked = Signal(int)  # an alarm of the hall
    silence = Signal()
    test_sound = Signal()

    def __init__(self, theme: Theme, model: PanelListModel, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self._theme, self._model, self._pictures, self._folder = theme, model, pictures, image_folder
        self._cards: list[AlarmCard] = []
        self._changed = Spread(AlarmCard.update, 1, self)
        self._chosen: int | None = None
        self._blink = False
        self._fresh: set[tuple[int, datetime]] = set()  # alarms that nobody has taken
        self.setAccessibleName("Alarms")
        self._title = QLabel("Alarms")
        self._sound = QLabel("")
        self._sound.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._sound.setWordWrap(True)
        self._quiet = QLabel("")
        self._quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._quiet.setWordWrap(True)
        self._more = QLabel("")
        self._more.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._doubt = QLabel("")
        self._doubt.setWordWrap(True)
        self._silence = QPushButton("Silence  [S]")
        self._take = QPushButton("Acknowledge  [A]")
        self._take.setObjectName("main")
        self._test = QPushButton("Test the sound")
        self._silence.clicked.connect(self.silence)
        self._take.clicked.connect(self.acknowledge_chosen)
        self._test.clicked.connect(self.test_sound)
        self._list = QWidget()
        self._list_layout = QVBoxLayout(self._list)
        self._list_layout.setContentsMargins(0, 0, 0, 0)
        self._list_layout.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._sound, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._test)
        buttons.addWidget(self._silence)
        buttons.addWidget(self._take, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._quiet, 1)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._more)
        layout.addWidget(self._doubt)
        layout.addLayout(buttons)
        self._pictures.ready.connect(self._repaint)
        bar = self._scroll.verticalScrollBar()
        bar.valueChanged.connect(self._count_below)
        bar.rangeChanged.connect(lambda _least, _most: self._count_below())
        self.rescale()
        self.refresh()

    @property
    def chosen(self) -> Alarm | None:
        """The alarm that Acknowledge would take: the chosen one, else the newest nobody has taken."""
        to_take = [a for a in self._model.snapshot.alarms if alarm_speech.is_to_take(a)]
        for alarm in to_take:
            if alarm.id == self._chosen:
                return alarm
        return max(to_take, key=lambda a: (a.state is AlarmState.UNACKNOWLEDGED, a.severity, a.raised_at), default=None)

    def acknowledge_chosen(self) -> None:
        """Ask that the chosen alarm be taken."""
        alarm = self.chosen
        if alarm is not None:
            self.acknowledge.emit(alarm.id)

    def choose(self, alarm_id: int) -> None:
        """Make an alarm the one that Acknowledge takes."""
        self._chosen = alarm_id
        self._mark_chosen()

    def show_sound(self, state: str, audible: bool) -> None:
        """Say how sound stands; loudly when there is none."""
        c = self._theme.colours
        self._sound.setText(state)
        colour = c.muted if audible else c.high
        weight = "normal" if audible else "bold"
        self._sound.setStyleSheet(f"color: {colour}; font-weight: {weight}; font-size: {self._theme.px(13)}px;")

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self._title.setStyleSheet(f"font-size: {px(18)}px; font-weight: bold; color: {c.text};")
        self._quiet.setStyleSheet(
            f"font-size: {px(20)}px; color: {c.text}; border: 1px solid {c.line}; border-radius: {px(4)}px;"
            f" background: {c.panel};"
        )
        self._doubt.setStyleSheet(f"font-size: {px(13)}px; color: {c.muted};")
        self._more.setStyleSheet(
            f"font-size: {px(14)}px; font-weight: bold; color: {c.text}; background: {c.raised};"
            f" border: 1px solid {c.edge}; border-radius: {px(4)}px; padding: {px(3)}px;"
        )
        self._scroll.setStyleSheet(f"background: {c.background};")
        self._list_layout.setSpacing(px(8))
        for card in self._cards:
            card.rescale()
        self.refresh()
        self.update_cards()

    def refresh(self) -> None:
        """Show the alarms of the newest snapshot."""
        snapshot = self._model.snapshot
        alarms = sorted(snapshot.alarms, key=alarm_speech.by_need)
        to_take = sum(map(alarm_speech.is_to_take, alarms))
        plural = "s" if len(alarms) != 1 else ""
        then, what = ("", "to take") if snapshot.as_of is None else (" then", "not taken")
        self._title.setText(f"{len(alarms)} alarm{plural}{then}, {to_take} {what}" if alarms else f"Alarms{then}")
        items = self._model.alarm_items()
        at_keyboard = next((card.alarm.id for card in self._cards if card.hasFocus() and card.alarm is not None), None)
        while len(self._cards) < len(alarms):
            card = AlarmCard(self._theme, self._pictures, self._folder)
            card.chosen.connect(self.choose)
            card.opened.connect(self.opened)
            card.asked.connect(self.asked)
            card.changed.connect(lambda card=card: self._changed.add([card]))
            self._cards.append(card)
            self._list_layout.insertWidget(len(self._cards) - 1, card)
        for index, card in enumerate(self._cards):
            card.setVisible(index < len(alarms))
            if index < len(alarms):
                alarm = alarms[index]
                large = index == 0 and alarm.state is AlarmState.UNACKNOWLEDGED
                card.blink, card.as_of = self._blink, snapshot.as_of
                card.show_alarm(alarm, items.get(alarm.id), self._model.number_of(alarm), large=large)
            if index < len(alarms) and alarms[index].id == at_keyboard and not card.hasFocus():
                card.setFocus()  # the keyboard stays at its alarm, wherever that is now
        self._scroll.setVisible(bool(alarms))
        self._quiet.setVisible(not alarms)
        ended = snapshot.last_alarm_ended_at
        since = "" if snapshot.held else "none was raised yet"
        since = f"quiet since {words.clock(ended)[:5]}" if ended else since
        self._quiet.setText(f"No alarms\n{since}".strip())
        doubtful = sum(item.state in (PanelState.UNCONFIRMED, PanelState.UNFAMILIAR) for item in self._model.all_items)
        held = _held_back(snapshot)
        self._doubt.setVisible(doubtful > 0 or bool(held))
        verb = "are" if doubtful > 1 else "is"
        waits = "they wait for an expert and ask" if doubtful > 1 else "it waits for an expert and asks"
        doubt = f"{doubtful} more {verb} not confirmed or unfamiliar; {waits} nothing of you." if doubtful else ""
        self._doubt.setText(" ".join(filter(None, (doubt, held))))
        self._mark_chosen()
        fresh = {(alarm.id, alarm.raised_at) for alarm in alarms if alarm.state is AlarmState.UNACKNOWLEDGED}
        if fresh - self._fresh:
            self._scroll.verticalScrollBar().setValue(0)  # where the new one is
        self._fresh = fresh
        self._count_below()

    def _count_below(self) -> None:
        """Say how many cards don't fit, and how many of them are to take."""
        bottom = self._scroll.verticalScrollBar().value() + self._scroll.viewport().height()
        shown = [card for card in self._cards if not card.isHidden() and card.alarm is not None]
        below = [card.alarm for card in shown if card.y() + card.height() // 2 > bottom]
        to_take = sum(map(alarm_speech.is_to_take, below))
        self._more.setText(f"{len(below)} more below" + (f", {to_take} to take" if to_take else ""))
        self._more.setVisible(bool(below) and self._scroll.verticalScrollBar().maximum() > 0)

    def set_blink(self, blink: bool) -> None:
        """Turn the cards that nobody has taken to their other look."""
        self._blink = blink
        for card in self._cards:
            if card.isVisible() and card.alarm is not None and card.alarm.state is AlarmState.UNACKNOWLEDGED:
                card.set_blink(blink)

    def set_opacity(self, opacity: float) -> None:
        """How strongly evidence covers the plots, 0..1."""
        for card in self._cards:
            card.opacity = opacity
        self.update_cards()

    def update_cards(self) -> None:
        """Paint all cards again."""
        for card in self._cards:
            card.update()

    def _mark_chosen(self) -> None:
        alarm = self.chosen
        for card in self._cards:
            chosen = alarm is not None and card.alarm is not None and card.alarm.id == alarm.id
            if card.is_chosen != chosen:
                card.is_chosen = chosen
                card.update()
        number = f" {self._model.number_of(alarm)}" if alarm is not None else ""
        is_live = self._model.snapshot.as_of is None
        self._take.setText(f"Acknowledge{number}  [A]" if is_live else "Not live: nothing to take")
        self._take.setToolTip("" if is_live else "These alarms are those of another time; Esc returns to now.")
        self._take.setEnabled(is_live)
        self._take.setVisible(alarm is not None)
        sounding = any(a.state is AlarmState.UNACKNOWLEDGED for a in self._model.snapshot.alarms)
        self._silence.setVisible(sounding and is_live)
        self._test.setVisible(is_live and not self._model.snapshot.alarms)

    def _repaint(self, key: PictureKey) -> None:
        for card in self._cards:
            if card.isVisible() and card.key == key:
                card.update()


def _held_back(snapshot: WallSnapshot) -> str:
    """What makes no alarm now, in numbers."""
    shelved = sum(alarm.state is AlarmState.SHELVED for alarm in snapshot.held)
    resting = len(snapshot.out_of_service)
    parts = [f"{shelved} shelved"] if shelved else []
    parts += [f"{resting} out of service"] if resting else []
    parts += [f"suppressed: {one.rule}" for one in snapshot.suppressions]
    return f"Held back: {', '.join(parts)}; look with Ctrl+5." if parts else ""

"""The side of the alarms screen: all about the chosen row, and what can be done about it."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...domain.alarm import OF_PLOTS, Alarm
from ...domain.hall import PlotType
from ...domain.label import Role
from ...services.alarm_look import AlarmLook
from .. import alarm_log_speech, alarm_speech, words
from ..pictures import Pictures
from ..question import LONGEST
from ..theme import Theme
from .rows import ItemRow, Look, Picture
from .side_head import SideHead
from .side_picture import SidePicture

BUTTONS = {  # what can be done, with its key
    "shelve": ("Shelve...", "H"), "unshelve": ("Unshelve", "U"), "wrong": ("This verdict is wrong", "W"),
    "dispose": ("What was it?", "D"), "out": ("Out of service...", "O"), "back": ("Put back", "O"),
    "full": ("In full", "Enter"), "silence": ("Silence", "S"),
}  # fmt: skip
MAIN = {"take": ("Acknowledge", "A"), "reset": ("Reset", "R")}
PER_ROW = 3


class AlarmSide(QFrame):
    """Shows one row; `pressed` carries the name of what is to be done, `commented` an alarm's id and a text."""

    pressed = Signal(str)
    commented = Signal(int, str)
    left = Signal()  # the comment field: the comment was written, or another row is shown

    def __init__(self, theme: Theme, pictures: Pictures, image_folder: Path) -> None:
        super().__init__()
        self.setObjectName("side")
        self._theme = theme
        self.row: ItemRow | None = None
        self._look: AlarmLook | None = None
        self._plot_type = PlotType("")
        self._trouble = self._gone = ""
        self._can_comment = False
        self._drafts: dict[int, str] = {}  # comments on alarms that aren't shown, by their ids
        self.head = SideHead(theme)
        self.picture = SidePicture(theme, pictures, image_folder)
        self.facts = QLabel()
        self.guidance, self.happened = QLabel(), QLabel()
        self.comment = QLineEdit()
        self.empty = QLabel("Choose an alarm: what it is, what to do and what happened then stand here.")
        self.buttons: dict[str, QPushButton] = {}
        self._offered: tuple[str, ...] = ()
        self._lay_out()
        self.rescale()
        self.show_row(None, PlotType(""))

    @property
    def is_writing(self) -> bool:
        """Whether a comment on what is shown is being written: only a person's choice may show another row then."""
        return self.row is not None and (self.comment.hasFocus() or bool(self.comment.text()))

    def show_row(self, row: ItemRow | None, plot_type: PlotType) -> None:
        """Take over the chosen row; all else of another alarm than before is to be read."""
        is_other = row is None or self.row is None or row.key != self.row.key
        if is_other:
            self._look, self._trouble = None, ""
            self._keep_draft()
            alarm = row.alarm if row is not None else None
            self.comment.setText(self._drafts.pop(alarm.id, "") if alarm is not None else "")
        self.row, self._plot_type, self._gone = row, plot_type, ""
        self._show()
        if is_other and self.comment.hasFocus():
            self.left.emit()  # what is typed on isn't of this one

    def put_back(self, alarm_id: int, text: str) -> None:
        """A comment was not stored: it is to be sent again, with what was written since."""
        shown = self.row.alarm if self.row is not None else None
        if shown is not None and shown.id == alarm_id:
            self.comment.setText(f"{text} {self.comment.text()}".strip())
        else:
            self._drafts[alarm_id] = f"{text} {self._drafts.get(alarm_id, '')}".strip()

    def show_gone(self, said: str) -> None:
        """The row isn't listed any more while a comment on it is written: it stays, with why."""
        if self.row is not None and said != self._gone:
            self.row, self._gone = replace(self.row, look=Look.MUTED), said
            self._show()

    def show_look(self, look: AlarmLook) -> None:
        """Take over what was read of the chosen alarm."""
        if self.row is not None and self.row.alarm is not None and self.row.alarm.id == look.alarm.id:
            self._look, self._trouble = look, ""
            self._show()

    def show_trouble(self, why: str) -> None:
        """Say that nothing more can be read of the chosen alarm now."""
        self._trouble = why
        self._show()

    def offer(self, names: tuple[str, ...], main: str, *, can_comment: bool) -> None:
        """Show what can be done now, each with its key."""
        self._can_comment = can_comment
        self.comment.setVisible(can_comment or self.is_writing)  # else the next letter would be a key of the screen
        for name in MAIN:
            self.buttons[name].setVisible(name == main)
        if names == self._offered:
            return
        self._offered = names
        for name in BUTTONS:
            button = self.buttons[name]
            self._grid.removeWidget(button)
            button.setVisible(name in names)
        self._fit()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.head.rescale()
        self._inner.setContentsMargins(px(14), px(10), px(14), px(12))
        self._inner.setSpacing(px(8))
        self._grid.setSpacing(px(8))
        text = max(12, px(14))
        for label in (self.guidance, self.happened):
            label.setStyleSheet(f"font-size: {text}px;")
        self.facts.setStyleSheet(f"font-size: {max(11, px(13))}px; color: {c.muted};")
        self.empty.setStyleSheet(f"font-size: {max(13, px(16))}px; color: {c.muted}; padding: {px(24)}px;")
        self._scroll.setStyleSheet(f"QScrollArea, #inside {{ background: {c.panel}; }}")
        self.comment.setMinimumHeight(max(px(36), 28))
        self.comment.setStyleSheet(f"font-size: {max(12, px(14))}px;")
        self._fit()
        for name in MAIN:
            self.buttons[name].setStyleSheet(f"font-size: {max(14, px(18))}px; padding: {px(9)}px;")
        for name in BUTTONS:
            self.buttons[name].setStyleSheet(f"font-size: {max(12, px(14))}px; padding: {px(7)}px {px(4)}px;")
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the plot its share."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be."""
        return QSize(1, 1)

    def write_comment(self) -> None:
        """Put the cursor into the comment field."""
        if self.comment.isVisible():
            self.comment.setFocus()

    def _lay_out(self) -> None:
        for label in (self.guidance, self.happened, self.facts, self.empty):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label, name in ((self.guidance, "What to do"), (self.happened, "What happened"), (self.facts, "Facts")):
            label.setAccessibleName(name)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        inside = QWidget()
        inside.setObjectName("inside")
        told = QVBoxLayout(inside)
        told.setContentsMargins(0, 0, 0, 0)
        told.addWidget(self.guidance)
        told.addWidget(self.happened)
        told.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.comment.setMaxLength(LONGEST)
        self.comment.setAccessibleName("Comment")
        self.comment.setPlaceholderText("Comment: everyone on shift reads it  [C]")
        self.comment.returnPressed.connect(self._comment)
        page = QWidget()
        self._grid = QGridLayout()
        main = QHBoxLayout()
        for name, (text, key) in (BUTTONS | MAIN).items():
            button = QPushButton(f"{text}  [{key}]", page)  # else one that is shown is a window of its own
            button.setAccessibleName(text.rstrip("."))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, name=name: self.pressed.emit(name))
            self.buttons[name] = button
            if name in MAIN:
                button.setObjectName("main")
                main.addWidget(button)
        self._inner = QVBoxLayout(page)
        self._inner.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        self._inner.addWidget(self.picture)
        self._inner.addWidget(self.facts)
        self._inner.addWidget(self._scroll, 1)
        self._inner.addWidget(self.comment)
        self._inner.addLayout(self._grid)
        self._inner.addLayout(main)
        self._page = page
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(page, 1)
        layout.addWidget(self.empty, 1)

    def _fit(self) -> None:
        columns, px = self._place_buttons(), self._theme.px
        rows = -(-len(self._offered) // columns) if self._offered else 0
        button = next(iter(self.buttons.values())).sizeHint().height()
        main = self.buttons["take"].sizeHint().height()
        below = self.comment.sizeHint().height() + main + rows * (button + px(8)) + self.facts.sizeHint().height()
        room = self.height() - self.head.height() - below - px(80)
        most = min(round(0.4 * self.height()), room - px(90))
        self.picture.setVisible(most >= px(80))  # smaller it says nothing, and what to do says more
        self.picture.fit(self.width() - 2 * px(14), most)

    def _place_buttons(self) -> int:
        """Three in a row, or two where their words have no room; how many."""
        room = self.width() - 2 * self._theme.px(20)
        size, gap = max(12, self._theme.px(14)), self._theme.px(8)
        widest = max((self._theme.advance(self.buttons[name].text(), size) for name in self._offered), default=0)
        columns = PER_ROW if widest + self._theme.px(14) <= (room - 2 * gap) / PER_ROW else 2
        for number, name in enumerate(self._offered):
            self._grid.addWidget(self.buttons[name], number // columns, number % columns)
        for column in range(PER_ROW):
            self._grid.setColumnStretch(column, int(column < columns))
            self._grid.setColumnMinimumWidth(column, 0)
        return columns

    def _show(self) -> None:
        row = self.row
        for widget in (self.head, self._page):
            widget.setVisible(row is not None)
        self.empty.setVisible(row is None)
        self._style(row)
        if row is None:
            return
        alarm = row.alarm
        confidence = alarm_speech.confidence(alarm) if alarm is not None else ""
        holder = self._gone or (alarm_speech.holder(alarm) if alarm is not None else row.state)
        self.head.show_row(row, confidence, holder)
        self._show_picture(row)
        self.facts.setText(self._facts(row))
        self.facts.setVisible(bool(self.facts.text()))
        self.guidance.setText(self._guidance(row))
        self.guidance.setVisible(bool(self.guidance.text()))
        self.happened.setText(self._happened(row))

    def _style(self, row: ItemRow | None) -> None:
        c, px = self._theme.colours, self._theme.px
        width, colour = 1, c.line
        if row is not None and row.look is not Look.MUTED:
            width = px(4 if row.look in (Look.FILLED, Look.RETURNED) else 2)
            colour = c.severity(row.severity)
        style = f"#side {{ background: {c.panel}; border: {width}px solid {colour}; border-radius: {px(4)}px; }}"
        if style != self.styleSheet():
            self.setStyleSheet(style)

    def _show_picture(self, row: ItemRow) -> None:
        alarm, look = row.alarm, self._look
        if alarm is None or not alarm.plot_type:
            said = alarm.facts if alarm is not None else row.text
            if row.picture.content_hash:
                self.picture.show_picture(row.picture, "")
            else:
                self.picture.show_picture(Picture(mark=row.mark if alarm is None else row.picture.mark, said=said), "")
            return
        if look is None or look.plot is None:
            picture = row.picture if row.picture.content_hash else Picture(mark=row.picture.mark, said=alarm.facts)
            self.picture.show_picture(picture, row.picture.label)
            return
        past = look.past
        verdict = past.verdict_id if past is not None and past.verdict.label == alarm.label else None
        good = ("", "")
        if look.last_good is not None:
            taken = look.last_good.plot.taken_at
            good = (look.last_good.plot.content_hash, alarm_log_speech.moment(taken))
        self.picture.show_picture(Picture(look.plot.content_hash, verdict, alarm.label), alarm.label, good)

    def _facts(self, row: ItemRow) -> str:
        alarm, look = row.alarm, self._look
        if alarm is None:
            return row.where if row.picture.content_hash else ""
        if look is None or look.plot is None:
            return ""
        name = look.plot.name
        chunk = f", chunk {name.chunk}" if name.chunk is not None else ""
        told = f"Run {name.run_number}{chunk}, taken {alarm_log_speech.moment(look.plot.taken_at)}"
        if look.past is not None:
            chances = sorted(look.past.verdict.probabilities.items(), key=lambda one: -one[1])
            others = [f"{label} {words.confidence(p)}" for label, p in chances if label != alarm.label][:4]
            told += f". {', '.join(others)}" if others else ""
        return f"{told}."

    def _guidance(self, row: ItemRow) -> str:
        alarm = row.alarm
        if alarm is None:
            if row.suppression is not None:
                return _part(
                    "What is held back", _lines(", ".join(row.plot_types)) or "no plot type by this rule alone"
                )
            return ""
        c = self._theme.colours
        head, parts = "What to do", []
        if alarm.plot_type and self._plot_type.label(alarm.label).role is Role.FAULTY:
            head = f"What to do when it is {alarm.label}"
        if alarm.kind in OF_PLOTS or self._plot_type.guidance:
            said = self._plot_type.guidance
            parts.append(_part(head, _lines(said) or "Nobody wrote it down yet (guidance in the hall's settings)."))
        if alarm.plot_type:
            contact = self._plot_type.contact or "nobody is named yet (contact in the hall's settings)"
            parts.append(f'<p><span style="color:{c.muted}">Contact</span>&nbsp; {html.escape(contact)}</p>')
        if alarm.facts and alarm.plot_type:
            parts.insert(0, f"<p>{html.escape(alarm.facts)}</p>")
        if self._gone:
            parts.insert(0, _part(self._gone, "Your comment still goes into its log; Esc lets it be."))
        return "".join(parts)

    def _happened(self, row: ItemRow) -> str:
        c = self._theme.colours
        if row.alarm is None:
            since = f"{row.since}, {row.age} ago"
            told = [f"since {since}", row.state_under, row.text if row.picture.content_hash else ""]
            return _part(row.state, "<br>".join(html.escape(one) for one in told if one))
        if self._trouble:
            return _part("What happened", html.escape(f"It can't be read now. {self._trouble}"))
        if self._look is None:
            return _part("What happened", "reading...")
        lines = []
        for step in reversed(self._look.log):
            who = alarm_log_speech.by(step)
            what = alarm_log_speech.what(step)
            what = "Comment" if what == "comment" else what.capitalize()
            label = f" {step.label}" if step.annunciates else ""
            why = alarm_log_speech.why(step)
            lines.append(
                f'<tr><td style="color:{c.muted}; white-space: nowrap;">{alarm_log_speech.moment(step.at)}&nbsp;&nbsp;'
                f"</td><td>{html.escape(what + label + who)}&nbsp;&nbsp; "
                f'<span style="color:{c.muted}">{html.escape(why)}</span></td></tr>'
            )
        disposed = _disposed(row.alarm)
        return f"<b>What happened</b>{disposed}<table cellspacing=0 cellpadding=1>{''.join(lines)}</table>"

    def _keep_draft(self) -> None:
        """What is written about an alarm is there again with it, until it is sent or emptied."""
        alarm = self.row.alarm if self.row is not None else None
        if alarm is not None and self.comment.text().strip():
            self._drafts[alarm.id] = self.comment.text()

    def _comment(self) -> None:
        text, alarm = self.comment.text().strip(), self.row.alarm if self.row is not None else None
        if text and not self._can_comment:
            return  # it waits here until it can be stored
        if text and alarm is not None:
            self.commented.emit(alarm.id, text)
        self.comment.clear()
        self.left.emit()


def _disposed(alarm: Alarm) -> str:
    return f"<p>It was: <b>{alarm.disposition}</b></p>" if alarm.disposition is not None else ""


def _part(head: str, body: str) -> str:
    return f"<p><b>{html.escape(head)}</b><br>{body}</p>"


def _lines(text: str) -> str:
    return html.escape(text.strip()).replace("\n", "<br>")

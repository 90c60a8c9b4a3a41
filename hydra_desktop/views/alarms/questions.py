"""What the alarms screen asks: for how long and why, what it was, who is there, and whether all are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from ...domain.alarm import Alarm, Disposition
from ...domain.alarm_settings import SHIFT_S
from .. import alarm_speech, keys, words
from ..question import LONGEST, Question


@dataclass(frozen=True)
class Span:
    """A time to choose: `seconds` long, None for until a person ends it."""

    text: str
    seconds: float | None


def shelf_spans(most_s: float, signed_in_at: datetime | None, now: datetime) -> list[Span]:
    """For how long an alarm may be shelved: minutes, and the rest of the shift or the longest that there is."""
    spans = [Span(f"{minutes} min", 60.0 * minutes) for minutes in (5, 15, 30, 60) if 60 * minutes <= most_s]
    left = most_s
    text = f"{words.duration(timedelta(seconds=most_s))}, the longest here"
    if signed_in_at is not None:
        rest = (signed_in_at + timedelta(seconds=SHIFT_S) - now).total_seconds()
        if 60 <= rest <= most_s:
            left = rest
            text = f"the shift's end, {words.clock(now + timedelta(seconds=rest))[:5]}"
    if not spans or left > (spans[0].seconds or 0):
        spans.append(Span(text, left))
    return spans


OUT_SPANS = (
    Span("1 h", 3600.0), Span("8 h", SHIFT_S), Span("1 day", 86400.0), Span("1 week", 7 * 86400.0),
    Span("until it is put back", None),
)  # fmt: skip


class SpanQuestion(Question):
    """For how long, by a digit or the arrows, and why; `decided` carries seconds, None for no end, and the reason.

    A digit goes on to the reason, Enter does it.
    """

    decided = Signal(object, str)

    def __init__(
        self, title: str, text: str, do: str, spans: Sequence[Span], usual: int, parent: QWidget, ask: str = "Why"
    ) -> None:
        super().__init__(title, text, do, "Leave it", parent)
        self.spans = tuple(spans)
        self.buttons = QButtonGroup(self)
        row = QHBoxLayout()
        for number, span in enumerate(self.spans):
            button = QPushButton(f"{span.text}  [{number + 1}]")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setAccessibleName(span.text)
            button.setChecked(number == usual)
            self.buttons.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self.why = QLineEdit()
        self.why.setMaxLength(LONGEST)
        self.why.setAccessibleName(ask)
        self.why.setPlaceholderText("everyone on shift reads it")
        self.form.addRow("For:", row)
        self.form.addRow(f"{ask}:", self.why)
        for number in range(len(self.spans)):
            for button in self.buttons.buttons():
                keys.add(button, str(number + 1), "", lambda number=number: self._choose(number))
        self.why.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        self.do.setEnabled(False)
        self.do.setObjectName("main")
        self.do.setText(f"{do}  [Enter]")
        self.do.setDefault(True)
        self.buttons.button(usual).setFocus()

    @property
    def chosen(self) -> Span:
        """For how long."""
        return self.spans[max(self.buttons.checkedId(), 0)]

    def _choose(self, number: int) -> None:
        self.buttons.button(number).setChecked(True)
        self.why.setFocus()

    def _done(self) -> None:
        self.decided.emit(self.chosen.seconds, self.why.text().strip())
        self.accept()


DISPOSITIONS = (
    (Disposition.REAL, "Real", "the plot showed a fault"),
    (Disposition.BENIGN, "Benign", "a change that does no harm"),
    (Disposition.WRONG_MODEL, "Wrong model", "the verdict was wrong; the plot goes to the experts' queue"),
    (Disposition.WRONG_DATA, "Wrong data", "the plot wasn't of this run, or empty"),
    (Disposition.UNKNOWN, "Unknown", "nobody found out"),
)


class DispositionQuestion(Question):
    """What an alarm was in the end, by a key each; `decided` carries it."""

    decided = Signal(object)

    def __init__(self, alarm: Alarm, parent: QWidget) -> None:
        text = f"What was {alarm_speech.said_of(alarm)}, raised {words.clock(alarm.raised_at)}?"
        super().__init__("What was it?", text, "", "Leave it", parent)
        self.do.hide()
        for action in self.actions():
            action.setEnabled(False)  # there is no button to press
        grid = QGridLayout()
        self.choices: dict[Disposition, QPushButton] = {}
        for number, (disposition, name, told) in enumerate(DISPOSITIONS):
            button = QPushButton(f"{name}  [{number + 1}]")
            button.setAccessibleName(name)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, one=disposition: self._take(one))
            if alarm.disposition is disposition:
                told += " (said before)"
            grid.addWidget(button, number, 0)
            grid.addWidget(QLabel(told), number, 1)
            self.choices[disposition] = button
            keys.add(self, str(number + 1), "", button.click)
        grid.setColumnStretch(1, 1)
        self.column.insertLayout(1, grid)
        next(iter(self.choices.values())).setFocus()

    def _take(self, disposition: Disposition) -> None:
        self.decided.emit(disposition)
        self.accept()

    def _done(self) -> None:
        self.reject()


class TakeAllQuestion(Question):
    """Whether several alarms are taken at once, each named; `decided` tells that they are."""

    decided = Signal()

    def __init__(self, alarms: Sequence[Alarm], parent: QWidget) -> None:
        number = words.count(len(alarms), "alarm")
        told = "\n".join(f"\u2022 {alarm_speech.said_of(one)}, {alarm_speech.SHORT[one.state]}" for one in alarms[:12])
        more = f"\n\u2022 and {len(alarms) - 12} more" if len(alarms) > 12 else ""
        text = f"This takes {number} at once, those that you see now:\n{told}{more}\nWhat comes later isn't taken."
        super().__init__(f"Take {number}?", text, f"Acknowledge {len(alarms)}", "Leave them", parent)
        self.leave.setDefault(True)
        self.leave.setFocus()

    def _done(self) -> None:
        self.decided.emit()
        self.accept()


class SignInQuestion(Question):
    """Who takes over at this station; `named` carries the name, `left` that nobody is there any more."""

    named = Signal(str)
    left = Signal()

    def __init__(self, station: str, signed_in: str, user: str, parent: QWidget) -> None:
        now = f"{signed_in} is signed in at {station}." if signed_in else f"Nobody is signed in at {station}."
        text = f"{now} What is done here is then logged in the name of who is signed in."
        super().__init__("Who is on shift?", text, "Sign in", "Leave it", parent)
        self.name = QLineEdit(user if not signed_in else "")
        self.name.setMaxLength(80)
        self.name.setAccessibleName("Name")
        self.form.addRow("Name:", self.name)
        self.do.setText("Sign in  [Enter]")
        self.do.setObjectName("main")
        self.do.setDefault(True)
        self.name.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        self.do.setEnabled(bool(self.name.text().strip()))
        if signed_in:
            self.sign_out = QPushButton(f"Sign {signed_in} out")
            self.sign_out.setAutoDefault(False)
            self.sign_out.clicked.connect(self._leave)
            self.form.addRow("", self.sign_out)
        self.name.selectAll()
        self.name.setFocus()

    def _done(self) -> None:
        self.named.emit(self.name.text().strip())
        self.accept()

    def _leave(self) -> None:
        self.left.emit()
        self.accept()

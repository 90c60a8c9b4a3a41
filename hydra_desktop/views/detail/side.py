"""The column beside the plots: probabilities, what to do, whom to call, what happened, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...domain.alarm import Alarm
from ...domain.contest import Contest
from ...domain.hall import PlotType
from ...domain.known_fault import KnownFault
from ...domain.label import Role
from ...domain.verdict import explain
from ...services.detail import Detail
from .. import alarm_log_speech, alarm_speech
from ..theme import Theme
from .probabilities import Probabilities


class Card(QFrame):
    """A framed heading with text below it."""

    def __init__(self, head: str = "") -> None:
        super().__init__()
        self.setObjectName("card")
        self.head = QLabel(head)
        self.head.setObjectName("head")
        self.head.setWordWrap(True)
        self.text = QLabel()
        for label in (self.head, self.text):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.column = QVBoxLayout(self)
        self.column.addWidget(self.head)
        self.column.addWidget(self.text)

    def say(self, text: str, head: str | None = None) -> None:
        """Show a text, or nothing at all for ""."""
        if head is not None:
            self.head.setText(head)
        self.text.setText(text)
        self.setVisible(bool(text))


class Side(QWidget):
    """Shows facts and emits what was pressed; `pressed` carries the name of the button."""

    pressed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.probabilities = Probabilities(theme)
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setObjectName("muted")
        self._judged = Card()
        self._judged.head.hide()
        self._judged.text.hide()
        self._judged.column.addWidget(self.probabilities)
        self._judged.column.addWidget(self.why)
        self._guidance, self._contact = Card(), Card("Contact")
        self._alarm, self.contested = Card("This alarm"), Card("Contested")
        self.known = Card("Known faults")
        inside = QWidget()
        inside.setObjectName("screen")
        self._cards = QVBoxLayout(inside)
        self._cards.setContentsMargins(0, 0, 0, 0)
        for card in (self._judged, self.known, self.contested, self._guidance, self._contact, self._alarm):
            self._cards.addWidget(card)
        self._cards.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.notice.setAccessibleName("What was done")
        self.notice.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._trouble = False
        self.buttons: dict[str, QPushButton] = {}
        self._grid = self._make_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.notice)
        layout.addLayout(self._grid)
        self.rescale()

    def show_detail(self, detail: Detail, plot_type: PlotType, user: str) -> None:
        """Take over a look at a plot."""
        verdict = detail.past.verdict if detail.past is not None else None
        self.probabilities.show_verdict(verdict, plot_type, detail.thresholds)
        why = explain(verdict, detail.thresholds, detail.novelty) if verdict is not None else "Nobody judged this plot."
        if detail.label:
            why += f" {detail.labelled_by} labelled it {detail.label}."
        self.why.setText(why)
        faulty = verdict is not None and plot_type.label(verdict.label).role is Role.FAULTY
        head = f"What to do when it is {verdict.label}" if faulty and verdict is not None else "What to do in a fault"
        self._guidance.say(plot_type.guidance or "Nobody wrote it down yet (guidance in the hall's settings).", head)
        self._contact.say(plot_type.contact or "Nobody is named yet (contact in the hall's settings).")
        self._alarm.say("\n".join(map(alarm_log_speech.told, detail.log)))
        standing = [one for one in detail.contests if one.stands]
        self.contested.say("\n".join(map(said, standing)))
        self.known.say("\n".join(map(told_known, detail.known)))
        self.buttons["known"].setVisible(detail.shown is not None and bool(verdict and verdict.label))
        self.buttons["known over"].setVisible(bool(detail.known))
        mine = any(one.user == user for one in standing)
        self.buttons["take back"].setVisible(bool(standing))
        self.buttons["wrong"].setVisible(verdict is not None and bool(verdict.label))
        self.buttons["wrong"].setText("Contest it otherwise  [W]" if mine else "This verdict is wrong  [W]")

    def show_alarm(self, alarm: Alarm | None, *, sounding: bool) -> None:
        """Offer what can be done about an alarm."""
        open_ = alarm is not None and alarm_speech.is_to_take(alarm)
        self.buttons["acknowledge"].setVisible(open_)
        self.buttons["silence"].setVisible(sounding)

    def show_notice(self, text: str, *, trouble: bool = False) -> None:
        """Say what came of what a person did."""
        self.notice.setText(text)
        self.notice.setToolTip(text)
        self._trouble = trouble
        c = self._theme.colours
        self.notice.setStyleSheet(f"color: {c.text if trouble else c.muted}; {'font-weight: bold;' if trouble else ''}")

    def rescale(self) -> None:
        """Take over the theme's size."""
        px = self._theme.px
        self.probabilities.rescale()
        self.layout().setSpacing(px(8))
        self._cards.setSpacing(px(8))
        self._grid.setSpacing(px(8))
        for card in (self._judged, self.known, self._guidance, self._contact, self._alarm, self.contested):
            card.column.setContentsMargins(px(12), px(8), px(12), px(8))
            card.column.setSpacing(px(4))
        self.notice.setFixedHeight(px(54))
        self.show_notice(self.notice.text(), trouble=self._trouble)

    def _make_buttons(self) -> QGridLayout:
        grid = QGridLayout()
        for name, text, row, column, span in (
            ("copy", "Copy  [Ctrl+C]", 0, 0, 1),
            ("save", "Save  [Ctrl+S]", 0, 1, 1),
            ("logbook", "Logbook  [L]", 1, 0, 1),
            ("close", "Close  [Esc]", 1, 1, 1),
            ("wrong", "This verdict is wrong  [W]", 2, 0, 2),
            ("take back", "Take the contest back  [Shift+W]", 3, 0, 2),
            ("known", "This fault is known  [K]", 4, 0, 2),
            ("known over", "End what is known  [Shift+K]", 5, 0, 2),
            ("silence", "Silence  [S]", 6, 0, 2),
            ("acknowledge", "Acknowledge  [A]", 7, 0, 2),
        ):
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(text.partition("  [")[0])
            button.clicked.connect(lambda _checked=False, name=name: self.pressed.emit(name))
            self.buttons[name] = button
            grid.addWidget(button, row, column, 1, span)
        self.buttons["acknowledge"].setObjectName("main")
        for name in ("take back", "known", "known over", "silence", "acknowledge"):
            self.buttons[name].hide()
        return grid


def told_known(fault: KnownFault) -> str:
    """A known fault in words."""
    where = "on the whole plot" if fault.region is None else "in the region drawn"
    pad = f" of pad {fault.pad}" if fault.pad else ""
    at = alarm_log_speech.moment(fault.at)
    return f"{fault.words} {where}{pad}, until {fault.until_words}: {fault.why} ({fault.user}, {at})"


def said(contest: Contest) -> str:
    """A contest in words."""
    comment = f' "{contest.comment}"' if contest.comment else ""
    at = alarm_log_speech.moment(contest.at)
    return f"{contest.user} at {contest.station}, {at}: it should be {contest.label}.{comment}"

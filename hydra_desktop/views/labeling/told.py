"""The line that says what happened, and the word whether everything decided is on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QLabel

from ..theme import Theme
from .desk import BUSY, NOT_STORED, Desk

READ_S = 8.0  # that what went wrong stays in sight at least
SLOW_MS = 400  # from then on it is told that a label isn't stored yet
WAITS_S = 3.0  # from then on what that means
WAITS = (
    "The database doesn't answer; what you said is stored as soon as it does. One more key is heard, no further one."
)


@dataclass(frozen=True)
class _Said:
    text: str
    wrong: bool
    at_s: float


class Told(QLabel):
    """Words for the person, of two things that went wrong at most; it takes no room while there are none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._said: list[_Said] = []
        self.setWordWrap(True)
        self.setAccessibleName("What happened")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def tell(self, text: str, wrong: bool = False) -> None:
        """Say what happened; what went wrong stays in sight beside it."""
        text = " ".join(text.split())
        kept = [one for one in self._said if one.wrong]
        if not any(text in one.text for one in kept):
            self._keep([*kept[-1:], _Said(text, wrong, monotonic())])
            if QAccessible.isActive():
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def decided(self) -> None:
        """Something was decided: what was said before is over."""
        self._keep([])

    def turned(self) -> None:
        """Other plots are looked at: what was said of the last ones is over, what went wrong isn't."""
        self._keep([one for one in self._said if one.wrong])

    def stored(self) -> None:
        """What kept a person waiting is over."""
        self._keep([one for one in self._said if one.text not in (BUSY, WAITS)])

    def answered(self) -> None:
        """The database answers: that it didn't is over once it could be read, what it didn't store isn't."""
        now = monotonic()
        self._keep(
            [one for one in self._said if not one.wrong or now - one.at_s < READ_S or one.text.startswith(NOT_STORED)]
        )

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        wrong = any(one.wrong for one in self._said)
        colours = (
            f"background: {c.high}; color: {self._theme.word_on(c.high)}; font-weight: bold;"
            if wrong
            else f"background: {c.background}; color: {c.text};"
        )
        self.setStyleSheet(f"{colours} padding: {px(4)}px {px(10)}px;")
        self.setText("\n".join(one.text for one in self._said))
        self.setVisible(bool(self._said))

    def _keep(self, said: list[_Said]) -> None:
        if said != self._said:
            self._said = said
            self.rescale()


class Storing(QLabel):
    """Says whether everything decided is on the disk, and since when it isn't; `told` says more where it takes long."""

    def __init__(self, theme: Theme, desk: Desk, told: Told) -> None:
        super().__init__()
        self._theme, self._desk, self._told = theme, desk, told
        self._since_s = 0.0
        self._timer = QTimer(self, interval=SLOW_MS)
        self._timer.timeout.connect(self.rescale)
        desk.state_changed.connect(self._follow)

    def close_timer(self) -> None:
        """Look no further."""
        self._timer.stop()

    def rescale(self) -> None:
        """Say it, in the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        since_s = monotonic() - self._since_s
        text, is_slow = "\u2713 All stored", False
        if not self._desk.is_stored:
            is_slow = since_s * 1000 >= SLOW_MS
            text = f"Storing, {since_s:.0f} s" if since_s >= 1 else "Storing"
            text += ", one key waits" if self._desk.holds else ""
            if since_s >= WAITS_S:
                self._told.tell(WAITS)
        self.setText(text)
        style = f"color: {c.text if is_slow else c.muted}; font-size: {px(13)}px;"
        if is_slow:
            style += f" font-weight: bold; border-bottom: {px(2)}px solid {c.medium};"
        if style != self.styleSheet():
            self.setStyleSheet(style)

    def _follow(self) -> None:
        if self._desk.is_stored:
            self._timer.stop()
            self._told.stored()
        elif not self._timer.isActive():
            self._since_s = monotonic()
            self._timer.start()
        self.rescale()

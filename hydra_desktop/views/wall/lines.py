"""What the wall says in words, line by line: another hall, trouble, failures, news, changes, refused files."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from ...domain.condition import tell, tell_without_reference
from ...domain.station import unheard
from ...domain.wall import WallSnapshot
from .. import words
from ..theme import Theme
from .message_line import MessageLine

UNHEARD_S = 6.0  # for a station that has just started to say that it is there


class Lines:
    """The lines of one wall, each hidden while it has nothing to say."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.elsewhere = MessageLine("Another hall", is_button=True)
        self.elsewhere.set_action("look there  [Ctrl+H]")
        self.news = MessageLine("News")
        self.conditions = MessageLine("Changes")
        self.sound = MessageLine("Sound")  # that this station makes none, or no station does
        self.standing = MessageLine("Trouble")  # as long as it lasts
        self.problems = MessageLine("Problems", is_button=True)
        self.failures = MessageLine("Failures", is_button=True)
        self._failed: list[str] = []  # newest first
        self._mute = self._nowhere = ""  # why this station makes no sound, and why none does
        self._unheard_since_s: float | None = None
        self.above_all = (self.sound, self.elsewhere, self.standing, self.failures)  # over whatever is open
        self.beside_alarms = (self.news, self.conditions, self.problems)
        self.problems.clicked.connect(lambda: self.problems.setVisible(False))
        self.failures.clicked.connect(self._put_failures_away)

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Say what a snapshot brings."""
        news = snapshot.news
        who = f"{news.user}, {words.clock(news.at)[:5]}" if news.at is not None else news.user
        self.news.show_message(news.text, before=who, colour=self._theme.colours.muted)
        self._show_conditions(snapshot)
        self.standing.show_message(snapshot.monitor.message)
        self._show_problems(snapshot)
        nowhere = unheard(snapshot.stations, datetime.now(UTC)) if snapshot.as_of is None else ""
        if not nowhere:
            self._unheard_since_s = None
        elif self._unheard_since_s is None:
            self._unheard_since_s = time.monotonic()
        self._nowhere = nowhere
        self._show_unheard()

    def show_sound(self, state: str, audible: bool) -> None:
        """Say loudly when no alarm can be heard at this station."""
        self._mute = "" if audible else state
        self._show_unheard()

    def show_failure(self, message: str) -> None:
        """Say that what a person asked for was not done; it stays until it is put away."""
        line = f"{words.clock(datetime.now(UTC))} {message}"
        if self._failed and self._failed[0].endswith(f" {message}"):
            self._failed.pop(0)  # the same again, tried by the program itself perhaps
        self._failed.insert(0, line)
        more = f" (and {len(self._failed) - 1} before)" if len(self._failed) > 1 else ""
        self.failures.show_message(line + more, details="\n".join(self._failed[:10]))

    def show_elsewhere(self, alarms: list[tuple[str, int]]) -> None:
        """Say which other halls have how many alarms to take."""
        text = "; ".join(f"{hall}: {words.count(number, 'alarm')} to take" for hall, number in alarms)
        self.elsewhere.show_message(text)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        frame = f"border: 1px solid {c.line}; border-radius: {px(4)}px; background: {c.panel};"
        self.news.setStyleSheet(f"font-size: {px(15)}px; padding: {px(5)}px {px(10)}px; {frame}")
        self.conditions.setStyleSheet(
            f"font-size: {px(14)}px; padding: {px(5)}px {px(10)}px; {frame} border-color: {c.unfamiliar};"
        )
        self.elsewhere.setStyleSheet(
            f"font-size: {px(15)}px; font-weight: bold; padding: {px(5)}px {px(10)}px; color: {c.text};"
            f" border: {px(3)}px solid {c.high}; border-radius: {px(4)}px; background: {c.panel};"
        )
        self.sound.setStyleSheet(
            f"font-size: {px(20)}px; font-weight: bold; padding: {px(6)}px {px(10)}px; border-radius: {px(4)}px;"
            f" border: 0; color: {self._theme.word_on(c.high)}; background: {c.high};"
        )
        for line in (self.standing, self.failures, self.problems):
            line.setStyleSheet(
                f"font-size: {px(13)}px; padding: {px(5)}px {px(10)}px; color: {c.text};"
                f" border: 1px solid {c.medium}; border-radius: {px(4)}px; background: {c.panel};"
            )

    def _show_unheard(self) -> None:
        """In one line that this station makes no sound, and that no other would be heard either."""
        lasts = self._unheard_since_s is not None and time.monotonic() - self._unheard_since_s > UNHEARD_S
        nowhere = self._nowhere if lasts else ""
        if self._mute:
            where = "here nor at any other station" if nowhere else "here"
            text = f"{self._mute}. Alarms are not heard {where}: watch the screen, and mend the sound"
        else:
            text = nowhere
        self.sound.show_message(text, details=self._nowhere or text)

    def _show_conditions(self, snapshot: WallSnapshot) -> None:
        """One line says which plot types have changed or lack a reference, and what to do; its tool tip has all."""
        told = snapshot.conditions
        contacts = {panel.plot_type.name: panel.plot_type.contact for panel in snapshot.panels}
        proposed = {one.plot_type for one in snapshot.without_reference if one.proposed}
        changed = tell(told, contacts, proposed)
        lines = [*changed, *tell_without_reference(snapshot.without_reference)]
        more = f" (and {len(lines) - 1} more: point here)" if len(lines) > 1 else ""
        self.conditions.set_action("look at them and confirm  [R]" if proposed else "")
        each = [f"{one.plot_type}: {one.facts}, since run {one.run_number}" for one in told]
        self.conditions.show_message(
            lines[0] + more if lines else "",
            details="\n".join([*lines, *(each if len(told) > len(changed) else [])]),
        )

    def _show_problems(self, snapshot: WallSnapshot) -> None:
        now = datetime.now(UTC)
        recent = [text for at, text in snapshot.problems if (now - at).total_seconds() < 600]
        more = f" (and {len(recent) - 1} more)" if len(recent) > 1 else ""
        text = f"Not taken: {recent[0]}{more}" if recent else ""
        if text != self.problems.message:  # one that was clicked away stays away
            self.problems.show_message(text, details="\n".join([text, *recent[1:10]]))

    def _put_failures_away(self) -> None:
        self._failed.clear()
        self.failures.setVisible(False)

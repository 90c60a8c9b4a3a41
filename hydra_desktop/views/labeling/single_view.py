"""One plot at a time: as large as can be, what is known of it beside, what comes and what was decided below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...domain.hall import PlotType
from ...domain.labeling import QueuedPlot
from ...domain.verdict import DEFAULT_THRESHOLD, Status
from ...services.detail import Detail
from .. import marks, words
from ..detail.probabilities import Probabilities
from ..pictures import Pictures
from ..theme import Theme
from .beside import Beside, of_detail
from .plot_face import PlotFace
from .strip import Strip
from .tile import Standing, Tile
from .voice_cards import Voice, VoiceCards

AHEAD_MS = 25  # a label is on the disk before pictures are fetched ahead: that would hold it up
NEXT, BEFORE = 8, 4  # pictures that are fetched ahead and kept behind
FACT_ROW = 21
_HERE = (Standing.GIVEN, Standing.ACCEPTED)
_SAID = {
    Standing.GIVEN: "given here",
    Standing.ACCEPTED: "guess accepted here",
    Standing.SKIPPED: "it waits for another time, or for somebody else",
    Standing.BEFORE: "labelled before",
}


class SingleView(QWidget):
    """Shows the plot in focus; `wanted` carries the id of one that was clicked below."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self._tile: Tile | None = None
        self._plot_type = PlotType("")
        self._detail: Detail | None = None
        self._around: tuple[QueuedPlot, ...] = ()  # what is fetched ahead and kept behind
        self._soon = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._soon.timeout.connect(self._prefetch)
        self._note = self._said = ""
        self._settles = False
        self.shows_reference = True
        self.mark = _Mark(theme)
        self.guess, self.why, self.stack = QLabel(), QLabel(), QLabel()
        self.face = PlotFace(theme, pictures, folder)
        self.beside = Beside(theme, pictures, folder)
        self.voices = VoiceCards(theme)
        self.facts = _Facts(theme)
        self.probabilities = Probabilities(theme)
        self.strip = Strip(theme, pictures, folder)
        self.strip.wanted.connect(self.wanted)
        self.beside.hide_wanted.connect(self.toggle_reference)
        self.setAccessibleName("One plot")
        self._lay_out()

    @property
    def has_evidence(self) -> bool:
        """Whether there is a map that says on what the guess in sight rests."""
        item = self._tile.item if self._tile is not None else None
        return item is not None and self._detail is not None and item.shown_guess in self._detail.maps

    def show_tile(
        self, tile: Tile | None, plot_type: PlotType, around: Sequence[QueuedPlot], place: int, empty: str = ""
    ) -> None:
        """Show a plot, or why there is none; `around` is the page, with its place in it, fetched ahead and behind."""
        is_other = tile is None or self._tile is None or tile.item.plot.id != self._tile.item.plot.id
        self._tile, self._plot_type = tile, plot_type
        if is_other:
            self._detail = None
        for part in (self._head, self._side):
            part.setVisible(tile is not None and (part is self._head or self.shows_reference))
        if tile is None:
            self.face.show_plot("", "", empty)
            self.voices.show_voices((), plot_type)
            return
        name = tile.item.plot.name
        described = f"Plot of {words.stream(name.plot_type, name.pad)}, {where(tile.item)}"
        self.face.show_plot(tile.item.plot.content_hash, described)
        self.say(tile)
        self._around = (*around[place + 1 : place + 1 + NEXT], *around[max(0, place - BEFORE) : place])
        if not self._soon.isActive():
            self._soon.start()

    def _prefetch(self) -> None:
        for one in self._around:
            self.face.prefetch(one.plot.content_hash)

    def show_detail(self, detail: Detail) -> None:
        """Take over what else is known of the plot that is shown."""
        if self._tile is None or detail.shown is None or detail.shown.id != self._tile.item.plot.id:
            return
        self._detail = detail
        self.beside.show_found(of_detail(detail))
        self.say(self._tile)

    def say(self, tile: Tile) -> None:
        """Say in words how the plot that is shown stands now."""
        is_news = self._said != tile.accessible
        self._tile, self._said = tile, tile.accessible
        item, detail = tile.item, self._detail
        seen = tile.is_guess_seen
        self.mark.show_tile(tile, self._plot_type)
        self.guess.setText(self._headline(tile))
        self.why.setText(self._why(tile))
        self.stack.setText(f"× {tile.count} alike: they take the same label" if item.alike else "")
        self.stack.setVisible(bool(item.alike))
        self.facts.show_facts(self._known(tile))
        verdict = detail.past.verdict if detail is not None and detail.past is not None else None
        self.probabilities.setVisible(seen)
        if seen:
            thresholds = detail.thresholds if detail is not None else {}
            self.probabilities.show_verdict(verdict, self._plot_type, thresholds)
        contests = detail.contests if detail is not None else ()
        said = Voice.of_plot(item, contests, ("Left", "Right") if self._settles else ())
        self.voices.show_voices(said, self._plot_type)
        if is_news:
            self.setAccessibleDescription(tile.accessible)
            if self.hasFocus() and QAccessible.isActive():
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, tile.accessible))

    def say_note(self, note: str) -> None:
        """Take over the note that goes with the label to come."""
        self._note = note
        if self._tile is not None:
            self.say(self._tile)

    def weigh(self, settles: bool, *, has_voices: bool) -> None:
        """Whether what two people said is weighed here, and whether plots of this queue have been labelled.

        Where they have, there is room for it always, so that plots keep their size.
        """
        self._settles = settles
        self._voice_room.setVisible(has_voices)

    def toggle_reference(self) -> None:
        """Show what is normal beside the plot, or give the plot all the room."""
        self.shows_reference = not self.shows_reference
        self._side.setVisible(self.shows_reference and self._tile is not None)

    def toggle_evidence(self, on: bool) -> None:
        """Lay the evidence for the guess over the plot."""
        item = self._tile.item if self._tile is not None else None
        if item is not None and item.verdict_id is not None and item.shown_guess:
            self.face.show_evidence(item.verdict_id if on else None, item.shown_guess)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        for frame in (self._main, self._below):
            frame.setStyleSheet(f"#card {{ background: {c.panel}; border: 1px solid {c.line}; }}")
        self.guess.setStyleSheet(f"font-size: {px(16)}px; font-weight: bold;")
        self.why.setStyleSheet(f"color: {c.muted};")
        self.stack.setStyleSheet(
            f"background: {c.raised}; border: 1px solid {c.edge}; border-radius: 3px; font-weight: bold;"
            f" padding: {px(2)}px {px(7)}px;"
        )
        for layout in self._layouts:
            layout.setSpacing(px(8))
        for layout in self._padded:
            layout.setContentsMargins(px(10), px(8), px(10), px(10))
        self.mark.setFixedSize(px(18), px(18))
        self._voice_room.setMinimumHeight(px(78))
        for part in (self.strip, self.probabilities, self.beside, self.voices, self.facts):
            part.rescale()

    def _lay_out(self) -> None:
        self._main, self._below = QFrame(), QFrame()
        self._side, self._head, self._voice_room = QWidget(), QWidget(), QWidget()
        for frame in (self._main, self._below):
            frame.setObjectName("card")
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.mark)
        head.addWidget(self.guess)
        head.addWidget(self.why, 1)
        head.addWidget(self.stack)
        self.why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        room = QVBoxLayout(self._voice_room)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self.voices)
        room.addStretch(1)
        main = QVBoxLayout(self._main)
        main.addWidget(self._head)
        main.addWidget(self.face, 1)
        main.addWidget(self._voice_room)
        below = QHBoxLayout(self._below)
        below.addWidget(self.facts, 1, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.probabilities, 1, Qt.AlignmentFlag.AlignTop)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.beside, 1)
        side.addWidget(self._below)
        upper = QHBoxLayout()
        upper.addWidget(self._main, 60)
        upper.addWidget(self._side, 40)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(upper, 1)
        layout.addWidget(self.strip)
        self._layouts = (head, room, main, below, side, upper, layout)
        self._padded = (main, below)

    def _headline(self, tile: Tile) -> str:
        if tile.standing is not Standing.OPEN:
            return tile.word[0].upper() + tile.word[1:]
        guess = tile.item.guess
        if guess is None or not guess.label:
            return "No guess"
        return f"{guess.label}?  {words.confidence(guess.confidence)}" if tile.is_guess_seen else "Guess not shown"

    def _why(self, tile: Tile) -> str:
        guess = tile.item.guess
        if tile.weighed:
            return "people disagree; the guess is hidden until it is settled"
        if tile.standing is not Standing.OPEN:
            said = _SAID[tile.standing] + (", not stored yet" if tile.is_pending else "")
            is_told = tile.is_guess_seen and guess is not None and guess.label not in ("", tile.label)
            return f"{said}; the guess is {guess.label} {words.confidence(guess.confidence)}" if is_told else said
        if guess is None or not guess.label:
            return "no model judged this plot"
        if not tile.is_guess_seen:
            return "judge without it, for honest figures"
        if self._detail is not None and any(one.stands for one in self._detail.contests):
            return "guess, and the shift says that it is wrong"
        if guess.status is Status.UNFAMILIAR:
            return "guess; the model has seen nothing like it"
        if guess.status is Status.UNCONFIRMED and self._detail is not None:
            needed = self._detail.thresholds.get(guess.label, DEFAULT_THRESHOLD)
            return f"guess, not confirmed: {guess.label} needs {needed:.0%}".replace("%", " %")
        return "guess"

    def _known(self, tile: Tile) -> Mapping[str, str]:
        item, name = tile.item, tile.item.plot.name
        note = self._note or next((one.note for one in reversed(item.given) if one.note), "")
        known = {
            "Run": str(name.run_number),
            "Chunk": str(name.chunk) if name.chunk is not None else "once per run",
            "Period": name.run_period,
            "Pad": name.pad,
            "Taken": f"{words.day(item.plot.taken_at)} {words.clock(item.plot.taken_at)[:5]}",
            "Label": tile.label if tile.standing in _HERE else "disputed" if tile.weighed else item.label or "none yet",
            "Note": note,
        }
        return {what: value for what, value in known.items() if value}


class _Mark(QWidget):
    """The mark of what the plot is taken for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._tile: Tile | None = None
        self._plot_type = PlotType("")

    def show_tile(self, tile: Tile, plot_type: PlotType) -> None:
        """Take over how the plot stands."""
        self._tile, self._plot_type = tile, plot_type
        self.setVisible(bool(tile.label))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tile = self._tile
        if tile is None or not tile.label:
            return
        painter = QPainter(self)
        c, label = self._theme.colours, self._plot_type.label(tile.label)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        mark = marks.for_label(label, self._plot_type.labels)
        marks.paint_filled(painter, mark, box, c.label(label), tile.fill, c.panel)
        painter.end()


class _Facts(QWidget):
    """What is known of the plot, a line for each."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._facts: dict[str, str] = {}
        self.setAccessibleName("This plot")

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Take over what is known."""
        if dict(facts) != self._facts:
            self._facts = dict(facts)
            self.setAccessibleDescription(", ".join(f"{what} {value}" for what, value in facts.items()))
            self.rescale()

    def rescale(self) -> None:
        """Take over the theme's size."""
        rows = max(7, len(self._facts))  # so that the picture above keeps its size
        self.setFixedHeight(self._theme.px(24 + FACT_ROW * rows))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        c, px, middle = self._theme.colours, self._theme.px, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, bold=True))
        painter.setPen(QColor(c.text))
        painter.drawText(QRectF(0, 0, self.width(), px(20)), middle, "This plot")
        font = self._theme.font(13)
        painter.setFont(font)
        metrics, left = QFontMetricsF(font), px(68)
        for number, (what, value) in enumerate(self._facts.items()):
            line = QRectF(0, px(24) + px(FACT_ROW) * number, self.width() - px(6), px(FACT_ROW))
            painter.setPen(QColor(c.muted))
            painter.drawText(line, middle, what)
            painter.setPen(QColor(c.text))
            line.setLeft(left)
            painter.drawText(line, middle, metrics.elidedText(value, Qt.TextElideMode.ElideRight, line.width()))
        painter.end()


def where(item: QueuedPlot) -> str:
    """Run and chunk of a plot."""
    name = item.plot.name
    return f"run {name.run_number}" + (f", chunk {name.chunk}" if name.chunk is not None else "")

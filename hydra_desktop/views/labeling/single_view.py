"""One plot at a time: as large as can be, what is known of it beside, what comes and what was decided below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...domain.hall import PlotType
from ...domain.labeling import QueuedPlot, voices
from ...services.detail import Detail, Other
from .. import words
from ..detail.probabilities import Probabilities
from ..pictures import Pictures
from ..theme import Theme
from .plot_face import PlotFace
from .strip import Strip

NEXT, BEFORE = 8, 4  # pictures that are fetched ahead and kept behind
NORMAL = "normal now"
_MODES = {"grid": "Grid mode", "single": "Single mode", "relabel": "relabeling", "import": "import"}


class SingleView(QWidget):
    """Shows the plot in focus; `wanted` carries the id of one that was clicked below."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self._item: QueuedPlot | None = None
        self._detail: Detail | None = None
        self._beside: list[tuple[str, str, str]] = []  # what, content hash, facts
        self._chosen = 0
        self.shows_reference = True
        self.guess, self.why = QLabel(), QLabel()
        self.face = PlotFace(theme, pictures, folder)
        self.beside_title, self.beside_facts = QLabel(), QLabel()
        self.beside = PlotFace(theme, pictures, folder)
        self.voices = QLabel()
        self.facts = QLabel()
        self.probabilities = Probabilities(theme)
        self.strip = Strip(theme, pictures, folder)
        self.strip.wanted.connect(self.wanted)
        self._lay_out()
        self.rescale()

    def show_item(
        self, item: QueuedPlot | None, plot_type: PlotType, around: Sequence[QueuedPlot], place: int, empty: str = ""
    ) -> None:
        """Show a plot, or why there is none; `around` is the page, with its place in it, fetched ahead and behind."""
        self._item, self._plot_type = item, plot_type
        self._detail, self._beside, self._chosen = None, [], self._chosen
        if item is None:
            self.face.show_plot("", "", empty)
            self._say()
            return
        name = item.plot.name
        self.face.show_plot(item.plot.content_hash, f"Plot of {words.stream(name.plot_type, name.pad)}, {where(item)}")
        self._say()
        for one in (*around[place + 1 : place + 1 + NEXT], *around[max(0, place - BEFORE) : place]):
            self.face.prefetch(one.plot.content_hash)

    def show_detail(self, detail: Detail) -> None:
        """Take over what else is known of the plot that is shown."""
        if self._item is None or detail.shown is None or detail.shown.id != self._item.plot.id:
            return
        self._detail = detail
        self._beside = []
        if detail.reference is not None and detail.reference.plots:
            count = words.count(len(detail.reference.plots), "plot")
            newest = detail.others.get(Other.REFERENCE)
            if newest is not None:
                self._beside.append((NORMAL, newest.plot.content_hash, f"one of {count} of the reference"))
        for other, what in (
            (Other.LAST_GOOD, "last Good"),
            (Other.BEFORE, "chunk before"),
            (Other.FIRST_OF_RUN, "first of the run"),
        ):
            found = detail.others.get(other)
            if found is not None:
                chunk = f"chunk {found.plot.name.chunk}" if found.plot.name.chunk is not None else "once per run"
                self._beside.append((what, found.plot.content_hash, f"run {found.plot.name.run_number}, {chunk}"))
        self._say()

    def say_decided(self) -> None:
        """Show the guess that was hidden until now, and what else changed of the plot."""
        self._say()

    def toggle_reference(self) -> None:
        """Show what is normal beside the plot, or give the plot all the room."""
        self.shows_reference = not self.shows_reference
        self._side.setVisible(self.shows_reference)

    def change_reference(self, step: int) -> None:
        """Compare with another plot."""
        if self._beside:
            self._chosen = (self._chosen + step) % len(self._beside)
            self._say()

    def toggle_evidence(self, on: bool) -> None:
        """Lay the evidence for the guess over the plot."""
        item = self._item
        if item is not None and item.verdict_id is not None and item.shown_guess:
            self.face.show_evidence(item.verdict_id if on else None, item.shown_guess)

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        for frame in (self._main, self._side):
            frame.setStyleSheet(f"#card {{ background: {c.panel}; border: 1px solid {c.line}; }}")
        self.guess.setStyleSheet(f"font-size: {px(16)}px; font-weight: bold;")
        self.beside_title.setStyleSheet(f"font-size: {px(14)}px; font-weight: bold;")
        for label in (self.why, self.beside_facts):
            label.setStyleSheet(f"color: {c.muted};")
        for layout in self._layouts:
            layout.setSpacing(px(8))
        self.strip.setFixedHeight(px(112))
        self.probabilities.rescale()

    def _lay_out(self) -> None:
        self._main, self._side = QFrame(), QFrame()
        self._main.setObjectName("card")
        self._side.setObjectName("card")
        head, side_head = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.guess)
        head.addWidget(self.why, 1)
        side_head.addWidget(self.beside_title)
        side_head.addWidget(self.beside_facts, 1)
        for label in (self.why, self.beside_facts):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        main = QVBoxLayout(self._main)
        main.addLayout(head)
        main.addWidget(self.face, 1)
        side = QVBoxLayout(self._side)
        side.addLayout(side_head)
        side.addWidget(self.beside, 3)
        self.voices.setWordWrap(True)
        self.voices.setTextFormat(Qt.TextFormat.RichText)
        side.addWidget(self.voices)
        below = QGridLayout()
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.facts, 0, 0)
        below.addWidget(self.probabilities, 0, 1, Qt.AlignmentFlag.AlignTop)
        below.setColumnStretch(0, 1)
        below.setColumnStretch(1, 1)
        side.addLayout(below)
        side.addStretch(1)
        upper = QHBoxLayout()
        upper.addWidget(self._main, 62)
        upper.addWidget(self._side, 38)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(upper, 1)
        layout.addWidget(self.strip)
        self._layouts = (head, side_head, main, side, below, upper, layout)

    def _say(self) -> None:
        item, detail = self._item, self._detail
        self.guess.setText(self._guess_words(item))
        self.why.setText(self._why(item))
        self.facts.setText(_table(self._known(item)))
        verdict = detail.past.verdict if detail is not None and detail.past is not None else None
        seen = item is not None and bool(item.shown_guess)
        self.probabilities.show_verdict(
            verdict if seen else None, self._plot_type, detail.thresholds if detail is not None else {}
        )
        self.voices.setText(self._voices(item))
        self.voices.setVisible(bool(self.voices.text()))
        if self._beside:
            self._chosen %= len(self._beside)
            what, content_hash, facts = self._beside[self._chosen]
            self.beside_title.setText(what.capitalize())
            self.beside_facts.setText(facts)
            if self.beside.shows != content_hash:
                self.beside.show_plot(content_hash, f"{what}, {facts}")
        elif item is None or detail is not None:
            self.beside_title.setText("Nothing to compare with")
            self.beside_facts.setText("")
            self.beside.show_plot("", "", "No Good plot of this plot type is known yet." if item is not None else "")

    @staticmethod
    def _guess_words(item: QueuedPlot | None) -> str:
        if item is None:
            return ""
        if item.blind and item.guess is not None:
            return "Guess not shown"
        if item.guess is None:
            return "No guess"
        return f"{item.guess.label}?  {words.confidence(item.guess.confidence)}"

    @staticmethod
    def _why(item: QueuedPlot | None) -> str:
        if item is None:
            return ""
        if item.blind and item.guess is not None:
            return "judge without it, for honest figures"
        if item.guess is None:
            return "no model judged this plot"
        return f"guess, {item.guess.status}"

    @staticmethod
    def _known(item: QueuedPlot | None) -> Mapping[str, str]:
        if item is None:
            return {}
        name = item.plot.name
        known = {
            "Run": str(name.run_number),
            "Chunk": str(name.chunk) if name.chunk is not None else "once per run",
            "Period": name.run_period or "-",
            "Pad": name.pad,
            "Taken": f"{words.day(item.plot.taken_at)} {words.clock(item.plot.taken_at)}",
            "Label": item.label or "none yet",
            "Alike": f"{len(item.alike)} more take this label" if item.alike else "",
        }
        return {what: value for what, value in known.items() if value}

    @staticmethod
    def _voices(item: QueuedPlot | None) -> str:
        if item is None or not item.given:
            return ""
        lines = []
        for one in voices(item.given):
            how = "settled" if one.mode == "adjudicate" else _MODES.get(one.mode, one.mode)
            took = f", {one.taken_ms / 1000:.0f} s" if one.taken_ms else ""
            guess = ", guess accepted" if one.accepted else ""
            note = f"<br>{_safe(one.note)}" if one.note else ""
            when = f"{words.day(one.at)} {words.clock(one.at)[:5]}"
            lines.append(f"<b>{_safe(one.user)}: {_safe(one.label)}</b> &nbsp;{when}, {how}{took}{guess}{note}")
        return "<br>".join(lines)


def where(item: QueuedPlot) -> str:
    """Run and chunk of a plot."""
    name = item.plot.name
    return f"run {name.run_number}" + (f", chunk {name.chunk}" if name.chunk is not None else "")


def _table(known: Mapping[str, str]) -> str:
    rows = [f"<tr><td>{_safe(what)}&nbsp;&nbsp;</td><td>{_safe(value)}</td></tr>" for what, value in known.items()]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

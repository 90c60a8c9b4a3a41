"""The plot and the one it is compared with, side by side or swapped in one place, with the map over them."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from ...domain.hall import PlotType
from ...domain.verdict import Status, Verdict
from ...services.detail import Compared, Detail, Other
from ...services.deviation_process import DeviationMap
from .. import words
from ..row import Row
from ..theme import Theme
from .canvas import PlotCanvas, View
from .plot_pane import PlotPane, ScaleBar
from .rendering import FullPictures, Overlay
from .segments import Segments
from .standing import of_verdict

OFF, DEVIATION = "off", "deviation from normal"
DEVIATION_SCALE = 8.0  # standard deviations at the bright end
EVIDENCE_END = "0.8"
STEP = 10  # percent of opacity, a key press
_MISSING = {
    Other.LAST_GOOD: "No Good plot came before this one.",
    Other.REFERENCE: "Nobody named a reference for this run period.",
    Other.BEFORE: "No chunk came before this one.",
    Other.FIRST_OF_RUN: "This is the first chunk of its run.",
}


class PlotsArea(QWidget):
    """Shows a look at a plot; `deviation_wanted` asks for the deviation map of the plot that is shown."""

    deviation_wanted = Signal()

    def __init__(self, theme: Theme, pictures: FullPictures) -> None:
        super().__init__()
        self._theme = theme
        self._detail: Detail | None = None
        self._plot_type = PlotType("")
        self._frame = ""
        self._wish = ""  # the map that a person chose, "" follows the verdict
        self._other = Other.LAST_GOOD
        self._swapped = False
        self._deviations: dict[int, DeviationMap] = {}
        self._deviation_trouble: dict[int, str] = {}
        self.view = View(self)
        self.first = PlotPane(theme, PlotCanvas(theme, pictures, self.view, "Plot"))
        self.second = PlotPane(theme, PlotCanvas(theme, pictures, self.view, "Compared plot"))
        self.maps, self.others = Segments("Map"), Segments("Compare with")
        self.scale = ScaleBar(theme)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(60)
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opacity.setAccessibleName("Opacity of the map")
        self._percent = QLabel("60 %")
        self.blink = QPushButton("Swap the two in one place: hold  [Space]")
        self.blink.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.blink.setObjectName("segment")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.first, 1)
        self._row.addWidget(self.second, 1)
        self._lines = self._lay_out()
        self.maps.chosen.connect(self._choose_map)
        self.others.chosen.connect(self._choose_other)
        self.opacity.valueChanged.connect(self._set_opacity)
        self.blink.pressed.connect(lambda: self.swap(True))
        self.blink.released.connect(lambda: self.swap(False))
        self.rescale()

    def start(self, plot_type: PlotType) -> None:
        """Begin with another stream: nothing chosen, all of the plot in view."""
        self._plot_type, self._detail, self._wish = plot_type, None, ""
        self.first.canvas.tool.stop()
        self.view.fit()
        self._show()

    def show_detail(self, detail: Detail, plot_type: PlotType, frame: str) -> None:
        """Take over a look at a plot; `frame` is the colour of a thick frame around it, "" for none."""
        self._detail, self._plot_type, self._frame = detail, plot_type, frame
        self._show()

    def show_deviation(self, plot_id: int, found: DeviationMap | str) -> None:
        """Take over a map, or why there is none."""
        if isinstance(found, str):
            self._deviation_trouble[plot_id] = found
        else:
            self._deviations[plot_id] = found
            while len(self._deviations) > 100:
                del self._deviations[next(iter(self._deviations))]
        self._show()

    def swap(self, on: bool) -> None:
        """Show the compared plot in the plot's place, and the other way round."""
        if on != self._swapped:
            self._swapped = on
            self._show_plots()

    def tick(self) -> None:
        """Tell ages anew."""
        if self._detail is not None:
            self._show_titles()

    def step_opacity(self, by: int) -> None:
        """Make the map stronger or weaker."""
        self.opacity.setValue(self.opacity.value() + by * STEP)

    @property
    def map_name(self) -> str:
        """Which map is shown, "" for none."""
        return "" if self.overlay() is None else self.choice

    @property
    def choice(self) -> str:
        """The map that is chosen: that of the verdict where it is no plain Good one, unless a person said else."""
        choices = self._choices()
        if self._wish in choices:
            return self._wish
        verdict = self._verdict
        if verdict is None or verdict.label not in choices:
            return OFF
        standing = of_verdict(verdict, self._plot_type, self._theme.colours)
        return OFF if standing.rank >= 50 and verdict.status is Status.CONFIRMED else verdict.label

    @property
    def compared(self) -> tuple[Other, Compared] | None:
        """What is shown beside the plot."""
        found = self._detail.others.get(self._other) if self._detail is not None else None
        return (self._other, found) if found is not None else None

    def overlay(self) -> Overlay | None:
        """The map over the plot, None where it is off or not there."""
        detail, choice = self._detail, self.choice
        if detail is None or detail.shown is None or choice == OFF:
            return None
        if choice == DEVIATION:
            found = self._deviations.get(detail.shown.id)
            if found is None:
                return None
            return Overlay((detail.shown.id, DEVIATION), found.map, DEVIATION_SCALE)
        verdict_id = detail.past.verdict_id if detail.past is not None else 0
        return Overlay((verdict_id, choice), detail.maps[choice]) if choice in detail.maps else None

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        px = self._theme.px
        self._row.setSpacing(px(8))
        for line in self._lines:
            line.setSpacing(px(8))
        self.opacity.setFixedWidth(px(110))
        self._percent.setFixedWidth(px(44))
        for widget in (self.maps, self.others, self.scale, self.blink):
            widget.setFixedHeight(px(28))  # so that the two plots stand at one height
        self.first.rescale()
        self.second.rescale()

    @property
    def _verdict(self) -> Verdict | None:
        return self._detail.past.verdict if self._detail is not None and self._detail.past is not None else None

    def _choices(self) -> list[str]:
        detail, verdict = self._detail, self._verdict
        if detail is None or verdict is None or not verdict.label:
            return [OFF]
        judged = detail.past is not None and detail.past.model_id is not None
        return [OFF, *detail.maps, *([DEVIATION] if judged else [])]

    def _lay_out(self) -> list[QHBoxLayout]:
        lines = []
        for pane, widgets in (
            (self.first, (_name("Map [M]"), self.maps)),
            (self.first, (self.scale, _name("Opacity [ ]"), self.opacity, self._percent)),
            (self.second, (_name("Compare [C]"), self.others)),
        ):
            line = QHBoxLayout()
            for widget in widgets:
                line.addWidget(widget, int(widget in (self.scale, self.maps, self.others)))
            pane.below.addLayout(line)
            lines.append(line)
        keys = Row()
        keys.row.setContentsMargins(0, 0, 0, 0)
        told = _name("Chunk by chunk  [\u2190] [\u2192]    type  [\u2191] [\u2193]")
        keys.row.addWidget(self.blink)
        keys.row.addStretch(1)
        keys.row.addWidget(told)
        keys.may_go([told])
        self.second.below.addWidget(keys)
        return [*lines, keys.row]

    def _choose_map(self, choice: str) -> None:
        self._wish = choice
        if choice == DEVIATION and self._detail is not None and self._detail.shown is not None:
            self._deviation_trouble.pop(self._detail.shown.id, None)  # once more
        self._show()

    def _choose_other(self, choice: str) -> None:
        self._other = Other(choice)
        self._show()

    def _set_opacity(self, percent: int) -> None:
        self._percent.setText(f"{percent} %")
        for pane in (self.first, self.second):
            pane.canvas.set_opacity(percent / 100)

    def _show(self) -> None:
        detail = self._detail
        self.maps.show_choices(self._choices(), self.choice)
        others = detail.others if detail is not None else {}
        self.others.show_choices(list(Other), self._other, usable=[one for one in Other if one in others])
        self._show_scale()
        self._show_plots()
        if detail is not None and detail.shown is not None and self.choice == DEVIATION:
            known = detail.shown.id in self._deviations or detail.shown.id in self._deviation_trouble
            if not known:
                self.deviation_wanted.emit()

    def _show_scale(self) -> None:
        detail, choice = self._detail, self.choice
        if detail is None or detail.shown is None or choice == OFF:
            self.scale.show_scale("", "")
        elif choice == DEVIATION:
            found = self._deviations.get(detail.shown.id)
            if found is not None:
                origin = " of an older run period" if found.inherited else ""
                self.scale.show_scale(f"From normal{origin}", f"{DEVIATION_SCALE:.0f} \u03c3")
            elif detail.shown.id in self._deviation_trouble:
                self.scale.show_scale("No deviation to show", "")
            else:
                self.scale.show_scale("Computing the deviation...", "")
        else:
            self.scale.show_scale(f"Evidence for {choice}", EVIDENCE_END)

    def _show_plots(self) -> None:
        self._show_titles()
        detail = self._detail
        if detail is None:
            for canvas, message in ((self.first.canvas, "Opening..."), (self.second.canvas, "")):
                canvas.show_plot("", None, message)
                canvas.show_known(())
            return
        own = (detail.shown.content_hash if detail.shown is not None else "", self.overlay(), "No plot yet.")
        compared = self.compared
        other = (compared[1].plot.content_hash if compared is not None else "", None, _MISSING[self._other])
        first, second = (other, own) if self._swapped else (own, other)
        self.first.canvas.show_plot(*first)
        self.second.canvas.show_plot(*second)
        self.first.canvas.show_known(() if self._swapped else detail.known)
        self.second.canvas.show_known(detail.known if self._swapped else ())

    def _show_titles(self) -> None:
        detail = self._detail
        if detail is None or detail.shown is None:
            self.first.show_text("", "", None)
            self.second.show_text("", "", None)
            return
        own = (self._title(detail), _facts(Compared(detail.shown, self._verdict)), self._verdict)
        compared = self.compared
        other = (str(self._other).capitalize(), "", None)
        if compared is not None:
            plot = compared[1].plot
            at = f"{self._other}, {words.clock(plot.taken_at)}"
            other = (at[0].upper() + at[1:], _facts(compared[1]), compared[1].verdict)
        first, second = (other, own) if self._swapped else (own, other)
        for pane, (title, facts, verdict) in ((self.first, first), (self.second, second)):
            known = verdict is not None
            standing = of_verdict(verdict, self._plot_type, self._theme.colours) if known else None
            pane.show_text(title, facts, standing, self._frame if pane is self.first and not self._swapped else "")

    def _title(self, detail: Detail) -> str:
        shown = detail.shown
        if detail.is_newest:
            return f"Newest, {words.clock(shown.taken_at)}"
        return f"{words.age(datetime.now(UTC) - shown.taken_at)} ago, {words.clock(shown.taken_at)}"


def _facts(compared: Compared) -> str:
    name, verdict = compared.plot.name, compared.verdict
    parts = [f"run {name.run_number}"]
    if name.chunk is not None:
        parts.append(f"chunk {name.chunk}")
    if verdict is not None:
        word = verdict.label if verdict.status in (Status.CONFIRMED, Status.UNCONFIRMED) else str(verdict.status)
        doubt = "?" if verdict.status is Status.UNCONFIRMED else ""
        parts.append(f"{word}{doubt} {words.confidence(verdict.confidence) if verdict.label else ''}".strip())
    return ", ".join(parts)


def _name(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("muted")
    label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return label

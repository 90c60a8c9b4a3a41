"""What is normal now, and the training plots that are most alike."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from ...domain.hall import PlotType
from ...domain.reference import Reference, ReferenceState
from ...services.detail import Detail, Neighbour
from .. import words
from ..pictures import Pictures
from ..theme import Theme
from .standing import of_label
from .thumbnails import Small, Thumbnails


class Strips(QObject):
    """Two framed rows; `reference_asked` tells that a person confirms or wants a proposal."""

    reference_asked = Signal()

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.normal = Thumbnails(theme, pictures, folder, "Normal now")
        self.nearest = Thumbnails(theme, pictures, folder, "Most alike in training")
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.reference_asked)
        self.normal.head.addWidget(self.button)
        self.row = QHBoxLayout()
        self._cards: list[QVBoxLayout] = []
        for strip, stretch in ((self.normal, 5), (self.nearest, 3)):
            frame = QFrame()
            frame.setObjectName("card")
            column = QVBoxLayout(frame)
            column.addWidget(strip)
            self._cards.append(column)
            self.row.addWidget(frame, stretch)
        self.rescale()

    def show_detail(self, detail: Detail, plot_type: PlotType) -> None:
        """Take over a look at a plot."""
        self._show_reference(detail)
        self._show_nearest(detail, plot_type)

    def rescale(self) -> None:
        """Take over the theme's size."""
        px = self._theme.px
        self.row.setSpacing(px(8))
        for column in self._cards:
            column.setContentsMargins(px(12), px(6), px(12), px(6))
        self.button.setStyleSheet(f"padding: {px(2)}px {px(8)}px;")
        self.normal.rescale()
        self.nearest.rescale()

    def _show_reference(self, detail: Detail) -> None:
        waiting, in_force = detail.proposal, detail.reference
        shown = waiting or in_force
        period = detail.shown.name.run_period if detail.shown is not None else ""
        note, empty = reference_note(waiting, in_force), ""
        if shown is None and detail.shown is not None:
            of = f"run period {period}" if period else "these plots"
            empty = (
                f"Nobody named the plots that are normal in {of}; what the model learned in training counts. "
                "Propose the first steady ones, then look at them and confirm them."
            )
        smalls = [
            Small(plot.content_hash, f"run {plot.name.run_number}", plot.id) for plot in (shown.plots if shown else ())
        ]
        self.normal.show_smalls(smalls, note=note, empty=empty)
        offer = ""
        if waiting is not None:
            offer = "Confirm  [R]"
        elif detail.shown is not None and (in_force is None or in_force.state is ReferenceState.INHERITED):
            offer = "Propose  [R]"
        self.button.setText(offer)
        self.button.setAccessibleName(offer.partition("  [")[0] + " the reference")
        self.button.setVisible(bool(offer))

    def _show_nearest(self, detail: Detail, plot_type: PlotType) -> None:
        c = self._theme.colours
        smalls = [
            Small(
                one.content_hash,
                f"run {one.plot.name.run_number}" if one.plot is not None else f"distance {one.distance:.1f}",
                one.plot.id if one.plot is not None else None,
                of_label(plot_type.label(one.label), c) if one.label else None,
                str(number) if one.plot is not None else "",
                "" if one.plot is not None else "not in this database",
            )
            for number, one in enumerate(detail.nearest, start=1)
        ]
        empty = "Not known: no model compared this plot with those of its training."
        if detail.novelty is not None:
            empty = "The model was trained elsewhere: the plots that it learned from aren't in this database."
        self.nearest.show_smalls(smalls, note=nearest_note(detail.nearest), empty="" if smalls else empty)


def reference_note(waiting: Reference | None, in_force: Reference | None) -> str:
    """Whose word it is that these plots are normal."""
    inherited = in_force is not None and in_force.state is ReferenceState.INHERITED
    older = f"run period {in_force.origin}" if in_force is not None and in_force.origin else "an older run period"
    if waiting is not None:
        meanwhile = f"; until then that of {older} counts" if inherited else ""
        return f"proposed by {waiting.user}, nobody confirmed it{meanwhile}"
    if in_force is None:
        return ""
    if inherited:
        return f"inherited from {older}: nobody said what is normal in this one"
    if in_force.state is ReferenceState.DEFAULT:
        return "the first plots labelled good; nobody confirmed them"
    at = f", {in_force.at.astimezone():%d %b, %H:%M}" if in_force.at is not None else ""
    return f"confirmed by {in_force.user}{at}"


def nearest_note(nearest: tuple[Neighbour, ...]) -> str:
    """What people said of the nearest training plots."""
    known = [one for one in nearest if one.plot is not None]
    if nearest and not known:
        return "the model was trained elsewhere"
    labels = {one.label for one in known if one.label}
    if len(labels) == 1 and len(known) > 1:
        return f"all {words.count(len(known), 'plot')} labelled {labels.pop()} by persons"
    return "labelled by persons" if labels else ""

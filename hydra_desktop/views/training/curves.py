"""Curves of a network under tuning: on plots of runs kept aside, and folded away the loss it is trained by."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...domain.training import HELD_OUT_F1, HELD_OUT_LOSS, TRAINING_LOSS, Curve
from .. import keys
from ..theme import Theme

TITLES = {HELD_OUT_F1: "Macro-F1", HELD_OUT_LOSS: "Log-loss", TRAINING_LOSS: "Loss on the plots it is trained on"}
FOLD = "measures only progress"
SHORTEST = 4  # epochs that an axis has at least


class Curves(QWidget):
    """Macro-F1 and log-loss by epoch, the best epoch ringed; the training loss is shown when it is asked for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.plots = {name: _CurvePlot(theme, name) for name in (HELD_OUT_F1, HELD_OUT_LOSS, TRAINING_LOSS)}
        self._about = QLabel("On plots of runs kept aside, by epoch.")
        self._about.setObjectName("muted")
        self._about.setWordWrap(True)
        self.fold = QPushButton()
        self.fold.setCheckable(True)
        self.fold.setFlat(True)
        self.fold.toggled.connect(lambda _on: self._unfold())
        row = QHBoxLayout()
        for name in (HELD_OUT_F1, HELD_OUT_LOSS):
            row.addWidget(self.plots[name], 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._about)
        layout.addWidget(self.fold)
        layout.addWidget(self.plots[TRAINING_LOSS])
        keys.add(self, "P", "Show or fold the loss on the plots it is trained on", self.fold.toggle, everywhere=True)
        self._unfold()

    def show_curves(self, curves: Mapping[str, Curve]) -> None:
        """Draw what there is; hidden without any."""
        self.setVisible(bool(curves))
        for name, plot in self.plots.items():
            plot.show_curve(curves.get(name, Curve()))

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        for plot in self.plots.values():
            plot.rescale()

    def _unfold(self) -> None:
        shown = self.fold.isChecked()
        self.fold.setText(f"{'Fold' if shown else 'Show'} the training loss: {FOLD}  [P]")
        self.plots[TRAINING_LOSS].setVisible(shown)


class _CurvePlot(QWidget):
    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme, self._name = theme, name
        self._shown = Curve()
        self.title, self.area = QLabel(TITLES[name]), pyqtgraph.PlotWidget()
        self._line, self._best = self.area.plot(), self.area.plot()
        self.area.setMenuEnabled(False)
        self.area.setMouseEnabled(x=False, y=False)
        self.area.hideButtons()
        self.area.setMinimumWidth(1)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName(TITLES[name])
        if name == HELD_OUT_F1:
            self.area.setYRange(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.area)
        self.rescale()

    def show_curve(self, curve: Curve) -> None:
        """Draw a curve; one that is drawn already costs nothing."""
        if curve == self._shown:
            return
        self._shown = curve
        steps, values = zip(*curve.points, strict=True) if curve.points else ((), ())
        self._line.setData(steps, values)
        if curve.points:  # from the begin, and no wider than epochs go
            self.area.setXRange(0, max(SHORTEST, steps[-1]), padding=0.03)
            if self._name != HELD_OUT_F1:
                self.area.setYRange(0, 1.1 * max(values))
        if not curve.points or self._name == TRAINING_LOSS:
            self._best.setData([], [])
            self.title.setText(TITLES[self._name])
            return
        # the epoch that is kept is that with the least log-loss; macro-F1 is beside it to look at
        best = (max if self._name == HELD_OUT_F1 else min)(curve.points, key=lambda point: point[1])
        self._best.setData([best[0]], [best[1]])
        word = "highest" if self._name == HELD_OUT_F1 else "best"
        self.title.setText(f"{TITLES[self._name]}, {word} {best[1]:.2f}")

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.title.setFont(self._theme.font(13, bold=True))
        self.area.setBackground(c.panel)
        self.area.setFixedHeight(px(170 if self._name != TRAINING_LOSS else 110))
        self._line.setPen(pyqtgraph.mkPen(c.muted if self._name == TRAINING_LOSS else c.text, width=px(2)))
        self._best.setSymbol("o")
        self._best.setPen(None)
        self._best.setSymbolPen(pyqtgraph.mkPen(c.text, width=px(2)))
        self._best.setSymbolBrush(pyqtgraph.mkBrush(c.panel))
        self._best.setSymbolSize(px(10))
        for side in ("left", "bottom"):
            axis = self.area.getAxis(side)
            axis.setPen(c.line)
            axis.setTextPen(c.muted)
            axis.setStyle(tickFont=self._theme.font(12))

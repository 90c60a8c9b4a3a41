"""What stands beside a page: its labels with their counts, the plot in focus, and the pace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ...domain.hall import PlotType
from ...services.detail import Detail
from ..detail.probabilities import Probabilities
from ..pictures import Pictures
from ..theme import Theme
from .caps import CapButton
from .legend import Legend
from .pace import Pace
from .plot_face import PlotFace
from .single_view import where
from .tile import Tile
from .voice_cards import Voice, VoiceCards

LEAST_FACE = 150  # of the plot in focus, before other parts make room for it
MOST_CHANCES = 5


class PageSide(QScrollArea):
    """Leaves out what has no room: the pace first, then the hint for the mouse, then how sure the model is."""

    def __init__(self, theme: Theme, pictures: Pictures, folder: Path) -> None:
        super().__init__()
        self._theme = theme
        self._has_chances = False  # whether it may be told how sure the model is of what
        self.legend, self.pace = Legend(theme), Pace(theme)
        self.title, self.where = QLabel("In focus"), QLabel()
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.magnify = CapButton(theme, "magnify", ["Space"], is_flat=True)
        self.face = PlotFace(theme, pictures, folder)
        self.voices = VoiceCards(theme)
        self.face.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it takes what is left
        self.chances = Probabilities(theme)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setObjectName("inside")
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.where, 1)
        head.addWidget(self.magnify)
        layout = QVBoxLayout(inside)
        layout.addWidget(self.legend)
        layout.addLayout(head)
        layout.addWidget(self.face, 1)
        layout.addWidget(self.voices)
        layout.addWidget(self.chances)
        layout.addWidget(self.pace)
        layout.addStretch(0)
        self._layout = layout
        self.setWidget(inside)

    def show_focus(self, tile: Tile | None, plot_type: PlotType) -> None:
        """Take over the plot in focus; what the model says of it comes later."""
        self.where.setText(where(tile.item) if tile is not None else "")
        self.magnify.setVisible(tile is not None)
        self.face.show_plot(tile.item.plot.content_hash if tile is not None else "", "Plot in focus")
        self.chances.show_verdict(None, plot_type, {})
        self._has_chances = tile is not None and tile.is_guess_seen
        self.voices.show_voices(Voice.of_plot(tile.item, ()) if tile is not None else (), plot_type)
        self.fit()

    def show_detail(self, detail: Detail, tile: Tile, plot_type: PlotType) -> None:
        """Take over what the model says of the plot in focus, where that may be told."""
        verdict = detail.past.verdict if detail.past is not None and tile.is_guess_seen else None
        if verdict is not None:
            likeliest = sorted(verdict.probabilities.items(), key=lambda one: -one[1])[:MOST_CHANCES]
            verdict = replace(verdict, probabilities=dict(likeliest))
        self._has_chances = verdict is not None
        self.chances.show_verdict(verdict, plot_type, detail.thresholds)
        self.voices.show_voices(Voice.of_plot(tile.item, detail.contests), plot_type)
        self.fit()

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setStyleSheet(
            f"QScrollArea, #inside {{ background: {c.background}; }} #inside {{ border-left: 1px solid {c.line}; }}"
            f"#muted {{ color: {c.muted}; }}"
        )
        self.title.setStyleSheet(f"font-weight: bold; font-size: {px(13)}px;")
        self.where.setStyleSheet(f"color: {c.muted}; font-size: {px(13)}px;")
        self.setFixedWidth(px(360 if self._theme.scale >= 0.9 else 390))
        self._layout.setContentsMargins(px(12), px(12), px(12), px(8))
        self._layout.setSpacing(px(8))
        for part in (self.legend, self.pace, self.chances, self.voices):
            part.rescale()
        self.magnify.updateGeometry()
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Leave out what has no room."""
        px = self._theme.px
        width = self.viewport().width() - 2 * px(12)
        self.face.setMaximumHeight(max(px(LEAST_FACE), round(width * 0.8)))
        self.face.setMinimumHeight(px(LEAST_FACE))
        room = self.viewport().height() - px(LEAST_FACE) - px(26) - 7 * px(8) - px(20)
        hint = self.legend.hint.heightForWidth(width) + px(6)
        room -= self.legend.sizeHint().height() - (0 if self.legend.hint.isHidden() else hint)
        room -= self.voices.height() if not self.voices.isHidden() else 0
        places = px(24 + 22 * MOST_CHANCES) + px(8)  # of the chances, shown or not, so that the picture keeps its size
        for part, height in ((self.chances, places), (self.legend.hint, hint), (self.pace, self.pace.height())):
            has_room = height <= room
            room -= height if has_room else 0
            part.setVisible(has_room and (part is not self.chances or self._has_chances))

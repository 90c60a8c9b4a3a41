"""The bar at the foot of the alarms screen: who is on shift, and at which stations an alarm would be heard."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from ...domain.station import Station, StationRole, StationState, unheard
from ...domain.wall import WallSnapshot
from .. import marks
from ..theme import Theme
from . import speech


class _Facts(QWidget):
    """Painted: a block for who is there, one for each station, one for how many are alive."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.snapshot = WallSnapshot("")
        self.own = ""
        self.sounding = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Stations")

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be."""
        return QSize(1, self.height())

    def blocks(self, now: datetime) -> list[tuple[str, str, str, str]]:
        """Mark, word, line below and colour of each block; that of the stations alive last."""
        c, snapshot = self._theme.colours, self.snapshot
        stations = sorted(snapshot.stations, key=lambda one: (one.name != self.own, not one.is_alive(now), one.name))
        found = [("", *speech.on_shift(stations), c.text)]
        for one in stations:
            state = one.state(now)
            gone = state in (StationState.GONE, StationState.VIEWER)
            colour = c.high if state is StationState.MUTE else c.muted if gone else c.text
            told = speech.station(one, now, sounding=self.sounding, own=self.own)
            found.append((speech.STATION_MARKS[state], one.name, told, colour))
        word, below = speech.alive(stations, now)
        loud = c.high if snapshot.stations and unheard(stations, now) else c.text
        return [*found, ("mute" if loud == c.high else "", word, below, loud)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the blocks; stations that have no room are counted."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px, now = self._theme.px, datetime.now(UTC)
        first, *stations, last = self.blocks(now)
        large, small = max(12, px(15)), max(11, px(13))
        gap = px(26)

        def width(block: tuple[str, str, str, str]) -> float:
            text = max(self._theme.advance(block[1], large, bold=True), self._theme.advance(block[2], small))
            return text + (large + px(10) if block[0] else 0) + gap

        room = self.width() - px(14) - width(first) - width(last)
        shown = list(stations)

        def more() -> list[tuple[str, str, str, str]]:
            left_out = len(stations) - len(shown)
            return [("", f"{left_out} more", "", self._theme.colours.muted)] if left_out else []

        while shown and sum(map(width, (*shown, *more()))) > room:
            shown.pop()
        blocks = [first, *shown, *more()]
        x: float = px(14)
        for block in (*blocks, last):
            self._block(painter, x, block, large, small)
            x += width(block)
            if block is first:
                painter.setPen(QColor(self._theme.colours.line))
                painter.drawLine(round(x - gap / 2), px(10), round(x - gap / 2), self.height() - px(10))
        painter.end()

    def _block(self, painter: QPainter, x: float, block: tuple[str, str, str, str], large: int, small: int) -> None:
        c, px = self._theme.colours, self._theme.px
        mark, word, below, colour = block
        height = round(large * 1.4)
        top = (self.height() - height - round(small * 1.4)) / 2
        if mark:
            box = QRectF(x, top + (height - large) / 2, large, large)
            marks.paint(painter, mark, box, colour, hole=c.panel)
            x += large + px(10)
        painter.setFont(self._theme.exact_font(large, bold=True))
        painter.setPen(QColor(colour if colour != c.high or self._theme.dark else c.text))
        painter.drawText(QRectF(x, top, self.width() - x, height), Qt.AlignmentFlag.AlignVCenter, word)
        painter.setFont(self._theme.exact_font(small))
        painter.setPen(QColor(c.muted))
        under = QRectF(x, top + height, self.width() - x, round(small * 1.4))
        painter.drawText(under, Qt.AlignmentFlag.AlignVCenter, below)


class StationBar(QWidget):
    """The facts, and what can be done: test the sound, make this station audible or not, be louder, sign in."""

    sound_tested = Signal()
    role_wanted = Signal(object)
    volume_wanted = Signal(float)
    speech_wanted = Signal(bool)
    sign_in_wanted = Signal()
    performance_wanted = Signal()
    handover_wanted = Signal()

    def __init__(self, theme: Theme, own: str) -> None:
        super().__init__()
        self.setObjectName("stations")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.facts = _Facts(theme)
        self.facts.own = own
        self.role = StationRole.AUDIBLE
        self.sign_in, self.role_button = QPushButton("Sign in  [G]"), QPushButton()
        self.test = QPushButton("Sound test  [Ctrl+T]")
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 20)
        self.volume.setValue(20)
        self.volume.setAccessibleName("Volume of the alarms here")
        self.volume.setToolTip("Volume of the alarms at this station")
        self.performance, self.handover = QPushButton("Performance  [P]"), QPushButton("Hand over  [Ctrl+D]")
        self.performance.setAccessibleName("How the alarms perform")
        self.handover.setAccessibleName("Hand the shift over")
        self.performance.clicked.connect(self.performance_wanted)
        self.handover.clicked.connect(self.handover_wanted)
        self.sign_in.setAccessibleName("Sign in")
        self.test.setAccessibleName("Sound test")
        self.sign_in.clicked.connect(self.sign_in_wanted)
        self.test.clicked.connect(self.sound_tested)
        self.role_button.clicked.connect(self._change_role)
        self.volume.valueChanged.connect(lambda value: self.volume_wanted.emit(value / self.volume.maximum()))
        self._row = QHBoxLayout(self)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._row.addWidget(self.facts, 1)
        self._grid = QGridLayout()
        loud = QHBoxLayout()
        self._loud = QLabel("Volume")
        self.speech = QPushButton("Speak names")
        self.speech.setCheckable(True)
        self.speech.setAccessibleName("Speak the names of plot types")
        self.speech.setToolTip("Speak the plot type's name between the tones, at this station")
        self.speech.clicked.connect(self.speech_wanted)
        loud.addWidget(self.speech)
        loud.addWidget(self._loud)
        loud.addWidget(self.volume)
        for place, widget in enumerate((self.handover, self.sign_in, self.test, self.performance, self.role_button)):
            self._grid.addWidget(widget, place // 3, place % 3)
        self._grid.addLayout(loud, 1, 2)
        self._row.addLayout(self._grid)
        self.show_role(self.role)
        self.rescale()

    def show_snapshot(self, snapshot: WallSnapshot) -> None:
        """Take over the stations."""
        self.facts.snapshot = snapshot
        described = "; ".join(f"{word}: {below}" for _, word, below, _ in self.facts.blocks(datetime.now(UTC)))
        self.facts.setAccessibleDescription(described)
        self.facts.update()

    def show_role(self, role: StationRole) -> None:
        """Say what this station is, and offer the other."""
        self.role = role
        other = "Make this a viewer" if role is StationRole.AUDIBLE else "Make this audible"
        self.role_button.setText(other)
        self.role_button.setToolTip(
            "A viewer looks on and never sounds." if role is StationRole.AUDIBLE else "Alarms are then heard here."
        )
        self.volume.setEnabled(role is StationRole.AUDIBLE)

    def show_sounding(self, sounding: bool) -> None:
        """Whether this station sounds now."""
        self.facts.sounding = sounding
        self.facts.update()

    def show_volume(self, volume: float, *, speaks: bool) -> None:
        """How loud this station is, 0..1, and whether it names plot types."""
        self.speech.setChecked(speaks)
        self.volume.blockSignals(True)
        self.volume.setValue(round(volume * self.volume.maximum()))
        self.volume.blockSignals(False)

    def own_station(self) -> Station | None:
        """This station as the hall knows it."""
        return next((one for one in self.facts.snapshot.stations if one.name == self.facts.own), None)

    def minimumSizeHint(self) -> QSize:
        """As narrow as needs be."""
        return QSize(1, self.height())

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.setFixedHeight(max(px(84), 62))
        self.facts.setFixedHeight(self.height() - 4)
        self._row.setContentsMargins(2, 2, px(12), 2)
        self._row.setSpacing(px(8))
        self._grid.setSpacing(px(6))
        self.volume.setMinimumWidth(px(60))
        self.setStyleSheet(
            f"#stations {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: {px(4)}px; }}"
            f"#stations QPushButton {{ font-size: {max(11, px(13))}px; padding: {px(4)}px {px(10)}px; }}"
            f"#stations QPushButton:checked {{ background: {c.text}; color: {c.background}; }}"
            f"#stations QLabel {{ font-size: {max(11, px(13))}px; color: {c.muted}; }}"
        )
        for button in (self.handover, self.sign_in, self.test, self.performance, self.role_button, self.speech):
            button.updateGeometry()
        self.update()

    def _change_role(self) -> None:
        self.role_wanted.emit(StationRole.VIEWER if self.role is StationRole.AUDIBLE else StationRole.AUDIBLE)

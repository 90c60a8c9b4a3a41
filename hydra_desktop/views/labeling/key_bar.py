"""The keys of labeling at the foot of the screen: a button for each, large in single mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QSizePolicy

from ...domain.labeling import Keyed
from ..marks import Fill
from ..row import Row
from ..theme import Theme
from .legend import key_cap, paint_label


class LabelButton(QAbstractButton):
    """A label with its key; what is said below it is the guess's probability."""

    def __init__(self, theme: Theme, keyed: Keyed, *, large: bool) -> None:
        super().__init__()
        self._theme, self.keyed, self._large = theme, keyed, large
        self._below, self._is_guess = "", False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{keyed.label.name}, key {keyed.key.upper()}")

    def say(self, below: str, *, is_guess: bool) -> None:
        """Take over what is said below the name."""
        if (below, is_guess) != (self._below, self._is_guess):
            self._below, self._is_guess = below, is_guess
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        px, name = self._theme.px, self.keyed.label.name
        if not self._large:
            return QSize(px(58) + round(self._theme.advance(name, self._theme.scale * 13)), px(30))
        width = max(self._theme.advance(name + "?", self._theme.scale * 16, bold=True) + px(24), px(70))
        return QSize(px(84) + round(width), px(66))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        c, px = self._theme.colours, self._theme.px
        middle = Qt.AlignmentFlag.AlignVCenter
        label = self.keyed.label
        if self._large:
            frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(QColor(c.text if self._is_guess else c.line), 2 if self._is_guess else 1))
            painter.setBrush(QColor(c.selected if self._is_guess or self.underMouse() else c.panel))
            painter.drawRoundedRect(frame, 4, 4)
            key_cap(painter, QRectF(px(12), px(12), px(42), px(42)), self.keyed.key.upper(), self._theme)
            mark = QRectF(px(66), px(14), px(16), px(16))
            name = QRectF(px(90), px(8), self.width() - px(92), px(28))
            painter.setFont(self._theme.font(16, bold=True))
            painter.setPen(QColor(c.text))
            painter.drawText(name, middle, label.name + ("?" if self._is_guess else ""))
            painter.setFont(self._theme.font(12))
            painter.setPen(QColor(c.muted))
            painter.drawText(QRectF(px(66), px(36), self.width() - px(70), px(20)), middle, self._below)
        else:
            key_cap(painter, QRectF(px(2), px(4), px(22), px(22)), self.keyed.key.upper(), self._theme)
            mark = QRectF(px(32), px(8), px(14), px(14))
            painter.setFont(self._theme.font(13))
            painter.setPen(QColor(c.text))
            painter.drawText(QRectF(px(52), 0, self.width() - px(52), self.height()), middle, label.name)
        paint_label(painter, label, mark, self._theme, Fill.HOLLOW if self._is_guess else Fill.WHOLE)
        painter.end()


class KeyBar(Row):
    """`label_pressed` carries a label's name, `main_pressed` tells that what Enter does was pressed."""

    label_pressed = Signal(str)
    main_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("keybar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.head, self.note, self.main = QLabel(), QLabel(), QPushButton()
        self.head.setObjectName("head")
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.main.setObjectName("main")
        self.main.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.main.clicked.connect(self.main_pressed)
        self._labels, self._acts = QHBoxLayout(), QHBoxLayout()
        self._buttons: list[LabelButton] = []
        self._act_buttons: list[QPushButton] = []
        self.row.addWidget(self.head)
        self.row.addLayout(self._labels)
        self.row.addLayout(self._acts)
        self.row.addStretch(1)
        self.row.addWidget(self.note)
        self.row.addWidget(self.main)
        self.rescale()

    def show_labels(self, labels: Sequence[Keyed], *, large: bool) -> None:
        """Take over the labels with their keys."""
        for button in self._buttons:
            self._labels.removeWidget(button)
            button.deleteLater()
        self._buttons = [LabelButton(self._theme, one, large=large) for one in labels]
        for button in self._buttons:
            button.clicked.connect(lambda _checked=False, name=button.keyed.label.name: self.label_pressed.emit(name))
            self._labels.addWidget(button)
        self.fit()

    def say_of_labels(self, chances: Mapping[str, str], guess: str) -> None:
        """What is said below each label, and which one is the guess ("" for none in sight)."""
        for button in self._buttons:
            name = button.keyed.label.name
            button.say(chances.get(name, ""), is_guess=name == guess)

    def show_acts(self, acts: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """Take over what else can be done: key, words and work."""
        for button in self._act_buttons:
            self._acts.removeWidget(button)
            button.deleteLater()
        self._act_buttons = []
        for key, words, work in acts:
            button = QPushButton(f"{key}  {words}")
            button.setFlat(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(f"{words}, key {key}")
            button.clicked.connect(lambda _checked=False, work=work: work())
            self._acts.addWidget(button)
            self._act_buttons.append(button)
        self.may_go([self.note], *([button] for button in reversed(self._act_buttons)))

    def rescale(self) -> None:
        """Take over the theme's size and colours."""
        c, px = self._theme.colours, self._theme.px
        self.row.setContentsMargins(px(14), px(8), px(14), px(8))
        self.row.setSpacing(px(10))
        self._labels.setSpacing(px(10))
        self._acts.setSpacing(px(2))
        self.note.setFixedWidth(px(210))
        self.main.setMinimumHeight(px(44))
        self.setStyleSheet(
            f"#keybar {{ background: {c.raised}; border-top: 1px solid {c.line}; }}"
            f"#keybar QPushButton:flat {{ border: none; background: transparent; padding: {px(4)}px {px(6)}px; }}"
            f"#muted {{ color: {c.muted}; }} #head {{ font-weight: bold; }}"
        )
        for button in self._buttons:
            button.updateGeometry()
        self.fit()

"""Colours, fonts and sizes of all screens: one quiet look, dark, light or of high contrast.

The colours of the states were found by a search for the greatest least distance in normal
sight and in the three kinds of colour blindness; colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

from .. import paths
from ..domain.label import Label, Role, Severity


@dataclass(frozen=True)
class Colours:
    """The tokens of one theme."""

    background: str
    panel: str
    raised: str
    selected: str
    line: str
    edge: str
    text: str
    muted: str
    good: str
    high: str
    medium: str
    low: str
    unconfirmed: str
    unfamiliar: str
    past: str  # the frame of a wall that isn't live
    on_colour: str  # words on a filled colour

    def severity(self, severity: Severity) -> str:
        """The colour of a severity; muted for none."""
        return (self.muted, self.low, self.medium, self.high)[severity]

    def label(self, label: Label) -> str:
        """The colour of what a label means: of its severity, or of Good."""
        return self.good if label.role is Role.GOOD else self.severity(label.severity)


DARK = Colours(
    background="#0E1116", panel="#171B22", raised="#1E242D", selected="#262E3A", line="#2C333F", edge="#667183",
    text="#E6E9EF", muted="#9AA4B2", good="#738F91", high="#E6505B", medium="#EBA709", low="#FEFF99",
    unconfirmed="#82CBFF", unfamiliar="#CD3AFF", past="#2F6BFF", on_colour="#0E1116",
)  # fmt: skip
LIGHT = Colours(
    background="#F4F5F7", panel="#FFFFFF", raised="#E9ECF0", selected="#DDE3EA", line="#C9CFD8", edge="#7B8694",
    text="#15181D", muted="#555E6B", good="#7C807F", high="#B63B4C", medium="#B5820A", low="#4C4300",
    unconfirmed="#4576AB", unfamiliar="#73115B", past="#0B3FD0", on_colour="#FFFFFF",
)  # fmt: skip
# black and white, every state at least 7:1 on black; found by the same search
CONTRAST = Colours(
    background="#000000", panel="#000000", raised="#1A1A1A", selected="#003A70", line="#8A8A8A", edge="#FFFFFF",
    text="#FFFFFF", muted="#D0D0D0", good="#AA9CB2", high="#F36779", medium="#D9B304", low="#FFFFA3",
    unconfirmed="#8CFFEB", unfamiliar="#D26DFF", past="#6F9BFF", on_colour="#000000",
)  # fmt: skip

THEMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST}
MOST_ADVANCES = 5000
SIZES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.4, 1.6)  # of all words and controls, as a person wants them


class Theme(QObject):
    """The theme in force, one for each window; screens repaint on `changed`."""

    changed = Signal()

    def __init__(self, name: str = "dark", size: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name if name in THEMES else "dark"
        self.size = min(SIZES, key=lambda known: abs(known - size))
        self._window_scale = 1.0
        self._fonts: dict[tuple[int, bool], QFont] = {}
        self._advances: dict[tuple[str, int, bool], float] = {}
        families = set(QFontDatabase.families())
        self._family = "Inter" if "Inter" in families else QApplication.font().family()

    @property
    def colours(self) -> Colours:
        """The tokens in force."""
        return THEMES[self.name]

    @property
    def dark(self) -> bool:
        """Whether words are light on a dark ground."""
        return self.name != "light"

    @property
    def scale(self) -> float:
        """Of everything, relative to a 1080p screen."""
        return self._window_scale * self.size

    @property
    def plot_light(self) -> float:
        """How bright white plots are shown on the wall, 0..1."""
        return 0.7 if self.name == "dark" else 1.0

    def next(self) -> None:
        """The next of dark, light and high contrast."""
        names = list(THEMES)
        self.name = names[(names.index(self.name) + 1) % len(names)]
        self.changed.emit()

    def set_window_scale(self, scale: float) -> None:
        """Set the size of everything by the window, 1 for a 1080p screen."""
        if scale != self._window_scale:
            self._window_scale = scale
            self.changed.emit()

    def set_size(self, step: int) -> None:
        """Make all words and controls one step larger or smaller; 0 is the usual size."""
        place = SIZES.index(self.size) + step
        size = SIZES[max(0, min(len(SIZES) - 1, place))] if step else 1.0
        if size != self.size:
            self.size = size
            self.changed.emit()

    def px(self, size: float) -> int:
        """A size given for a 1080p screen, in pixels of this one."""
        return max(1, round(size * self.scale))

    def font(self, size: float, *, bold: bool = False) -> QFont:
        """A font of a pixel size given for 1080p, with figures of equal width."""
        return self.exact_font(size * self.scale, bold=bold)

    def exact_font(self, pixels: float, *, bold: bool = False) -> QFont:
        """A font of exactly so many pixels."""
        size = max(9, round(pixels))
        if (size, bold) in self._fonts:
            return QFont(self._fonts[size, bold])
        font = QFont(self._family)
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        self._fonts[size, bold] = font
        return QFont(font)

    def fitting(self, text: str, width: float, size: int, least: int, *, bold: bool = False) -> QFont:
        """The largest font in which a text has room, from `size` down to `least` (both given for 1080p)."""
        return self.fitting_pixels(text, width, size * self.scale, least * self.scale, bold=bold)

    def fitting_pixels(self, text: str, width: float, size: float, least: float, *, bold: bool = False) -> QFont:
        """The largest font in which a text has room, from `size` down to `least` pixels."""
        tried = round(size)
        while tried > round(least) and self.advance(text, tried, bold=bold) > width:
            tried -= 1
        return self.exact_font(tried, bold=bold)

    def advance(self, text: str, pixels: float, *, bold: bool = False) -> float:
        """The width of a text in a font of exactly so many pixels; what was asked before isn't measured again."""
        asked = (text, max(9, round(pixels)), bold)
        if asked not in self._advances:
            if len(self._advances) >= MOST_ADVANCES:
                self._advances.clear()
            self._advances[asked] = QFontMetricsF(self.exact_font(pixels, bold=bold)).horizontalAdvance(text)
        return self._advances[asked]

    def word_on(self, fill: str) -> str:
        """The colour of words on a filled colour: whichever of dark and white contrasts more."""
        return max(("#0E1116", "#FFFFFF"), key=lambda word: contrast(word, fill))

    def palette(self) -> QPalette:
        """Qt's palette for everything that isn't painted by hand."""
        c = self.colours
        palette = QPalette()
        roles = QPalette.ColorRole
        for role, colour in (
            (roles.Window, c.background), (roles.WindowText, c.text), (roles.Base, c.panel), (roles.Text, c.text),
            (roles.AlternateBase, c.raised), (roles.Button, c.raised), (roles.ButtonText, c.text),
            (roles.ToolTipBase, c.raised), (roles.ToolTipText, c.text), (roles.Highlight, c.selected),
            (roles.HighlightedText, c.text), (roles.PlaceholderText, c.muted), (roles.BrightText, c.text),
            (roles.Mid, c.line), (roles.Light, c.raised), (roles.Dark, c.background), (roles.Link, c.unconfirmed),
        ):  # fmt: skip
            palette.setColor(role, QColor(colour))
        return palette

    def style_sheet(self) -> str:
        """Style of the ordinary controls."""
        c, px = self.colours, self.px
        ink, other = ("light", "dark") if _luminance(c.text) > _luminance(c.background) else ("dark", "light")
        icons = (paths.shipped("resources") / "icons").as_posix()
        return f"""
            * {{ font-family: "{self._family}"; font-size: {px(13)}px; }}
            QWidget {{ color: {c.text}; }}
            QMainWindow, QDialog, #screen {{ background: {c.background}; }}
            QDialog {{ border: {max(2, px(2))}px solid {c.edge}; }}
            QPushButton {{ background: {c.raised}; border: 1px solid {c.edge}; border-radius: {px(4)}px;
                padding: {px(6)}px {px(12)}px; }}
            QPushButton::menu-indicator {{ image: url("{icons}/arrow-{ink}.svg"); width: {px(10)}px; height: {px(10)}px;
                subcontrol-origin: padding; subcontrol-position: right center; right: {px(6)}px; }}
            QPushButton:disabled {{ color: {c.muted}; border-color: {c.line}; }}
            QPushButton#main {{ background: {c.text}; color: {c.background}; font-weight: bold; border: none; }}
            QPushButton#main:disabled {{ background: {c.raised}; color: {c.muted}; }}
            QPushButton:focus, QLineEdit:focus, QComboBox:focus {{ border: 2px solid {c.text}; }}
            QPushButton#main:focus {{ border: 2px solid {c.unconfirmed}; }}
            QLineEdit, QComboBox {{ background: {c.panel}; border: 1px solid {c.edge}; border-radius: {px(4)}px;
                padding: {px(4)}px {px(8)}px; }}
            QComboBox::drop-down {{ border: none; background: transparent; width: {px(22)}px; }}
            QComboBox::down-arrow {{ image: url("{icons}/arrow-{ink}.svg"); width: {px(11)}px; height: {px(11)}px; }}
            QCheckBox::indicator {{ width: {px(15)}px; height: {px(15)}px; border: 1px solid {c.edge};
                border-radius: {px(3)}px; background: {c.panel}; }}
            QCheckBox::indicator:checked {{ background: {c.text}; image: url("{icons}/tick-{other}.svg"); }}
            QComboBox QAbstractItemView {{ background: {c.panel}; border: 1px solid {c.edge}; }}
            QSlider:horizontal {{ min-height: {px(16)}px; }}
            QSlider::groove:horizontal {{ height: {px(4)}px; background: {c.edge}; border-radius: {px(2)}px; }}
            QSlider::handle:horizontal {{ background: {c.text}; width: {px(14)}px; height: {px(14)}px;
                margin: -{px(5)}px 0; border-radius: {px(7)}px; }}
            QScrollBar:vertical {{ background: {c.background}; width: {px(10)}px; }}
            QScrollBar::handle:vertical {{ background: {c.edge}; border-radius: {px(4)}px; min-height: {px(24)}px; }}
            QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
            QMenu {{ background: {c.raised}; border: 1px solid {c.edge}; }}
            QMenu::item {{ padding: {px(6)}px {px(20)}px; }}
            QMenu::item:selected {{ background: {c.selected}; }}
            QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.edge}; }}
            QListView {{ background: {c.background}; border: none; }}
            QTreeView {{ background: {c.panel}; alternate-background-color: {c.panel}; border: 1px solid {c.edge}; }}
            QTreeView:focus, QFileDialog QListView:focus {{ border: 2px solid {c.text}; }}
            QTreeView::item:selected, QFileDialog QListView::item:selected {{ background: {c.selected};
                color: {c.text}; }}
            QHeaderView, QHeaderView::section {{ background: {c.raised}; color: {c.text}; border: none; }}
            QHeaderView::section {{ padding: {px(4)}px; border-right: 1px solid {c.line}; }}
            QFileDialog QToolButton {{ background: {c.edge}; border: 1px solid {c.edge}; border-radius: {px(4)}px; }}
            QFileDialog QToolButton:checked, QFileDialog QToolButton:focus {{ border: 2px solid {c.text}; }}
        """


@lru_cache(maxsize=256)
def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours after WCAG 2.1."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue, _ = QColor(colour).getRgbF()
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

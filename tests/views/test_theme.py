"""The three looks: every state is told apart also by who can't see all colours, and every word can be read."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QCheckBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.views import stored
from hydra_desktop.views.keys import KeySheet, of
from hydra_desktop.views.theme import SIZES, THEMES, Theme, contrast

from .conftest import Bench

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says which of its own requirements aren't here
    import colour

STATES = ("good", "high", "medium", "low", "unconfirmed", "unfamiliar")
SIGHTS = ("normal", "Protanomaly", "Deuteranomaly", "Tritanomaly")
LEAST = 16.0  # CIEDE2000


def least_distance(names: list[str], sight: str) -> float:
    """The least CIEDE2000 between two colours, as seen after Machado et al. 2009 with a whole deficiency."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        codes = np.array([[int(name[at : at + 2], 16) / 255 for at in (1, 3, 5)] for name in names])
        linear = colour.models.eotf_sRGB(codes)
        if sight != "normal":
            linear = np.clip(linear @ colour.blindness.matrix_cvd_Machado2009(sight, 1.0).T, 0, 1)
        lab = colour.XYZ_to_Lab(colour.RGB_to_XYZ(linear, "sRGB", apply_cctf_decoding=False))
        first, second = np.triu_indices(len(names), 1)
        return float(colour.delta_E(lab[first], lab[second], method="CIE 2000").min())


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", THEMES)
def test_no_two_states_look_alike_in_any_sight(name: str, sight: str) -> None:
    assert least_distance([getattr(THEMES[name], state) for state in STATES], sight) >= LEAST


def test_the_measure_tells_what_is_alike() -> None:
    assert least_distance(["#FF0000", "#00A000"], "normal") > 50
    assert least_distance(["#B87800", "#8C8C00"], "Deuteranomaly") < LEAST


@pytest.mark.parametrize("name", THEMES)
def test_words_can_be_read(name: str) -> None:
    c = THEMES[name]
    least = 7.0 if name == "contrast" else 4.5
    for ground in (c.background, c.panel, c.raised):
        assert contrast(c.text, ground) >= 7.0
        assert contrast(c.muted, ground) >= least
    for state in STATES:
        fill = getattr(c, state)
        assert max(contrast("#0E1116", fill), contrast("#FFFFFF", fill)) >= 4.5
        assert contrast(fill, c.panel) >= (7.0 if name == "contrast" else 3.0)  # a mark or a frame


def test_f10_goes_round_the_looks_and_the_choice_is_kept(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    seen = []
    for _ in range(3):
        qtbot.keyClick(bench.window, Qt.Key.Key_F10)
        seen.append(bench.window.theme.name)
        assert stored.stored().value("theme") == seen[-1]
    assert seen == ["light", "contrast", "dark"]


def test_words_grow_and_shrink_by_key_and_the_window_stays_on_its_screen(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    control = Qt.KeyboardModifier.ControlModifier
    before = bench.window.theme.px(100)
    for _ in SIZES:
        qtbot.keyClick(bench.window, Qt.Key.Key_Plus, control)
        assert bench.window.width() == 1280
        assert bench.window.minimumSizeHint().width() <= 1280
        assert bench.window.minimumSizeHint().height() <= 800
    assert bench.window.theme.px(100) > 1.5 * before
    assert float(str(stored.stored().value("size"))) == SIZES[-1]
    for _ in SIZES:
        qtbot.keyClick(bench.window, Qt.Key.Key_Minus, control)
    assert bench.window.theme.px(100) < before
    qtbot.keyClick(bench.window, Qt.Key.Key_0, control)
    assert bench.window.theme.px(100) == before


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_Question])
def test_the_sheet_has_every_key_once(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot, key: Qt.Key) -> None:
    bench.wall.show_snapshot(snapshot)
    shown: list[list[tuple[str, str]]] = []

    def read() -> None:
        sheet = QApplication.activeModalWidget()
        assert isinstance(sheet, KeySheet)
        shown.append(sheet.shown)
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)

    QTimer.singleShot(100, read)
    qtbot.keyClick(bench.wall.view, key)
    assert shown
    keys = [name for entry, _ in shown[0] for name in entry.split(" or ")]
    assert len(keys) == len(set(keys))
    for expected in ("A", "S", "/", "E", "F", "+", "Shift+H", "F11", "F1", "?", "Ctrl+1"):
        assert expected in keys
    assert all(words for _, words in shown[0])
    search = bench.wall.controls.search
    search.setFocus()
    qtbot.keyClicks(search, "?f-+n")  # words, not keys
    assert search.text() == "?f-+n"
    assert of(bench.window)


def test_every_control_has_a_name_and_the_focus_goes_round(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    wanted = {
        one
        for one in bench.window.findChildren(QWidget)
        if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
        if not isinstance(one, QAbstractScrollArea) or one is bench.wall.view
    }
    for one in wanted:
        assert one.accessibleName() or getattr(one, "text", str)(), one
    bench.wall.view.setFocus()
    seen = set()
    for _ in range(3 * len(wanted)):
        seen.add(bench.window.focusWidget())
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
    assert wanted <= seen


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
@pytest.mark.parametrize("scale", [0.7, 2.0])
def test_a_ticked_box_has_a_tick_and_a_combo_box_an_arrow_that_grows_with_the_screen(
    qtbot: QtBot, name: str, scale: float
) -> None:
    theme = Theme(name)
    theme.set_window_scale(scale)
    box, combo = QCheckBox(), QComboBox()
    combo.addItem("")
    for widget in (box, combo):
        qtbot.addWidget(widget)
        widget.setStyleSheet(theme.style_sheet())
        widget.ensurePolished()
        widget.resize(theme.px(100), theme.px(30))

    def marked(widget: QWidget, area: QRect, fill: str) -> float:
        """The share of an area that isn't its fill."""
        image, ink = widget.grab(area).toImage(), QColor(fill).rgb()
        pixels = [image.pixel(x, y) for x in range(image.width()) for y in range(image.height())]
        return sum(pixel != ink for pixel in pixels) / len(pixels)

    px, c = theme.px, theme.colours
    box.setChecked(True)
    inside = QRect(0, box.height() // 2 - px(4), px(15), px(8)).adjusted(4, 0, -4, 0)
    assert 0.1 < marked(box, inside, c.text) < 0.6
    box.setChecked(False)
    assert marked(box, inside, c.panel) == 0
    arrow = QRect(combo.width() - px(22), combo.height() // 2 - px(5), px(18), px(10))
    assert 0.15 < marked(combo, arrow, c.panel) < 0.7

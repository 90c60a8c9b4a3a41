"""The three looks: every state is told apart also by who can't see all colours, and every word can be read."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.views import stored
from hydra_desktop.views.keys import KeySheet, of
from hydra_desktop.views.theme import SIZES, THEMES, contrast

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

"""The wall with real key presses and clicks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QRect, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QLineEdit, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from hydra_desktop.domain.alarm import Alarm, AlarmKind, AlarmState
from hydra_desktop.domain.condition import Condition, ConditionKind
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.held import Suppression
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.reference import WithoutReference
from hydra_desktop.domain.wall import MonitorHealth, News, PanelState, WallSnapshot
from hydra_desktop.views import pictures
from hydra_desktop.views.keys import KeySheet
from hydra_desktop.views.wall.alarm_area import AlarmCard
from hydra_desktop.views.wall.headline import Headline
from hydra_desktop.views.wall.message_line import MessageLine

from .conftest import Bench


def headline(bench: Bench) -> Headline:
    return bench.wall.header.headline(datetime.now(UTC))


def only(snapshot: WallSnapshot, *names: str) -> WallSnapshot:
    """The same hall with these panels and no alarm."""
    panels = tuple(replace(panel, alarm=None) for panel in snapshot.panels if panel.plot_type.name in names)
    return replace(snapshot, panels=panels, alarms=())


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ("A_good K_gone", "All well"),
        ("A_good H_stale", "1 of 2 panels is stale"),
        ("H_stale I_waiting", "No new plots for 34 min"),
        ("A_good G_no_model", "1 plot type has no model"),
        ("A_good I_waiting", "1 plot type without a plot"),
        ("I_waiting", "Waiting for the first plots"),
        ("A_good J_no_data", "1 plot with NoData"),
        ("A_good E_doubt F_strange", "2 plots in doubt"),
        ("A_good H_stale L_bad_no_alarm_yet", "Bad: L_bad_no_alarm_yet"),
        ("L_bad_no_alarm_yet B_bad", "2 plots are not Good"),
        ("", "No plots yet"),
    ],
)
def test_all_well_is_said_only_of_a_hall_where_all_is(
    bench: Bench, snapshot: WallSnapshot, names: str, title: str
) -> None:
    bench.wall.show_snapshot(only(snapshot, *names.split()))
    assert headline(bench).title == title


def test_what_is_hidden_or_filtered_is_still_in_the_headline(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(only(snapshot, "A_good", "L_bad_no_alarm_yet"))
    bench.wall.controls.search.setText("A_good")
    assert headline(bench).title == "Bad: L_bad_no_alarm_yet"
    assert [text for _, _, text, _ in bench.wall.header.counts()] == ["1 Good", "1 Bad"]
    bench.wall.controls.search.setText("")
    bench.wall.select("L_bad_no_alarm_yet")
    bench.wall._hide_selected()
    assert headline(bench).title == "Bad: L_bad_no_alarm_yet"
    assert ("showing", "1 / 2") in bench.wall.header.facts(datetime.now(UTC))


def test_a_monitor_in_trouble_is_not_well_and_the_first_look_is_no_outage(bench: Bench, snapshot: WallSnapshot) -> None:
    assert headline(bench).title == "Opening"
    well = only(snapshot, "A_good", "H_stale")
    bench.wall.show_snapshot(replace(well, monitor=replace(snapshot.monitor, message="The disk is full")))
    assert headline(bench).title == "The monitor has trouble"
    assert headline(bench).below == "The disk is full; 1 of 2 panels is stale"


def test_every_state_is_said_in_words(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    assert {item.name: item.word for item in bench.wall.model.items} == {
        "A_good": "Good",
        "B_bad": "Bad",
        "C_hot_taken": "HotChannel",
        "D_returned": "Good",
        "E_doubt": "Good?",
        "F_strange": "Unfamiliar",
        "G_no_model": "NoModel",
        "H_stale": "stale 34 min",
        "I_waiting": "waiting",
        "J_no_data": "NoData",
        "K_gone": "Good",
        "L_bad_no_alarm_yet": "Bad",
    }


def test_the_pictures_come_and_the_wall_says_when_it_stands(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)


def test_a_takes_the_newest_alarm_that_nobody_took(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_A)
    assert bench.acknowledged == [1]
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_S)
    assert bench.silenced == [True]


def test_a_chosen_panel_is_the_one_that_is_acknowledged(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    bench.wall.select("D_returned")
    assert "3" in bench.wall.alarm_area._take.text()
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_A)
    assert bench.acknowledged == [3]


def test_an_alarm_that_returned_says_how_its_plot_is_only_where_that_is_known(
    bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    returned = next(row for row, item in enumerate(bench.wall.model.items) if item.name == "D_returned")
    assert bench.wall.model.items[returned].returned == "Good now"
    bench.wall.show_snapshot(replace(snapshot, monitor=MonitorHealth(datetime.now(UTC) - timedelta(minutes=3))))
    assert bench.wall.model.items[returned].returned == "returned"


def test_focus_alone_chooses_no_alarm(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    first, rest = snapshot.panels[3], (*snapshot.panels[:3], *snapshot.panels[4:])
    bench.wall.show_snapshot(replace(snapshot, panels=(first, *rest)))
    bench.wall.controls.search.setFocus()
    qtbot.keyClick(bench.wall.controls.search, Qt.Key.Key_Escape)
    assert bench.wall.view.currentIndex().row() == 0
    assert bench.wall.model.items[0].alarm.id == 3
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_A)
    assert bench.acknowledged == [1]
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Right)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Left)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_A)
    assert bench.acknowledged == [1, 3]


def test_what_is_selected_stays_so_when_a_plot_type_comes(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    without = replace(snapshot, panels=snapshot.panels[1:])
    bench.wall.show_snapshot(without)
    bench.wall.select("C_hot_taken")
    bench.wall.alarm_area._cards[0].setFocus()  # another alarm is chosen than that of the panel
    chosen = bench.wall.alarm_area.chosen
    bench.wall.show_snapshot(snapshot)
    assert bench.wall.selected_names() == {"C_hot_taken"}
    assert bench.wall.view.currentIndex().data() == "C_hot_taken"
    assert bench.wall.alarm_area.chosen == chosen
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Right)
    assert bench.wall.selected_names() == {"D_returned"}


def is_in_sight(card: AlarmCard) -> bool:
    return not card.visibleRegion().isEmpty()


def test_cards_follow_the_size_of_words_and_get_their_pictures_after_a_search(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    cards = bench.wall.alarm_area._cards
    before = [card.height() for card in cards]
    for _ in range(3):
        qtbot.keyClick(bench.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert all(card.height() > 1.2 * height for card, height in zip(cards, before, strict=True))
    qtbot.keyClicks(bench.wall.controls.search, "A_good")  # what was asked for and didn't run yet is dropped
    qtbot.waitUntil(
        lambda: all(card.key in bench.wall.pictures._cache for card in cards if not card.visibleRegion().isEmpty())
    )


def test_a_new_alarm_is_in_sight_wherever_the_cards_were_scrolled_to(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    taken = tuple(replace(snapshot.alarms[1], id=number) for number in range(10, 25))
    bench.wall.show_snapshot(replace(snapshot, alarms=taken))
    bar = bench.wall.alarm_area._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    qtbot.keyClick(bar, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()
    bench.wall.show_snapshot(replace(snapshot, alarms=taken[:14]))
    assert bar.value() > 0
    bench.wall.show_snapshot(replace(snapshot, alarms=(*snapshot.alarms[:1], *taken)))
    assert bar.value() == 0


def test_the_key_sheet_gives_the_keyboard_back_and_leaves_nothing_behind(qtbot: QtBot, bench: Bench) -> None:
    for _ in range(2):
        QTimer.singleShot(100, lambda: qtbot.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Escape))
        qtbot.keyClick(bench.window, Qt.Key.Key_F1)
        qtbot.waitUntil(bench.window.isActiveWindow)
    qtbot.waitUntil(lambda: not bench.window.findChildren(KeySheet))


def test_the_keyboard_stays_at_its_alarm_when_a_graver_one_comes(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(replace(snapshot, alarms=snapshot.alarms[1:]))
    cards = bench.wall.alarm_area._cards
    cards[0].setFocus()
    assert cards[0].alarm.id == 3
    bench.wall.show_snapshot(snapshot)
    assert (cards[0].alarm.id, bench.window.focusWidget().alarm.id) == (1, 3)
    with qtbot.waitSignal(bench.wall.detail_asked) as asked:
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Return)
    assert asked.args == ["D_returned", ""]


def test_enter_presses_a_button_and_leads_from_the_search_to_what_was_found(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    bench.wall.alarm_area._take.setFocus()
    qtbot.keyClick(bench.wall.alarm_area._take, Qt.Key.Key_Return)
    assert bench.acknowledged == [1]
    qtbot.keyClicks(bench.wall.controls.search, "C_hot")
    qtbot.keyClick(bench.wall.controls.search, Qt.Key.Key_Return)
    assert bench.wall.view.hasFocus()
    with qtbot.waitSignal(bench.wall.detail_asked) as asked:
        qtbot.keyClick(bench.wall.view, Qt.Key.Key_Return)
    assert asked.args == ["C_hot_taken", ""]
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_H)  # where the keyboard is, though it isn't selected
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Escape)
    assert "C_hot_taken" not in {item.name for item in bench.wall.model.items}


def test_faces_are_painted_anew_for_another_pixel_ratio(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    qtbot.waitUntil(lambda: bench.wall.is_painted)
    QApplication.sendEvent(bench.wall.view, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert not bench.wall.view.is_painted
    qtbot.waitUntil(lambda: bench.wall.is_painted)


def test_evidence_that_was_away_comes_as_soon_as_it_can(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "AGAIN_S", 0.0)
    found, evidence = bench.wall.pictures._evidence, bench.wall.pictures

    def away(_verdict: int, _label: str) -> None:
        raise DatabaseError("The database is away.")

    evidence._evidence = away
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    keys = [key for key in evidence._cache if key.verdict_id is not None]
    assert keys
    assert all(evidence._cache[key].evidence.isNull() for key in keys)
    evidence._evidence = found
    qtbot.waitUntil(lambda: all(k in evidence._cache and not evidence._cache[k].evidence.isNull() for k in keys))
    assert evidence._pixels == sum(key.width * key.height for key in evidence._cache)
    assert not evidence.forget_partial()


def test_arrow_keys_move_between_panels(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    bench.wall.select("A_good")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Right)
    assert bench.wall.selected_names() == {"B_bad"}


def test_search_hide_and_show_again_by_keyboard(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_Slash)
    search = bench.window.focusWidget()
    assert isinstance(search, QLineEdit)
    qtbot.keyClicks(search, "good")
    assert [item.name for item in bench.wall.model.items] == ["A_good"]
    assert bench.acknowledged == []
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert len(bench.wall.model.items) == 12
    bench.wall.select("A_good")
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_H)
    assert "A_good" not in {item.name for item in bench.wall.model.items}
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert len(bench.wall.model.items) == 12


def test_a_filtered_panel_still_has_its_alarm_beside(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    bench.wall.controls.search.setText("A_good")
    bench.wall.alarm_area.refresh()
    shown = [card.alarm.plot_type for card in bench.wall.alarm_area._cards if card.alarm and not card.isHidden()]
    assert shown == ["B_bad", "D_returned", "C_hot_taken"]
    assert all(card._item is not None and card._item.content_hash for card in bench.wall.alarm_area._cards)


def test_two_pads_of_a_plot_type_in_alarm_each_have_a_card_with_their_own_plot(
    bench: Bench, snapshot: WallSnapshot
) -> None:
    (panel,) = (one for one in snapshot.panels if one.plot_type.name == "B_bad")
    assert panel.plot is not None
    cards = []
    for number, pad in enumerate(("02", "07"), start=1):
        alarm = replace(snapshot.alarms[0], id=number, pad=pad)
        plot = replace(panel.plot, content_hash=f"{number}" * 64, name=replace(panel.plot.name, pad=pad))
        cards.append(replace(panel, plot=plot, verdict_id=number, alarm=alarm))
    told = replace(
        snapshot, panels=(cards[1],), in_alarm=tuple(cards), alarms=tuple(card.alarm for card in cards if card.alarm)
    )
    bench.wall.show_snapshot(told)
    shown = [
        (card._title, card._item.content_hash[0], card._item.verdict_id)
        for card in bench.wall.alarm_area._cards
        if card._item is not None
    ]
    assert sorted(shown) == [("B_bad pad 02", "1", 1), ("B_bad pad 07", "2", 2)]
    assert bench.wall.model.items[0].title == "B_bad pad 07"
    assert "B_bad pad 0" in headline(bench).title
    assert "pad 02" in bench.wall.alarm_area._cards[0].accessibleName()


def test_a_panel_keeps_its_place_and_an_alarm_its_number(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    names = [item.name for item in bench.wall.model.items]
    third = snapshot.alarms[2]
    number = bench.wall.model.number_of(third)
    left = tuple(alarm for alarm in snapshot.alarms if alarm.id != 1)
    bench.wall.show_snapshot(replace(snapshot, alarms=left))
    assert [item.name for item in bench.wall.model.items] == names
    assert bench.wall.model.number_of(third) == number


def test_only_what_looks_different_is_painted_again(bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    changed: list[int] = []
    bench.wall.model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    bench.wall.show_snapshot(snapshot)
    ages = {row for row, item in enumerate(bench.wall.model.items) if item.age}
    assert set(changed) <= ages


def test_a_dead_monitor_is_said_on_every_panel_and_in_the_header(bench: Bench, snapshot: WallSnapshot) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    bench.wall.show_snapshot(replace(snapshot, monitor=MonitorHealth(long_ago)))
    assert {item.state for item in bench.wall.model.items} == {PanelState.MONITOR_DOWN}


def test_an_empty_wall_says_why_and_what_to_do(bench: Bench) -> None:
    assert "Opening" in bench.wall._empty.text()
    bench.wall.show_snapshot(WallSnapshot("D"))
    assert "hydra-desktop hall apply" in bench.wall._empty.text()
    bench.wall.show_snapshot(WallSnapshot("D", monitor=MonitorHealth(datetime.now(UTC))))
    assert "Waiting" in bench.wall._empty.text()


def test_troubles_and_refused_files_are_told(bench: Bench, snapshot: WallSnapshot) -> None:
    refused = ((datetime.now(UTC), "x.png: this is no picture"),)
    bench.wall.show_snapshot(replace(snapshot, problems=refused, news=News("<b>CDC</b> off", "me", datetime.now(UTC))))
    assert "x.png" in bench.wall.lines.problems.text()
    assert "&lt;b&gt;CDC" in bench.wall.lines.news.text()
    bench.wall.show_trouble("The database doesn't answer")
    assert "doesn't answer" in bench.wall.lines.standing.message
    assert not bench.wall.lines.standing.isHidden()


def test_what_the_monitor_has_to_say_stands_until_it_is_over(bench: Bench, snapshot: WallSnapshot) -> None:
    full = replace(snapshot.monitor, message="The image store is full; make room")
    bench.wall.show_snapshot(replace(snapshot, monitor=full))
    line = next(one for one in bench.wall.findChildren(MessageLine) if one.message == full.message)
    line.clicked.emit()
    bench.wall.show_snapshot(replace(snapshot, monitor=full))
    assert line.isVisible()
    bench.wall.show_snapshot(snapshot)
    assert not line.isVisible()


def test_a_changed_plot_type_is_told_once_with_what_to_do(bench: Bench, snapshot: WallSnapshot) -> None:
    changed = Condition(
        1, ConditionKind.CHANGED, "F_strange", datetime.now(UTC), 1, "P", 5423, False, "38 of the last 40 plots"
    )
    panels = tuple(
        replace(panel, condition=changed if panel.plot_type.name == "F_strange" else None) for panel in snapshot.panels
    )
    bench.wall.show_snapshot(replace(snapshot, panels=panels, conditions=(changed,)))
    line = next(one for one in bench.wall.findChildren(MessageLine) if one.accessibleName() == "Changes")
    assert line.isVisible()
    assert line.message == (
        "F_strange has changed: 38 of the last 40 plots, since run 5423. "
        "If this is the new normal, give it a reference: hydra-desktop reference propose F_strange."
    )
    item = next(item for item in bench.wall.model.items if item.name == "F_strange")
    assert item.accessible.startswith("F_strange, Unfamiliar, Changed, ")
    assert not bench.wall.delegate.age_box(QRect(0, 0, 90, 78), item).isNull()  # where it stands, however small
    other = replace(changed, id=2, plot_type="A_good", run_number=5400, since=changed.since - timedelta(hours=1))
    bench.wall.show_snapshot(replace(snapshot, conditions=(changed, other)))
    assert line.message.endswith("(and 1 more: point here)")
    assert "A_good has changed" in line.toolTip()
    bench.wall.show_snapshot(snapshot)
    assert not line.isVisible()


def test_plot_types_without_a_reference_are_told_in_the_same_line(bench: Bench, snapshot: WallSnapshot) -> None:
    lacking = tuple(WithoutReference(name, "P", proposed=True) for name in ("A_good", "F_strange"))
    line = next(one for one in bench.wall.findChildren(MessageLine) if one.accessibleName() == "Changes")
    bench.wall.show_snapshot(replace(snapshot, without_reference=lacking))
    assert line.isVisible()
    assert line.message.startswith("No reference of run period P yet for 2 plot types (A_good, F_strange): ")
    at = datetime.now(UTC)
    changed = Condition(1, ConditionKind.CHANGED, "F_strange", at, 1, "P", 5423, True, "38 of the last 40 plots")
    bench.wall.show_snapshot(replace(snapshot, conditions=(changed,), without_reference=lacking))
    assert line.message.endswith("hydra-desktop reference confirm F_strange. (and 1 more: point here)")
    assert "No reference of run period P yet" in line.toolTip()


def test_evidence_is_off_on_good_plots_unless_asked_for(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    items = {item.name: item for item in bench.wall.model.items}
    assert not bench.wall.delegate.wants_evidence(items["A_good"])
    assert bench.wall.delegate.wants_evidence(items["L_bad_no_alarm_yet"])
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_E)
    assert bench.wall.delegate.wants_evidence(items["A_good"])


def test_the_screens_open_by_key_and_those_to_come_say_so(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(bench.window, Qt.Key.Key_3, control)
    assert bench.window._stack.currentIndex() == 2
    qtbot.keyClick(bench.window, Qt.Key.Key_1, control)
    assert bench.window._stack.currentIndex() == 0


def test_blinking_stops_with_the_acknowledgement(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    qtbot.waitUntil(lambda: bench.wall.delegate.blink, timeout=5000)
    taken = tuple(replace(a, state=AlarmState.ACKNOWLEDGED) for a in snapshot.alarms)
    bench.wall.show_snapshot(replace(snapshot, alarms=taken))
    assert not bench.wall.delegate.blink
    assert not bench.wall._blink.isActive()


def test_wall_mode_leaves_the_bar_out(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    bench.wall.show_snapshot(snapshot)
    qtbot.keyClick(bench.window, Qt.Key.Key_F11)
    assert bench.window.isFullScreen()
    assert bench.window._bar.isHidden()
    qtbot.keyClick(bench.window, Qt.Key.Key_F11)
    assert not bench.window.isFullScreen()


def test_the_desktop_holds_no_network() -> None:
    code = "import sys, hydra_desktop.app; print([n for n in ('torch', 'onnxruntime', 'sklearn') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("word", ["/data/" + "very_long_folder_name/" * 20, "x" * 600, "a long text " * 60])
def test_no_message_makes_the_window_wider_than_the_screen(bench: Bench, snapshot: WallSnapshot, word: str) -> None:
    now = datetime.now(UTC)
    changed = Condition(1, ConditionKind.CHANGED, word, now, 1, "P", 1, False, "38 of the last 40 plots")
    told = replace(snapshot, news=News(word, "shift", now), problems=((now, f"{word}: not taken"),))
    told = replace(told, conditions=(changed,))
    bench.wall.show_snapshot(replace(told, monitor=MonitorHealth(now, 0, "here", word)))
    bench.wall.show_trouble(word)
    assert bench.window.minimumSizeHint().width() <= 1280
    assert bench.window.width() == 1280


def test_a_problem_is_put_away_by_the_keyboard_and_stays_away(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    told = replace(snapshot, problems=((datetime.now(UTC), "<b>x.png</b>: empty"),))
    bench.wall.show_snapshot(told)
    problems = next(one for one in bench.wall.findChildren(MessageLine) if one.accessibleName() == "Problems")
    assert problems.isVisible()
    assert "&lt;b&gt;" in problems.text()
    qtbot.keyClick(problems, Qt.Key.Key_Return)
    bench.wall.show_snapshot(told)
    assert not problems.isVisible()


def test_a_panel_says_run_time_age_and_how_long_it_is_so_as_far_as_there_is_room(
    bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    items = {item.name: item for item in bench.wall.model.items}
    plot = snapshot.panels[0].plot
    assert plot is not None
    taken = f"{plot.taken_at.astimezone():%H:%M}"
    good, bad = items["A_good"], items["B_bad"]
    assert good.facts[0] == ("run 121453, chunk 7", f"{taken}, 30 s")
    assert bad.facts[0] == ("for 12 min, run 121453, chunk 7", f"{taken}, 30 s")
    assert ("for 12 min", "30 s") in bad.facts
    assert items["E_doubt"].how_long == items["F_strange"].how_long == "for 12 min"
    assert bad.alarm is not None
    view, delegate = bench.wall.view, bench.wall.delegate
    cell = view.visualRect(bench.wall.model.index(1))
    assert not delegate.age_box(cell, bad).isNull()
    assert not delegate.age_box(cell, bad).intersects(delegate.picture_box(cell, bad))
    bench.wall.show_snapshot(replace(snapshot, run=replace(snapshot.run, run_number=121454)))
    assert ("for 12 min, 121453", "") in bench.wall.model.items[1].facts


def test_a_card_says_what_the_newest_plot_is_where_that_is_no_more_the_alarm(
    bench: Bench, snapshot: WallSnapshot
) -> None:
    bench.wall.show_snapshot(snapshot)
    cards = {card.alarm.plot_type: card for card in bench.wall.alarm_area._cards if card.alarm}
    assert cards["B_bad"]._newest()[0].startswith("run 121453, chunk 7, ")
    assert cards["D_returned"]._newest()[-1] == "newest Good"


def test_as_time_goes_by_only_the_ages_are_painted_again(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    model, view = bench.wall.model, bench.wall.view
    told: list[int] = []
    model.dataChanged.connect(lambda first, _last: told.append(first.row()))
    now = datetime.now(UTC)
    model._clock = lambda: now + timedelta(seconds=7)
    with qtbot.waitSignal(model.aged):
        for part in range(10):
            model.refresh_ages(part, 10)
    row = model.row_of("A_good")
    assert row is not None
    assert row not in told
    assert model.items[row].age == "37 s"
    cell = view.visualRect(model.index(row))
    box = bench.wall.delegate.age_box(cell, model.items[row])
    assert cell.contains(box)
    waiting = next(item for item in model.items if item.state is PanelState.WAITING)
    assert bench.wall.delegate.age_box(cell, waiting).isNull()


def test_a_picture_that_comes_is_painted_without_the_rest_of_its_panel(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    model, view, delegate = bench.wall.model, bench.wall.view, bench.wall.delegate
    index = model.index(model.row_of("A_good") or 0)
    option = QStyleOptionViewItem()
    option.rect = view.visualRect(index)
    item = model.items[index.row()]
    picture, age = delegate.picture_box(option.rect, item), delegate.age_box(option.rect, item)
    assert option.rect.contains(picture)
    assert option.rect.contains(age)
    assert not picture.intersects(age)

    def paint(onto: QImage, dirty: QRect) -> QImage:
        painted = onto.copy()
        delegate.dirty = QRegion(dirty)
        painter = QPainter(painted)
        delegate.paint(painter, option, index)
        painter.end()
        return painted

    blank = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    blank.fill(Qt.GlobalColor.magenta)
    whole = paint(blank, option.rect)
    for part in (picture, age):
        assert paint(whole, part) == whole  # over what stood there before, nothing shines through
        alone = paint(blank, part)
        assert alone.copy(part) == whole.copy(part)
        rest = QPainter(alone)
        rest.fillRect(part, Qt.GlobalColor.magenta)
        rest.end()
        assert alone == blank


@pytest.mark.parametrize("name", ["B_bad", "A_good"])
def test_a_strip_that_blinks_is_painted_alone(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    view, delegate = bench.wall.view, bench.wall.delegate
    index = bench.wall.model.index(bench.wall.model.row_of(name) or 0)
    option = QStyleOptionViewItem()
    option.rect = view.visualRect(index)
    strip = delegate.strip_box(option.rect)

    def paint(onto: QImage, dirty: QRect) -> QImage:
        painted = onto.copy()
        delegate.dirty = QRegion(dirty)
        painter = QPainter(painted)
        painter.setClipRect(dirty)  # Qt clips, and erases what is dirty
        painter.fillRect(dirty, Qt.GlobalColor.magenta)
        delegate.paint(painter, option, index)
        painter.end()
        return painted

    blank = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    blank.fill(Qt.GlobalColor.magenta)
    delegate.blink = False
    before = paint(blank, option.rect)
    delegate.blink = True
    after = paint(blank, option.rect)
    assert (after != before) is (name == "B_bad")
    view.setUpdatesEnabled(False)  # no paint of its own comes between
    monkeypatch.setattr(delegate, "_facts", None)  # what stands above the strip isn't painted
    assert paint(before, strip) == after


def test_what_blinks_is_a_card_s_strip(qtbot: QtBot, bench: Bench, snapshot: WallSnapshot) -> None:
    with qtbot.waitSignal(bench.wall.painted, timeout=10_000):
        bench.wall.show_snapshot(snapshot)
    bench.wall._blink.stop()
    card = bench.wall.alarm_area._cards[0]
    for blink in (True, False):
        card.set_blink(blink)
        strip = QImage(card.size(), QImage.Format.Format_RGB32)
        strip.fill(Qt.GlobalColor.magenta)
        whole = QImage(strip)
        card.render(whole)
        card.render(strip, card._strip_box().topLeft(), QRegion(card._strip_box()))
        assert strip.copy(card._strip_box()) == whole.copy(card._strip_box())


def test_a_new_word_does_not_lay_out_the_whole_window(bench: Bench, snapshot: WallSnapshot) -> None:
    """Labels that wrap would make each layout above them work out heights for widths at every change."""
    bench.wall.show_snapshot(replace(snapshot, news=News("a long text " * 60, "me", datetime.now(UTC))))
    layout = bench.wall.layout()
    assert layout is not None
    assert layout.hasHeightForWidth()
    assert not bench.window.centralWidget().hasHeightForWidth()
    assert bench.wall.lines.news.height() >= bench.wall.lines.news.heightForWidth(bench.wall.lines.news.width())


def hall_alarm(number: int = 9, state: AlarmState = AlarmState.UNACKNOWLEDGED) -> Alarm:
    """One of the hall, with no plot behind it."""
    at = datetime.now(UTC)
    return Alarm(
        number, "", "", "Monitor down", Severity.HIGH, state, at, at, kind=AlarmKind.MONITOR,
        facts="No sign of life for 2 min.",
    )  # fmt: skip


def test_an_alarm_of_the_hall_has_a_card_and_no_plot_to_open(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    asked: list[str] = []
    bench.wall.detail_asked.connect(lambda plot_type, _pad: asked.append(plot_type))
    bench.wall.show_snapshot(replace(snapshot, alarms=(hall_alarm(), *snapshot.alarms)))
    assert headline(bench).title == "Monitor down"
    assert headline(bench).below == "2 new alarms, 1 returned, 1 taken"
    card = bench.wall.alarm_area._cards[0]
    assert card.alarm.id == 9
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert asked == []
    assert not card.grab().isNull()
    qtbot.keyClick(card, Qt.Key.Key_A)
    assert bench.acknowledged == [9]


def test_an_alarm_that_waits_for_its_reset_is_over_and_nobody_s_to_take(
    qtbot: QtBot, bench: Bench, snapshot: WallSnapshot
) -> None:
    latched = replace(snapshot.alarms[0], state=AlarmState.LATCHED, acknowledged_by="shift", comment="module 14")
    panels = tuple(replace(one, alarm=latched) if one.alarm == snapshot.alarms[0] else one for one in snapshot.panels)
    in_alarm = tuple(one for one in panels if one.alarm is latched)
    bench.wall.show_snapshot(replace(snapshot, alarms=(latched,), panels=panels, in_alarm=in_alarm))
    assert headline(bench).title == "1 alarm, none new"
    assert headline(bench).below == "1 to reset"
    assert bench.wall.alarm_area._title.text() == "1 alarm, 0 to take"
    assert not bench.wall.alarm_area._take.isVisible()
    assert not bench.wall.grab().isNull()
    qtbot.keyClick(bench.wall.view, Qt.Key.Key_A)
    assert bench.acknowledged == []


@pytest.mark.parametrize(
    ("name", "held", "word", "kept"),
    [
        ("L_bad_no_alarm_yet", "shelved", "Bad, shelved", True),
        ("L_bad_no_alarm_yet", "out of service", "out of service", True),
        ("L_bad_no_alarm_yet", "suppressed: no beam", "Bad, suppressed", True),
        ("F_strange", "suppressed: no beam", "Unfamiliar, suppressed", True),
        ("A_good", "suppressed: no beam", "Good", False),
        ("A_good", "out of service", "out of service", True),
    ],
)
def test_a_panel_that_makes_no_alarm_now_says_so_muted(
    bench: Bench, snapshot: WallSnapshot, name: str, held: str, word: str, kept: bool
) -> None:
    panels = tuple(replace(one, held=held) if one.plot_type.name == name else one for one in snapshot.panels)
    bench.wall.show_snapshot(replace(snapshot, panels=panels))
    item = next(one for one in bench.wall.model.items if one.name == name)
    assert (item.word, item.is_kept) == (word, kept)
    muted = bench.window.theme.colours.muted
    assert (bench.wall.delegate.colour(item) == muted) is kept
    counted = {text: colour for _, colour, text, _ in bench.wall.header.counts()}
    assert counted[f"1 {word if kept else held}"] == muted
    assert not bench.wall.grab().isNull()


def test_what_is_held_back_is_told_and_not_all_well(bench: Bench, snapshot: WallSnapshot) -> None:
    well = only(snapshot, "A_good", "L_bad_no_alarm_yet")
    kept = tuple(replace(one, held="shelved") if one.verdict.label == "Bad" else one for one in well.panels)
    now = datetime.now(UTC)
    shelved = replace(snapshot.alarms[0], state=AlarmState.SHELVED, plot_type="L_bad_no_alarm_yet")
    rule = Suppression(1, "no beam", "the beam is off", now)
    bench.wall.show_snapshot(replace(well, panels=kept, held=(shelved,), suppressions=(rule,)))
    assert headline(bench).title == "Bad, shelved: L_bad_no_alarm_yet"
    assert headline(bench).below == "no alarm meanwhile; Suppressed: no beam"
    doubt = bench.wall.alarm_area._doubt
    assert doubt.text() == "Held back: 1 shelved, suppressed: no beam; look with Ctrl+5."


def test_alarms_that_have_no_room_are_counted(bench: Bench, snapshot: WallSnapshot) -> None:
    many = tuple(hall_alarm(number) for number in range(20, 32))
    bench.wall.show_snapshot(replace(snapshot, alarms=many, in_alarm=()))
    bench.wall.alarm_area.layout().activate()
    more = bench.wall.alarm_area._more
    assert more.isVisible()
    shown = len([card for card in bench.wall.alarm_area._cards if is_in_sight(card)])
    below = int(more.text().partition(" ")[0])
    assert more.text() == f"{below} more below, {below} to take"
    assert 12 - shown <= below < 12
    bar = bench.wall.alarm_area._scroll.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert not more.isVisible()

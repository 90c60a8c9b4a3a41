"""How a panel says how it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hydra_desktop.domain.hall import PlotType
from hydra_desktop.domain.plot import Plot, PlotName
from hydra_desktop.domain.run import RunState
from hydra_desktop.domain.verdict import NO_MODEL, Verdict, judge
from hydra_desktop.domain.wall import MonitorHealth, Panel, PanelState, panel_state

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ALIVE = MonitorHealth(NOW)
TYPE = PlotType("CDC", stale_after_s=600)
GOOD = judge({"Good": 0.9, "Bad": 0.1}, {}, TYPE)


def panel(verdict: Verdict = GOOD, age_s: float = 10) -> Panel:
    taken = NOW - timedelta(seconds=age_s)
    return Panel(TYPE, Plot(1, PlotName("CDC", 5, 1), "0" * 64, taken, taken), verdict, 1)


def state(shown: Panel, run: RunState | None = None, monitor: MonitorHealth = ALIVE) -> PanelState:
    return panel_state(shown, run or RunState(beam_on=True), monitor, NOW)


def test_verdicts_have_their_states() -> None:
    assert state(panel()) is PanelState.GOOD
    assert state(panel(judge({"Bad": 0.9, "Good": 0.1}, {}, TYPE))) is PanelState.FAULT
    assert state(panel(judge({"NoData": 0.9, "Good": 0.1}, {}, TYPE))) is PanelState.CONDITION
    assert state(panel(judge({"Bad": 0.6, "Good": 0.4}, {"Bad": 0.7}, TYPE))) is PanelState.UNCONFIRMED
    assert state(panel(judge({"Good": 0.9}, {}, TYPE, unfamiliar=True))) is PanelState.UNFAMILIAR
    assert state(panel(NO_MODEL)) is PanelState.NO_MODEL


def test_no_plot_yet_is_waiting_or_beam_off() -> None:
    assert state(Panel(TYPE)) is PanelState.WAITING
    assert state(Panel(TYPE), RunState(beam_on=False)) is PanelState.BEAM_OFF
    assert state(Panel(TYPE), RunState(beam_on=None)) is PanelState.WAITING


def test_an_old_plot_is_stale_or_beam_off() -> None:
    assert state(panel(age_s=601)) is PanelState.STALE
    assert state(panel(age_s=601), RunState(beam_on=False)) is PanelState.BEAM_OFF
    assert state(panel(age_s=599), RunState(beam_on=False)) is PanelState.GOOD


def test_a_plot_made_once_per_run_never_goes_stale() -> None:
    assert state(replace(panel(age_s=6000), plot_type=replace(TYPE, chunked=False))) is PanelState.GOOD


def test_a_silent_monitor_comes_before_all() -> None:
    assert state(panel(), monitor=MonitorHealth(NOW - timedelta(seconds=11))) is PanelState.MONITOR_DOWN
    assert state(panel(), monitor=MonitorHealth(None)) is PanelState.MONITOR_DOWN


def test_of_another_time_nobody_says_that_the_monitor_was_down() -> None:
    unknown = MonitorHealth(recorded=False)
    assert not unknown.down(NOW)
    assert not unknown.alive(NOW)
    assert state(panel(), monitor=unknown) is PanelState.GOOD
    assert state(panel(age_s=601), monitor=unknown) is PanelState.STALE

"""What follows from probabilities and thresholds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hydra_desktop.domain.hall import AlarmRule, PlotType
from hydra_desktop.domain.label import Role, Severity, default_label
from hydra_desktop.domain.verdict import (
    NO_MODEL,
    STRONG,
    Familiarity,
    Status,
    alarm_severity,
    judge,
    unfamiliar_severity,
    worth_keeping,
)

TYPE = PlotType("CDC", labels=tuple(map(default_label, ("Good", "Acceptable", "Bad", "NoData"))), collect_percent=10)


def test_a_confident_verdict_is_confirmed() -> None:
    verdict = judge({"Good": 0.1, "Bad": 0.9}, {"Bad": 0.8}, TYPE)
    assert (verdict.label, verdict.status, verdict.confidence) == ("Bad", Status.CONFIRMED, 0.9)
    assert verdict.fault_score == pytest.approx(0.9)
    assert alarm_severity(verdict, TYPE) is Severity.HIGH


def test_below_its_threshold_a_verdict_is_unconfirmed_and_never_alarms() -> None:
    verdict = judge({"Good": 0.3, "Bad": 0.7}, {"Bad": 0.8}, TYPE)
    assert verdict.status is Status.UNCONFIRMED
    assert alarm_severity(verdict, TYPE) is Severity.NONE


def test_all_good_labels_count_as_good() -> None:
    assert judge({"Good": 0.4, "Acceptable": 0.4, "Bad": 0.2}, {}, TYPE).fault_score == pytest.approx(0.2)


def test_unfamiliar_is_a_status_of_its_own() -> None:
    verdict = judge({"Good": 0.99, "Bad": 0.01}, {}, TYPE, unfamiliar=True)
    assert verdict.status is Status.UNFAMILIAR
    assert verdict.label == "Good"


def test_without_a_model_there_is_no_label() -> None:
    assert judge({}, {}, TYPE) == NO_MODEL


def test_a_condition_does_not_alarm() -> None:
    assert alarm_severity(judge({"NoData": 1.0}, {}, TYPE), TYPE) is Severity.NONE


def test_an_unknown_label_is_faulty_and_medium() -> None:
    label = default_label("Weird")
    assert (label.role, label.severity) == (Role.FAULTY, Severity.MEDIUM)


def test_of_a_long_episode_few_plots_are_kept() -> None:
    bad = judge({"Bad": 1.0}, {}, TYPE)
    kept = [n for n in range(1, 121) if worth_keeping(bad, TYPE, first_of_chunk=True, draw=0.99, episode_plots=n)]
    assert kept == [1, 2, 4, 8, 16, 32, 64]


def test_good_plots_are_kept_by_the_collect_percent_of_new_chunks() -> None:
    good = judge({"Good": 1.0}, {}, TYPE)
    assert worth_keeping(good, TYPE, first_of_chunk=True, draw=0.09, episode_plots=3)
    assert not worth_keeping(good, TYPE, first_of_chunk=True, draw=0.11, episode_plots=3)
    assert not worth_keeping(good, TYPE, first_of_chunk=False, draw=0.0, episode_plots=3)


def test_unfamiliar_alarms_where_it_deviates_strongly_in_one_part() -> None:
    strange = judge({"Good": 0.99, "Bad": 0.01}, {}, TYPE, unfamiliar=True)
    deviation = np.zeros(48, np.float32)
    deviation[8:16] = STRONG + 0.1  # one of six parts; over the whole plot it is less
    local = Familiarity(0.01, (), deviation)
    assert local.strongest == pytest.approx(STRONG + 0.1)
    assert unfamiliar_severity(strange, local, TYPE) is Severity.HIGH
    weak = Familiarity(0.01, (), np.full(48, STRONG - 0.1, np.float32))
    assert unfamiliar_severity(strange, weak, TYPE) is Severity.NONE
    assert unfamiliar_severity(strange, replace(local, inherited=True), TYPE) is Severity.NONE
    assert unfamiliar_severity(strange, local, TYPE, says_change=True) is Severity.NONE
    assert unfamiliar_severity(strange, None, TYPE) is Severity.NONE
    assert unfamiliar_severity(strange, Familiarity(0.01), TYPE) is Severity.NONE
    for other in ({"Good": 0.99, "Bad": 0.01}, {"Good": 0.55, "Bad": 0.45}):
        verdict = judge(other, {"Good": 0.9}, TYPE)  # Confirmed, and Unconfirmed
        assert unfamiliar_severity(verdict, local, TYPE) is Severity.NONE


def test_the_severity_of_unfamiliar_plots_may_be_set() -> None:
    assert TYPE.unfamiliar_severity is Severity.HIGH  # of Bad
    assert replace(TYPE, alarm_rule=AlarmRule(unfamiliar=Severity.LOW)).unfamiliar_severity is Severity.LOW
    assert replace(TYPE, alarm_rule=AlarmRule(unfamiliar=Severity.NONE)).unfamiliar_severity is Severity.NONE
    assert replace(TYPE, labels=(default_label("Good"),)).unfamiliar_severity is Severity.NONE

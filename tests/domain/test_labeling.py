"""In which queues a plot waits, which label counts, and which key gives which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.label import default_label
from hydra_desktop.domain.labeling import (
    Filters,
    Given,
    Guess,
    Mode,
    Queue,
    Standing,
    in_force,
    is_disputed,
    keyed,
    queues,
    voices,
)
from hydra_desktop.domain.verdict import Status

T = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def said(id_: int, label: str, user: str = "eva", *, mode: str = Mode.SINGLE, **more: bool) -> Given:
    return Given(id_, label, user, T + timedelta(minutes=id_), mode, **more)


def guess(label: str, status: Status = Status.CONFIRMED, minute: int = 0) -> Guess:
    return Guess(label, 0.9, status, T + timedelta(minutes=minute))


def test_what_a_person_chose_counts_more_than_a_guess_accepted_later() -> None:
    assert in_force([]) is None
    assert in_force([said(1, "Good", accepted=True)]) == said(1, "Good", accepted=True)
    assert in_force([said(2, "Good", accepted=True), said(1, "Bad")]) == said(1, "Bad")
    assert in_force([said(1, "Bad"), said(3, "NoData", "ben")]) == said(3, "NoData", "ben")


def test_people_disagree_until_somebody_settles_it() -> None:
    assert not is_disputed([said(1, "Good"), said(2, "Bad")])  # one person who changed her mind
    two = [said(1, "Good"), said(2, "Bad", "ben")]
    assert is_disputed(two)
    settled = [*two, said(3, "Bad", "kim", mode=Mode.ADJUDICATE)]
    assert not is_disputed(settled)
    assert not is_disputed([*settled, said(4, "Bad")])
    assert is_disputed([*settled, said(4, "Good")])
    assert [one.label for one in voices([*settled, said(4, "Good")])] == ["Bad", "Good"]
    assert not is_disputed([*settled, said(4, "Good"), said(5, "Bad")])


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(False), set()),
        (Standing(True), {Queue.UNLABELLED}),
        (Standing(True, guess=guess("Bad", Status.UNCONFIRMED)), {Queue.UNLABELLED, Queue.UNCONFIRMED}),
        (Standing(True, guess=guess("Good", Status.UNFAMILIAR)), {Queue.UNLABELLED, Queue.UNFAMILIAR}),
        (Standing(True, contested_at=T), {Queue.UNLABELLED, Queue.CONTESTED}),
        (Standing(True, (said(1, "Good"),), contested_at=T), set()),
        (Standing(True, (said(1, "Good"),), contested_at=T + timedelta(hours=1)), {Queue.CONTESTED}),
        (Standing(True, (said(1, "Good"),), guess("Good", Status.UNCONFIRMED)), set()),
        (Standing(True, (said(1, "Good"),), guess("Bad")), {Queue.DISAGREE}),
        (Standing(True, (said(1, "Ignore"),), guess("Bad"), excluded=True), set()),
        # who saw the guess has answered it, but not one that came later
        (Standing(True, (said(1, "Good", guess_visible=True),), guess("Bad")), set()),
        (Standing(True, (said(1, "Good", guess_visible=True),), guess("Bad", minute=5)), {Queue.DISAGREE}),
        (Standing(True, (said(1, "Good"), said(2, "Bad", "ben"))), {Queue.DISPUTED}),
        (Standing(True, (said(1, "Good"),), suspect=1), {Queue.SUSPECT}),
        (Standing(True, (said(1, "Good"),), mistake=1), {Queue.MISTAKE}),
        (Standing(True, (said(1, "Good"), said(2, "Good")), mistake=1), set()),  # said again since
        (Standing(True, (said(1, "Ignore"),), mistake=1, excluded=True), set()),
        (Standing(True, (said(1, "Good"), said(2, "Good")), suspect=1), set()),  # said again since
    ],
)
def test_where_a_plot_waits(standing: Standing, expected: set[Queue]) -> None:
    assert queues(standing) == expected


def test_every_label_has_a_key_of_its_own() -> None:
    labels = [default_label(name) for name in ("Good", "Bad", "SectorLoss", "LED", "Torn", "Blob", "gg", "g")]
    keys = {one.label.name: one.key for one in keyed(labels)}
    assert keys["Good"] == "g"
    assert keys["SectorLoss"] == "s"
    assert keys["Torn"] == "t"
    assert keys["Blob"] == "l"  # b is Bad's
    assert keys["gg"] == "1"
    assert len(set(keys.values())) == len(labels)


def test_wishes_are_counted() -> None:
    assert Filters().count == 0
    assert Filters(first_run=0, label="Bad", least_confidence=0.0).count == 3

"""The queue of training jobs: asked for, run under a lease, stopped, taken up again; never two at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from hydra_desktop.database import feed, halls, leases, training_jobs
from hydra_desktop.domain.errors import LeaseLostError, TrainingError
from hydra_desktop.domain.training import USUAL, Curve, Job, JobState, Options, Recipe, Stop
from hydra_desktop.services.training_jobs import TrainingJobs

from .conftest import Site

TYPES = ("CDC", "FDC", "TOF")


@pytest.fixture
def typed(site: Site) -> Site:
    """A hall with three plot types."""
    with site.database.write() as c:
        for name in TYPES:
            halls.ensure_plot_type(c, site.hall_id, name)
    return site


def ask(site: Site, *names: str, station: str = "desk", options: Options = USUAL) -> list[int]:
    with site.database.write() as c:
        return training_jobs.ask(c, site.hall_id, names, options, user="eva", station=station)


def lease(site: Site, holder: str = "desk:1", ttl_s: float = 60.0) -> int:
    with site.database.write() as c:
        fencing = leases.acquire(c, site.hall_id, training_jobs.LEASE, holder, ttl_s)
        assert fencing is not None
        return fencing


def take(site: Site, fencing: int, station: str = "desk") -> Job | None:
    with site.database.write() as c:
        return training_jobs.take_next(c, site.hall_id, fencing, station)


def states(site: Site) -> list[tuple[str, str]]:
    with site.database.read() as c:
        return [(job.plot_type, str(job.state)) for job in training_jobs.listing(c, site.hall_id)]


def test_jobs_run_in_the_order_in_which_they_were_asked_for(typed: Site) -> None:
    options = Options(Recipe.BOTH, balanced=False, false_alarms_a_day=0.5)
    first, second = ask(typed, "FDC", "CDC", options=options)
    assert ask(typed, "CDC", "TOF")[0] == second  # which waits already
    fencing = lease(typed)
    job = take(typed, fencing)
    assert job is not None
    assert (job.id, job.plot_type, job.user, job.options) == (first, "FDC", "eva", options)
    assert job.started_at is not None
    assert job.started_at >= job.asked_at
    assert states(typed) == [("FDC", "running"), ("CDC", "waiting"), ("TOF", "waiting")]
    (again,) = ask(typed, "FDC")  # labels came since it began
    assert again not in (first, second)


def test_every_station_hears_of_a_job(typed: Site) -> None:
    with typed.database.read() as c:
        before = feed.position(c, typed.hall_id)
    (job_id,) = ask(typed, "CDC")
    fencing = lease(typed)
    take(typed, fencing)
    with typed.database.write() as c:
        training_jobs.wish(c, typed.hall_id, job_id, Stop.KEEP, user="bob", station="hut")
    with typed.database.write() as c:
        training_jobs.fail(c, typed.hall_id, job_id, fencing, "too few")
    with typed.database.read() as c:
        told = [(one.kind, one.subject_id) for one in feed.read_after(c, typed.hall_id, before)]
    assert told == [("training", job_id)] * 4


def test_what_is_told_of_a_job_is_read_by_all(typed: Site) -> None:
    (job_id,) = ask(typed, "CDC")
    fencing = lease(typed)
    take(typed, fencing)
    curves = {"log-loss": Curve(((0.0, 1.5), (1.0, 0.7)))}
    with typed.database.write() as c:
        training_jobs.report(
            c, job_id, fencing, stage="training", fraction=0.25, left_s=12.0, log="0:01 begun", curves=curves
        )
    with typed.database.read() as c:
        (job,) = training_jobs.listing(c, typed.hall_id)
    assert (job.stage, job.fraction, job.left_s, job.log, dict(job.curves)) == (
        "training",
        0.25,
        12.0,
        "0:01 begun",
        curves,
    )


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_hears_of_it(typed: Site) -> None:
    runs, waits = ask(typed, "CDC", "FDC")
    fencing = lease(typed)
    take(typed, fencing)
    with typed.database.write() as c:
        training_jobs.wish(c, typed.hall_id, waits, Stop.KEEP, user="bob", station="hut")
        training_jobs.wish(c, typed.hall_id, runs, Stop.KEEP, user="bob", station="hut")
        assert training_jobs.wish_of(c, runs, fencing) is Stop.KEEP
        training_jobs.wish(c, typed.hall_id, runs, Stop.DISCARD, user="bob", station="hut")
        assert training_jobs.wish_of(c, runs, fencing) is Stop.DISCARD
        training_jobs.cancel(c, typed.hall_id, runs, fencing, "stopped")
        training_jobs.wish(c, typed.hall_id, runs, Stop.KEEP, user="bob", station="hut")  # too late
        assert training_jobs.wish_of(c, runs, fencing) is None
    assert sorted(states(typed)) == [("CDC", "cancelled"), ("FDC", "cancelled")]
    assert take(typed, fencing) is None
    with typed.database.read() as c:
        assert training_jobs.get(c, waits).error == "cancelled by bob at hut"


def test_a_job_whose_station_died_is_taken_up_and_its_old_runner_writes_nothing(typed: Site) -> None:
    first, _ = ask(typed, "CDC", "FDC")
    old = lease(typed, ttl_s=-1.0)
    assert take(typed, old) is not None
    with typed.database.read() as c:
        (job, _) = training_jobs.listing(c, typed.hall_id)
    assert job.silent
    new = lease(typed, "other:2")
    job_again = take(typed, new, "other")
    assert job_again is not None
    assert (job_again.id, job_again.attempts, job_again.runs_on, job_again.silent) == (first, 2, "other", False)
    with pytest.raises(LeaseLostError), typed.database.write() as c:
        training_jobs.report(c, first, old, stage="", fraction=0, left_s=None, log="", curves={})
    with pytest.raises(LeaseLostError), typed.database.write() as c:
        model_id = typed.add_model(c, "CDC")
        training_jobs.finish(c, typed.hall_id, first, old, model_id)
    with typed.database.write() as c:
        assert training_jobs.get(c, first).model_id is None
        assert training_jobs.wish_of(c, first, old) is None
    with pytest.raises(LeaseLostError):
        take(typed, old)


def test_a_job_that_ends_with_each_station_is_lost_with_its_reason_and_the_next_runs(typed: Site) -> None:
    first, second = ask(typed, "CDC", "FDC")
    for attempt in range(training_jobs.MOST_ATTEMPTS):
        job = take(typed, lease(typed, ttl_s=-1.0))
        assert job is not None
        assert (job.id, job.attempts) == (first, attempt + 1)
    job = take(typed, lease(typed))
    assert job is not None
    assert job.id == second
    with typed.database.read() as c:
        lost = training_jobs.get(c, first)
    assert lost.state is JobState.LOST
    assert "desk ended in the middle of it" in lost.error
    assert lost.ended_at is not None


def test_one_that_was_to_be_stopped_when_its_station_died_is_cancelled(typed: Site) -> None:
    (job_id,) = ask(typed, "CDC")
    take(typed, lease(typed, ttl_s=-1.0))
    with typed.database.write() as c:
        training_jobs.wish(c, typed.hall_id, job_id, Stop.DISCARD, user="bob", station="hut")
    assert take(typed, lease(typed)) is None
    assert states(typed) == [("CDC", "cancelled")]
    with typed.database.read() as c:
        assert training_jobs.get(c, job_id).error == "stopped by bob at hut, while desk died"


def test_who_wants_a_job_stopped_is_kept_and_its_runners_end_leaves_it_cancelled(typed: Site) -> None:
    (job_id,) = ask(typed, "CDC")
    fencing = lease(typed)
    take(typed, fencing)
    with typed.database.write() as c:
        training_jobs.wish(c, typed.hall_id, job_id, Stop.DISCARD, user="bob", station="hut")
        job = training_jobs.get(c, job_id)
        assert job.wished_at is not None
        assert job.started_at is not None
        assert (job.wished_by, job.wished_at >= job.started_at) == ("bob at hut", True)
        training_jobs.give_back(c, typed.hall_id, job_id, fencing)
        ended = training_jobs.get(c, job_id)
    assert (ended.state, ended.error) == (JobState.CANCELLED, "stopped by bob at hut; no model was stored")


def test_who_asks_again_changes_the_options_of_the_job_that_waits_and_of_nobody_elses(typed: Site) -> None:
    (first,) = ask(typed, "CDC")
    newer = Options(Recipe.BOTH, balanced=False)
    assert ask(typed, "CDC", options=newer) == [first]
    with typed.database.write() as c:
        assert training_jobs.get(c, first).options == newer
        asked = training_jobs.ask(c, typed.hall_id, ["CDC"], USUAL, user="bob", station="hut")
        assert asked == [first]
        assert training_jobs.get(c, first).options == newer
    jobs = TrainingJobs(typed.database, typed.hall_id, "bob", "hut")
    told = jobs.answer(jobs.ask(["FDC", "CDC"]), USUAL)
    assert told == (
        "1 job asked for: FDC. CDC waits already, asked for by eva at desk with other options (head and whole network, "
        "labels weigh by their number), which hold; cancel that job to use yours."
    )


def test_one_that_is_given_back_waits_at_its_place_and_wasnt_tried(typed: Site) -> None:
    first, _ = ask(typed, "CDC", "FDC")
    fencing = lease(typed)
    take(typed, fencing)
    with typed.database.write() as c:
        training_jobs.give_back(c, typed.hall_id, first, fencing)
    assert states(typed) == [("CDC", "waiting"), ("FDC", "waiting")]
    job = take(typed, fencing)
    assert job is not None
    assert (job.id, job.attempts) == (first, 1)


def test_a_model_and_the_end_of_its_job_are_stored_together(typed: Site) -> None:
    (job_id,) = ask(typed, "CDC")
    fencing = lease(typed)
    take(typed, fencing)
    with typed.database.write() as c:
        model_id = typed.add_model(c, "CDC")
        training_jobs.finish(c, typed.hall_id, job_id, fencing, model_id)
    with typed.database.write() as c:
        training_jobs.note(c, typed.hall_id, job_id, "all of it")
        job = training_jobs.get(c, job_id)
    assert (job.state, job.model_id, job.log, job.fraction) == (JobState.DONE, model_id, "all of it", 1.0)


def test_a_job_waits_for_its_own_station_first(typed: Site) -> None:
    with typed.database.read() as c:
        assert training_jobs.waiting_since_s(c, typed.hall_id, "desk") is None
    ask(typed, "CDC")
    with typed.database.read() as c:
        assert training_jobs.waiting_since_s(c, typed.hall_id, "desk") == float("inf")
        elsewhere = training_jobs.waiting_since_s(c, typed.hall_id, "other")
    assert elsewhere is not None
    assert 0 <= elsewhere < 30


def test_of_many_who_ask_at_once_each_plot_type_waits_once(typed: Site, together: Callable[..., list[Any]]) -> None:
    found = together(*[partial(ask, typed, "CDC", "FDC", station=f"desk{n}") for n in range(6)])
    assert len({tuple(ids) for ids in found}) == 1
    assert states(typed) == [("CDC", "waiting"), ("FDC", "waiting")]


def test_of_many_who_begin_at_once_one_job_runs(typed: Site, together: Callable[..., list[Any]]) -> None:
    ask(typed, *TYPES)
    fencing = lease(typed)

    together(*[partial(take, typed, fencing)] * 4)
    assert [state for _, state in states(typed)].count("running") == 1


def test_an_unknown_job_or_plot_type_is_said(typed: Site) -> None:
    with pytest.raises(KeyError):
        ask(typed, "nothing")
    with pytest.raises(TrainingError, match="no training job 7"), typed.database.read() as c:
        training_jobs.get(c, 7)

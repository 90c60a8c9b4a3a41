"""One monitor owns a source at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from hydra_desktop.database import clock, halls, leases
from hydra_desktop.database import tables as t
from hydra_desktop.domain.errors import LeaseLostError

from .conftest import Site

SOURCE = "/data/plots"


def _take(site: Site, holder: str, ttl_s: float = 60.0) -> int | None:
    with site.database.write() as c:
        return leases.acquire(c, site.hall_id, SOURCE, holder, ttl_s)


def _verify(site: Site, fencing: int) -> None:
    with site.database.write() as c:
        leases.verify(c, site.hall_id, SOURCE, fencing)


def test_a_valid_lease_is_nobody_elses(site: Site) -> None:
    first = _take(site, "a:1")
    assert first is not None
    assert _take(site, "b:2") is None
    assert _take(site, "a:1") is None  # a second monitor with the same number, in another container
    with site.database.read() as c:
        assert leases.holder(c, site.hall_id, SOURCE) == ("a:1", first)
    _verify(site, first)


def test_an_old_lease_is_lost_to_the_next_and_can_never_write_again(site: Site) -> None:
    first = _take(site, "a:1", ttl_s=-1.0)
    second = _take(site, "b:2")
    assert first is not None
    assert second is not None
    assert second > first
    with pytest.raises(LeaseLostError, match="Another monitor"):
        _verify(site, first)
    with site.database.write() as c:
        assert not leases.renew(c, site.hall_id, SOURCE, first, 60.0)
        leases.release(c, site.hall_id, SOURCE, first)  # not his to release
        assert leases.renew(c, site.hall_id, SOURCE, second, 60.0)
    assert _take(site, "c:3") is None


def test_an_old_lease_that_nobody_took_is_still_good(site: Site) -> None:
    first = _take(site, "a:1", ttl_s=-1.0)
    assert first is not None
    _verify(site, first)
    with site.database.write() as c:
        assert leases.renew(c, site.hall_id, SOURCE, first, 60.0)
    assert _take(site, "b:2") is None


def test_a_lease_from_before_the_clock_was_set_back_has_run_out(site: Site) -> None:
    first = _take(site, "a:1")
    assert first is not None
    with site.database.write() as c:
        c.execute(t.source_leases.update().values(expires_at=clock.now(c) + timedelta(hours=1)))
        assert leases.living_holder(c, site.hall_id, SOURCE) is None
        assert leases.renew(c, site.hall_id, SOURCE, first, 10.0)  # its holder is alive, and has it still
        assert leases.living_holder(c, site.hall_id, SOURCE) == "a:1"
        c.execute(t.source_leases.update().values(expires_at=clock.now(c) + timedelta(hours=1)))
    assert _take(site, "b:2") == first + 1
    assert _take(site, "c:3") is None


def test_a_released_lease_is_free_and_the_number_still_rises(site: Site) -> None:
    first = _take(site, "a:1")
    assert first is not None
    with site.database.write() as c:
        leases.release(c, site.hall_id, SOURCE, first)
        assert leases.holder(c, site.hall_id, SOURCE) is None
    second = _take(site, "b:2")
    assert second is not None
    assert second > first


def test_a_lease_never_taken_is_lost(site: Site) -> None:
    with pytest.raises(LeaseLostError):
        _verify(site, 1)


def test_of_many_that_start_at_once_one_gets_it(site: Site, together: Callable[..., list[Any]]) -> None:
    for round_ in range(5):
        taken = together(*[partial(_take, site, f"host:{n}") for n in range(8)])
        winners = [fencing for fencing in taken if fencing is not None]
        assert len(winners) == 1, round_
        with site.database.write() as c:
            leases.release(c, site.hall_id, SOURCE, winners[0])


def test_of_many_that_start_at_once_on_a_source_never_seen_one_gets_it(
    site: Site, together: Callable[..., list[Any]]
) -> None:
    def take(source: str, number: int) -> int | None:
        with site.database.write() as c:
            return leases.acquire(c, site.hall_id, source, f"host:{number}", 60.0)

    for round_ in range(5):
        taken = together(*[partial(take, f"/new/{round_}", n) for n in range(8)])
        assert sum(fencing is not None for fencing in taken) == 1, round_


def test_nobody_takes_over_before_the_verified_work_is_stored(site: Site) -> None:
    fencing = _take(site, "a:1", ttl_s=-1.0)
    order: list[str] = []

    def take_over() -> None:
        _take(site, "b:2")
        order.append("taken over")

    heir = threading.Thread(target=take_over)
    with site.database.write() as c:
        leases.verify(c, site.hall_id, SOURCE, fencing or 0)
        heir.start()
        halls.set_news(c, site.hall_id, "stored", "a")
        order.append("stored")
    heir.join(20)
    assert order == ["stored", "taken over"]

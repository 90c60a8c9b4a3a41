from __future__ import annotations

import threading

import pytest

from hydra_desktop.services.pictures import THREADS, ahead


def test_results_come_in_order_with_their_source() -> None:
    assert list(ahead(range(100), lambda n: n * n)) == [(n, n * n) for n in range(100)]


def test_it_works_only_a_little_ahead() -> None:
    begun: list[int] = []
    results = ahead(range(1000), begun.append)
    next(results)
    results.close()
    assert len(begun) <= 3 * THREADS


def test_a_failure_surfaces_at_its_place_and_ends_the_pool() -> None:
    before = threading.active_count()
    results = ahead([2, 1, 0, 4], lambda n: 4 // n)
    assert [next(results), next(results)] == [(2, 2), (1, 4)]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert threading.active_count() == before

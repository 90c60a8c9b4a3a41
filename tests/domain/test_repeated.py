from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hydra_desktop.domain.repeated import Look, same

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def looks(pictures: str) -> list[Look]:
    """A letter a chunk, the newest last; a small one says nothing."""
    made = [
        Look(7, number, letter.lower(), NOON + timedelta(minutes=number), letter.isupper())
        for number, letter in enumerate(pictures)
    ]
    return made[::-1]


@pytest.mark.parametrize(
    ("pictures", "needed", "expected"),
    [
        ("ABBBB", 4, (4, 1)),
        ("BBBBB", 4, (5, 0)),
        ("ABBB", 4, None),
        ("BBBBA", 4, None),
        ("BBBABB", 2, (2, 4)),
        ("bbbbb", 2, None),  # empty
        ("bbBBB", 2, (3, 2)),  # since the beam came
        ("BBBBb", 2, None),
        ("BBBB", 0, None),  # switched off
        ("", 4, None),
    ],
)
def test_the_same_picture_is_counted_back_from_the_newest(
    pictures: str, needed: int, expected: tuple[int, int] | None
) -> None:
    found = same(looks(pictures), needed)
    assert found == (expected and (expected[0], NOON + timedelta(minutes=expected[1])))


def test_a_chunk_that_was_written_again_counts_once() -> None:
    again = looks("BBB")
    assert same([again[0], replace(again[0], taken_at=NOON), *again[1:]], 4) is None
    assert same([replace(again[0], run_number=8), *again], 4) is not None

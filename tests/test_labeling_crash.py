"""A labeling screen that is killed at any moment: no stored decision is lost, none is doubled, undo goes on."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import halls, label_queue
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.services.labeling import Labeler
from tests.fakes.upgraded import upgraded

from .fakes.desk_hall import HALL, fill

MOST_LINES = 120


@pytest.mark.parametrize(
    ("kills", "count"),
    [
        pytest.param(3, 400, marks=pytest.mark.timeout(200)),
        pytest.param(50, 4000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
    ids=["3 times", "50 times"],
)
def test_a_killed_screen_loses_and_doubles_nothing(home: Path, kills: int, count: int) -> None:
    database = upgraded(f"sqlite:///{home / 'hydra.db'}")
    fill(database, home / "images", count, pictures=50)
    before: set[str] = set()
    chance = random.Random()
    for number in range(kills):
        stored = killed_at(database.url, home, lines=chance.randint(1, MOST_LINES), seed=number)
        assert stored, "it was killed before it did anything"
        now = keys(database)
        assert before | set(stored) <= now  # what was told to be stored is there
        assert len(stored) == len(set(stored))
        assert len(now - before - set(stored)) <= 1  # at most one more, which couldn't be told any more
        before = now
        check(database)
    all_is_undone_and_redone(database)
    database.close()


def killed_at(url: str, home: Path, *, lines: int, seed: int) -> list[str]:
    """Let a person type until so many lines came, kill the program with -9; the keys that it said to be stored."""
    environment = {**os.environ, "HYDRA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}
    arguments = [url, str(home / "images"), "15", "100000", str(seed)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.typing_person", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        found = []
        for said, line in enumerate(process.stdout, 1):
            facts = json.loads(line)
            if "stored" in facts:
                found.append(facts["key"])
            if said == lines:
                process.kill()  # and what it wrote until then is read all the same
    assert process.returncode != 0, "it ended by itself"
    if not found:  # so few lines that nothing was decided: once more
        return killed_at(url, home, lines=lines + 10, seed=seed)
    return found


def keys(database: Database) -> set[str]:
    """The keys of all decisions that are stored; each is there once."""
    with database.read() as c:
        found = list(c.scalars(sa.select(t.label_actions.c.key)))
    assert len(found) == len(set(found))
    return set(found)


def check(database: Database) -> None:
    """Every decision is whole, and the queues are what the labels say."""
    assert database.check() == []
    a, g, s = t.label_actions.c, t.given_labels.c, t.label_skips.c
    with database.write() as c:
        given = dict(c.execute(sa.select(g.action_id, sa.func.count()).group_by(g.action_id)).all())
        skipped = dict(c.execute(sa.select(s.action_id, sa.func.count()).group_by(s.action_id)).all())
        for act in c.execute(sa.select(t.label_actions)):
            assert (given.get(act.id, 0), skipped.get(act.id, 0)) == (act.labels, act.skipped)
        undone = sa.select(sa.func.count()).join(t.label_actions, a.id == g.action_id)
        assert c.scalar(undone.where(g.withdrawn != a.undone_at.is_not(None))) == 0
        twice = sa.select(g.action_id, g.plot_id).group_by(g.action_id, g.plot_id).having(sa.func.count() > 1)
        assert c.execute(twice).all() == []
        as_kept = waiting(c)
        label_queue.refresh(c, c.scalars(sa.select(t.plots.c.id)).all())
        assert waiting(c) == as_kept


def waiting(c: sa.Connection) -> list[Any]:
    """All rows of the queues."""
    return list(c.execute(sa.select(t.label_queue).order_by(*t.label_queue.primary_key.columns)))


def all_is_undone_and_redone(database: Database) -> None:
    """Step by step back to the first decision, and forward again to the last."""
    with database.read() as c:
        hall_id = halls.find(c, HALL)
    assert hall_id is not None
    person = Labeler(database, hall_id, "eva", "desk")
    session = person.session()
    assert session.can_undo > 0
    with database.read() as c:
        at_the_end = waiting(c)
    undone = 0
    while person.undo() is not None:
        undone += 1
    assert undone == session.can_undo
    with database.read() as c:
        assert all(row.label_id is None and row.queue != "disputed" for row in waiting(c))
    for _ in range(undone):
        assert person.redo() is not None
    with database.read() as c:
        assert waiting(c) == at_the_end

"""Two programs label at once on one database: every decision of both is there, and none is overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from hydra_desktop.database import halls, label_queue
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.labeling import Queue
from hydra_desktop.services.label_pages import Ask, LabelPages

from .fakes.desk_hall import HALL, TYPE, fill, truth

PLOTS = 1000


@pytest.mark.timeout(240)
def test_two_programs_label_a_thousand_plots(database: Database, database_url: str, home: Path) -> None:
    fill(database, home / "images", PLOTS, pictures=50)
    environment = {**os.environ, "HYDRA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.typing_person", database_url, str(home / "images"), "40", "all", user],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )
        for user in ("eva", "ben")
    ]  # fmt: skip
    said = {}
    for user, program in zip(("eva", "ben"), programs, strict=True):
        out, errors = program.communicate(timeout=200)
        assert program.returncode == 0, errors
        said[user] = [json.loads(line)["key"] for line in out.splitlines() if "stored" in line]
    a, g = t.label_actions.c, t.given_labels.c
    with database.read() as c:
        for user, keys in said.items():
            stored = list(c.scalars(sa.select(a.key).where(a.user == user).order_by(a.id)))
            assert stored == keys  # all of them, in the order they were made
            assert len(keys) > 10  # both had their share
        given = label_queue.given(c, c.scalars(sa.select(t.plots.c.id)).all())
        chunks = dict(c.execute(sa.select(t.plots.c.id, t.plots.c.chunk)).all())
        assert len(given) == PLOTS
        assert all(plot_said[-1].label == truth(chunks[plot_id]) for plot_id, plot_said in given.items())
        twice = {plot_id: [(one.user, one.mode) for one in said] for plot_id, said in given.items() if len(said) > 1}
        assert twice == {}  # nobody was given what another had
        assert c.scalar(sa.select(sa.func.count()).where(g.withdrawn, g.action_id.is_(None))) == 0
        hall_id = halls.find(c, HALL) or 0
    page = LabelPages(database, hall_id, "kim", "desk").page(Ask(TYPE, Queue.UNLABELLED, 10))
    assert (page.items, page.left) == ((), 0)

"""Which label counts is worked out by several queries, for speed: all say what the rule in domain says."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hydra_desktop.database import given_labels, label_queue
from hydra_desktop.database import tables as t
from hydra_desktop.domain import labeling as rule
from hydra_desktop.services import exporting

from .conftest import START, Site

PLOTS, TYPE = 40, "CDC_occupancy"


@pytest.mark.parametrize("seed", range(3))
def test_all_agree_on_the_label_in_force(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    with site.database.write() as c:
        ids = [site.add(c, live=False, chunk=n, picture=str(n)).id for n in range(PLOTS)]
        for _ in range(4 * PLOTS):
            user, label = chance.choice(["eva", "ben", "kim"]), chance.choice(["Good", "Bad", "NoData"])
            at = START + timedelta(minutes=chance.randrange(1000))  # a clock may be wrong: the order of storing counts
            given_labels.give(c, chance.choice(ids), label, user=user, at=at, accepted=chance.random() < 0.5)
        g = t.given_labels.c
        stored = c.scalars(sa.select(g.id)).all()
        withdrawn = chance.sample(stored, len(stored) // 4)
        c.execute(t.given_labels.update().where(g.id.in_(withdrawn)).values(withdrawn=True))
        label_queue.refresh(c, ids)
        said = label_queue.given(c, ids)
        force = {plot_id: rule.in_force(given) for plot_id, given in said.items()}
        wanted = {plot_id: (one.label, one.user) for plot_id, one in force.items() if one is not None}
        assert given_labels.of_plots(c, ids) == wanted
        current = given_labels.current(c, site.hall_id, TYPE)
        assert {one.plot.id: (one.label, one.user) for one in current} == wanted
        assert {row.plot_id: (row.label, row.user) for row in exporting._in_force(c, site.hall_id)} == wanted
        q = t.label_queue.c
        queued = (
            sa.select(q.plot_id, t.labels.c.name, q.user)
            .join(t.labels, t.labels.c.id == q.label_id)
            .where(q.queue == "every")
        )
        assert {plot_id: (label, user) for plot_id, label, user in c.execute(queued)} == wanted

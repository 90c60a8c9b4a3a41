"""A database of an earlier version becomes one of this version, with all that was in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from hydra_desktop.database import activations, alarms, halls, model_sets, plots, shadows, verdicts
from hydra_desktop.database import connection as of_connection
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.tables import UtcDateTime
from hydra_desktop.domain.errors import DatabaseError
from hydra_desktop.domain.library import ActivationKind
from hydra_desktop.domain.plot import PlotName
from hydra_desktop.domain.verdict import Familiarity

from .conftest import START, Site, evidence_map

CONFIG: Config = of_connection._alembic()


def _move(database: Database, revision: str, *, down: bool = False) -> None:
    with database.rebuild() as c:
        CONFIG.attributes["connection"] = c
        (command.downgrade if down else command.upgrade)(CONFIG, revision)


@pytest.fixture
def bare(bare_url: str) -> Iterator[Database]:
    """A database without tables, however it came to be."""
    database = Database(of_connection._engine(sa.make_url(bare_url)))
    yield database
    database.close()


def test_what_the_first_version_stored_is_there(bare: Database, bare_url: str) -> None:
    _move(bare, "0001")
    with pytest.raises(DatabaseError, match="hydra-desktop db upgrade"):
        open_database(bare_url)
    with bare.write() as c:  # in the words of that time
        c.execute(sa.text("INSERT INTO halls VALUES (1, 'D', '/data', 'pattern', '')"))
        c.execute(
            sa.text(
                "INSERT INTO plot_types (id, hall_id, name, group_name, chunked, alarm_k, alarm_n, age_limit_s, "
                "stale_after_s, collect_percent, contact, guidance, ignored) "
                "VALUES (1, 1, 'CDC', '', true, 2, 3, 1800, 900, 2, '', '', false)"
            )
        )
        c.execute(
            sa.text(
                "INSERT INTO plots (id, hall_id, plot_type_id, pad, run_period, run_number, chunk, revision, "
                "content_hash, taken_at, taken_at_is_file_time, arrived_at, origin_key, live, kept) "
                "VALUES (7, 1, 1, '02', 'P', 80464, 37, 1, 'hash', :at, false, :at, 'key', true, true)"
            ).bindparams(sa.bindparam("at", START, UtcDateTime()))
        )
    upgraded = open_database(bare_url, upgrade=True)
    with upgraded.read() as c:
        plot = plots.get(c, 7)
        assert halls.load(c, 1).source_folder == "/data"
    assert plot.name == PlotName("CDC", 80464, 37, "P", "02")
    assert (plot.taken_at, plot.kept) == (START, True)
    assert upgraded.check() == []
    upgraded.close()


def test_what_was_live_before_each_activation_is_known_afterwards(bare: Database, bare_url: str) -> None:
    _move(bare, "0012")
    with bare.write() as c:
        c.execute(
            sa.text("INSERT INTO halls (id, name, source_folder, name_pattern, beam_file) VALUES (1, 'D', '', '', '')")
        )
        for number in (1, 2):
            c.execute(
                sa.text(
                    "INSERT INTO plot_types (id, hall_id, name, group_name, chunked, alarm_k, alarm_n, age_limit_s, "
                    "stale_after_s, collect_percent, contact, guidance, ignored) "
                    "VALUES (:id, 1, :name, '', true, 2, 3, 1800, 900, 2, '', '', false)"
                ),
                {"id": number, "name": f"type {number}"},
            )
        at = sa.bindparam("at", START, UtcDateTime())
        for number, of_type in ((1, 1), (2, 2), (3, 1), (4, 1)):
            for statement in (
                "INSERT INTO models (id, plot_type_id, sha256, card, created_at, created_by) "
                "VALUES (:id, :type, '', '{}', :at, 'eva')",
                'INSERT INTO model_activations (id, plot_type_id, model_id, at, "user") '
                "VALUES (:id, :type, :id, :at, 'eva')",
            ):
                c.execute(sa.text(statement).bindparams(at), {"id": number, "type": of_type})
    upgraded = open_database(bare_url, upgrade=True)
    with upgraded.read() as c:
        told = [(one.model_id, one.before_id, one.kind) for one in activations.history(c, 1, "type 1")]
        assert told == [(1, None, "activated"), (3, 1, "activated"), (4, 3, "activated")]
    assert upgraded.check() == []
    upgraded.close()


def test_a_filled_library_goes_back_to_the_program_before_it_and_forth(bare: Database) -> None:
    _move(bare, "head")
    with bare.write() as c:
        site = Site(bare, halls.find_or_create(c, "D"))
        first, second, tried = (site.add_model(c, file=one) for one in (b"a", b"b", b"c"))
        plot = site.add(c)
        said = {"familiarity": Familiarity(1.0, (), np.ones(3, np.float32)), "timings_ms": {"read": 1.0}}
        said |= {"evidence": {"Bad": evidence_map(1)}}
        judged = [site.judged(plot, model, **said) for model in (first, tried)]
        (verdict_id,) = verdicts.add(c, site.hall_id, judged[:1])
        verdicts.add(c, site.hall_id, judged[1:], live=False, shadow=True)
        shadows.begin(c, site.hall_id, "CDC_occupancy", tried, user="eva", station="desk")
        type_id = activations.hold(c, site.hall_id, ["CDC_occupancy"])["CDC_occupancy"]
        back, off = ActivationKind.ROLLED_BACK, ActivationKind.DEACTIVATED
        set_id = model_sets.add(
            c, site.hall_id, "Spring", "", {"CDC_occupancy": second}, user="eva", station="", comment=""
        )
        noted = model_sets.note(c, site.hall_id, set_id, ActivationKind.ACTIVATED, user="eva", station="", comment="")
        for model_id, kind, of_set in (
            (second, back, None),
            (None, off, None),
            (second, ActivationKind.ACTIVATED, noted),
            (tried, ActivationKind.ACTIVATED, None),
            (first, ActivationKind.ACTIVATED, None),
            (tried, back, None),
        ):
            activations.put(c, site.hall_id, type_id, model_id, user="eva", kind=kind, set_activation_id=of_set)
    _move(bare, "0014", down=True)
    with bare.read() as c:
        old = list(c.execute(sa.text("SELECT model_id FROM model_activations ORDER BY id")).scalars())
        assert old == [first, second, tried]
        for name in ("verdicts", "probabilities", "evidence", "familiarities", "stage_timings"):
            column = sa.column("id" if name == "verdicts" else "verdict_id")
            assert set(c.scalars(sa.select(column).select_from(sa.table(name)))) == {verdict_id}, name
    _move(bare, "head")
    assert bare.check() == []
    with bare.read() as c:
        history = activations.history(c, site.hall_id, "CDC_occupancy")
        assert [(one.before_id, one.model_id) for one in history] == [(None, first), (first, second), (second, tried)]
        assert activations.active_ids(c, site.hall_id) == {"CDC_occupancy": tried}


def test_the_way_back_and_forth_ends_where_it_began(bare: Database) -> None:
    _move(bare, "head")
    _move(bare, "base", down=True)
    with bare.read() as c:
        assert sa.inspect(c).get_table_names() == ["alembic_version"]
    _move(bare, "head")
    assert bare.check() == []


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_many_that_start_on_a_new_database_at_once_all_begin(
    tmp_path: Path, together: Callable[..., list[Any]], rounds: int
) -> None:
    """On SQLite: the step to WAL fails at once where it meets another, some one time in fifty."""
    for round_ in range(rounds):
        url = f"sqlite:///{tmp_path / str(round_)}.db"
        for database in together(*[lambda url=url: open_database(url, upgrade=True)] * 5):
            database.close()


def test_two_that_upgrade_at_once_both_end_well(bare_url: str, together: Callable[..., list[Any]]) -> None:
    opened = together(*[lambda: open_database(bare_url, upgrade=True)] * 3)
    for database in opened:
        assert database.check() == []
        database.close()


def test_alarms_with_their_log_go_up_and_down_again(bare: Database) -> None:
    _move(bare, "0015")
    states = ("unacknowledged", "acknowledged", "returned unacknowledged", "normal")
    with bare.write() as c:
        c.execute(
            sa.text("INSERT INTO halls (id, name, source_folder, name_pattern, beam_file) VALUES (1, 'D', '', '', '')")
        )
        c.execute(
            sa.text(
                "INSERT INTO plot_types (id, hall_id, name, group_name, chunked, alarm_k, alarm_n, age_limit_s, "
                "stale_after_s, collect_percent, contact, guidance, ignored) "
                "VALUES (1, 1, 'CDC', '', true, 2, 3, 1800, 900, 2, '', '', false)"
            )
        )
        c.execute(
            sa.text(
                "INSERT INTO plots (id, hall_id, plot_type_id, pad, run_period, run_number, chunk, revision, "
                "content_hash, taken_at, taken_at_is_file_time, arrived_at, origin_key, live, kept) "
                "VALUES (7, 1, 1, '', 'P', 80464, 37, 1, 'hash', :at, false, :at, 'key', true, true)"
            ).bindparams(sa.bindparam("at", START, UtcDateTime()))
        )
        c.execute(
            sa.text(
                "INSERT INTO verdicts (id, plot_id, confidence, status, fault_score, live, shadow, decided_at) "
                "VALUES (9, 7, 0.9, 'Confirmed', 0.9, true, false, :at)"
            ).bindparams(sa.bindparam("at", START, UtcDateTime()))
        )
        for number, state in enumerate(states, start=1):
            c.execute(
                sa.text(
                    "INSERT INTO alarms (id, hall_id, plot_type_id, pad, label, severity, state, raised_at, "
                    "changed_at, plot_id, verdict_id, confidence) "
                    "VALUES (:id, 1, 1, :pad, 'Bad', 3, :state, :at, :at, 7, 9, 0.9)"
                ).bindparams(sa.bindparam("at", START, UtcDateTime())),
                {"id": number, "pad": f"{number:02}", "state": state},
            )
            c.execute(
                sa.text(
                    "INSERT INTO alarm_log (id, alarm_id, at, from_state, to_state, who, station, why, label, "
                    "severity) VALUES (:id, :id, :at, 'normal', 'unacknowledged', 'monitor', 's', '', 'Bad', 3)"
                ).bindparams(sa.bindparam("at", START, UtcDateTime())),
                {"id": number},
            )
    _move(bare, "head")
    with bare.read() as c:
        known = {one.id: one for one in alarms.open_alarms(c, 1)}
        assert {id_: str(one.state) for id_, one in known.items()} == dict(enumerate(states[:3], start=1))
        assert all(one.life.state is one.state for one in known.values())
        assert [step.annunciates for step in alarms.log(c, 1)] == [True]
    _move(bare, "0015", down=True)
    with bare.read() as c:
        stored = c.execute(sa.text("SELECT state FROM alarms ORDER BY id")).scalars().all()
        assert tuple(stored) == states
    _move(bare, "head")
    if bare.dialect == "sqlite":
        with bare.write() as c, pytest.raises(sa.exc.IntegrityError):
            c.execute(sa.text("DELETE FROM plots"))  # what points there is looked at again

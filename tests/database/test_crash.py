"""Killed at any moment, a writer leaves whole transactions and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest
import sqlalchemy as sa

from hydra_desktop.database import feed, halls, plots, verdicts
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database, open_database

WRITER = textwrap.dedent("""
    import sys
    from datetime import UTC, datetime
    from hydra_desktop.database import feed, halls, plots, verdicts
    from hydra_desktop.database.connection import open_database
    from hydra_desktop.domain.plot import NewPlot, PlotName
    from hydra_desktop.domain.verdict import NO_MODEL

    database = open_database(sys.argv[1])
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.ensure_plot_type(c, hall_id, "CDC")
    batch = int(sys.argv[2])
    while True:
        batch += 1
        with database.write() as c:
            added = []
            for number in range(5):
                name = PlotName("CDC", batch, number)
                new = NewPlot(name, "0" * 64, datetime.now(UTC), f"{batch} {number}")
                added.append(plots.add(c, hall_id, new, live=True))
            verdicts.add(c, hall_id, [verdicts.JudgedPlot(one.id, "CDC", None, NO_MODEL) for one in added])
            feed.publish(c, hall_id, "plots", batch)
        print(batch, flush=True)
""")


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_what_was_committed_is_there_and_nothing_by_halves(database: Database, database_url: str, kills: int) -> None:
    committed = 0
    for number in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, database_url, str(number * 100_000)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(2 + number % 3)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().splitlines()]
        writer.wait()
        writer.stdout.close()
        committed += len(told)
        with database.write() as c:  # nobody's lock stays behind
            hall_id = halls.find_or_create(c, "D")
            runs = {
                row.run_number: row.n
                for row in c.execute(
                    sa.select(t.plots.c.run_number, sa.func.count().label("n")).group_by(t.plots.c.run_number)
                )
            }
            published = [change.subject_id for change in feed.read_after(c, hall_id, 0) if change.kind == "plots"]
            assert set(runs) >= set(told)
            assert set(runs.values()) == {5}
            assert sorted(runs) == sorted(one for one in published if one is not None)
            assert verdicts.count(c, hall_id) == 5 * len(runs)
            assert len(list(verdicts.rows(c, hall_id))) == 5 * len(runs)
            assert len(runs) - committed in range(number + 2)  # one commit a kill may not have been told
    assert database.check() == []


def test_an_upgrade_that_is_killed_is_as_if_it_never_began(bare_url: str) -> None:
    upgrader = textwrap.dedent("""
        import os, signal, sys
        import sqlalchemy as sa
        from hydra_desktop.database.connection import open_database

        def kill(_connection, _cursor, statement, *_):
            if "CREATE TABLE verdicts" in statement:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(sa.Engine, "after_cursor_execute", kill)
        open_database(sys.argv[1], upgrade=True)
    """)
    killed = subprocess.run([sys.executable, "-c", upgrader, bare_url], check=False)
    assert killed.returncode == -signal.SIGKILL
    database = open_database(bare_url, upgrade=True)
    try:
        assert database.check() == []
        with database.write() as c:
            halls.find_or_create(c, "D")
            assert list(plots.content_hashes(c)) == []
    finally:
        database.close()

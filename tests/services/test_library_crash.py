"""Killed while a model or a set goes live or comes in, or acted on by two at once: what is live stays whole."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import activations, model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.services import library, model_exchange, model_sets
from hydra_desktop.vision.opening import open_model
from tests.fakes import library_hall
from tests.fakes.library_hall import HALL, TYPES, active

# imports once, then does each thing in a child that kills itself after so many writes; tells how the child ended
DOER = textwrap.dedent("""
    import json, os, signal, sys
    from pathlib import Path
    import sqlalchemy as sa
    from hydra_desktop.database.connection import open_database
    from hydra_desktop.services import library, model_exchange, model_sets

    def do(url, what, argument, after):
        writes = 0

        def count(_connection, _cursor, statement, *_):
            nonlocal writes
            if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                writes += 1
                if writes == after:
                    os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(sa.Engine, "after_cursor_execute", count)
        database = open_database(url)
        if what == "activate":
            library.activate(database, "D", int(argument), user="killed")
        elif what == "set":
            model_sets.activate(database, "D", argument, user="killed")
        elif what == "back":
            model_sets.roll_back(database, "D", user="killed")
        else:
            model_exchange.import_file(database, "D", Path(argument), user="killed")

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            do(*json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
""")


@pytest.fixture(scope="module")
def doer() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", DOER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def hall_id(database: Database) -> int:
    return library_hall.fill(database)


def do(doer: subprocess.Popen[str], *what: str | int) -> int:
    """Do it in a process of its own that kills itself after so many writes; how that ended."""
    assert doer.stdin is not None
    assert doer.stdout is not None
    doer.stdin.write(json.dumps(what) + "\n")
    doer.stdin.flush()
    return int(doer.stdout.readline())


def expect_whole(database: Database, hall_id: int) -> None:
    """Everything that is live opens, and is what the history says."""
    with database.write() as c:  # nobody's lock stays behind
        for record in model_store.active(c, hall_id).values():
            open_model(model_store.file(c, record.id))
        newest = {name: one.model_id for name, one in activations.newest(c, hall_id).items()}
        assert activations.active_ids(c, hall_id) == {name: id_ for name, id_ in newest.items() if id_ is not None}
        assert set(c.scalars(sa.select(t.models.c.id))) == set(c.scalars(sa.select(t.model_files.c.model_id)))
    assert database.check() == []


@pytest.mark.parametrize("what", ["activate", "set", "back", "import"])
def test_killed_after_any_write_it_is_as_if_it_never_began(
    database: Database, database_url: str, hall_id: int, tmp_path: Path, doer: subprocess.Popen[str], what: str
) -> None:
    before = {name: library_hall.add(database, hall_id, name) for name in TYPES[:2]}
    for model in before.values():
        library.activate(database, HALL, model, user="eva")
    after = {name: library_hall.add(database, hall_id, name) for name in TYPES}
    model_sets.save(database, HALL, "New", models=after, user="eva")
    argument = {"activate": str(after[TYPES[0]]), "set": "New", "back": "", "import": str(tmp_path / "one")}[what]
    if what == "back":
        model_sets.activate(database, HALL, "New", user="eva")
    if what == "import":
        path = tmp_path / "one"
        model_exchange.export(database, HALL, after[TYPES[2]], path, user="eva")
        with database.write() as c:
            c.execute(t.model_set_members.delete())
            for table in (t.thresholds, t.model_files):
                c.execute(table.delete().where(table.c.model_id == after[TYPES[2]]))
            c.execute(t.models.delete().where(t.models.c.id == after[TYPES[2]]))
    was = active(database, hall_id)
    number = 0
    while True:
        number += 1
        ended = do(doer, database_url, what, argument, number)
        expect_whole(database, hall_id)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        assert active(database, hall_id) == was
        assert number < 60
    assert number > (3 if what in ("activate", "import") else 6)  # it was killed at each of its writes
    ends = {"activate": {**was, TYPES[0]: after[TYPES[0]]}, "set": after, "back": before, "import": was}
    assert active(database, hall_id) == ends[what]


RACER = textwrap.dedent("""
    import json, sys
    from hydra_desktop.database.connection import open_database
    from hydra_desktop.domain.errors import ActiveChangedError
    from hydra_desktop.services import library

    url, user, first, *models = sys.argv[1:]
    database = open_database(url)
    print("ready", flush=True)
    sys.stdin.readline()
    seen, told = int(first), []
    for model in map(int, models):
        try:
            library.activate(database, "D", model, user=user, expected_active=seen)
            seen = model
            told.append(["won", model])
        except ActiveChangedError as error:
            told.append(["refused", str(error)])
            seen = int(str(error).split("model ")[1].split(" ")[0])
    print(json.dumps(told))
""")


def test_two_programs_that_act_at_once_never_overwrite_each_other(
    database: Database, database_url: str, hall_id: int
) -> None:
    first = library_hall.add(database, hall_id)
    library.activate(database, HALL, first, user="eva")
    programs = {}
    for user in ("ann", "ben"):
        models = [str(library_hall.add(database, hall_id)) for _ in range(8)]
        programs[user] = subprocess.Popen(
            [sys.executable, "-c", RACER, database_url, user, str(first), *models],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    for one in programs.values():
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in programs.values():
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told: dict[str, list[Any]] = {user: json.loads(one.communicate(timeout=60)[0]) for user, one in programs.items()}
    with database.read() as c:
        history = activations.history(c, hall_id, TYPES[0])[1:]
    assert [one.before_id for one in history] == [first, *(one.model_id for one in history[:-1])]
    for user, answers in told.items():
        won = [model for what, model in answers if what == "won"]
        assert won == [one.model_id for one in history if one.user == user]
        for what, why in answers:
            assert what == "won" or f"by {'ben' if user == 'ann' else 'ann'}" in why  # told who was first
    assert Counter(one.user for one in history).total() >= 8
    expect_whole(database, hall_id)

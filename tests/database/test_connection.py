"""Opening, upgrading, checking, backing up."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hydra_desktop.database import alarms, connection, halls
from hydra_desktop.database.connection import ATTEMPTS, Database, open_database, open_up_to_date
from hydra_desktop.database.tables import metadata
from hydra_desktop.domain.errors import BusyError, DatabaseError, StorageError
from tests.fakes.postgres_server import PostgresServer


def test_the_migrations_make_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    database.upgrade()
    assert database.check() == []


def test_a_database_that_is_not_set_up_says_what_to_do(bare_url: str) -> None:
    with pytest.raises(DatabaseError, match="hydra-desktop db upgrade"):
        open_database(bare_url)


def test_a_newer_database_is_refused(database: Database, database_url: str) -> None:
    version = "UPDATE alembic_version SET version_num = '{}'"
    with database.write() as connection:
        before = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text(version.format("9999")))
    for upgrade in (False, True):
        with pytest.raises(DatabaseError, match="newer Hydra Desktop"):
            open_database(database_url, upgrade=upgrade)
    with database.write() as connection:
        connection.execute(sa.text(version.format(before)))  # the database serves other tests


def test_a_database_that_is_away_says_so() -> None:
    with pytest.raises(DatabaseError, match="doesn't answer"):
        open_database("postgresql://nobody@127.0.0.1:9/none", upgrade=True)


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "mysql://x/y"])
def test_a_url_that_is_none_says_what_to_write(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"sqlite|SQLite|driver"):
        open_database(url)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are notes, not a database, and long enough to be looked at " * 50)
    with pytest.raises(DatabaseError, match="damaged or is none"):
        open_database(f"sqlite:///{path}", upgrade=True)


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="can't be made"):
        open_database(f"sqlite:///{tmp_path}/file/sub/hydra.db", upgrade=True)


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            halls.find_or_create(connection, "D")
            raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    with database.read() as connection:
        assert halls.names(connection) == []


def test_a_backup_holds_everything_and_overwrites_nothing(database: Database, tmp_path: Path) -> None:
    if database.dialect == "postgresql" and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump isn't installed here")
    with database.write() as connection:
        halls.find_or_create(connection, "D")
    copy = tmp_path / "copy"
    database.backup(copy)
    with pytest.raises(StorageError, match="already"):
        database.backup(copy)
    if database.dialect == "sqlite":
        restored = open_database(f"sqlite:///{copy}")
        with restored.read() as connection:
            assert halls.names(connection) == ["D"]
        restored.close()
    else:
        assert copy.read_bytes().startswith(b"PGDMP")


def test_a_file_that_was_taken_away_or_replaced_is_noticed_at_once(tmp_path: Path) -> None:
    file, away, copy = (tmp_path / name for name in ("hydra.db", "away.db", "copy.db"))
    database = open_database(f"sqlite:///{file}", upgrade=True)
    with database.write() as connection:
        halls.find_or_create(connection, "kept")
    database.backup(copy)
    file.rename(away)
    for _ in range(2):
        with pytest.raises(DatabaseError, match="is gone"), database.write() as connection:
            halls.find_or_create(connection, "lost")
    assert not file.exists()
    away.rename(file)
    with database.write() as connection:
        halls.find_or_create(connection, "another")
    copy.replace(file)
    for name in (f"{file}-wal", f"{file}-shm"):
        Path(name).unlink(missing_ok=True)
    with pytest.raises(DatabaseError, match="was replaced by another"), database.read():
        pass
    with database.write() as connection:
        assert halls.names(connection) == ["kept"]
        halls.find_or_create(connection, "new")
    database.close()
    restored = open_database(f"sqlite:///{file}")
    with restored.read() as connection:
        assert halls.names(connection) == ["kept", "new"]
    restored.close()


def test_an_embedded_database_is_upgraded_by_itself_and_a_shared_one_is_not(bare_url: str) -> None:
    if bare_url.startswith("sqlite"):
        open_up_to_date(bare_url).close()
        open_database(bare_url).close()
    else:
        for _ in range(2):
            with pytest.raises(DatabaseError, match="hydra-desktop db upgrade"):
                open_up_to_date(bare_url)


@pytest.mark.parametrize(
    "url",
    ["postgresql://hydra:sec:r@t@127.0.0.1:abc/h", "postgresql://hydra:sec:r@t@[::1/h", "sqlite:///x.db?timeout=a"],
)
def test_a_url_with_a_fault_says_what_to_mend_and_hides_the_password(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"port|leave out") as caught:
        open_database(url)
    assert "sec" not in str(caught.value)
    assert "r@t" not in str(caught.value)


def test_postgres_is_a_short_name_of_postgresql() -> None:
    with pytest.raises(DatabaseError, match="doesn't answer"):
        open_database("postgres://nobody@127.0.0.1:9/none")


def test_options_are_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match="leave out what follows the question mark"):
        open_database("sqlite:///x.db?mode=foo", upgrade=True)
    assert not list(tmp_path.iterdir())


def test_an_option_that_postgresql_does_not_know_is_said(postgres_server: PostgresServer) -> None:
    with pytest.raises(DatabaseError, match="mend the URL"):
        open_database(f"{postgres_server.new_database()}&mood=foo")


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
def test_what_meets_another_is_done_again_and_at_last_told(database: Database, code: str) -> None:
    meets = sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'they met' USING ERRCODE = '{code}'; END $$")
    tries = []

    def work(connection: sa.Connection, others: int) -> int:
        tries.append(halls.find_or_create(connection, f"hall {len(tries)}"))
        if len(tries) <= others:
            if database.dialect == "sqlite":
                raise BusyError("they met")
            connection.execute(meets)
        return tries[-1]

    assert database.act(lambda c: work(c, 2)) == tries[-1]
    with database.read() as c:
        assert halls.names(c) == ["hall 2"]  # of the others nothing is left
    tries.clear()
    with pytest.raises(BusyError, match="they met"):
        database.act(lambda c: work(c, 1000))
    assert len(tries) == ATTEMPTS


def test_who_holds_the_alarms_for_long_is_not_waited_for_any_longer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "LOCK_TIMEOUT_MS", 10)
    monkeypatch.setattr(connection, "LAST_ATTEMPT_S", 0.0)
    if database.dialect == "sqlite":
        pytest.skip("there is one writer at a time, see the next")
    with database.write() as c:
        alarms.hold(c, 1)
        with pytest.raises(BusyError, match="lock timeout"):
            database.act(lambda other: alarms.hold(other, 1))
        database.act(lambda other: alarms.hold(other, 2))
    database.act(lambda other: alarms.hold(other, 1))


def test_a_file_that_another_writes_to_for_long_is_not_said_to_be_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 1)
    one, other = (open_database(f"sqlite:///{tmp_path / 'hydra.db'}", upgrade=True) for _ in range(2))
    with one.write(), pytest.raises(BusyError, match=r"Others use the database.*try again .*locked"):
        other.act(lambda c: halls.find_or_create(c, "D"))
    assert other.act(lambda c: halls.find_or_create(c, "D")) == 1
    one.close()
    other.close()

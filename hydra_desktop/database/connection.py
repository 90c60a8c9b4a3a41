"""Opening, upgrading, checking and backing up the database."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..domain.errors import BusyError, DatabaseError, StorageError
from . import feed

_WRITE, _DURABLE, _REBUILDS = "hydra_write", "hydra_durable", "hydra_rebuilds"
BUSY_TIMEOUT_MS = 30_000
ATTEMPTS = 5
LAST_ATTEMPT_S = 5.0  # after the first
_IN_EACH_OTHERS_WAY = ("40001", "40P01", "55P03")  # of PostgreSQL: serialization failure, deadlock, lock timeout
_T = TypeVar("_T")
# a server whose cable was pulled is noticed within 20 s or so, not after the two hours of TCP's default
_POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Database:
    """A database that any thread may use; every use is one transaction.

    Whoever has a file open doesn't notice that it was taken away or replaced; so of an embedded database it is looked
    at before each use. Where another lies there, a restored backup perhaps, one use fails and the next has that.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._file: tuple[int, int] | None = None  # device and inode of an embedded one, once it is there

    @property
    def url(self) -> str:
        """The URL, without its password."""
        return self._engine.url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def connect_options(self) -> dict[str, Any]:
        """For a connection of one's own beside the engine's, as driver options."""
        return dict(_POSTGRESQL_OPTIONS) if self.dialect == "postgresql" else {}

    @property
    def engine(self) -> sa.Engine:
        """For the change feed, which needs a connection of its own."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that reads, all as of one moment; raises DatabaseError when the database is away."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sa.Connection]:
        """A transaction that writes, all or nothing; raises DatabaseError when the database is away.

        What it published in the change feed is written last. On SQLite it begins as the only writer,
        so that nothing it read can change before it writes. A `durable` one is on the disk at its end
        and outlasts a power cut too; PostgreSQL's always are.
        """
        with self._transaction(write=True, durable=durable) as connection:
            yield connection

    def act(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Do `work` as in `write` and give what it gives; a few times anew where others are in its way.

        Raises BusyError when they still are, DatabaseError when the database is away. `work` may raise BusyError too.
        """
        last_at, attempt = time.monotonic() + LAST_ATTEMPT_S, 1
        while True:
            try:
                with self.write() as connection:
                    return work(connection)
            except BusyError:
                if attempt == ATTEMPTS or time.monotonic() > last_at:
                    raise
            time.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 two that met don't meet again
            attempt += 1

    @contextmanager
    def rebuild(self) -> Iterator[sa.Connection]:
        """As `write`, for a migration: SQLite rebuilds a table by dropping it, which rows that point there forbid.

        Raises DatabaseError when rows point to rows that are missing afterwards; nothing is changed then.
        """
        with self._transaction(write=True, rebuilds=True) as connection:
            yield connection
            if self.dialect == "sqlite":
                lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if lost:
                    raise DatabaseError(
                        f"The database {self.url} can't be upgraded: {len(lost)} rows of {lost[0][0]} and others point "
                        "to rows that are missing. Restore a backup, or ask for help with hydra-desktop db check."
                    )

    def upgrade(self) -> None:
        """Bring the schema to this program's version; raises DatabaseError for a newer one."""
        with self.read() as connection:
            revision = _revision(connection)
        if revision is not None and revision == _newest_revision():
            return
        if revision is not None and revision not in _known_revisions():
            raise DatabaseError(
                f"The database {self.url} was made by a newer Hydra Desktop ({revision}); update this program."
            )
        with self.rebuild() as connection:
            if self.dialect == "postgresql":  # two programs may start at once
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(711994)"))
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def check(self) -> list[str]:
        """What is wrong with the database, a line each; empty when all is well."""
        found = []
        with self.read() as connection:
            revision = _revision(connection)
            if revision != _newest_revision():
                found.append(
                    f"the schema is at {revision or 'nothing'}, not {_newest_revision()}: hydra-desktop db upgrade"
                )
            if self.dialect == "sqlite":
                found += [
                    f"integrity: {row[0]}"
                    for row in connection.exec_driver_sql("PRAGMA integrity_check")
                    if row[0] != "ok"
                ]
                found += [
                    f"a row of {row[0]} points to a missing row of {row[2]}"
                    for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
                ]
        return found

    def backup(self, path: Path) -> None:
        """Write a complete copy to a new file; raises StorageError when that can't be done."""
        if path.exists():
            raise StorageError(f"{path} is there already; name a file that isn't.")
        partial = path.with_name(path.name + ".partial")
        try:
            if self.dialect == "sqlite":
                self._backup_sqlite(partial)
            else:
                self._backup_postgresql(partial)
            partial.replace(path)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"No backup could be written to {path}: {error}") from error
        finally:
            partial.unlink(missing_ok=True)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _backup_sqlite(self, path: Path) -> None:
        with self._engine.connect() as connection:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)  # noqa: S101 the dialect says so
            copy = sqlite3.connect(path)
            try:
                source.backup(copy)
            finally:
                copy.close()

    def _backup_postgresql(self, path: Path) -> None:
        program = shutil.which("pg_dump")
        if program is None:
            raise StorageError("pg_dump isn't installed; install PostgreSQL's client programs and try again.")
        url = self._engine.url.set(drivername="postgresql")
        environment = {**os.environ, "PGPASSWORD": url.password or ""}
        target = url.set(password=None).render_as_string(hide_password=False)
        done = subprocess.run(
            [program, "--format=custom", f"--file={path}", f"--dbname={target}"],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise StorageError(f"pg_dump failed: {done.stderr.strip()}")

    @contextmanager
    def _transaction(self, *, write: bool, durable: bool = False, rebuilds: bool = False) -> Iterator[sa.Connection]:
        options: dict[str, Any] = {_WRITE: write, _DURABLE: durable, _REBUILDS: rebuilds}
        if write:
            options[feed.PENDING] = {}
        elif self.dialect == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._expect_same_file()
        try:
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
                if write:
                    feed.write_pending(connection)
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            if _is_busy(error):
                raise BusyError(
                    f"Others use the database {self.url} in the same moment, and nothing was changed; try again "
                    f"({_reason(error)})."
                ) from error
            raise DatabaseError(f"The database {self.url} doesn't answer: {_reason(error)}") from error
        except sa.exc.ProgrammingError as error:
            if "invalid connection option" in str(error.orig):
                raise DatabaseError(f"The database {self.url}: {_reason(error)}; mend the URL.") from error
            if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
                raise DatabaseError(f"The database {self.url} isn't set up; run: hydra-desktop db upgrade") from error
            raise
        except sa.exc.DatabaseError as error:
            if type(error) is not sa.exc.DatabaseError:  # a fault of our own
                raise
            raise DatabaseError(
                f"The database {self.url} is damaged or is none ({_reason(error)}): "
                "stop all programs and restore a backup, or name another."
            ) from error

    def _expect_same_file(self) -> None:
        name = self._engine.url.database
        if self.dialect != "sqlite" or not name or name == ":memory:":
            return
        try:
            stat = Path(name).stat()
        except OSError as error:
            if self._file is None:
                return  # it is to be made yet
            raise DatabaseError(f"The database {self.url} is gone: its file isn't there any more.") from error
        before, self._file = self._file, (stat.st_dev, stat.st_ino)
        if before not in (None, self._file):
            self._engine.dispose()
            raise DatabaseError(f"The database {self.url} was replaced by another file, which is opened now.")


def open_database(url: str, *, upgrade: bool = False, any_version: bool = False) -> Database:
    """Open the database at an SQLAlchemy URL, and with `upgrade` bring its schema up to date.

    With `any_version` an older or newer schema is let be, for a backup before an upgrade. Only with `upgrade` is
    one made that isn't there.
    Raises DatabaseError, with what to do, when it is away, not set up, or newer than this program.
    """
    try:
        engine = _engine(sa.make_url(url), must_exist=not upgrade)
    except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseError(f"No driver for {url.split(':')[0]} is installed: {error}") from error
    except (sa.exc.ArgumentError, ValueError) as error:
        raise DatabaseError(
            f"{_without_password(url)!r} is no database URL; write sqlite:///FILE or postgresql://USER@HOST/DATABASE, "
            "with a number where HOST:PORT has its port, and %XX for special characters of a password."
        ) from error
    database = Database(engine)
    try:
        if upgrade:
            database.upgrade()
        else:
            _expect_newest(database, any_version=any_version)
    except DatabaseError:
        engine.dispose()
        raise
    return database


def open_up_to_date(url: str) -> Database:
    """Open the database for work at this program's version.

    An embedded one is the program's own and is upgraded with it; a shared one waits for
    `hydra-desktop db upgrade`, as other stations use it too. Raises as `open_database`.
    """
    return open_database(url, upgrade=url.startswith("sqlite"))


def _expect_newest(database: Database, *, any_version: bool) -> None:
    with database.read() as connection:
        revision = _revision(connection)
    if revision == _newest_revision() or (any_version and revision is not None):
        return
    if revision is None or revision in _known_revisions():
        raise DatabaseError(f"The database {database.url} isn't up to date; run: hydra-desktop db upgrade")
    raise DatabaseError(f"The database {database.url} was made by a newer Hydra Desktop; update this program.")


def _engine(url: sa.URL, *, must_exist: bool = False) -> sa.Engine:
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseError(f"{url.get_backend_name()} isn't supported yet; use SQLite or PostgreSQL.")
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, pool_pre_ping=True, connect_args=dict(_POSTGRESQL_OPTIONS))
    if url.query:
        raise DatabaseError(
            f"{url} has options, which SQLite takes none of here: leave out what follows the question mark; "
            "one that belongs to the name of the file is written %3F."
        )
    if url.database and url.database != ":memory:":
        if must_exist and not Path(url.database).exists():
            raise DatabaseError(
                f"There is no database {url.database}; check --database, HYDRA_DATABASE and HYDRA_HOME, or make it: "
                "hydra-desktop db upgrade."
            )
        folder = Path(url.database).expanduser().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"{folder} can't be made ({error.strerror}); name another place for the database."
            ) from error
    engine = sa.create_engine(url)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")  # in WAL mode a killed process loses nothing committed
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    # the step to WAL doesn't heed busy_timeout, and a program and its monitor start at the same moment
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
    durable = connection.get_execution_options().get(_DURABLE, False)
    if durable != connection.info.get(_DURABLE, False):
        connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.info[_DURABLE] = durable
    rebuilds = connection.get_execution_options().get(_REBUILDS, False)
    if rebuilds != connection.info.get(_REBUILDS, False):  # without effect within a transaction
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {'OFF' if rebuilds else 'ON'}")
        connection.info[_REBUILDS] = rebuilds
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)


def _is_busy(error: sa.exc.DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        code: int = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # without what extends it
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in _IN_EACH_OTHERS_WAY


def _reason(error: sa.exc.DBAPIError) -> str:
    reason = str(error.orig).strip()
    if "unable to open" in reason or "readonly database" in reason:
        reason += "; its folder and its files must be readable and writable"
    return reason


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@cache  # it lies in the program's files
def _newest_revision() -> str | None:
    return ScriptDirectory.from_config(_alembic()).get_current_head()


@cache
def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()

"""A real PostgreSQL server for tests: made, started and stopped by themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, None where PostgreSQL isn't installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if found:
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


class PostgresServer:
    """One server on a Unix socket in a temporary folder; it never listens on the network.

    As root it runs as the user ``postgres`` (or ``nobody``), since PostgreSQL refuses root. Only a `durable` one
    waits for the disk, as a site's does.
    """

    def __init__(self, *, durable: bool = False) -> None:
        folder = programs()
        if folder is None:
            raise RuntimeError("PostgreSQL isn't installed")
        self._programs = folder
        self._durable = durable
        self.emptied: list[str] = []  # URLs of databases that were used, with their tables, ready for the next
        self._user = _server_user() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="hydra-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108
        if self._user:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self._run("initdb", "--auth=trust", "--username=hydra", "--encoding=UTF8", "--no-sync", "-D", str(self._data))
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        if not self._durable:
            options += " -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, *, mode: str = "immediate") -> None:
        """Stop the server; the data stays."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def close(self) -> None:
        """Stop the server if it runs and remove its data."""
        try:
            self.stop()
        except subprocess.CalledProcessError:
            pass  # it was stopped already
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of a new empty database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(host=str(self.folder), user="hydra", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://hydra@/{name}?host={self.folder}"

    def empty(self, url: str) -> None:
        """Delete all rows of a database whose test is over, for the next one: quicker than making another."""
        name = url.removeprefix("postgresql://hydra@/").partition("?")[0]
        with psycopg.connect(host=str(self.folder), user="hydra", dbname=name, autocommit=True) as connection:
            # a test that left a transaction open would keep the rows
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET session_replication_role = replica")  # foreign keys wait until all is gone
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ).fetchall()
            connection.execute("; ".join(f'DELETE FROM "{table}"' for (table,) in tables))  # noqa: S608
        self.emptied.append(url)

    def _run(self, program: str, *options: str) -> None:
        command = [str(self._programs / program), *options]
        if self._user:
            command = ["runuser", "-u", self._user, "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)


def _server_user() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("no user to run PostgreSQL as; make one named postgres")

"""What all commands share: the database, progress on stderr, words, and the types of options."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from ..database.connection import Database
    from ..services.progress import Progress

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DONE, MENDABLE, USAGE, INTERRUPTED = 0, 1, 2, 130

Command = Callable[[argparse.Namespace, Settings], int]


def add(commands: Commands, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    """Add a command that runs a function; gives its parser."""
    parser = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    parser.set_defaults(command=run)
    return parser


@contextmanager
def opened(settings: Settings, *, upgrade: bool = False, any_version: bool = False) -> Iterator[Database]:
    """The database of the settings, closed at the end."""
    from ..database.connection import open_database, open_up_to_date

    if upgrade or any_version:
        database = open_database(settings.database_url, upgrade=upgrade, any_version=any_version)
    else:
        database = open_up_to_date(settings.database_url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def shown_progress(*, keep: bool = False) -> Iterator[Progress]:
    """Progress on stderr: one line that moves on a terminal, else a line for each stage; `keep` as in Progress.

    The time left is told from how long the work took so far, from where its fraction was last less than before.
    """
    from ..services.progress import Progress

    moving = sys.stderr.isatty()
    last = ["", ""]
    began_s, before = 0.0, 2.0

    def report(stage: str, fraction: float) -> None:
        nonlocal began_s, before
        if fraction < before:
            began_s = time.monotonic()
        before = fraction
        passed_s = time.monotonic() - began_s
        line = f"{stage[:1].upper()}{stage[1:]}: {100 * fraction:3.0f} %"
        if passed_s > 2 and 0.02 < fraction < 1:  # before that nothing can be told of the rest
            minutes, seconds = divmod(round(passed_s * (1 - fraction) / fraction), 60)
            line += f", {minutes} min {seconds} s left" if minutes else f", {seconds} s left"
        if moving and line != last[1]:
            sys.stderr.write(f"\r{line:<{len(last[1])}}")
            sys.stderr.flush()
        elif not moving and stage != last[0]:
            say(f"{stage[:1].upper()}{stage[1:]} ...")
        last[:] = [stage, line]

    try:
        progress = Progress(report)
        if keep:
            progress.keep.set()
        yield progress
    finally:
        if moving and last[1]:
            sys.stderr.write("\r" + " " * len(last[1]) + "\r")
            sys.stderr.flush()


def write_json(path: Path | None, figures: object) -> None:
    """Write figures to a file, if there is one to write."""
    if path is not None:
        import json

        from ..outputs.whole_file import whole_file

        with whole_file(path) as file:
            json.dump(figures, file, indent=2, allow_nan=False)
            file.write("\n")


def expect_writable(path: Path | None) -> None:
    """Raise StorageError when a file can't be written, before the work whose figures it shall hold."""
    if path is not None:
        from ..outputs.whole_file import expect_writable

        expect_writable(path)


def tell(text: str) -> None:
    """The answer, on stdout."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A word to the person, on stderr."""
    sys.stderr.write(f"{text}\n")


def count(text: str) -> int:
    """An option's whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


def number(text: str) -> float:
    """An option's number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"must be a number from 0 on, not {text!r}")
    return value


def seconds(text: str) -> float:
    """An option's number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return value

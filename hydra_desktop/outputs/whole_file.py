"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from ..domain.errors import StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name once it is complete, and not before.

    What is no plain file, such as /dev/stdout, is written as it comes. Raises StorageError
    when folder or file can't be written.
    """
    file, temporary = _opened(path)
    special = temporary == path
    try:
        with file:
            yield file
        if not special:
            temporary.replace(path)
    except OSError as error:
        if not special:
            temporary.unlink(missing_ok=True)
        raise StorageError(f"{path} can't be written ({error.strerror}); check space and permissions.") from error
    except BaseException:
        if not special:
            temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises StorageError when folder or file can't be written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise StorageError(f"{path} is a folder; name a file.")
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StorageError(f"{path} can't be written ({error.strerror}); check space and permissions.") from error


def expect_writable(path: Path) -> None:
    """Raise StorageError now when the file couldn't be written later; leaves what is there as it is."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return  # to open a pipe would wait for its reader
    file, temporary = _opened(path)
    file.close()
    temporary.unlink()


def _opened(path: Path) -> tuple[TextIO, Path]:
    """The file that is written first, and its path: that of the file itself where it is no plain one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise StorageError(f"{path} is a folder; name a file.")
        special = path.exists() and not path.is_file()
        temporary = path if special else path.with_name(f".{path.name}.{os.getpid()}.tmp")
        return temporary.open("w", encoding="utf-8", newline=""), temporary
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}); check folder and permissions.") from error

"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..domain.errors import StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name once it is complete, and not before.

    What is no plain file, such as /dev/stdout, is written as it comes. Raises StorageError
    when folder or file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise StorageError(f"{path} is a folder; name a file.")
        special = path.exists() and not path.is_file()
        temporary = path if special else path.with_name(f".{path.name}.{os.getpid()}.tmp")
        file = temporary.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}); check folder and permissions.") from error
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

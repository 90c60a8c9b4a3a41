"""The image store: pictures by content hash in a folder, each kept once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ..domain.errors import StorageError


class ImageStore:
    """Pictures as they came, under the SHA-256 of their bytes; any number of processes may add."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, content_hash: str) -> Path:
        """Where a picture lies, whether it is there or not."""
        return self.folder / content_hash[:2] / content_hash

    def has(self, content_hash: str) -> bool:
        """Whether a picture is there."""
        return self.path(content_hash).is_file()

    def add(self, data: bytes) -> str:
        """Keep a picture, at once or not at all; returns its hash.

        Raises StorageError when the folder can't be written or is full.
        """
        content_hash = hashlib.sha256(data).hexdigest()
        path = self.path(content_hash)
        try:
            if path.is_file() and path.stat().st_size == len(data):  # a power cut may have left it shorter
                return content_hash
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(name).chmod(0o644)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StorageError(
                f"The image store {self.folder} can't be written ({error.strerror}); "
                "free some space or mend its permissions. Plots wait until then."
            ) from error
        return content_hash

    def read(self, content_hash: str) -> bytes:
        """The bytes of a picture; raises StorageError when it isn't there."""
        try:
            return self.path(content_hash).read_bytes()
        except OSError as error:
            raise StorageError(
                f"The picture {content_hash[:12]} isn't in {self.folder} ({error.strerror}); was the folder moved?"
            ) from error

    def remove(self, content_hash: str) -> None:
        """Forget a picture; it needn't be there. Raises StorageError when the folder can't be written."""
        try:
            self.path(content_hash).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"Old pictures in {self.folder} can't be removed ({error.strerror}); mend its permissions."
            ) from error

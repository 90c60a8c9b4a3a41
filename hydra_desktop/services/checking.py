"""Whether database and image store are sound."""

from __future__ import annotations

from ..database import plots
from ..database.connection import Database
from ..database.image_store import ImageStore
from .progress import Progress


def check(database: Database, images: ImageStore, *, progress: Progress) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    progress("checking the database", 0.0)
    found = database.check()
    if found:  # an old or damaged database can't be asked for its plots
        return found
    progress("looking for missing pictures", 0.0)
    with database.read() as connection:
        missing = [content_hash for content_hash in plots.content_hashes(connection) if not images.has(content_hash)]
    if missing:
        found.append(
            f"{len(missing)} pictures are not in {images.folder} (the first: {missing[0]}); "
            "restore the folder from a backup, or set HYDRA_HOME to where it is"
        )
    return found

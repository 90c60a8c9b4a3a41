"""Whether database and image store are sound."""

from __future__ import annotations

from ..database import halls, model_store, plots
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import ModelFileError
from ..vision.opening import open_model
from .progress import Progress


def check(database: Database, images: ImageStore, *, progress: Progress) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    progress("checking the database", 0.0)
    found = database.check()
    if found:  # an old or damaged database can't be asked for its plots
        return found
    progress("opening the active models", 0.0)
    found += _unusable_models(database)
    progress("looking for missing pictures", 0.0)
    with database.read() as connection:
        missing = [content_hash for content_hash in plots.content_hashes(connection) if not images.has(content_hash)]
    if missing:
        found.append(
            f"{len(missing)} pictures are not in {images.folder} (the first: {missing[0]}); "
            "restore the folder from a backup, or set HYDRA_HOME to where it is"
        )
    return found


def _unusable_models(database: Database) -> list[str]:
    found = []
    with database.read() as connection:
        for hall in halls.names(connection):
            hall_id = halls.find(connection, hall)
            assert hall_id is not None  # noqa: S101 just read
            for plot_type, record in model_store.active(connection, hall_id).items():
                try:
                    open_model(model_store.file(connection, record.id))
                except ModelFileError as error:
                    found.append(f"hall {hall}: the active model of {plot_type} can't be used: {error}")
    return found

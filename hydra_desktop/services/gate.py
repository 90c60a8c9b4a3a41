"""The gate before a model goes live: whether it is worse than the active one on runs that it never saw."""

from __future__ import annotations

import logging
import math

from sqlalchemy import Connection

from ..database import model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord
from ..domain.errors import SiteError
from ..domain.library import Measured
from ..domain.model_comparison import FEWEST_TO_SHOW
from .comparing import compare
from .progress import Progress

log = logging.getLogger(__name__)

MOST_ANEW = 500  # plots that are judged for it, the newest: some ten seconds where nothing is stored of them
SURE = 1.96  # standard deviations: by chance a difference as large comes once in forty times


def worse(connection: Connection, new: ModelRecord, active: ModelRecord) -> str | None:
    """Why a model is worse than the active one, in a sentence with its numbers; None when nothing says so.

    Each has figures of plots that it held out itself, so that only differences beyond chance count. Those that a model
    brought from elsewhere are of no plots of this hall, and nobody here can tell whether they are true.
    """
    if new.is_imported:
        return (
            f"model {new.id} was trained elsewhere, and no plots of this hall tell whether it is worse than model "
            f"{active.id}, which is active; try it in shadow first, or label plots of new runs"
        )
    if active.is_imported:
        return None
    roles = model_store.roles(connection, new.id)
    theirs, ours = Measured.of(active.card, roles), Measured.of(new.card, roles)
    if theirs is None:
        return None
    if ours is None:
        return (
            f"model {new.id} has no figures of held-out plots, so nobody knows whether it is worse than model "
            f"{active.id}, which is active ({theirs.text()})"
        )
    told = []
    if _more(ours.missed, ours.faulty, theirs.missed, theirs.faulty):
        told.append(
            f"misses {ours.missed} of {ours.faulty} faulty plots "
            f"(model {active.id}: {theirs.missed} of {theirs.faulty})"
        )
    if (
        ours.false_positives is not None
        and theirs.false_positives is not None
        and _more(ours.false_positives, ours.good, theirs.false_positives, theirs.good)
    ):
        told.append(
            f"{ours.false_positives} false positives of {ours.good} Good plots "
            f"(model {active.id}: {theirs.false_positives} of {theirs.good})"
        )
    if _more(ours.wrong, ours.plots, theirs.wrong, theirs.plots):
        told.append(
            f"another label than people gave for {ours.wrong} of {ours.plots} plots "
            f"(model {active.id}: {theirs.wrong} of {theirs.plots})"
        )
    if not told:
        return None
    return f"model {new.id} is worse than the active one on held-out runs, beyond chance: {'; '.join(told)}"


def on_same_plots(
    database: Database,
    hall_name: str,
    images: ImageStore,
    new_id: int,
    active_id: int | None,
    progress: Progress | None = None,
) -> str | None:
    """Why a model is worse than the active one on plots that neither was trained on, "" where nothing shows that.

    None where such plots are of too few runs to show anything, or it can't be told. Raises Stopped.
    """
    if active_id is None:
        return ""
    try:
        found = compare(database, hall_name, images, [new_id, active_id], progress, most_anew=MOST_ANEW)
    except SiteError as error:  # the active model's file may be the damaged one
        log.info("Models %d and %d can't be compared: %s", new_id, active_id, error)
        return None
    if found.runs < FEWEST_TO_SHOW:
        return None
    if not (found.worse or found.worse_in):
        return ""
    lines = [line.strip().rstrip(".") for line in found.sentences()]
    return f"{'; '.join(lines)} ({found.plots} plots of {found.runs} runs that neither was trained on)"


def _more(of_new: int, new: int, of_old: int, old: int) -> bool:
    """Whether a share is larger beyond chance (the interval of Agresti and Caffo for two proportions)."""
    if not new or not old:
        return False
    first, second = (of_new + 1) / (new + 2), (of_old + 1) / (old + 2)
    spread = math.sqrt(first * (1 - first) / (new + 2) + second * (1 - second) / (old + 2))
    return first - second > SURE * spread

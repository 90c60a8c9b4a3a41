"""A hall with a library: real model files of the demo, with cards whose figures a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hydra_desktop import paths
from hydra_desktop.database import halls, model_store
from hydra_desktop.database.connection import Database

HALL = "D"
TYPES = ("BCAL_TDC_occ", "BCAL_atten", "CDC_occupancy")
THRESHOLDS = {"Good": 0.5, "Bad": 0.5}


@lru_cache
def file_of(plot_type: str) -> bytes:
    """The file of the demo's model of a plot type."""
    return (paths.shipped("models") / "demo" / f"{plot_type}.safetensors").read_bytes()


def figures(*, good: int = 300, positives: int = 3, faulty: int = 60, missed: int = 2) -> dict[str, Any]:
    """Figures of held-out plots as a training writes them on a card."""
    return {
        "plots": good + faulty,
        "macro_f1": 1 - (missed + positives) / (good + faulty),
        "auc": 0.99,
        "false_alarms_per_1000": None,
        "false_positives_per_1000": 1000 * positives / good,
        "unfamiliar_good_share": 0.01,
        "recall": {},
        "confusion": {
            "Good": {"Good": good - positives, "Bad": positives},
            "Bad": {"Bad": faulty - missed, "Good": missed},
        },
    }


def card(**of_figures: int) -> dict[str, Any]:
    """A model's card."""
    return {
        "plots": {"Good": 800, "Bad": 120},
        "runs": 61,
        "run_periods": ["2026-03"],
        "split": "5 folds by run",
        "trained_on": [],
        "figures": figures(**of_figures),
    }


def fill(database: Database, plot_types: tuple[str, ...] = TYPES) -> int:
    """A hall with plot types and no model; gives its id."""
    with database.write() as c:
        hall_id = halls.find_or_create(c, HALL)
        for name in plot_types:
            halls.ensure_labels(c, hall_id, name, list(THRESHOLDS), user="eva", comment="")
    return hall_id


def add(
    database: Database,
    hall_id: int,
    plot_type: str = TYPES[0],
    *,
    of_card: Mapping[str, Any] | None = None,
    file: bytes | None = None,
    user: str = "eva",
) -> int:
    """Store a model that isn't live; gives its id."""
    with database.write() as c:
        return model_store.add(
            c,
            hall_id,
            plot_type,
            file=file_of(plot_type) if file is None else file,
            card=card() if of_card is None else of_card,
            thresholds=THRESHOLDS,
            user=user,
        )


def active(database: Database, hall_id: int) -> dict[str, int]:
    """What is live, by plot type."""
    with database.read() as c:
        return {name: record.id for name, record in model_store.active(c, hall_id).items()}

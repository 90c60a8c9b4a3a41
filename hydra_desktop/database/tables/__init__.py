"""The tables, a module for each topic; `from ..database import tables as t` offers them all.

A foreign key names its table, so the modules don't import each other.
"""

from __future__ import annotations

from .alarm import alarm_log, alarms, canaries, conditions, known_faults, known_verdicts, out_of_service, suppressions
from .columns import OutsideText, UtcDateTime, metadata, storable
from .hall import hall_history, halls, labels, news, plot_types, run_states
from .labeling import (
    contests,
    given_labels,
    label_actions,
    label_claims,
    label_queue,
    label_skips,
    label_suspects,
    model_mistakes,
)
from .model import (
    active_models,
    model_activations,
    model_files,
    model_set_activations,
    model_set_members,
    model_sets,
    models,
    shadow_models,
    thresholds,
    training_jobs,
)
from .plot import features, files_seen, plot_reference_plots, plot_references, plots
from .station import heartbeats, problems, sign_ins, source_leases, station_presence, stations
from .verdict import episodes, evidence, familiarities, probabilities, stage_timings, verdicts
from .wall import changes, counters, panels

__all__ = [
    "OutsideText",
    "UtcDateTime",
    "active_models",
    "alarm_log",
    "alarms",
    "canaries",
    "changes",
    "conditions",
    "contests",
    "counters",
    "episodes",
    "evidence",
    "familiarities",
    "features",
    "files_seen",
    "given_labels",
    "hall_history",
    "halls",
    "heartbeats",
    "known_faults",
    "known_verdicts",
    "label_actions",
    "label_claims",
    "label_queue",
    "label_skips",
    "label_suspects",
    "labels",
    "metadata",
    "model_activations",
    "model_files",
    "model_mistakes",
    "model_set_activations",
    "model_set_members",
    "model_sets",
    "models",
    "news",
    "out_of_service",
    "panels",
    "plot_reference_plots",
    "plot_references",
    "plot_types",
    "plots",
    "probabilities",
    "problems",
    "run_states",
    "shadow_models",
    "sign_ins",
    "source_leases",
    "stage_timings",
    "station_presence",
    "stations",
    "storable",
    "suppressions",
    "thresholds",
    "training_jobs",
    "verdicts",
]

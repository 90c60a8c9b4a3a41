"""The models that ship for the simulated hall, made anew from its own training sets."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ..domain.errors import ModelFileError, StorageError
from ..domain.label import Role
from ..sources.simulated import SimulatedHall
from ..vision import fitting, head, model_file
from ..vision.backbone import IDENTITY, Backbone, exported
from ..vision.picture import HEIGHT, WIDTH, resize
from . import lookup
from .features import extract
from .progress import Progress

GOOD, EACH = 90, 30  # Good plots, and plots of every other label, in a training set
LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class _Job:
    plot_type: str
    hall_seed: int
    seed: int
    good: int
    each: int
    threads: int


def make(
    folder: Path,
    *,
    hall_seed: int,
    seed: int,
    only: Collection[str] | None,
    progress: Progress,
    good: int = GOOD,
    each: int = EACH,
) -> int:
    """Train a model for each plot type of the simulated hall; gives how many were made.

    They go to ``demo/`` in `folder`, with ``manifest.json`` beside: of each file its hash, input,
    licence and source. `hall_seed` is that of the hall that the demo shows, for its known dead
    channels, and `seed` that of the training sets. The same seeds give the same models. Raises
    SettingsError for an unknown plot type, StorageError when the folder can't be written.
    """
    names = SimulatedHall(hall_seed).names
    chosen = [lookup.plot_type(names, name) for name in only] if only else names
    try:
        (folder / "demo").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} can't be written ({error.strerror}); name another folder.") from error
    exported()  # once, before the processes all want it
    processes = max(1, min(len(chosen), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
    jobs = [_Job(name, hall_seed, seed, good, each, threads=1 if processes > 1 else 2) for name in chosen]
    for done, (name, data) in enumerate(_trained(jobs, processes), start=1):
        progress(f"training {len(chosen)} models", done / len(chosen))
        _write(folder / "demo" / f"{name}.safetensors", data)
    _write(folder / "manifest.json", _manifest(folder, hall_seed, seed))
    return len(chosen)


def _trained(jobs: list[_Job], processes: int) -> Iterator[tuple[str, bytes]]:
    context = multiprocessing.get_context("spawn")  # threads of onnxruntime don't survive a fork
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = [pool.submit(_train, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _train(job: _Job) -> tuple[str, bytes]:
    hall = SimulatedHall(job.hall_seed)
    plots = list(hall.training_set(job.plot_type, job.good, job.each, job.seed))
    settings = hall.hall().plot_types[job.plot_type]
    extracted = extract(
        range(len(plots)), lambda index: resize(plots[index].picture), Backbone(), Progress(), job.threads
    )
    trained = head.train(
        job.plot_type,
        extracted.description,
        [plot.label for plot in plots],
        [str(plot.name.run_number) for plot in plots],
        good=[label.name for label in settings.labels if label.role is Role.GOOD],
        recipe=fitting.Recipe(seed=job.seed),
    )
    return job.plot_type, model_file.save(trained.model)


def _manifest(folder: Path, hall_seed: int, seed: int) -> bytes:
    """The manifest of all model files in the folder."""
    models = []
    for path in sorted((folder / "demo").glob("*.safetensors")):
        data = path.read_bytes()
        try:
            model = model_file.load(data)
        except ModelFileError as error:
            raise ModelFileError(f"{path}: {error} Without --only all models are made anew.") from error
        models.append(
            {
                "file": f"demo/{path.name}",
                "sha256": hashlib.sha256(data).hexdigest(),
                "plot_type": model.plot_type,
                "input": f"uint8 ({HEIGHT}, {WIDTH}, 3), features of {IDENTITY}",
                "licence": LICENCE,
                "source": f"hydra-desktop demo-models, hall seed {hall_seed}, training seed {seed}",
            }
        )
    return (json.dumps({"models": models}, indent=1) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(f"{path} can't be written ({error.strerror}); check space and permissions.") from error

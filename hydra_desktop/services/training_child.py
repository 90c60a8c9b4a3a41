"""The process that trains: `python -m hydra_desktop.services.training_child`, driven by training_runner.py.

It takes one line of JSON a job on stdin, and a line to stop one; it tells how far it is in lines of JSON on stdout.
Where stdin ends, its parent is gone, and so is it at once. One process trains many jobs, as what it imports and the
network that it loads take longer than a small job.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from .. import settings as settings_module
from ..database import training_jobs
from ..database.connection import Database, open_database
from ..database.image_store import ImageStore
from ..domain.errors import LeaseLostError, SiteError, Stopped
from ..domain.training import Options, Recipe, Stop
from ..settings import Settings
from . import priority
from .progress import Progress

BETWEEN_S = 0.15  # words on a stage that goes on; its parent doesn't store them more often
OOM_SCORE = "600"  # where memory runs out, the kernel ends this before the wall and the monitor


def main() -> None:
    """Train what is asked for until stdin ends."""
    priority.give_way(priority.TRAINING)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")
    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what a library prints must not stand between the lines
    child = _Child(told)
    threading.Thread(target=child.listen, daemon=True).start()
    chosen = settings_module.load()
    from . import training  # it is heavy: the parent's end is heard meanwhile

    child.serve(chosen, training)


class _Child:
    def __init__(self, told: Any) -> None:
        self._told, self._lock = told, threading.Lock()
        self._jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self._progress = Progress()
        self._job_id = 0
        self._early: dict[int, Stop] = {}

    def listen(self) -> None:
        """Hear what the parent wants; end at once when it is gone."""
        for line in sys.stdin:
            asked = json.loads(line)
            if "stop" in asked:
                self._stop(asked["job"], Stop(asked["stop"]))
            else:
                self._jobs.put(asked)
        os._exit(0)  # nothing that was under way is to be stored

    def serve(self, settings: Settings, training: Any) -> None:
        """Train one job after the other."""
        database = open_database(settings.database_url)
        images = ImageStore(settings.image_folder)
        while True:
            asked = self._jobs.get()
            with self._lock:
                self._job_id = asked["job"]
                self._progress = Progress(_Reporter(self.tell), draw=self._draw)
                early = self._early.pop(self._job_id, None)
            if early is not None:
                self._stop(self._job_id, early)
            self.tell(ended=self._trained(training, database, settings, images, asked))

    def tell(self, **words: Any) -> None:
        """A line to the parent."""
        with self._lock:
            self._told.write(json.dumps({"job": self._job_id, **words}) + "\n")

    def _draw(self, curve: str, step: float, value: float) -> None:
        self.tell(curve=curve, step=step, value=value)

    def _stop(self, job_id: int, wish: Stop) -> None:
        with self._lock:
            progress = self._progress if job_id == self._job_id else None
            if progress is None:
                self._early[job_id] = wish
        if progress is not None:
            (progress.keep.set if wish is Stop.KEEP else progress.keep.clear)()
            progress.stop.set()

    def _trained(
        self, training: Any, database: Database, settings: Settings, images: ImageStore, asked: dict[str, Any]
    ) -> dict[str, str]:
        """How a job ended: with `done`, `failed`, `stopped` or `lost`, each with words; `own`: the fault is ours."""
        options = Options.of(asked["options"])
        rate = options.false_alarms_a_day

        def stored(c: Connection, model_id: int) -> None:
            hall_id, job_id = asked["hall_id"], asked["job"]
            training_jobs.finish(c, hall_id, job_id, asked["fencing"], model_id)

        try:
            report = training.train(
                database,
                settings.hall,
                images,
                asked["plot_type"],
                activate=False,
                user=asked["user"],
                progress=self._progress,
                checkpoints=settings.home / "training" if options.recipe is Recipe.BOTH else None,
                false_alarms=None if rate is None else training.FalseAlarms(rate),
                balanced=options.balanced,
                stored=stored,
            )
        except LeaseLostError as error:
            return {"lost": str(error)}
        except Stopped:
            return {"stopped": "Stopped. No model was stored."}
        except SiteError as error:
            return {"failed": str(error)}
        except MemoryError:
            return {"failed": "There was not enough memory; close other programs, or train on a larger machine."}
        except Exception as error:  # noqa: BLE001 a fault of our own ends this job, not the ones behind it
            traceback.print_exc()
            return {"failed": f"Something went wrong in the program: {type(error).__name__} {error}", "own": "yes"}
        return {"done": report.text()}


class _Reporter:
    """Tells of every new stage, and now and then how far it is."""

    def __init__(self, tell: Any) -> None:
        self._tell, self._stage, self._told_at = tell, "", 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._told_at >= BETWEEN_S:
            self._stage, self._told_at = stage, now
            self._tell(stage=stage, fraction=round(fraction, 4))


if __name__ == "__main__":
    main()

"""The demo: a simulated hall that writes plots into a folder; all behind it is the real path."""

from __future__ import annotations

import csv
import multiprocessing
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.synchronize import Event
from pathlib import Path

from .. import paths
from ..database import alarms, halls, model_store, verdicts
from ..database.connection import Database, open_database
from ..domain.errors import ModelFileError, StorageError
from ..domain.label import Role
from ..domain.verdict import Status
from ..settings import Settings, sqlite_url
from ..sources.simulated import SimulatedHall
from ..vision import model_file
from . import monitor_process

SEED = 20260301
HALL = "Demo"
ALL_TYPES = 73
USER = "demo"


@dataclass(frozen=True)
class Summary:
    """What a demo saw, against the truth of its simulator."""

    plots: int
    by_verdict: Mapping[tuple[str, str], int]  # (label, status) -> plots
    alarms: int
    timings_ms: Mapping[str, float]  # stage -> mean
    visible_faults: int
    found_faults: int
    good: int
    good_called_faulty: int
    good_unfamiliar: int

    def text(self) -> str:
        """The table that ends a demo."""
        lines = [f"{self.plots} plots analysed, {self.alarms} alarms", "", f"{'verdict':<14}{'status':<14}{'plots':>6}"]
        for (label, status), count in sorted(self.by_verdict.items(), key=lambda entry: -entry[1]):
            lines.append(f"{label or '-':<14}{status:<14}{count:>6}")
        lines += ["", f"{'stage':<14}{'mean ms a plot':>20}"]
        lines += [f"{stage:<14}{mean:>20.1f}" for stage, mean in self.timings_ms.items()]
        lines += [
            "",
            "against the simulator's truth:",
            f"  visible faults found: {self.found_faults} of {self.visible_faults}"
            f" (recall {_share(self.found_faults, self.visible_faults)})",
            f"  Good called faulty:   {self.good_called_faulty} of {self.good}"
            f" ({_share(self.good_called_faulty, self.good)}), Unfamiliar {_share(self.good_unfamiliar, self.good)}",
        ]
        return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none there"


@dataclass
class Demo:
    """A simulated hall with a database, folders and processes of its own, all gone at its end."""

    base: Settings
    chunks: int | None = None
    interval_s: float = 10.0
    seed: int = SEED
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self.base.home.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="demo-", dir=self.base.home))
        except OSError as error:
            raise StorageError(
                f"{self.base.home} can't be written ({error.strerror}); set HYDRA_HOME to a folder that can."
            ) from error
        self.source = self.folder / "source"
        self.source.mkdir()
        self.settings = replace(
            self.base, database_url=sqlite_url(self.folder / "hydra.db"), hall=HALL, home=self.folder
        )
        context = multiprocessing.get_context("spawn")
        self._stop: Event = context.Event()
        self._simulator = context.Process(
            target=_simulate, args=(self.folder, self.seed, self.chunks, self.interval_s, self._stop), daemon=True
        )

    def start(self) -> None:
        """Set up the hall with the demo models, then start simulator and monitor."""
        self._simulator.start()
        database = open_database(self.settings.database_url, upgrade=True)
        try:
            prepare(database, self.seed, self.source)
        finally:
            database.close()
        environment = {"HYDRA_HOME": str(self.folder), "HYDRA_CACHE": str(paths.cache())}
        self._processes.append(monitor_process.start(self.settings, self.source, environment))

    def finished(self) -> bool:
        """Whether all chunks were written and every plot in them has its verdict.

        Raises StorageError when that can't come any more, as the simulator or the monitor has ended.
        """
        if self.chunks is None:
            return False
        for process in self._processes:
            if process.poll() is not None:
                raise StorageError(
                    f"The demo's monitor ended with code {process.returncode}, so its plots aren't judged; "
                    f"start the demo again. {self._last_words()}"
                )
        if self._simulator.is_alive():
            return False
        if self._simulator.exitcode:
            raise StorageError(f"The simulator ended with code {self._simulator.exitcode}; see the messages above.")
        database = open_database(self.settings.database_url)
        try:
            with database.write() as connection:
                return verdicts.count(connection, halls.find_or_create(connection, HALL)) >= len(self._truth())
        finally:
            database.close()

    def summary(self) -> Summary:
        """What was seen until now."""
        truth = self._truth()
        database = open_database(self.settings.database_url)
        try:
            with database.write() as connection:
                hall_id = halls.find_or_create(connection, HALL)
                rows = list(verdicts.rows(connection, hall_id))
                hall = halls.load(connection, hall_id)
                log = list(alarms.rows(connection, hall_id))
                timings_ms = verdicts.mean_timings_ms(connection, hall_id)
        finally:
            database.close()
        visible = found = good = called = unfamiliar = 0
        for row in rows:
            true = truth.get((row.plot_type, row.run_number, row.chunk))
            if true is None:
                continue
            plot_type = hall.plot_types[row.plot_type]
            role = plot_type.label(row.label).role if row.label else Role.GOOD
            faulty = role is Role.FAULTY and row.status == Status.CONFIRMED
            if true.visible:
                visible += 1
                found += faulty
            if true.label == "Good":
                good += 1
                called += faulty
                unfamiliar += row.status == Status.UNFAMILIAR
        annunciations = sum(entry.to_state == "unacknowledged" for entry in log)
        by_verdict = Counter((row.label, str(row.status)) for row in rows)
        return Summary(len(rows), by_verdict, annunciations, timings_ms, visible, found, good, called, unfamiliar)

    def close(self) -> None:
        """End all processes and remove the demo's data."""
        self._stop.set()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._simulator.pid is not None:
            self._simulator.join(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_words(self) -> str:
        path = self.folder / "monitor.log"
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        return f"It said last: {lines[-1]}" if lines else ""

    def _truth(self) -> dict[tuple[str, int, int | None], _Truth]:
        path = self.folder / "truth.csv"
        if not path.exists():
            return {}
        with path.open(newline="", encoding="utf-8") as lines:
            return {
                (row["plot_type"], int(row["run_number"]), int(row["chunk"]) if row["chunk"] else None): _Truth(
                    row["label"], row["visible"] == "1"
                )
                for row in csv.DictReader(lines)
            }


@dataclass(frozen=True)
class _Truth:
    label: str
    visible: bool


def prepare(database: Database, seed: int, source: Path, plot_types: int = ALL_TYPES) -> None:
    """Set up the simulated hall in an empty database, with the models that ship with the program."""
    hall = SimulatedHall(seed, plot_types).hall()
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, HALL)
        halls.apply(
            connection,
            hall_id,
            replace(hall, name=HALL, source_folder=str(source), beam_file=str(source.parent / "beam.json")),
            user=USER,
            comment="simulated hall",
        )
        for path in sorted((paths.shipped("models") / "demo").glob("*.safetensors")):
            if path.stem not in hall.plot_types:
                continue
            data = path.read_bytes()
            try:
                model = model_file.load(data)
            except ModelFileError as error:
                raise ModelFileError(
                    f"The model {path} that ships with the program can't be used by it; install the program again, "
                    f"or make these models anew: hydra-desktop demo-models {paths.shipped('models')}"
                ) from error
            model_id = model_store.add(
                connection,
                hall_id,
                model.plot_type,
                file=data,
                card=model.card,
                thresholds=model.thresholds,
                user=USER,
            )
            model_store.activate(connection, model_id, user=USER)


def _simulate(folder: Path, seed: int, chunks: int | None, interval_s: float, stop: Event) -> None:
    """The simulator's process: a chunk now and then, until told to stop or its parent is gone."""
    hall = SimulatedHall(seed)
    parent = multiprocessing.parent_process()
    written = 0
    while chunks is None or written < chunks:
        hall.write_next_chunk(folder)
        written += 1
        if stop.wait(interval_s if chunks is None or written < chunks else 0.0):
            return
        if parent is not None and not parent.is_alive():
            return

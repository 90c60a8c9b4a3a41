"""A hall at work with real processes, of whose plots one type alarms at the first Bad one: plot to loudspeaker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Connection

from hydra_desktop import settings
from hydra_desktop.database import alarms, halls, stations, verdicts
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.hall import AlarmRule
from hydra_desktop.domain.label import Severity
from hydra_desktop.domain.verdict import Status
from hydra_desktop.domain.who import Who
from hydra_desktop.services import demo
from hydra_desktop.services.alarms import acknowledge
from hydra_desktop.sources.simulated import SimulatedHall
from hydra_desktop.sources.simulated.canvas import png
from tests.conftest import wait_for

from .sound_server import Ear
from .upgraded import upgraded

PLOT_TYPE = "CDC_occupancy"
EACH = 8
ONLY_OF_PLOTS = AlarmSettings(quiet_after_s=0, repeated_chunks=0, flood_over=0, canary_every_s=0, unanswered_after_s=0)
LIMIT_S = 60.0
PAUSE_S = 1.6  # longer than that between two tones
Program = subprocess.Popen[str]


class AlarmedHall:
    """The demo's hall; k of n of one plot type is 1."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.settings = settings.Settings(url or f"sqlite:///{folder / 'hydra.db'}", demo.HALL, folder, "here", "eva")
        self.database = upgraded(self.settings.database_url)
        self.source = folder / "source"
        self.images = ImageStore(self.settings.image_folder)
        self._drawn = folder / "drawn"
        self._plots = 0
        for path in (self.source / "Run000001", self._drawn):
            path.mkdir(parents=True)
        demo.prepare(self.database, demo.SEED, self.source)
        with self.database.write() as c:
            self.id = halls.find(c, demo.HALL) or 0
            hall = halls.load(c, self.id)
            known = hall.plot_types[PLOT_TYPE]
            labels = tuple(
                replace(label, severity=Severity.HIGH) if label.severity else label for label in known.labels
            )
            loud = replace(known, alarm_rule=AlarmRule(1, 1), labels=labels)
            halls.apply(c, self.id, replace(hall, plot_types={PLOT_TYPE: loud}, alarms=ONLY_OF_PLOTS), user="test")

    def draw(self) -> None:
        """Let the monitor judge some plots, and keep those that are surely Good and surely not."""
        drawn = list(SimulatedHall(demo.SEED).training_set(PLOT_TYPE, EACH, EACH, seed=77))
        pictures = {}
        for one in drawn:
            picture = png(one.picture)
            self._put(picture)
            pictures[self._plots] = picture
        wait_for(self.database, demo.HALL, self._is_judged, LIMIT_S)
        good, bad = [], []
        with self.database.read() as c:
            severities = {label.name: label.severity for label in halls.load(c, self.id).plot_types[PLOT_TYPE].labels}
            for row in verdicts.rows(c, self.id):
                if row.status == Status.CONFIRMED and (row.label == "Good" or severities[row.label]):
                    (good if row.label == "Good" else bad).append(pictures[row.chunk])
        assert len(good) > 3
        assert len(bad) > 3
        self._good, self._bad = cycle(good), cycle(bad)
        self.be_good()

    def be_good(self) -> None:
        """Take what is in alarm, and let the next plot be Good: nothing is in alarm then."""
        with self.database.read() as c:
            for alarm in alarms.open_alarms(c, self.id):
                if alarm.plot_type == PLOT_TYPE:
                    acknowledge(self.database, self.id, alarm.id, who=Who("eva", "there"))
        self._put(next(self._good))
        try:
            wait_for(self.database, demo.HALL, self._is_judged_and_quiet, LIMIT_S)
        except pytest.fail.Exception:
            with self.database.read() as c:
                standing = [(one.plot_type, one.kind, one.state) for one in alarms.open_alarms(c, self.id)]
                pytest.fail(f"{verdicts.count(c, self.id)} of {self._plots} plots are judged; open are {standing}")

    def be_bad(self) -> float:
        """Let the next plot be Bad; gives when it was complete on disk, by `time.monotonic`."""
        return self._put(next(self._bad))

    def heard_after_s(self, ear: Ear) -> float:
        """How long after the next Bad plot was complete on disk its first sample is heard, s."""
        ear.forget()
        assert ear.silent_for(PAUSE_S, within_s=10.0)
        at = self.be_bad()
        heard_at = ear.hears_again("high", within_s=LIMIT_S)
        self.be_good()
        return heard_at - at

    def close(self) -> None:
        self.database.close()

    def _is_judged(self, c: Connection, hall_id: int) -> bool:
        return verdicts.count(c, hall_id) == self._plots

    def _is_judged_and_quiet(self, c: Connection, hall_id: int) -> bool:
        return self._is_judged(c, hall_id) and not any(
            alarm.plot_type == PLOT_TYPE for alarm in alarms.open_alarms(c, hall_id)
        )

    def _put(self, picture: bytes) -> float:
        """The plot of the next chunk."""
        self._plots += 1
        name = f"{PLOT_TYPE}_{self._plots:04d}.png"
        (self._drawn / name).write_bytes(picture)
        (self.source / "Run000001" / name).hardlink_to(self._drawn / name)
        return time.monotonic()


def start_desktop(hall: AlarmedHall, its_environment: dict[str, str], *, orphan_s: float = 5.0) -> Program:
    """The real program without a screen, which starts monitor and siren by itself; it can be heard then."""
    environment = {
        **its_environment, "QT_QPA_PLATFORM": "offscreen", "HYDRA_HOME": str(hall.folder),
        "HYDRA_ORPHAN_S": str(orphan_s), "PYTHONPATH": str(Path(__file__).parents[2]),
        "HYDRA_CACHE": os.environ["HYDRA_HOME"] + "/cache",
    }  # fmt: skip
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", hall.settings.database_url]
    program = subprocess.Popen(
        [*command, "--hall", demo.HALL], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_for(hall.database, demo.HALL, stations.audible_alive, LIMIT_S)
    return program


@contextmanager
def desktop(hall: AlarmedHall, its_environment: dict[str, str]) -> Iterator[Program]:
    """The real program at work, which is closed at the end, and its monitor too."""
    program = start_desktop(hall, its_environment)
    try:
        yield program
    finally:
        program.terminate()
        _, said = program.communicate(timeout=LIMIT_S)
        end_monitor(hall)
    assert program.returncode == 0, said


def end_monitor(hall: AlarmedHall) -> None:
    """The program leaves its monitor; the test doesn't."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if "monitor" in words and hall.settings.database_url in words:
            process.terminate()
            process.wait(LIMIT_S)

"""The whole program on a screen of its own: from manifests to live models with reports, by keyboard only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtPdf import QPdfDocument
from sqlalchemy import Connection

from hydra_desktop.database import activations, label_counts, model_store, training_jobs
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.training import Job, JobState
from hydra_desktop.sources.manifest import read_manifest
from tests.conftest import wait_for
from tests.fakes import manifests
from tests.fakes.upgraded import upgraded
from tests.test_whole_program import LIMIT_S, Person, display, pytestmark, wait_for_file  # noqa: F401

HALL = "D"
TYPES = ("hump", "tail", "peak")
WHY = "too many at night"
REAL = os.environ.get("HYDRA_REAL_DATA", "")
LONG_S = 3600.0


class Expert(Person):
    """Somebody at the keyboard who waits for what they asked for."""

    def sees(self, title: str, timeout_s: float) -> str:
        """The window of that title, "" where none comes in time."""
        words = ["xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{title}"]
        try:
            done = subprocess.run(
                words, env=self._environment, capture_output=True, text=True, check=True, timeout=timeout_s
            )
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.split()[0]

    def ask(self, title: str, *keys: str, presses: int = 60) -> str:
        """Press keys until the dialog that they open is there, "" where it doesn't come."""
        for _ in range(presses):
            self.keys(*keys)
            if found := self.sees(title, 1.0):
                self.do("windowfocus", "--sync", found)
                return found
        return ""

    def write(self, text: str) -> None:
        self.do("type", "--delay", "15", text)

    def open_report(self, row: int) -> None:
        """The report of a job, by its row in the queue; the dialog that saves it is open then."""
        for patience in (15, 30, 60, 120):
            self.keys("ctrl+3", "F6", "Home", *["Down"] * row, "Return")
            if self.ask("Save the report as a page", "ctrl+s", presses=patience):
                return
        pytest.fail("the report never came")

    def save(self, path: Path) -> None:
        """Into the dialog that asks for a file."""
        self.keys("ctrl+a")
        self.write(str(path))
        self.keys("Return")
        wait_for_file(path.parent, lambda: path.exists() or None)


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = upgraded(f"sqlite:///{home / 'hydra.db'}")
    yield opened
    opened.close()


@pytest.fixture
def program(home: Path, display: str, database: Database) -> Iterator[subprocess.Popen[bytes]]:  # noqa: F811
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[1]), "HYDRA_HALL": HALL}
    started = subprocess.Popen(
        [sys.executable, "-m", "hydra_desktop.cli"], env=environment, cwd=home, stderr=subprocess.DEVNULL
    )
    yield started
    started.kill()
    started.wait()


@pytest.fixture
def expert(display: str, program: subprocess.Popen[bytes]) -> Expert:  # noqa: F811
    person = Expert(display)
    person.do("windowfocus", "--sync", person.find_window())
    return person


def labels_in(c: Connection, hall_id: int) -> dict[str, int]:
    return {name: sum(counts.values()) for name, counts in label_counts.in_force(c, hall_id).items()}


def import_all(expert: Expert, database: Database, sources: Sequence[Path], timeout_s: float) -> None:
    """By Ctrl+I and their names."""
    wanted: dict[str, int] = {}
    for row in (row for path in sources for row in read_manifest(path) if row.label):
        wanted[row.plot_type] = wanted.get(row.plot_type, 0) + 1
    assert expert.ask("Import labelled plots", "ctrl+3", "ctrl+i")
    expert.write(" ".join(f'"{path}"' for path in sources))
    expert.keys("Return")
    wait_for(database, HALL, lambda c, hall_id: labels_in(c, hall_id) == wanted, timeout_s)


def train_all(expert: Expert, database: Database, count: int, timeout_s: float) -> list[Job]:
    """By Shift+T; the finished jobs as the queue lists them."""
    found: list[Job] = []

    def asked(c: Connection, hall_id: int) -> bool:
        if len(training_jobs.listing(c, hall_id)) == count:
            return True
        expert.keys("shift+t")  # again, where the table wasn't read yet
        return False

    def done(c: Connection, hall_id: int) -> bool:
        found[:] = training_jobs.listing(c, hall_id)
        return not any(job.is_open for job in found)

    wait_for(database, HALL, asked, LIMIT_S)
    wait_for(database, HALL, done, timeout_s)
    assert [(job.state, job.error) for job in found] == [(JobState.DONE, "")] * count
    return found


def report_and_activate(expert: Expert, database: Database, row: int, job: Job, folder: Path) -> None:
    """Save the report of a job's model as a page and for paper, look at both, and put the model live."""
    page, paper = folder / f"{job.plot_type}.html", folder / f"{job.plot_type}.pdf"
    expert.open_report(row)
    expert.save(page)
    assert expert.ask("Save the report for paper", "ctrl+p")
    expert.save(paper)
    text = page.read_text(encoding="utf-8")
    assert f"{job.plot_type}" in text
    assert text.count("<svg") >= 3
    assert paper.read_bytes().startswith(b"%PDF")
    document = QPdfDocument()
    assert document.load(str(paper)) is QPdfDocument.Error.None_
    assert document.pageCount() >= 1
    document.close()

    def is_live(c: Connection, hall_id: int) -> bool:
        if activations.active_ids(c, hall_id).get(job.plot_type) == job.model_id:
            return True
        expert.keys("ctrl+3", "F6", "Home", *["Down"] * row, "ctrl+Return")  # again, until the screen is there
        return False

    wait_for(database, HALL, is_live, LIMIT_S)


def move_thresholds(expert: Expert, database: Database, row: int, job: Job) -> None:
    """From the report to the bench; a line is moved, and put in force with words."""
    assert job.model_id is not None
    model_id = job.model_id
    expert.open_report(row)
    expert.keys("Escape")  # the dialog, which told that the report is there

    def first(c: Connection, _hall_id: int) -> bool:
        if len(model_store.threshold_history(c, model_id)) > 1:
            return True
        expert.keys("h", "shift+Left", "ctrl+Return")  # again, until the bench is there
        return False

    def with_words(c: Connection, _hall_id: int) -> bool:
        if any(one.comment == WHY for one in model_store.threshold_history(c, model_id)):
            return True
        expert.keys("shift+Left", "shift+Left", "Tab", "Tab", "Tab")
        expert.write(WHY)  # again, where it was read anew meanwhile
        expert.keys("ctrl+Return")
        return False

    wait_for(database, HALL, first, LIMIT_S)
    wait_for(database, HALL, with_words, LIMIT_S)


@pytest.mark.timeout(4 * LIMIT_S)
def test_from_manifests_to_live_models_with_reports_by_keyboard_only(
    qapp: QGuiApplication, tmp_path: Path, database: Database, expert: Expert, program: subprocess.Popen[bytes]
) -> None:
    labels = ["Good"] * 21 + ["Bad"] * 5
    sources = [manifests.write(tmp_path, labels, plot_type=name, name=f"{name}.csv") for name in TYPES]
    import_all(expert, database, sources, LIMIT_S)
    jobs = train_all(expert, database, len(TYPES), LIMIT_S)
    assert {job.plot_type for job in jobs} == set(TYPES)
    for row, job in enumerate(jobs):
        report_and_activate(expert, database, row, job, tmp_path)
    with database.read() as c:
        assert activations.active_ids(c, 1) == {job.plot_type: job.model_id for job in jobs}
    move_thresholds(expert, database, 0, jobs[0])
    expert.keys("ctrl+q")
    assert program.wait(LIMIT_S) == 0


@pytest.mark.soak
@pytest.mark.timeout(2 * LONG_S)
@pytest.mark.skipif(not REAL, reason="HYDRA_REAL_DATA names no folder of manifests")
def test_the_same_with_real_plots(
    qapp: QGuiApplication, tmp_path: Path, database: Database, expert: Expert, program: subprocess.Popen[bytes]
) -> None:
    sources = sorted(Path(REAL).resolve().glob("*.csv"))
    import_all(expert, database, sources, LONG_S)
    jobs = train_all(expert, database, len(sources), LONG_S)
    for row, job in enumerate(jobs):
        report_and_activate(expert, database, row, job, tmp_path)
        assert job.started_at is not None
        assert job.ended_at is not None
        with database.read() as c:
            (record,) = model_store.listing(c, 1, ids=[job.model_id or 0])
        figures = record.card["figures"]
        print(
            f"{job.plot_type}: {(job.ended_at - job.started_at).total_seconds():.0f} s to train, macro-F1 "
            f"{figures['macro_f1']:.3f}, AUC {figures['auc']:.3f} on {figures['plots']} held-out plots"
        )
    move_thresholds(expert, database, 0, jobs[0])
    print(f"reports in {tmp_path}")
    expert.keys("ctrl+q")
    assert program.wait(LIMIT_S) == 0

"""The command line as a person meets it: its words, its files and its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hydra_desktop import cli
from hydra_desktop.cli import common
from hydra_desktop.services import importing, priority
from tests.fakes import manifests

SET = ["Good"] * 8 + ["Bad"] * 6 + ["NoData"] * 4


def run(*arguments: str | Path) -> int:
    return cli.main([str(argument) for argument in arguments])


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hydra_desktop.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_a_manifest_to_judged_plots(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = manifests.write(tmp_path / "data", SET)
    assert run("import", manifest, "--user", "ann") == 0
    assert "18 new plots, 18 labels given" in capsys.readouterr().out
    assert run("train", "hump", "--activate", "--json", tmp_path / "train.json") == 0
    said = capsys.readouterr()
    assert "now live" in said.out
    assert "Computing features" in said.err
    figures = json.loads((tmp_path / "train.json").read_text())
    assert figures["active"] is True
    assert figures["held_out"]["plots"] == 18

    fresh = manifests.write(tmp_path / "fresh", ["Good", "Bad", "NoData"], first_run=50)
    assert run("evaluate", "hump", fresh, "--json", tmp_path / "figures.json") == 0
    said = capsys.readouterr()
    for words in ("macro-F1", "AUC, Good against the rest", "false alarms per 1,000 Good", "left out, trained on: 1"):
        assert words in said.out
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["plots"], figures["left_out"]["trained on"]) == (2, 1)

    assert run("classify", fresh, "--csv", tmp_path / "out.csv", "--maps", tmp_path / "maps") == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["verdict"] for row in csv.DictReader(file)] == ["Good", "Bad", "NoData"]
    assert len(list((tmp_path / "maps").glob("*.npy"))) == 3

    assert run("export", "labels", "--csv", tmp_path / "labels.csv") == 0
    assert run("db", "check") == 0
    assert run("db", "backup", tmp_path / "backup.db") == 0
    assert run("--database", tmp_path / "backup.db", "export", "labels", "--csv", tmp_path / "again.csv") == 0
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "labels.csv").read_text()
    assert (home / "hydra.db").is_file()
    assert "Traceback" not in capsys.readouterr().err


def test_labelled_pictures_go_into_folders_and_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", manifests.write(tmp_path / "data", SET)) == 0
    capsys.readouterr()
    assert run("export", "labels", "--folders", tmp_path / "out") == 0
    assert "18 labelled plots written to" in capsys.readouterr().out
    assert run("--hall", "E", "import", "--folders", tmp_path / "out") == 0
    assert "18 pictures, 18 new plots, 18 labels given" in capsys.readouterr().out
    assert run("--hall", "F", "import", tmp_path / "out/hump", "--folders", "--plot-type", "humps") == 0
    assert "18 new plots, 18 labels given" in capsys.readouterr().out
    assert run("export", "verdicts", "--folders", tmp_path / "out") == 1
    assert "Only labels go into folders" in capsys.readouterr().err
    assert run("import", tmp_path / "out") == 1
    assert "is a folder; to take the pictures in its PLOT_TYPE/LABEL: --folders" in capsys.readouterr().err
    assert run("import", tmp_path / "data/manifest.csv", "--plot-type", "hump") == 1
    assert "--plot-type is for --folders" in capsys.readouterr().err
    assert run("import", "--folders", tmp_path / "nowhere") == 1
    assert "is no folder; name the one that holds PLOT_TYPE/LABEL/PICTURES" in capsys.readouterr().err


def test_thresholds_are_chosen_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", manifests.write(tmp_path / "data", SET)) == 0
    assert run("thresholds", "show", "hump") == 1
    assert "hydra-desktop train hump --activate" in capsys.readouterr().err
    assert run("train", "hump", "--activate", "--false-alarms-a-day", "1", "--plots-a-day", "288") == 0
    assert "at most 1 false alarms a day of 288 plots, as said: " in capsys.readouterr().out
    assert run("thresholds", "set", "hump", "Bad=0.9", "NoData=0.8", "--comment", "a test", "--user", "eva") == 0
    assert "-> 0.900" in capsys.readouterr().out
    assert run("thresholds", "set", "hump", "--best-f1") == 0
    assert run("thresholds", "set", "hump", "--false-alarms-a-day", "1") == 1
    assert "say how many: --plots-a-day N" in capsys.readouterr().err
    assert run("thresholds", "set", "hump", "--false-alarms-a-day", "50", "--plots-a-day", "288") == 0
    said = capsys.readouterr().out
    assert "set, at most 50 false alarms a day of 288 plots, as said" in said
    assert "false positives 0.0 per 1,000 Good (0 of 8)" in said
    assert run("thresholds", "set", "hump", "Bda=0.9") == 1
    assert "has no label Bda; it has" in capsys.readouterr().err
    assert run("thresholds", "show", "hump") == 0
    said = capsys.readouterr().out
    assert "eva, by hand: Bad 0.900, NoData 0.800 (a test)" in said
    assert said.count(" UTC, ") == 4


def test_several_plot_types_are_trained_or_all_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, labels in (("hump", ["Good"] * 20 + ["Bad"] * 4), ("heap", ["Good"] * 20), ("few", ["Bad"] * 3)):
        assert run("import", manifests.write(tmp_path / name, labels, plot_type=name)) == 0
    assert run("jobs") == 0
    assert "No training job" in capsys.readouterr().out
    assert run("train") == 2
    assert run("train", "hump", "--all-changed") == 2
    assert "Name the plot types to train, or --all-changed" in capsys.readouterr().err
    assert run("train", "few", "hump", "--json", tmp_path / "several.json") == 1
    said = capsys.readouterr()
    assert "few has too few labelled plots" in said.err
    assert "hump (2 of 2)" in said.err
    assert [one["plot_type"] for one in json.loads((tmp_path / "several.json").read_text())] == ["hump"]
    assert run("train", "--all-changed", "--activate") == 0
    said = capsys.readouterr().out
    assert "heap: model" in said
    assert "hump" not in said
    assert run("train", "--all-changed") == 0
    assert "No plot type has new labels" in capsys.readouterr().out


def training(tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], Path]:
    """A program that trains on enough plots to be met at work, and its database."""
    database = tmp_path / "hydra.db"
    manifest = manifests.write(tmp_path / "data", 30 * ["Good"] + 20 * ["Bad"] + 10 * ["NoData"])
    assert run("--database", database, "import", manifest) == 0
    command = [sys.executable, "-m", "hydra_desktop.cli", "--database", str(database), "train", "hump", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), database


def stop_at(process: subprocess.Popen[str], stage: str) -> tuple[str, str, float]:
    """Ctrl+C once it says that stage; what it then says on stdout and stderr, and after how many seconds it ends."""
    assert process.stderr is not None
    assert any(line.startswith(stage) for line in process.stderr), "it never came so far"
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, error = process.communicate(timeout=100)
    return out, error, time.monotonic() - began


def models_of(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute("SELECT count(*) FROM models").fetchone()
    connection.close()
    return count


@pytest.mark.parametrize(
    ("stage", "options"),
    [("Computing features", []), ("Training, ", []), ("Fine-tuning, tuning", ["--recipe", "both"])],
)
def test_ctrl_c_ends_a_training_soon_and_leaves_no_model(
    home: Path, tmp_path: Path, stage: str, options: list[str]
) -> None:
    process, database = training(tmp_path, *options)
    out, error, took_s = stop_at(process, stage)
    assert process.returncode == 1
    assert "Stopped. No model was stored; what is live for hump stays live." in error
    assert "Traceback" not in error
    assert out == ""
    assert took_s < 60  # it didn't train to its end: a second on an idle machine
    assert models_of(database) == 0
    assert not list((home / "training").rglob("fold-*"))


def test_ctrl_c_keeps_the_best_network_so_far_where_that_is_wished(tmp_path: Path) -> None:
    process, database = training(tmp_path, "--recipe", "both", "--on-stop", "keep")
    out, error, _ = stop_at(process, "Fine-tuning, tuning")
    assert process.returncode == 0
    assert "what is best so far is kept" in error
    assert "fine-tuning: log-loss" in out
    assert models_of(database) == 1


def test_a_training_of_its_own_process_gives_way_and_one_in_this_process_does_not(tmp_path: Path) -> None:
    ours = os.nice(0)
    process, _ = training(tmp_path)
    assert process.stderr is not None
    assert any(line.startswith("Computing features") for line in process.stderr)
    theirs = os.getpriority(os.PRIO_PROCESS, process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert theirs == min(19, ours + priority.TRAINING)
    assert run("--database", tmp_path / "hydra.db", "train", "hump") == 0
    assert os.nice(0) == ours
    assert priority.TRAINING > priority.MONITOR


def test_a_reference_is_named_shown_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Good", "Bad", ""])
    assert run("import", manifest) == 0
    capsys.readouterr()
    assert run("reference", "show", "hump") == 0
    assert "hump, no run period: default, the first plots labelled good, 2 plots of 2 runs" in capsys.readouterr().out
    comment = "after the gain change"
    assert run("reference", "set", "hump", manifest, "--run-period", "2024-05", "--comment", comment) == 0
    said = capsys.readouterr().out
    assert "hump, run period 2024-05: confirmed by " in said
    assert "3 plots of 3 runs from 1 to 4 (after the gain change)" in said
    assert "left out, labelled Bad: 1" in said
    assert run("reference", "show", "hump", "--run-period", "2024-05") == 0
    said = capsys.readouterr().out
    assert "confirmed by " in said
    assert [line.split(":")[1].split(",")[0] for line in said.splitlines() if "  plot " in line] == [
        " run 1",
        " run 2",
        " run 4",
    ]
    assert "no run period" not in said
    assert run("reference", "history", "hump") == 0
    assert "1: run period 2024-05, confirmed by " in capsys.readouterr().out
    assert run("reference", "revoke", "hump") == 0
    assert "Taken back for run period 2024-05" in capsys.readouterr().out
    (tmp_path / "data" / "hump_1.png").write_text("no picture")
    assert run("reference", "set", "hump", manifest) == 1
    said = capsys.readouterr()
    assert "left out, damaged picture: 1" in said.out
    assert "line 2: hump_1.png: " in said.out
    assert "Traceback" not in said.err


def test_the_settings_that_are_shown_apply_unchanged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "hall.toml"
    settings.write_text("[plot_types.CDC]\nguidance = '''\nCall Ann.\nThen Bob.\n'''\n")
    assert run("--hall", "D", "hall", "apply", settings) == 0
    assert capsys.readouterr().out == "plot type CDC: new\n"
    assert run("--hall", "D", "hall", "show") == 0
    settings.write_text(capsys.readouterr().out)
    assert run("--hall", "D", "hall", "apply", settings) == 0
    assert capsys.readouterr().out == "Nothing changed.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["train"],
        ["hall"],
        ["db"],
        ["reference"],
        ["reference", "set", "hump"],
        ["reference", "confirm"],
        ["reference", "confirm", "hump", "--all"],
        ["thresholds", "set", "hump"],
        ["thresholds", "set", "hump", "Bad=2"],
        ["thresholds", "set", "hump", "Bad=0.5", "--best-f1"],
        ["thresholds", "set", "hump", "--false-alarms-a-day", "-1"],
        ["train", "hump", "--on-stop", "perhaps"],
        ["export", "plots", "--csv", "x.csv"],
        ["classify", "x.png"],
        ["demo", "--chunks", "0"],
        ["monitor", "folder", "--interval", "soon"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "usage: hydra-desktop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "none.csv"], "none.csv can't be read (No such file or directory)"),
        (["import", "bare.csv"], "lacks the column plot_type"),
        (["import", "gone.csv"], ""),
        (["train", "hump"], "There is no hall Hall in this database; it is empty, import a manifest first."),
        (["reference", "set", "hump", "bare.csv"], "lacks the column plot_type"),
        (["reference", "set", "hump", "gone.csv"], "gone.csv has 1 to use"),
        (["reference", "show", "hump"], "There is no hall Hall in this database"),
        (["reference", "propose", "hump"], "There is no hall Hall in this database"),
        (["train", "hump", "--plots-a-day", "5"], "say how many false alarms: --false-alarms-a-day N"),
        (["thresholds", "set", "hump", "--best-f1", "--plots-a-day", "5"], "--false-alarms-a-day N"),
        (["reference", "confirm", "--all"], "There is no hall Hall in this database"),
        (["reference", "confirm", "hump"], "There is no hall Hall in this database"),
        (["hall", "apply", "bad.toml"], "bad.toml: plot_types.CDC.ignored: must be true or false, not 3"),
        (["--database", "sqlite:////proc/none/hydra.db", "hall", "show"], "name another place for the database"),
        (["--database", "://", "hall", "show"], "is no database URL"),
        (["--database", "oracle://host/name", "hall", "show"], "use SQLite or PostgreSQL"),
        (["--database", "postgresql://nobody@localhost:1/none", "hall", "show"], "doesn't answer"),
        (["--database", "bare.csv", "hall", "show"], "is damaged or is none"),
        (["--database", "new/hydra.db", "db", "check"], "There is no database"),
        (["--database", "new/hydra.db", "db", "backup", "b.db"], "There is no database"),
        (["train", "hump", "--json", "bare.csv/x.json"], "bare.csv/x.json can't be written"),
        (["evaluate", "hump", "gone.csv", "--json", "bare.csv/x.json"], "bare.csv/x.json can't be written"),
    ],
)
def test_what_the_site_can_mend_is_exit_code_1(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bare.csv").write_text("file,label\n1.png,Good\n" + 1000 * " ")
    Path("gone.csv").write_text("file,plot_type\n1.png,hump\n")
    Path("bad.toml").write_text("[plot_types.CDC]\nignored = 3\n")
    assert run(*arguments) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err
    assert not Path("new").exists()


def test_classify_goes_on_and_says_what_it_could_not_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = manifests.write(tmp_path / "data", ["Good", "Bad"])
    (tmp_path / "data" / "hump_1.png").write_text("no picture")
    assert run("import", manifest) == 1
    said = capsys.readouterr().out
    assert "1 new plots" in said
    assert "Not taken, damaged picture: 1" in said
    assert run("classify", manifest, "--csv", tmp_path / "out.csv") == 1
    assert "hump_1.png: this is no picture, whatever its name says" in capsys.readouterr().err
    assert "NoModel" in (tmp_path / "out.csv").read_text()


def test_a_fault_of_our_own_becomes_a_message_and_a_log(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("in the heart of it")

    monkeypatch.setattr(importing, "import_manifest", broken)
    assert run("import", tmp_path / "m.csv") == 1
    said = capsys.readouterr().err
    log = home / "hydra-desktop.log"
    assert str(log) in said
    assert "Traceback" not in said
    assert "in the heart of it" in log.read_text()


def test_an_interrupt_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "import_manifest", interrupted)
    assert run("import", tmp_path / "m.csv") == 130
    assert capsys.readouterr().err == ""


def test_what_only_the_program_calls_is_not_in_the_help() -> None:
    assert "siren" not in program("--help").stdout


def test_help_needs_nothing_heavy() -> None:
    shown = program("--help", PYTHONPROFILEIMPORTTIME="1")
    assert shown.returncode == 0
    for command in (
        "demo",
        "import",
        "train",
        "thresholds",
        "evaluate",
        "classify",
        "monitor",
        "reference",
        "hall",
        "export",
        "db",
    ):
        assert f"\n    {command} " in shown.stdout
    for heavy in ("numpy", "sqlalchemy", "PySide6", "torch", "onnxruntime", "pydantic"):
        assert f" {heavy}\n" not in shown.stderr


def test_a_reader_that_goes_away_is_no_fault() -> None:
    script = f"'{sys.executable}' -m hydra_desktop.cli hall show | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("# Settings of the hall Hall")
    assert done.returncode == 0
    assert done.stderr == ""


def test_the_database_and_the_hall_come_from_the_environment_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert program("db", "upgrade", HYDRA_DATABASE=url).returncode == 0
    assert (tmp_path / "other.db").is_file()
    assert "hall North" in program("hall", "show", HYDRA_DATABASE=url, HYDRA_HALL="North").stdout


def test_progress_tells_the_time_left_of_each_part_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    now, terminal = [100.0], Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(common.time, "monotonic", lambda: now[0])
    told = []
    with common.shown_progress() as progress:
        for at, stage, fraction in (
            (100, "computing features", 0.0),
            (110, "computing features", 0.25),
            (200, "training, what is normal", 0.0),
            (203, "training, what is normal", 0.5),
            (206, "training, novelty", 0.95),
        ):
            now[0] = float(at)
            progress(stage, fraction)
            told.append(terminal.getvalue().rsplit("\r", 1)[1].strip())
    assert told == [
        "Computing features:   0 %",
        "Computing features:  25 %, 30 s left",
        "Training, what is normal:   0 %",
        "Training, what is normal:  50 %, 3 s left",
        "Training, novelty:  95 %, 0 s left",
    ]

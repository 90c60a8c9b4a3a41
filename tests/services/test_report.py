"""The report of a real model: its words, its page, and as files from the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hydra_desktop.cli import main
from hydra_desktop.database import model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.outputs.report_page import Chart, Pictures, html
from hydra_desktop.services import gate
from hydra_desktop.services import report as reports
from hydra_desktop.vision import model_file
from tests.fakes.measured_hall import HALL, TRUTH, TYPE, MeasuredHall
from tests.fakes.upgraded import upgraded

WRONG = {3: "Bad", 11: "Bad", 30: "Good"}  # runs whose label was turned after the training


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeasuredHall]:
    """Models 1, active, 2, and 3 as an older version stored it."""
    folder = tmp_path_factory.mktemp("site")
    database = upgraded(f"sqlite:///{folder / 'hydra.db'}")
    made = MeasuredHall(database, ImageStore(folder / "images"), folder)
    made.add()
    made.train(activate=True)
    made.train()
    made.say(WRONG, "eva")
    with database.write() as c:
        model = replace(model_file.load(model_store.file(c, 1)), held_out=None)
        model_store.add(
            c, made.hall_id, TYPE, file=model_file.save(model), card=model.card, thresholds=model.thresholds, user="ann"
        )
    yield made
    database.close()


def build(hall: MeasuredHall, model_id: int) -> reports.Report:
    return reports.build(hall.database, HALL, hall.images, model_id)


def test_the_answer_is_said_in_words_with_what_it_rests_on(hall: MeasuredHall) -> None:
    found = build(hall, 1)
    assert found.comparison is None  # it is the active one
    assert found.headline == "Would miss 2 of 17 Bad and call 1 of 23 Good faulty"
    missed, wrong, basis = found.lines
    assert re.fullmatch(r"Missed: 2 of 17 Bad \(95 % interval 3\.3 to 34 %\), 2 .*", missed)
    assert wrong.startswith("Called faulty: 1 of 23 Good (95 % interval 0.77 to 21 %); beside them ")
    assert basis == (
        "40 plots of 40 runs that the model never saw (5 folds by run). Its thresholds were chosen on such plots "
        "(best F1), so new ones may cost a little more."
    )
    text = found.text()
    assert "Report of model 1, hump. Trained by ann, " in text
    assert "UTC; active." in text
    assert re.search(r"Bad +17 +94 % \(\d\d to \d\d\) +88 % \(\d\d to \d\d\) +0\.91", text)


def test_another_model_is_compared_with_the_active_one(hall: MeasuredHall) -> None:
    found = build(hall, 2)
    assert found.comparison is not None
    assert found.lines[0].startswith("No difference between model 2 and model 1 (active) can be shown on 40 plots")
    (name, curve), *_ = reports.active_curve(found.comparison, found.settings)
    assert name == "active model 1"
    assert [point.precision for point in curve] == [point.precision for point in found.figures.curve]


def test_what_is_in_sample_is_marked_wherever_it_is_read(hall: MeasuredHall) -> None:
    found = build(hall, 3)
    assert found.headline.startswith("On plots that it was trained on: would miss ")
    assert "40 plots of 40 runs that it was trained on." in found.basis
    assert "every figure promises more than it will keep" in found.text()


def test_what_is_of_runs_that_it_was_trained_on_is_marked_and_has_no_interval_of_one_run(
    tmp_path: Path,
) -> None:
    database = upgraded(f"sqlite:///{tmp_path / 'hydra.db'}")
    made = MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    made.add()
    with database.write() as c:
        c.execute(t.plots.update().values(run_number=7, chunk=t.plots.c.id))
    made.train(activate=True)
    made.train()
    found = build(made, 2)
    assert found.headline.startswith("On plots of runs that it was trained on: would miss none of 16 Bad")
    assert "40 plots of 1 run that the model never saw (5 folds by chunk" in found.basis
    assert "It was trained on other plots of these runs, so a new run will keep less." in found.basis
    assert "no intervals, as plots of one run don't tell what another will bring" in found.basis
    assert "95 %" not in found.text()
    assert found.comparison is not None
    assert "of 1 run that none of them was trained on; on other plots" in found.comparison.text()
    assert "1 run is too few to show one" in found.comparison.text()
    assert gate.on_same_plots(database, HALL, made.images, 2, 1) is None
    database.close()


def test_a_model_is_named_by_its_number_or_its_plot_type(hall: MeasuredHall) -> None:
    with hall.database.read() as c:
        assert reports.resolve(c, hall.hall_id, "2") == 2
        assert reports.resolve(c, hall.hall_id, TYPE) == 1  # the active one
        with pytest.raises(SettingsError, match="no model 9 in this hall"):
            reports.resolve(c, hall.hall_id, "9")
        with pytest.raises(SettingsError, match=r"did you mean hump\?"):
            reports.resolve(c, hall.hall_id, "humb")


def test_the_page_needs_nothing_beside_it_and_shows_what_was_told_wrong(hall: MeasuredHall) -> None:
    page = reports.page(build(hall, 2), hall.images, user="eva")
    (pictures,) = (one for one in page.blocks if isinstance(one, Pictures))
    assert pictures.title == "3 misclassified plots"
    assert sorted(int(one.caption.split("run ")[1].split()[0]) for one in pictures.pictures) == sorted(WRONG)
    assert all(one.png.startswith(b"\x89PNG") for one in pictures.pictures)
    written = html(page)
    assert written.count("data:image/png;base64,") == 3
    assert written.count("<svg ") == len([one for one in page.blocks if isinstance(one, Chart)]) == 3
    assert not re.search(r"(src|href)=\"(?!data:)|<script|@import|url\(", written)
    for svg in re.findall(r"<svg.*?</svg>", written, re.DOTALL):
        ElementTree.fromstring(svg)  # noqa: S314 written just now
    assert "Written by eva, " in written


def test_a_picture_that_is_gone_is_no_reason_to_give_no_report(hall: MeasuredHall, tmp_path: Path) -> None:
    page = reports.page(build(hall, 1), ImageStore(tmp_path), user="eva")
    (pictures,) = (one for one in page.blocks if isinstance(one, Pictures))
    assert [one.png for one in pictures.pictures] == [b"", b"", b""]
    assert "<figure><figcaption>" in html(page)


def test_the_command_line_writes_it_and_compares(
    hall: MeasuredHall, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / "images").symlink_to(hall.images.folder, target_is_directory=True)
    asked = ["--database", str(hall.folder / "hydra.db"), "--hall", HALL]
    page, figures = tmp_path / "r.html", tmp_path / "c.json"
    assert main([*asked, "report", TYPE, "--html", str(page)]) == 0
    assert "Would miss 2 of 17 Bad" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert main([*asked, "models", "compare", "2", "1", "--json", str(figures)]) == 0
    assert "No difference between model 2 and model 1 (active)" in capsys.readouterr().out
    assert '"worse": false' in figures.read_text()
    assert main([*asked, "report", "99"]) == 1
    assert "There is no model 99" in capsys.readouterr().err
    assert len(TRUTH) == 40

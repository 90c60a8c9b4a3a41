"""Commands about alarms: their figures, and what a shift hands over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hydra_desktop import cli, settings
from tests.fakes.alarm_past import AlarmPast
from tests.fakes.upgraded import upgraded


@pytest.fixture
def hall(home: Path) -> Iterator[AlarmPast]:
    database = upgraded(settings.load(None, "D").database_url)
    hall = AlarmPast(database)
    hall.a_week()
    yield hall
    database.close()


@pytest.mark.usefixtures("hall")
def test_the_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--hall", "D", "alarms", "performance"]) == 0
    told = capsys.readouterr().out
    for words in ("D: Calm but for three floods", "Peak in 10 min               23, above the aim", "By station:"):
        assert words in told
    assert cli.main(["--hall", "D", "alarms", "performance", "--days", "0.01"]) == 0
    assert "not enough data" in capsys.readouterr().out.lower()


@pytest.mark.usefixtures("hall", "qapp")  # else the one without windows stays for all tests after this
def test_the_hand_over_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--hall", "D", "handover", "--hours", "12"]) == 0
    assert "The supply is swapped." in capsys.readouterr().out
    html, pdf = tmp_path / "new" / "shift.html", tmp_path / "shift.pdf"
    assert cli.main(["--hall", "D", "handover", "--html", str(html), "--pdf", str(pdf)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"Saved: {html}\nSaved: {pdf}\n")
    assert "The supply is swapped." in html.read_text(encoding="utf-8")
    assert pdf.read_bytes().startswith(b"%PDF")


def test_what_is_no_number_of_days_or_hours_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["alarms", "performance", "--days", "0"], ["handover", "--hours", "a shift"]):
        assert cli.main(words) == 2
        assert "must be a number" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_hall_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    upgraded(settings.load(None, "D").database_url).close()
    assert cli.main(["--hall", "X", "handover"]) == 1
    assert "There is no hall X" in capsys.readouterr().err

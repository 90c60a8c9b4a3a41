"""Reading run, chunk and plot type from file names."""

from __future__ import annotations

import pytest

from hydra_desktop.domain.errors import PlotNameError, SettingsError
from hydra_desktop.domain.hall import DEFAULT_NAME_PATTERN
from hydra_desktop.domain.plot import NamePattern, PlotName

PATTERN = NamePattern(DEFAULT_NAME_PATTERN)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (
            "RunPeriod-2021-08/Run080464/RF_TOF_selftiming-02_0037.png",
            PlotName("RF_TOF_selftiming", 80464, 37, "2021-08", "02"),
        ),
        ("RunPeriod-2021-08/Run080464/CDC_occupancy_0001.png", PlotName("CDC_occupancy", 80464, 1, "2021-08")),
        ("Run000012/CDC_occupancy.png", PlotName("CDC_occupancy", 12)),
        ("online/RunPeriod-2022/Run5/BCAL_reco_1.png", PlotName("BCAL_reco_1", 5, None, "2022")),
        ("Run5/FDC_package_1_0003.png", PlotName("FDC_package_1", 5, 3)),
    ],
)
def test_names_are_read(path: str, name: PlotName) -> None:
    assert PATTERN.read(path) == name


@pytest.mark.parametrize("path", ["CDC_occupancy_0001.png", "RunX/CDC_0001.png", "Run5/notes.txt", "Run5/.png"])
def test_a_name_that_does_not_fit_says_what_to_do(path: str) -> None:
    with pytest.raises(PlotNameError, match=r"source\.name_pattern") as caught:
        PATTERN.read(path)
    assert path not in str(caught.value)  # who tells of it names the file


@pytest.mark.parametrize(("pattern", "message"), [("(", "not a regular"), ("(?P<plot_type>.*)", "lacks the group run")])
def test_a_wrong_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        NamePattern(pattern)

from __future__ import annotations

from pathlib import Path

import pytest

from hydra_desktop import settings
from hydra_desktop.database.connection import open_database


@pytest.mark.parametrize("name", ["plain", "100%41", "what?", "run#5", "a b", "ö"])
@pytest.mark.parametrize("by_home", [True, False])
def test_the_database_lies_where_it_was_named(
    name: str, by_home: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name
    monkeypatch.setenv("HYDRA_HOME", str(folder))
    chosen = settings.load(None if by_home else str(folder / "hydra.db"))
    open_database(chosen.database_url, upgrade=True).close()
    assert (folder / "hydra.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]

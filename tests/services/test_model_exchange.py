"""Models out as one file and in again, and all that is refused on the way, on both databases."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hydra_desktop.database import halls, model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import LibraryError, ModelFileError, SettingsError, SiteError, StorageError
from hydra_desktop.domain.label import Role, Severity
from hydra_desktop.outputs import model_package
from hydra_desktop.services import library, model_listing, training_state, unseen
from hydra_desktop.services.model_exchange import export, file_name, import_file
from hydra_desktop.vision.opening import open_model
from tests.fakes import library_hall, measured_hall
from tests.fakes.library_hall import HALL, TYPES, card, figures
from tests.fakes.measured_hall import MeasuredHall

TYPE = TYPES[0]
OTHER = "Elsewhere"


@pytest.fixture
def hall_id(database: Database) -> int:
    """Two halls: what goes out of D comes into Elsewhere, which has the same plot types."""
    with database.write() as c:
        other = halls.find_or_create(c, OTHER)
        for name in TYPES[:2]:
            halls.ensure_plot_type(c, other, name)
    return library_hall.fill(database)


@pytest.fixture
def out(database: Database, hall_id: int, tmp_path: Path) -> Path:
    """The file of a model of hall D whose threshold for Bad was moved."""
    model = library_hall.add(database, hall_id)
    with database.write() as c:
        model_store.set_thresholds(c, model, {"Bad": 0.8}, user="eva", chosen="by hand")
    return export(database, HALL, model, tmp_path / "out" / f"one{model_package.SUFFIX}", user="eva").path


def stored(database: Database) -> int:
    with database.read() as c:
        return c.scalar(sa.select(sa.func.count()).select_from(t.models)) or 0


def rehashed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def with_header(data: bytes, **changes: Any) -> bytes:
    """The same file with another header, and a hash that fits."""
    start = len(model_package._MAGIC) + 8
    length = int.from_bytes(data[start - 8 : start], "little")
    header = json.loads(data[start : start + length]) | changes
    text = json.dumps({name: value for name, value in header.items() if value is not ...}).encode()
    return rehashed(data[: start - 8] + len(text).to_bytes(8, "little") + text + data[start + length : -32])


def test_a_model_comes_in_with_all_that_it_went_out_with(database: Database, hall_id: int, out: Path) -> None:
    report = import_file(database, OTHER, out, user="ben")
    shelf = model_listing.shelf(database, OTHER, TYPE)
    (model,) = shelf.models
    assert (model.id, shelf.active_id) == (report.model_id, None)
    assert model.thresholds == {"Good": 0.5, "Bad": 0.8}
    assert model.trained_on == card()["plots"]
    assert (model.created_by, model.measured is not None) == ("eva", True)
    assert "imported by ben: BCAL_TDC_occ of the hall D, exported by eva" in model.origin
    assert "not on this hall's plots" in model.caution
    with database.read() as c:
        assert model_store.file(c, model.id) == library_hall.file_of(TYPE)
        labels = {one.name: one for one in halls.load(c, halls.find(c, OTHER) or 0).plot_types[TYPE].labels}
    assert (labels["HotChannel"].role, labels["HotChannel"].severity) == (Role.FAULTY, Severity.MEDIUM)
    assert "HotChannel is new here" in report.text()
    assert library.activate(database, OTHER, model.id, user="ben").model_id == model.id
    assert not list(out.parent.glob("*.tmp"))


def test_a_role_that_differs_here_is_told_and_counts(database: Database, hall_id: int, out: Path) -> None:
    package = model_package.read(out)
    labels = [replace(one, role=Role.CONDITION) if one.name == "Bad" else one for one in package.labels]
    out.write_bytes(model_package.pack(replace(package, labels=labels)))
    report = import_file(database, OTHER, out, user="ben")
    assert "Bad is faulty of severity high here, condition of severity high where" in report.text()


def test_the_same_model_is_not_stored_twice(database: Database, hall_id: int, out: Path) -> None:
    with pytest.raises(LibraryError, match=rf"here already: model \d+ of {TYPE}.*it isn't live"):
        import_file(database, HALL, out, user="ben")
    first = import_file(database, OTHER, out, as_plot_type=TYPES[1], user="ben")
    with pytest.raises(LibraryError, match=rf"model {first.model_id} of {TYPES[1]}"):
        import_file(database, OTHER, out, as_plot_type=TYPES[1], user="ben")
    assert stored(database) == 2


def test_a_plot_type_that_is_unknown_here_can_be_named(database: Database, hall_id: int, tmp_path: Path) -> None:
    model = library_hall.add(database, hall_id, TYPES[2])
    path = export(database, HALL, model, tmp_path, user="eva").path
    assert path == tmp_path / f"{TYPES[2]}-{model}.hydra-model"
    with pytest.raises(SettingsError, match=rf"{TYPES[2]}, a plot type .* --as PLOT_TYPE"):
        import_file(database, OTHER, path, user="ben")
    with pytest.raises(SettingsError, match="no plot type BCAL_TDC_oc "):
        import_file(database, OTHER, path, as_plot_type="BCAL_TDC_oc", user="ben")
    report = import_file(database, OTHER, path, as_plot_type=TYPE, user="ben")
    with database.read() as c:
        opened, _ = open_model(model_store.file(c, report.model_id))
    assert (report.plot_type, opened.plot_type) == (TYPE, TYPE)  # else references of the type wouldn't be found


CHANGES: dict[str, Any] = {
    "is no model that a Hydra exported": lambda data: b"GIF89a" + data,
    "no model that a Hydra exported ": lambda _data: pickle.dumps(print),
    r"cut off: only \d+ bytes are there": lambda data: data[:60],
    r"cut off: only \d+ of \d+ bytes are there; copy": lambda data: data[:-1000],
    "changed or damaged since": lambda data: data[:-1000] + bytes([data[-1000] ^ 1]) + data[-999:],
    "changed or damaged since it": lambda data: data.replace(b'"Bad": 0.8', b'"Bad": 0.1'),
    "changed or damaged since it was": lambda data: data + b"more",
    "described by efficientnet:9, this program": lambda data: with_header(data, described_by="efficientnet:9"),
    r"lacks a part \('card'\)": lambda data: with_header(data, card=...),
    "lacks a part .a threshold": lambda data: with_header(data, thresholds={"Bad": 7}),
    r"lacks a part \(a label\)": lambda data: with_header(
        data, labels=[{"name": "Good", "role": "good", "severity": "none", "colour": "red; x: y", "key": ""}]
    ),
    r"changed or damaged since it was exported": lambda data: with_header(data, card={"figures": float("nan")}),
    r"lacks a part \(the model that": lambda data: with_header(data, model_sha256="0" * 64),
    "isn't what the model is": lambda data: with_header(data, plot_type=TYPES[1]),
    "isn't what the model is; ": lambda data: with_header(data, thresholds={"Odd": 0.5}),
    "was made for the backbone": lambda data: model_package.pack(
        replace(
            model_package.unpack(data),
            model=library_hall.file_of(TYPE).replace(b"efficientnet-lite0:5793", b"efficientnet-lite0:5794"),
        )
    ),
    "one.hydra-model: This is no model of Hydra, or it is damaged": lambda data: model_package.pack(
        replace(model_package.unpack(data), model=pickle.dumps(print))
    ),
}


@pytest.mark.parametrize("why", CHANGES)
def test_what_is_not_whole_is_refused_with_its_reason(database: Database, hall_id: int, out: Path, why: str) -> None:
    out.write_bytes(CHANGES[why](out.read_bytes()))
    with pytest.raises(ModelFileError, match=why):
        import_file(database, OTHER, out, user="ben")
    assert stored(database) == 1


BAD_CARDS: dict[str, dict[str, Any]] = {
    "plots on its card is 5": {"plots": 5},
    "plots on its card is .* counts by name": {"plots": {"Good": -1}},
    "trained_on on its card is 5 and not a list of texts": {"trained_on": 5},
    "trained_on on its card is ..1..": {"trained_on": [[1]]},
    "figures on its card is": {"figures": [1]},
    "figures.macro_f1 on its card is 'x' and not a finite number": {"figures": figures() | {"macro_f1": "x"}},
    "figures.macro_f1 on its card is inf": {"figures": figures() | {"macro_f1": float("inf")}},
    "figures.confusion on its card": {"figures": figures() | {"confusion": {"Good": {"Good": 2**80}}}},
    "run_periods on its card": {"run_periods": ["a\0b"]},
    "split on its card": {"split": "\ud800"},
    "recipe on its card": {"recipe": {"deep": [float("inf")]}},
}


@pytest.mark.parametrize("why", BAD_CARDS)
def test_a_card_of_other_types_is_refused_in_words(database: Database, hall_id: int, out: Path, why: str) -> None:
    data = with_header(out.read_bytes(), card=card() | BAD_CARDS[why])
    start = len(model_package._MAGIC) + 8
    out.write_bytes(rehashed(data[:-32].replace(b"Infinity", b"1e999   ")))  # so long as before
    assert data[:start] == out.read_bytes()[:start]
    with pytest.raises(ModelFileError, match=why):
        import_file(database, OTHER, out, user="ben")
    assert stored(database) == 1


def test_what_holds_in_one_database_only_neither_goes_out_nor_comes_in(
    database: Database, hall_id: int, tmp_path: Path
) -> None:
    of_here = {"newest_label": 2**40, "labels_seen": {"Good": 7}, "reference_sets": {"2026-03": "0" * 64}}
    model = library_hall.add(database, hall_id, of_card=card() | of_here)
    path = export(database, HALL, model, tmp_path, user="eva").path
    assert not model_package.unpack(path.read_bytes()).card.keys() & of_here.keys()
    path.write_bytes(with_header(path.read_bytes(), card=card() | of_here | {"more": 1}))  # of an earlier version
    import_file(database, OTHER, path, user="ben")
    with database.read() as c:
        (record,) = model_store.listing(c, halls.find(c, OTHER) or 0)
    assert record.card.keys() == card().keys() | {"imported"}
    assert (state := training_state.of_hall(database, OTHER)[TYPE].labelled.last) is not None
    assert (state.newest_label, state.seen) == (None, {})


def test_all_that_a_training_writes_on_a_card_and_holds_elsewhere_comes_in(database: Database, tmp_path: Path) -> None:
    site = MeasuredHall(database, ImageStore(tmp_path / "images"), tmp_path)
    site.add()
    model = site.train().model_id
    with database.write() as c:
        other = halls.find_or_create(c, OTHER)
        halls.ensure_plot_type(c, other, measured_hall.TYPE)
        (record,) = model_store.listing(c, site.hall_id)
    path = export(database, measured_hall.HALL, model, tmp_path, user="eva").path
    import_file(database, OTHER, path, user="ben")
    with database.read() as c:
        (imported,) = model_store.listing(c, other)
    of_here = {"newest_label", "labels_seen", "reference_sets"}
    assert record.card.keys() >= of_here
    assert {**imported.card, "imported": 0} == {
        **{name: value for name, value in record.card.items() if name not in of_here},
        "imported": 0,
    }


@pytest.mark.parametrize(
    "bad",
    [
        {"labels_seen": [1, 2], "plots": 5, "run_periods": 3, "trained_on": 5, "newest_label": "abc"},
        {"labels_seen": {"Good": "x"}, "newest_label": 2**70, "figures": {"macro_f1": "x"}, "trained_on": [[1]]},
        {"newest_label": 2**40, "figures": 4, "run_periods": [[1]]},
    ],
)
def test_a_bad_card_that_is_stored_already_breaks_no_screen(
    database: Database, hall_id: int, bad: dict[str, Any]
) -> None:
    model = library_hall.add(database, hall_id, of_card=card() | bad)
    with database.write() as c:
        model_store.activate(c, model, user="eva")
    states = training_state.of_hall(database, HALL)
    assert states.keys() == set(TYPES)
    assert states[TYPE].active is not None
    assert model_listing.shelf(database, HALL, TYPE).active_id == model
    with database.read() as c:
        assert unseen.look(c, hall_id, model).fresh == frozenset()


@pytest.mark.parametrize("name", ["trained_by", "hall", "exported_at"])
def test_a_text_that_no_database_takes_is_refused(database: Database, hall_id: int, out: Path, name: str) -> None:
    out.write_bytes(with_header(out.read_bytes(), **{name: "a\0b"}))
    with pytest.raises(ModelFileError, match="lacks a part"):
        import_file(database, OTHER, out, user="ben")


def test_every_bit_counts(out: Path, tmp_path: Path) -> None:
    data = out.read_bytes()
    for place in range(0, len(data), len(data) // 97):
        with pytest.raises(ModelFileError):
            model_package.unpack(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.raises(ModelFileError):
            model_package.unpack(data[:place])


def test_a_huge_file_is_not_read(database: Database, hall_id: int, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_package, "MOST_BYTES", 1 << 18)
    with pytest.raises(ModelFileError, match="is larger than 0 MB, and no model is"):
        import_file(database, OTHER, out, user="ben")


def test_what_cannot_be_written_or_read_is_said(database: Database, hall_id: int, out: Path, tmp_path: Path) -> None:
    (model,) = model_listing.shelf(database, HALL, TYPE).models
    (tmp_path / "file").write_text("")
    none = tmp_path / "no.hydra-model"
    attempts: list[tuple[type[SiteError], str, Any]] = [
        (StorageError, "can't be written", lambda: export(database, HALL, model.id, tmp_path / "file" / "x", user="a")),
        (StorageError, "no.hydra-model can't be read", lambda: import_file(database, OTHER, none, user="a")),
        (LibraryError, "no model 99", lambda: export(database, HALL, 99, tmp_path / "x", user="a")),
    ]
    for kind, why, act in attempts:
        with pytest.raises(kind, match=why):
            act()
    broken = library_hall.add(database, hall_id, file=b"no model")
    with pytest.raises(ModelFileError, match=f"model {broken}"):
        export(database, HALL, broken, tmp_path / "x", user="a")
    assert not (tmp_path / "x").exists()


def test_a_plot_type_of_any_name_has_a_file_name() -> None:
    assert file_name("../up & down", 7) == "_up___down-7.hydra-model"

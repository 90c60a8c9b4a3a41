from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydra_desktop.database import halls, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Label, Role, Severity, default_label
from hydra_desktop.services import hall_settings, importing
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests

# what TOML treats in its own way, and a little of what it doesn't
TEXT = st.text("aZ09 _-.#='\"\\\n\r\t\x1f\x7f\x85\u2028äß漢😀", max_size=30)
NAME = st.text("aZ09_-.#='\"\\äß漢", min_size=1, max_size=12)
SECONDS = st.floats(1e-3, 1e9, allow_nan=False)


@st.composite
def labels(draw: st.DrawFn) -> tuple[Label, ...]:
    names = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    keys = draw(st.lists(st.sampled_from("abcdefgh12"), min_size=len(names), max_size=len(names), unique=True))
    return tuple(
        Label(
            name,
            draw(st.sampled_from(Role)),
            draw(st.sampled_from(Severity)),
            draw(st.sampled_from(("#000000", "#A7BCCB", "#ffffff"))),
            draw(st.sampled_from((key, ""))),
        )
        for name, key in zip(names, keys, strict=True)
    )


@st.composite
def plot_types(draw: st.DrawFn) -> PlotType:
    k = draw(st.integers(1, 5))
    return PlotType(
        draw(NAME),
        group=draw(TEXT),
        chunked=draw(st.booleans()),
        labels=draw(labels()),
        alarm_rule=AlarmRule(k, draw(st.integers(k, 9))),
        age_limit_s=draw(SECONDS),
        stale_after_s=draw(SECONDS),
        collect_percent=draw(st.floats(0, 100)),
        contact=draw(TEXT),
        guidance=draw(TEXT),
        ignored=draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(plot_types(), max_size=3), TEXT, TEXT, TEXT)
def test_what_is_shown_is_read_again_unchanged(types: list[PlotType], name: str, folder: str, beam: str) -> None:
    hall = Hall(name, folder, beam_file=beam, plot_types={one.name: one for one in types})
    assert hall_settings.read(hall_settings.show(hall), Hall(name)) == hall
    assert hall_settings.read(hall_settings.show(hall), hall) == hall


def test_what_is_left_out_stays() -> None:
    before = Hall("D", "/data", plot_types={"CDC": replace(PlotType("CDC"), group="Drift", contact="Ann")})
    after = hall_settings.read('[plot_types.CDC]\ncontact = "Bob"\n', before)
    assert after == replace(before, plot_types={"CDC": replace(before.plot_types["CDC"], contact="Bob")})


def test_a_label_may_be_a_name_alone() -> None:
    text = '[plot_types.CDC]\nlabels = ["Good", { name = "Hole", severity = "high" }]\n'
    hall = hall_settings.read(text, Hall("D"))
    hole = replace(default_label("Hole"), severity=Severity.HIGH)
    assert hall.plot_types["CDC"].labels == (default_label("Good"), hole)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = [", "s.toml: is no TOML: "),
        ("sauce = 1", "s.toml: sauce: is not a setting; known here are source, logbook, plot_types"),
        ("[source]\nfolder = 3", "s.toml: source.folder: must be a text in quotes, not 3"),
        ("[source]\nname_pattern = '('", "s.toml: source.name_pattern: The name pattern is not a regular expression"),
        (
            "[source]\nname_pattern = 'a'",
            "s.toml: source.name_pattern: The name pattern lacks the group plot_type and run_",
        ),
        ("plot_types = 3", "s.toml: plot_types: must be a table, not 3"),
        (
            "[plot_types.CDC]\ncolor = 1",
            "s.toml: plot_types.CDC.color: is not a setting; known here are group, chunked",
        ),
        ("[plot_types.CDC]\nchunked = 1", "s.toml: plot_types.CDC.chunked: must be true or false, not 1"),
        ("[plot_types.CDC]\nage_limit_s = 0", "s.toml: plot_types.CDC.age_limit_s: must be greater than 0, not 0"),
        ("[plot_types.CDC]\nage_limit_s = nan", "s.toml: plot_types.CDC.age_limit_s: must be a finite number, not nan"),
        ("[plot_types.CDC]\ncollect_percent = 101", "s.toml: plot_types.CDC.collect_percent: must be less than or"),
        ("[plot_types.CDC]\nalarm_rule = { k = 3, n = 2 }", "s.toml: plot_types.CDC.alarm_rule: k must not be more"),
        ("[plot_types.CDC]\nalarm_rule = { k = 3 }", "s.toml: plot_types.CDC.alarm_rule.n: is missing"),
        ("[plot_types.CDC]\nlabels = []", "s.toml: plot_types.CDC.labels: must name one label at least; left out"),
        ("[plot_types.CDC]\nlabels = ['A', 'A']", "s.toml: plot_types.CDC.labels: names A twice"),
        (
            "[plot_types.CDC]\nlabels = ['Good', { name = 'Gap', key = 'g' }]",
            "s.toml: plot_types.CDC.labels: gives the key 'g' to both Good and Gap",
        ),
        (
            "[plot_types.CDC]\nlabels = ['Good', { name = 'Gap', role = 'bad' }]",
            "s.toml: plot_types.CDC.labels[2].role: must be 'good', 'faulty', 'condition' or 'excluded', not 'bad'",
        ),
        (
            "[plot_types.CDC]\nlabels = [{ name = 'Gap', colour = 'red' }]",
            "s.toml: plot_types.CDC.labels[1].colour: must look like #A7BCCB, not 'red'",
        ),
        ("[plot_types.CDC]\nlabels = [{ role = 'good' }]", "s.toml: plot_types.CDC.labels[1].name: is missing"),
        ('[plot_types." CDC"]', "s.toml: plot_types: the name ' CDC' must not be empty nor begin or end with a space"),
    ],
)
def test_a_fault_is_one_line_with_its_place(text: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        hall_settings.read(text, Hall("D"), place="s.toml")
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_two_faults_are_two_lines() -> None:
    with pytest.raises(SettingsError) as caught:
        hall_settings.read("[source]\nfolder = 3\n[plot_types.CDC]\nignored = 3", Hall("D"))
    assert len(str(caught.value).splitlines()) == 2


def test_the_help_names_every_setting() -> None:
    text = hall_settings.show(Hall("D", plot_types={"CDC": PlotType("CDC")}))
    parsed = tomllib.loads(text)
    comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    for name in (*parsed["source"], *parsed["plot_types"]["CDC"], *parsed["plot_types"]["CDC"]["labels"][0]):
        assert name in comments


def test_applied_with_history_and_then_nothing_changes(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text('[plot_types.CDC]\ngroup = "Drift"\nlabels = ["Good", "Hole"]\n', encoding="utf-8-sig")
    assert hall_settings.apply_file(database, "D", path, user="ann") == ["plot type CDC: new"]
    path.write_text(hall_settings.show_hall(database, "D"), encoding="utf-8")
    assert hall_settings.apply_file(database, "D", path, user="bob") == []
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        assert [(user, comment) for _, user, comment, _ in halls.history(connection, hall_id)] == [
            ("ann", "hall apply hall.toml")
        ]


def test_a_faulty_file_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text('[plot_types.CDC]\n[plot_types.FDC]\nignored = "yes"\n')
    with pytest.raises(SettingsError, match=r"hall\.toml: plot_types\.FDC\.ignored: must be true or false"):
        hall_settings.apply_file(database, "D", path, user="ann")
    assert "[plot_types" not in hall_settings.show_hall(database, "D")


def test_files_that_cannot_be_read(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        hall_settings.apply_file(database, "D", tmp_path / "none.toml", user="ann")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(SettingsError, match=r"is not in UTF-8 \(byte 2\)"):
        hall_settings.apply_file(database, "D", tmp_path / "latin.toml", user="ann")


def test_a_label_in_use_is_not_taken_away(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text('[plot_types.hump]\nlabels = ["Good", "Bad", "Hole", "Gap"]\n')
    hall_settings.apply_file(database, "D", path, user="ann")
    images = ImageStore(tmp_path / "images")
    manifest = manifests.write(tmp_path / "data", ["Good", "Hole", "Hole"])
    importing.import_manifest(database, "D", images, manifest, user="ann", progress=Progress())
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        thresholds = {"Good": 0.5, "Bad": 0.5}
        model = model_store.add(c, hall_id, "hump", file=b"x", card={}, thresholds=thresholds, user="ann")
        model_store.activate(c, model, user="ann")
    shown = hall_settings.show_hall(database, "D")
    path.write_text('[plot_types.hump]\nlabels = ["Good"]\n')
    with pytest.raises(SettingsError) as caught:
        hall_settings.apply_file(database, "D", path, user="ann")
    bad, hole = str(caught.value).splitlines()
    assert "lacks Bad, which the active model gives; keep it in the list, or first put a model" in bad
    assert "lacks Hole, which 2 plots have; keep it in the list, or first relabel these plots." in hole
    assert hall_settings.show_hall(database, "D") == shown
    path.write_text('[plot_types.hump]\nlabels = ["Good", "Bad", "Hole"]\n')
    (change,) = hall_settings.apply_file(database, "D", path, user="ann")
    assert "Good, Bad, Hole, Gap -> Good, Bad, Hole" in change

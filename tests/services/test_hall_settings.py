from __future__ import annotations

import json
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydra_desktop.database import alarm_settings as stored_alarm_settings
from hydra_desktop.database import halls, model_store
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm_settings import AlarmSettings, SuppressionRule
from hydra_desktop.domain.errors import SettingsError
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType, RunPvs
from hydra_desktop.domain.label import Label, Role, Severity, default_label
from hydra_desktop.services import hall_settings, importing
from hydra_desktop.services.progress import Progress
from tests.fakes import manifests

# what TOML treats in its own way, and a little of what it doesn't
TEXT = st.text("aZ09 _-.#='\"\\\n\r\t\x1f\x7f\x85\u2028äß漢😀", max_size=30)
NAME = st.text("aZ09_-.#='\"\\äß漢", min_size=1, max_size=12)
SECONDS = st.floats(1e-3, 1e9, allow_nan=False)
SECONDS_OR_NONE = st.just(0.0) | SECONDS


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
def alarm_rules(draw: st.DrawFn) -> AlarmRule:
    k = draw(st.integers(1, 5))
    return AlarmRule(
        k,
        draw(st.integers(k, 9)),
        draw(SECONDS_OR_NONE),
        draw(SECONDS_OR_NONE),
        draw(st.floats(0, 1)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.none() | st.sampled_from(Severity)),
    )


@st.composite
def suppression_rules(draw: st.DrawFn) -> SuppressionRule:
    names = st.lists(TEXT.filter(bool), max_size=3).map(tuple)
    return SuppressionRule(
        draw(NAME),
        True,
        draw(st.none() | SECONDS),
        draw(names),
        draw(SECONDS_OR_NONE),
        draw(st.integers(0, 10**15)),
        draw(SECONDS_OR_NONE),
        draw(names),
        draw(names),
    )


@st.composite
def alarm_settings(draw: st.DrawFn) -> AlarmSettings:
    over = draw(st.integers(0, 100))
    return AlarmSettings(
        tuple(draw(st.lists(suppression_rules(), max_size=3, unique_by=lambda one: one.name))),
        draw(SECONDS_OR_NONE),
        draw(SECONDS_OR_NONE),
        draw(st.sampled_from((0, 2, 7))),
        over,
        draw(st.integers(0, over)),
        draw(SECONDS_OR_NONE),
        draw(SECONDS_OR_NONE),
        draw(SECONDS_OR_NONE),
    )


def run_pvs() -> st.SearchStrategy[RunPvs]:
    return st.lists(st.text("aZ09:_-.#'\"\\äß{}", max_size=20), min_size=6, max_size=6).map(lambda some: RunPvs(*some))


@st.composite
def plot_types(draw: st.DrawFn) -> PlotType:
    return PlotType(
        draw(NAME),
        group=draw(TEXT),
        chunked=draw(st.booleans()),
        labels=draw(labels()),
        alarm_rule=draw(alarm_rules()),
        age_limit_s=draw(SECONDS),
        stale_after_s=draw(SECONDS),
        collect_percent=draw(st.floats(0, 100)),
        contact=draw(TEXT),
        guidance=draw(TEXT),
        ignored=draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(plot_types(), max_size=3), alarm_settings(), run_pvs(), TEXT, TEXT, TEXT)
def test_what_is_shown_is_read_again_unchanged(
    types: list[PlotType], alarms: AlarmSettings, pvs: RunPvs, name: str, folder: str, beam: str
) -> None:
    hall = Hall(name, folder, beam_file=beam, plot_types={one.name: one for one in types}, alarms=alarms, run_pvs=pvs)
    assert hall_settings.read(hall_settings.show(hall), Hall(name)) == hall
    assert hall_settings.read(hall_settings.show(hall), hall) == hall
    others = {one.name: replace(one, alarm_rule=AlarmRule(3, 4, 1, 1, 0.1, True, True, Severity.LOW)) for one in types}
    other = Hall(
        name, "/x", run_pvs=RunPvs("A", "B"), plot_types=others, alarms=AlarmSettings((), 1, 1, 3, 1, 1, 1, 1, 1)
    )
    assert hall_settings.read(hall_settings.show(hall), other) == hall


@settings(max_examples=40, deadline=None)
@given(alarm_settings())
def test_the_alarms_are_stored_and_read_again_unchanged(alarms: AlarmSettings) -> None:
    assert stored_alarm_settings.read(json.loads(json.dumps(stored_alarm_settings.stored(alarms)))) == alarms
    assert stored_alarm_settings.stored(AlarmSettings()) == {}


def test_k_or_n_alone_may_be_given() -> None:
    before = Hall("D", plot_types={"CDC": PlotType("CDC", alarm_rule=AlarmRule(2, 3))})
    hall = hall_settings.read("[plot_types.CDC]\nalarm_rule = { n = 5, latches = true }\n", before)
    assert hall.plot_types["CDC"].alarm_rule == AlarmRule(2, 5, latches=True)
    changed = hall_settings.read("[plot_types.CDC]\nalarm_rule = { hysteresis = 0.2 }\n", hall)
    assert changed.plot_types["CDC"].alarm_rule == AlarmRule(2, 5, hysteresis=0.2, latches=True)
    with pytest.raises(SettingsError, match=r"plot_types\.CDC\.alarm_rule: k must not be more than n \(k = 6, n = 5\)"):
        hall_settings.read("[plot_types.CDC]\nalarm_rule = { k = 6 }\n", hall)


def test_rules_of_suppression_are_named_all_or_none() -> None:
    text = '[[alarms.suppression]]\nname = "configure"\nrun_states = ["configuring"]\nfirst_s = 60\n'
    hall = hall_settings.read(text, Hall("D"))
    assert hall.alarms.rules == (SuppressionRule("configure", run_states=("configuring",), first_s=60.0),)
    other = hall_settings.read("[alarms]\nquiet_after_s = 0\n", hall)
    assert other.alarms == replace(hall.alarms, quiet_after_s=0.0)
    assert hall_settings.read("[alarms]\nsuppression = []\n", hall).alarms.rules == ()


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
        ("sauce = 1", "s.toml: sauce: is not a setting; known here are source, logbook, alarms, plot_types"),
        ("[source]\nfolder = 3", "s.toml: source.folder: must be a text in quotes, not 3"),
        ("[source]\nname_pattern = '('", "s.toml: source.name_pattern: The name pattern is not a regular expression"),
        (
            "[source]\nname_pattern = 'a'",
            "s.toml: source.name_pattern: The name pattern lacks the group plot_type and run_",
        ),
        ("[source]\nrun_pv = 'A B'", "s.toml: source.run_pv: must be the name of an EPICS variable, without spaces"),
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
        (
            "[plot_types.CDC]\nalarm_rule = { n = 1 }",
            "s.toml: plot_types.CDC.alarm_rule: k must not be more than n (k =",
        ),
        (
            "[plot_types.CDC]\nalarm_rule = { unfamiliar = 'bad' }",
            "s.toml: plot_types.CDC.alarm_rule.unfamiliar: must be '', 'none', 'low', 'medium' or 'high', not 'bad'",
        ),
        (
            "[plot_types.CDC]\nalarm_rule = { m = 1 }",
            "s.toml: plot_types.CDC.alarm_rule.m: is not a setting; known here",
        ),
        (
            "[plot_types.CDC]\nalarm_rule = { hysteresis = 2 }",
            "s.toml: plot_types.CDC.alarm_rule.hysteresis: must be less than or equal to 1, not 2",
        ),
        ("[alarms]\nquiet_after_s = -1", "s.toml: alarms.quiet_after_s: must be greater than or equal to 0, not -1"),
        ("[alarms]\nrepeated_chunks = 1", "s.toml: alarms.repeated_chunks: must be 2 at least, or 0 for never"),
        ("[alarms]\nflood_until = 11", "s.toml: alarms: flood_until must not be more than flood_over (11 and 10)"),
        (
            "[alarms]\nsiren = 1",
            "s.toml: alarms.siren: is not a setting; known here are shelve_at_most_s, quiet_after_s",
        ),
        ("[[alarms.suppression]]", "s.toml: alarms.suppression[1].name: is missing"),
        (
            "[[alarms.suppression]]\nname = 'x'",
            "s.toml: alarms.suppression[1]: has no condition: set one or more of beam",
        ),
        (
            "[[alarms.suppression]]\nname = 'x'\nbeam = true",
            "s.toml: alarms.suppression[1].beam: is not a setting; known here are name, beam_off, beam_below_na",
        ),
        (
            "[[alarms.suppression]]\nname = 'x'\nbeam_off = true\n[[alarms.suppression]]\nname = 'x'\nfirst_s = 1",
            "s.toml: alarms.suppression: names x twice",
        ),
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
    given = parsed["alarms"].pop("suppression")[0]
    for name in (*parsed["alarms"], *given, *(f.name for f in fields(SuppressionRule))):
        assert name in comments
    for name in (
        *parsed["plot_types"]["CDC"]["alarm_rule"],
        *parsed["source"],
        *parsed["plot_types"]["CDC"],
        *parsed["plot_types"]["CDC"]["labels"][0],
    ):
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


def test_changes_of_alarms_are_told(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text("[plot_types.CDC]\nalarm_rule = { k = 2, n = 3, off_delay_s = 0 }\n")
    hall_settings.apply_file(database, "D", path, user="ann")
    path.write_text(
        "[alarms]\nquiet_after_s = 300\n[[alarms.suppression]]\nname = 'no beam'\nbeam_off = true\nstays_s = 60\n"
        "[[alarms.suppression]]\nname = 'start'\nfirst_s = 120\nplot_types = ['CDC']\n"
        "[plot_types.CDC]\nalarm_rule = { off_delay_s = 30, unfamiliar = 'high' }\n"
    )
    assert hall_settings.apply_file(database, "D", path, user="bob") == [
        "alarms: quiet_after_s: 600 -> 300",
        "alarms: suppression no beam: stays_s: 0.0 -> 60.0",
        "alarms: suppression start: new",
        "plot type CDC: alarm_rule: off_delay_s: 0.0 -> 30.0",
        "plot type CDC: alarm_rule: unfamiliar: - -> high",
    ]
    with database.read() as connection:
        hall_id = halls.find(connection, "D")
        assert hall_id is not None
        hall = halls.load(connection, hall_id)
    start = SuppressionRule("start", first_s=120.0, plot_types=("CDC",))
    assert hall.alarms.rules == (SuppressionRule("no beam", beam_off=True, stays_s=60.0), start)
    assert hall.plot_types["CDC"].alarm_rule == AlarmRule(2, 3, off_delay_s=30.0, unfamiliar=Severity.HIGH)
    assert hall_settings.apply_file(database, "D", path, user="bob") == []


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

"""A hall's settings as one TOML file: what `hall show` prints and `hall apply` takes.

What a file leaves out stays as it is, a plot type as well as a single setting, so that a file
of two lines is as good as the whole one.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from sqlalchemy import Connection

from ..database import given_labels, halls, model_store
from ..database.connection import Database
from ..domain.errors import SettingsError
from ..domain.hall import FACTS, Hall, Logbook, PlotType, RunPvs
from ..domain.label import Label, Role, Severity, default_label
from ..domain.plot import NamePattern
from . import alarm_settings_file
from .alarm_settings_file import RULE_HELP, AlarmRulePart, AlarmsPart, SuppressionPart
from .settings_parts import Part, Seconds, clean, storable
from .toml_text import key, number, text

_HEADER = """\
# Settings of the hall {name}: hydra-desktop hall apply THIS_FILE
# What is left out stays as it is: a whole plot type, or one setting of it.
"""

PVS = tuple(f.name for f in fields(RunPvs))

_SOURCE_HELP = """\
# folder       where the plots arrive; "" while there is none
# name_pattern regular expression for the path within the folder, with the groups plot_type, run_number and,
#              where the names have them, run_period, pad, chunk: (?P<chunk>\\d+)
# beam_file    JSON file with run_number, run_period, beam_on, beam_current_nA, state (of the run) and events, each of
#              them optional; "" when there is none
# beam_pv      EPICS variables instead of it, or beside it and then going before it, each "" when there is none: whether
#              there is beam (not 0),
# beam_current_pv  its current in nA,
# run_pv, run_period_pv, run_state_pv, events_pv  and the run
"""

_LOGBOOK_HELP = f"""\
# folder   where logbook entries are written, HTML files; "" lets whoever writes one choose
# command  run for each entry after that, without a shell: a list of words, the program first; [] when there is none.
#          Known in them and, in capitals after HYDRA_, in the environment:
#          {" ".join(f"{{{name}}}" for name in FACTS[:6])}
#          {" ".join(f"{{{name}}}" for name in FACTS[6:])}
"""

_PLOT_TYPES_HELP = f"""\
# group            panels of one group stand together on the wall
# chunked          false for a plot that is made once per run (it then alarms at its first fault)
# labels           what a plot of this type can be, each a name, or a name with
#                    role      good, faulty, condition (NoData, LED ...) or excluded (left out of training)
#                    severity  none, low, medium or high
#                    colour    "#RRGGBB", for legends and histograms
#                    key       one character for labeling, "" for none
{RULE_HELP}\
# age_limit_s      a plot older than this never sounds
# stale_after_s    without a new plot for this long the panel says stale
# collect_percent  share of the plots without any finding that is kept for training
# contact          who is responsible
# guidance         what to do when it is bad
# ignored          true leaves its plots alone: not analysed, not on the wall
"""


class _LabelPart(Part):
    name: str
    role: Literal["good", "faulty", "condition", "excluded"] | None = None
    severity: Literal["none", "low", "medium", "high"] | None = None
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    key: Annotated[str, Field(max_length=1)] | None = None

    _name = field_validator("name")(clean)

    @field_validator("key")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if value and (not value.isprintable() or value.isspace()):
            raise ValueError("must be one visible character")
        return value

    def label(self) -> Label:
        usual = default_label(self.name)
        return Label(
            self.name,
            usual.role if self.role is None else Role(self.role),
            usual.severity if self.severity is None else Severity.from_word(self.severity),
            usual.colour if self.colour is None else self.colour,
            usual.key if self.key is None else self.key,
        )


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class _PlotTypePart(Part):
    group: str | None = None
    chunked: bool | None = None
    labels: Annotated[list[Annotated[_LabelPart, BeforeValidator(_named)]], Field(min_length=1)] | None = None
    alarm_rule: AlarmRulePart | None = None
    age_limit_s: Seconds | None = None
    stale_after_s: Seconds | None = None
    collect_percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    contact: str | None = None
    guidance: str | None = None
    ignored: bool | None = None

    _storable = field_validator("group", "contact", "guidance")(storable)

    @field_validator("labels")
    @classmethod
    def _distinct(cls, parts: list[_LabelPart] | None) -> list[_LabelPart] | None:
        by_key: dict[str, str] = {}
        names: set[str] = set()
        for label in [part.label() for part in parts or ()]:
            if label.name in names:
                raise ValueError(f"names {label.name} twice")
            names.add(label.name)
            if label.key and label.key in by_key:
                raise ValueError(f"gives the key {label.key!r} to both {by_key[label.key]} and {label.name}")
            by_key[label.key] = label.name
        return parts

    def plot_type(self, current: PlotType) -> PlotType:
        given = {name: value for name in self.model_fields_set if (value := getattr(self, name)) is not None}
        if self.labels is not None:
            given["labels"] = tuple(part.label() for part in self.labels)
        if self.alarm_rule is not None:
            given["alarm_rule"] = self.alarm_rule.alarm_rule(current.alarm_rule)
        return replace(current, **given)


class _SourcePart(Part):
    folder: str | None = None
    name_pattern: str | None = None
    beam_file: str | None = None
    beam_pv: str | None = None
    beam_current_pv: str | None = None
    run_pv: str | None = None
    run_period_pv: str | None = None
    run_state_pv: str | None = None
    events_pv: str | None = None

    @field_validator(*PVS)
    @classmethod
    def _one_word(cls, value: str | None) -> str | None:
        if value and (not value.isprintable() or any(letter.isspace() for letter in value)):
            raise ValueError("must be the name of an EPICS variable, without spaces")
        return value

    @field_validator("folder", "beam_file", "name_pattern")
    @classmethod
    def _storable(cls, value: str | None) -> str | None:
        if value is not None and "\x00" in value:
            raise ValueError("holds the character 0, which no path and no pattern has")
        return value

    @field_validator("name_pattern")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                NamePattern(value)
            except SettingsError as error:
                raise ValueError(str(error)) from error
        return value


class _LogbookPart(Part):
    folder: str | None = None
    command: Annotated[list[str], Field(max_length=100)] | None = None

    @field_validator("folder")
    @classmethod
    def _storable(cls, value: str | None) -> str | None:
        if value is not None and "\x00" in value:
            raise ValueError("holds the character 0, which no path has")
        return value

    @field_validator("command")
    @classmethod
    def _runnable(cls, value: list[str] | None) -> list[str] | None:
        if value is not None:
            if any("\x00" in word for word in value):
                raise ValueError("holds the character 0, which no command takes")
            Logbook(command=tuple(value))
        return value


class _HallPart(Part):
    source: _SourcePart = _SourcePart()
    logbook: _LogbookPart = _LogbookPart()
    alarms: AlarmsPart = AlarmsPart()
    plot_types: dict[str, _PlotTypePart] = Field(default_factory=dict)

    @field_validator("plot_types")
    @classmethod
    def _usable(cls, parts: dict[str, _PlotTypePart], info: ValidationInfo) -> dict[str, _PlotTypePart]:
        for name in parts:
            try:
                clean(name, info)
            except ValueError as error:
                raise ValueError(f"the name {name!r} {error}") from error
        return parts


def read(toml: str, current: Hall, *, place: str = "settings") -> Hall:
    """The hall that follows from `current` when the settings of a TOML text are applied.

    Raises SettingsError with one line for each fault; `place` names the file in these lines.
    """
    try:
        part = _HallPart.model_validate(tomllib.loads(toml), context=_names(current))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{place}: is no TOML: {error}.") from error
    except ValidationError as error:
        lines = [f"{place}: {_place(fault['loc'])}: {_explained(fault)}" for fault in error.errors()]
        raise SettingsError("\n".join(lines)) from error
    plot_types, alarms, faults = dict(current.plot_types), current.alarms, []
    for name, plot_type in part.plot_types.items():
        try:
            plot_types[name] = plot_type.plot_type(plot_types.get(name, PlotType(name)))
        except SettingsError as error:
            faults.append(f"{place}: plot_types.{key(name)}.alarm_rule: {error}")
    try:
        alarms = part.alarms.alarms(alarms)
    except SettingsError as error:
        faults.append(f"{place}: alarms: {error}")
    if faults:
        raise SettingsError("\n".join(faults))
    source, logbook = part.source, part.logbook
    return replace(
        current,
        source_folder=current.source_folder if source.folder is None else source.folder,
        name_pattern=current.name_pattern if source.name_pattern is None else source.name_pattern,
        beam_file=current.beam_file if source.beam_file is None else source.beam_file,
        run_pvs=replace(
            current.run_pvs, **{name: value for name in PVS if (value := getattr(source, name)) is not None}
        ),
        plot_types=plot_types,
        logbook=Logbook(
            current.logbook.folder if logbook.folder is None else logbook.folder,
            current.logbook.command if logbook.command is None else tuple(logbook.command),
        ),
        alarms=alarms,
    )


def show(hall: Hall) -> str:
    """The hall's settings as a documented TOML text that `read` takes again unchanged."""
    return "\n".join([*_lines(hall), ""])


def show_hall(database: Database, hall_name: str) -> str:
    """`show` for a hall of the database; a hall that isn't there yet shows the defaults."""
    with database.read() as connection:
        hall_id = halls.find(connection, hall_name)
        return show(Hall(hall_name) if hall_id is None else halls.load(connection, hall_id))


def apply_file(database: Database, hall_name: str, path: Path, *, user: str) -> list[str]:
    """Apply a settings file to a hall, made if it is new; gives what changed, a line each.

    Raises SettingsError for a file that can't be read or doesn't hold, and for one that takes
    away a label which plots have or the active model gives.
    """
    try:
        toml = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: can't be read ({error.strerror}); check the name.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not in UTF-8 (byte {error.start}); save it as UTF-8.") from error
    with database.write() as connection:
        hall_id = halls.find_or_create(connection, hall_name)
        current = halls.load(connection, hall_id)
        hall = read(toml, current, place=str(path))
        _expect_labels_in_use(connection, hall_id, current, hall, place=str(path))
        return halls.apply(connection, hall_id, hall, user=user, comment=f"hall apply {path.name}")


def _expect_labels_in_use(connection: Connection, hall_id: int, before: Hall, after: Hall, *, place: str) -> None:
    models = model_store.active(connection, hall_id)
    faults = []
    for plot_type in before.plot_types.values():
        left = {label.name for label in after.plot_types[plot_type.name].labels}
        gone = [label.name for label in plot_type.labels if label.name not in left]
        if not gone:
            continue
        given = Counter(one.label for one in given_labels.current(connection, hall_id, plot_type.name))
        known = models[plot_type.name].thresholds if plot_type.name in models else {}
        for name in gone:
            users = [f"{given[name]} plots have"] if given[name] else []
            users += ["the active model gives"] if name in known else []
            if users:
                ways = ["relabel these plots"] if given[name] else []
                ways += [f"put a model without it live: hydra-desktop train {plot_type.name} --activate"]
                faults.append(
                    f"{place}: plot_types.{key(plot_type.name)}.labels: lacks {name}, which {' and '.join(users)}; "
                    f"keep it in the list, or first {' and '.join(ways if name in known else ways[:1])}."
                )
    if faults:
        raise SettingsError("\n".join(faults))


def _lines(hall: Hall) -> Iterator[str]:
    yield _HEADER.format(name="".join(c for c in hall.name if c.isprintable()))
    yield "[source]"
    yield _SOURCE_HELP.rstrip()
    yield f"folder = {text(hall.source_folder)}"
    yield f"name_pattern = {text(hall.name_pattern)}"
    yield f"beam_file = {text(hall.beam_file)}"
    for name in PVS:
        yield f"{name} = {text(getattr(hall.run_pvs, name))}"
    yield ""
    yield "[logbook]"
    yield _LOGBOOK_HELP.rstrip()
    yield f"folder = {text(hall.logbook.folder)}"
    yield f"command = [{', '.join(text(word) for word in hall.logbook.command)}]"
    yield ""
    yield from alarm_settings_file.lines(hall.alarms)
    yield ""
    yield "# Plot types. A name that the monitor meets and that isn't here is added with the defaults."
    yield _PLOT_TYPES_HELP.rstrip()
    for plot_type in hall.plot_types.values():
        yield ""
        yield f"[plot_types.{key(plot_type.name)}]"
        yield f"group = {text(plot_type.group)}"
        yield f"chunked = {_truth(plot_type.chunked)}"
        yield "labels = ["
        yield from (f"  {_label(label)}," for label in plot_type.labels)
        yield "]"
        yield f"alarm_rule = {alarm_settings_file.rule_text(plot_type.alarm_rule)}"
        yield f"age_limit_s = {number(plot_type.age_limit_s)}"
        yield f"stale_after_s = {number(plot_type.stale_after_s)}"
        yield f"collect_percent = {number(plot_type.collect_percent)}"
        yield f"contact = {text(plot_type.contact)}"
        yield f"guidance = {text(plot_type.guidance)}"
        yield f"ignored = {_truth(plot_type.ignored)}"


def _label(label: Label) -> str:
    return (
        f"{{ name = {text(label.name)}, role = {text(label.role.value)}, severity = {text(label.severity.word)}, "
        f"colour = {text(label.colour)}, key = {text(label.key)} }}"
    )


def _names(hall: Hall) -> frozenset[str]:
    """Names of plot types, labels and suppression rules that are in use."""
    labels = (label.name for plot_type in hall.plot_types.values() for label in plot_type.labels)
    return frozenset((*hall.plot_types, *labels, *(rule.name for rule in hall.alarms.rules)))


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _place(location: tuple[int | str, ...]) -> str:
    parts = ""
    for step in location:
        parts += f"[{step + 1}]" if isinstance(step, int) else f".{key(step)}" if step != "[key]" else ""
    return parts.lstrip(".") or "the file"


_KNOWN_PARTS: dict[str, type[Part]] = {
    "source": _SourcePart,
    "logbook": _LogbookPart,
    "alarms": AlarmsPart,
    "suppression": SuppressionPart,
    "plot_types": _PlotTypePart,
    "labels": _LabelPart,
    "alarm_rule": AlarmRulePart,
}


def _known(location: tuple[int | str, ...]) -> str:
    part: type[Part] = _HallPart
    for step in location[:-1]:
        part = _KNOWN_PARTS.get(str(step), part)
    return ", ".join(part.model_fields)


_EXPLAINED: dict[str, Callable[[ErrorDetails], str]] = {
    "extra_forbidden": lambda fault: f"is not a setting; known here are {_known(fault['loc'])}",
    "missing": lambda _: "is missing",
    "value_error": lambda fault: str(fault["ctx"]["error"]).rstrip("."),
    "bool_type": lambda fault: f"must be true or false, not {fault['input']!r}",
    "string_type": lambda fault: f"must be a text in quotes, not {fault['input']!r}",
    "int_type": lambda fault: f"must be a whole number, not {fault['input']!r}",
    "float_type": lambda fault: f"must be a number, not {fault['input']!r}",
    "literal_error": lambda fault: f"must be {fault['ctx']['expected']}, not {fault['input']!r}",
    "model_type": lambda fault: f"must be a table, not {fault['input']!r}",
    "dict_type": lambda fault: f"must be a table, not {fault['input']!r}",
    "list_type": lambda fault: f"must be a list, not {fault['input']!r}",
    "too_short": lambda _: "must name one label at least; left out altogether the labels stay as they are",
    "string_pattern_mismatch": lambda fault: f"must look like #A7BCCB, not {fault['input']!r}",
}


def _explained(fault: ErrorDetails) -> str:
    explain = _EXPLAINED.get(fault["type"])
    if explain is not None:
        return explain(fault)
    said = fault["msg"].removeprefix("Input ").replace("should", "must", 1)
    return f"{said[:1].lower()}{said[1:]}, not {fault['input']!r}"

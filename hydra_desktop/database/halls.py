"""Halls and their plot types, with every change of them kept."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from ..domain.hall import AlarmRule, Hall, Logbook, PlotType, RunPvs
from ..domain.label import Label, Role, Severity, default_label
from ..domain.run import BeamSource, RunState
from . import alarm_settings, clock, feed, files_seen, label_queue
from . import tables as t
from .naming import plot_type_id
from .upsert import upsert


def find(c: sa.Connection, name: str) -> int | None:
    """Id of the hall of that name, None when there is none."""
    return c.scalar(sa.select(t.halls.c.id).where(t.halls.c.name == name))


def names(c: sa.Connection) -> list[str]:
    """Names of all halls."""
    return list(c.scalars(sa.select(t.halls.c.name).order_by(t.halls.c.name)))


def find_or_create(c: sa.Connection, name: str) -> int:
    """Id of the hall of that name, which is made with default settings when it isn't there."""
    known = find(c, name)
    if known is not None:
        return known
    default = Hall(name)
    upsert(
        c,
        t.halls,
        {
            "name": name,
            "source_folder": default.source_folder,
            "name_pattern": default.name_pattern,
            "beam_file": default.beam_file,
        },
        on=["name"],
        update=(),
    )
    found = find(c, name)
    assert found is not None  # noqa: S101 just made
    label_queue.say_built(c, found)  # it has no plots yet
    return found


def load(c: sa.Connection, hall_id: int) -> Hall:
    """The settings of a hall; plot types by group, then name."""
    row = c.execute(sa.select(t.halls).where(t.halls.c.id == hall_id)).one()
    by_type: dict[int, list[Label]] = defaultdict(list)
    for type_id, *properties in c.execute(_LABELS, {"hall_id": hall_id}):
        by_type[type_id].append(_label(*properties))
    types = {}
    for type_id, name, group, chunked, *rest in c.execute(_PLOT_TYPES, {"hall_id": hall_id}):
        rule, others = rest[: len(_OF_RULE)], rest[len(_OF_RULE) :]
        types[name] = PlotType(name, group, chunked, tuple(by_type[type_id]), _alarm_rule(*rule), *others)
    alarms = alarm_settings.read(row.alarm_settings)
    return Hall(row.name, row.source_folder, row.name_pattern, row.beam_file, types, _logbook(row), alarms, _pvs(row))


def logbook(c: sa.Connection, hall_id: int) -> Logbook:
    """Where the logbook entries of a hall go."""
    h = t.halls.c
    return _logbook(c.execute(sa.select(h.logbook_folder, h.logbook_command).where(h.id == hall_id)).one())


def _logbook(row: Any) -> Logbook:
    return Logbook(row.logbook_folder, tuple(row.logbook_command))


def _pvs(row: Any) -> RunPvs:
    known = {f.name for f in fields(RunPvs)}
    return RunPvs(**{name: pv for name, pv in row.run_pvs.items() if name in known})


def settings_version(c: sa.Connection, hall_id: int) -> int:
    """A number that rises with every change of the hall's settings, plot types and labels."""
    return c.scalar(sa.select(sa.func.count()).where(t.hall_history.c.hall_id == hall_id)) or 0


_OF_HALL = t.plot_types.c.hall_id == sa.bindparam("hall_id")
_LABELS = (
    sa.select(*(t.labels.c[name] for name in ("plot_type_id", "name", "role", "severity", "colour", "key")))
    .join(t.plot_types, t.plot_types.c.id == t.labels.c.plot_type_id)
    .where(_OF_HALL, t.labels.c.valid)
    .order_by(t.labels.c.position)
)
_OF_RULE = tuple(f.name for f in fields(AlarmRule))  # a column each, after "alarm_"
_PLOT_TYPES = (
    sa.select(
        *(
            t.plot_types.c[name]
            for name in (
                "id", "name", "group_name", "chunked", *(f"alarm_{name}" for name in _OF_RULE), "age_limit_s",
                "stale_after_s", "collect_percent", "contact", "guidance", "ignored",
            )
        )
    )
    .where(_OF_HALL)
    .order_by(t.plot_types.c.group_name, t.plot_types.c.name)
)  # fmt: skip


@lru_cache(maxsize=256)
def _alarm_rule(*values: Any) -> AlarmRule:
    given = dict(zip(_OF_RULE, values, strict=True))
    unfamiliar = given.pop("unfamiliar")
    return AlarmRule(**given, unfamiliar=None if unfamiliar is None else Severity(unfamiliar))


@lru_cache(maxsize=4096)  # a wall reads the same few again and again
def _label(name: str, role: str, severity: int, colour: str, key: str) -> Label:
    return Label(name, Role(role), Severity(severity), colour, key)


def apply(c: sa.Connection, hall_id: int, hall: Hall, *, user: str, comment: str = "") -> list[str]:
    """Make the settings of a hall those of `hall`; returns the changes, a line each.

    A plot type or label that `hall` doesn't name stays: plots and labels given rest on it. A
    label left out of a named plot type is no longer valid for new labels.
    """
    hold(c, hall_id)
    before = load(c, hall_id)
    changes = [
        f"{name}: {getattr(before, name) or '-'} -> {getattr(hall, name) or '-'}"
        for name in ("source_folder", "name_pattern", "beam_file")
        if getattr(before, name) != getattr(hall, name)
    ]
    for what, former, wanted in (
        ("logbook folder", before.logbook.folder, hall.logbook.folder),
        ("logbook command", shlex.join(before.logbook.command), shlex.join(hall.logbook.command)),
    ):
        if former != wanted:
            changes.append(f"{what}: {former or '-'} -> {wanted or '-'}")
    c.execute(
        t.halls.update()
        .where(t.halls.c.id == hall_id)
        .values(
            source_folder=hall.source_folder,
            name_pattern=hall.name_pattern,
            beam_file=hall.beam_file,
            logbook_folder=hall.logbook.folder,
            logbook_command=list(hall.logbook.command),
        )
    )
    for f in fields(RunPvs):
        former, wanted = getattr(before.run_pvs, f.name), getattr(hall.run_pvs, f.name)
        if former != wanted:
            changes.append(f"{f.name}: {former or '-'} -> {wanted or '-'}")
    if hall.run_pvs != before.run_pvs:
        named = {f.name: name for f in fields(RunPvs) if (name := getattr(hall.run_pvs, f.name))}
        c.execute(t.halls.update().where(t.halls.c.id == hall_id).values(run_pvs=named))
    if hall.alarms != before.alarms:
        changes += alarm_settings.changes(before.alarms, hall.alarms)
        values = alarm_settings.stored(hall.alarms)
        c.execute(t.halls.update().where(t.halls.c.id == hall_id).values(alarm_settings=values))
    if hall.name_pattern != before.name_pattern:
        files_seen.forget_refused(c, hall_id)
    for plot_type in hall.plot_types.values():
        old = before.plot_types.get(plot_type.name)
        if old == plot_type:
            continue
        changes += _type_changes(old, plot_type)
        _store_type(c, hall_id, plot_type)
        turned = [
            one.name for one in plot_type.labels if old and _is_excluded(one) != _is_excluded(old.label(one.name))
        ]
        if turned:  # whether model and label disagree matters for what is trained on
            label_queue.refresh_labelled(c, plot_type_id(c, hall_id, plot_type.name), turned)
    if changes:
        _remember(c, hall_id, user, comment, changes)
    return changes


def ensure_plot_type(c: sa.Connection, hall_id: int, name: str, *, chunked: bool = True) -> PlotType:
    """The plot type of that name, made with default settings when the hall has none.

    One that is new is made `chunked` or not, as its first plot tells.
    """
    known = load(c, hall_id).plot_types.get(name)
    if known is not None:
        return known
    hold(c, hall_id)
    known = load(c, hall_id).plot_types.get(name)  # somebody else was first, perhaps
    if known is not None:
        return known
    made = PlotType(name, chunked=chunked)
    _store_type(c, hall_id, made)
    _remember(c, hall_id, "hydra", "first plot of this name", [f"plot type {name}: new"])
    return made


def ensure_labels(
    c: sa.Connection,
    hall_id: int,
    plot_type: str,
    wanted: list[str],
    *,
    user: str,
    comment: str,
    chunked: bool = True,
    like: Mapping[str, Label] | None = None,
) -> list[str]:
    """Add labels that the plot type lacks, with their defaults or as in `like`; returns those that were added.

    A plot type that is new is made `chunked` or not.
    """
    known = ensure_plot_type(c, hall_id, plot_type, chunked=chunked)
    if {label.name for label in known.labels}.issuperset(wanted):
        return []
    hold(c, hall_id)
    known = ensure_plot_type(c, hall_id, plot_type)  # as it is now
    have = {label.name for label in known.labels}
    added = [name for name in dict.fromkeys(wanted) if name not in have]
    if added:
        labels = [*known.labels]
        for label in ((like or {}).get(name) or default_label(name) for name in added):
            taken = {other.key for other in labels}
            labels.append(replace(label, key="") if label.key in taken else label)
        _store_type(c, hall_id, replace(known, labels=tuple(labels)))
        _remember(c, hall_id, user, comment, [f"plot type {plot_type}: label {name} added" for name in added])
    return added


def history(c: sa.Connection, hall_id: int) -> list[tuple[datetime, str, str, list[str]]]:
    """Every change of the settings, newest first: when, who, comment, changes."""
    h = t.hall_history.c
    rows = c.execute(sa.select(h.at, h.user, h.comment, h.changes).where(h.hall_id == hall_id).order_by(h.id.desc()))
    return [(row.at, row.user, row.comment, list(row.changes)) for row in rows]


_RUN_STATE = sa.select(t.run_states).where(t.run_states.c.hall_id == sa.bindparam("hall_id"))


def run_state(c: sa.Connection, hall_id: int) -> RunState:
    """The run and beam state as last known."""
    row = c.execute(_RUN_STATE, {"hall_id": hall_id}).one_or_none()
    if row is None:
        return RunState()
    return RunState(
        row.run_number, row.run_period, row.beam_on, row.beam_current_na, BeamSource(row.source), row.updated_at,
        row.state, row.events, row.began_at,
    )  # fmt: skip


def set_run_state(c: sa.Connection, hall_id: int, state: RunState) -> None:
    """Store the run and beam state, and tell it to all; a run began when it was first heard of."""
    before = c.execute(_RUN_STATE, {"hall_id": hall_id}).one_or_none()
    is_same = before is not None and (before.run_period, before.run_number) == (state.run_period, state.run_number)
    upsert(
        c,
        t.run_states,
        {
            "hall_id": hall_id,
            "run_number": state.run_number,
            "run_period": state.run_period,
            "beam_on": state.beam_on,
            "beam_current_na": state.beam_current_na,
            "source": str(state.source),
            "updated_at": state.updated_at or datetime.now(UTC),
            "state": state.state,
            "events": state.events,
            "began_at": before.began_at if before is not None and is_same else clock.now(c),
        },
        on=["hall_id"],
    )
    feed.publish(c, hall_id, "run", None)


def set_news(c: sa.Connection, hall_id: int, text: str, user: str) -> None:
    """Write the line of news that all walls show; empty text takes it down."""
    c.execute(t.news.insert().values(hall_id=hall_id, text=text, user=user, at=datetime.now(UTC)))
    feed.publish(c, hall_id, "news", None)


def hold(c: sa.Connection, hall_id: int) -> None:
    """Let nobody else change this hall's settings until the transaction ends."""
    c.execute(sa.select(t.halls.c.id).where(t.halls.c.id == hall_id).with_for_update(key_share=True))


def _remember(c: sa.Connection, hall_id: int, user: str, comment: str, changes: list[str]) -> None:
    c.execute(
        t.hall_history.insert().values(
            hall_id=hall_id, at=datetime.now(UTC), user=user, comment=comment, changes=changes
        )
    )
    feed.publish(c, hall_id, "hall", None)


def _type_changes(old: PlotType | None, new: PlotType) -> list[str]:
    if old is None:
        return [f"plot type {new.name}: new"]
    changes = []
    for f in fields(new):
        before, after = getattr(old, f.name), getattr(new, f.name)
        if before == after:
            continue
        if f.name == "labels":
            before, after = (", ".join(label.name for label in value) for value in (before, after))
            if before == after:
                after += " (with other properties)"
        if f.name == "alarm_rule":
            changes += [f"plot type {new.name}: {line}" for line in _rule_changes(before, after)]
            continue
        changes.append(f"plot type {new.name}: {f.name}: {before} -> {after}")
    return changes


def _rule_changes(old: AlarmRule, new: AlarmRule) -> list[str]:
    return [
        f"alarm_rule: {name}: {_word(getattr(old, name))} -> {_word(getattr(new, name))}"
        for name in _OF_RULE
        if getattr(old, name) != getattr(new, name)
    ]


def _plain(value: float | Severity | None) -> float | None:
    return int(value) if isinstance(value, Severity) else value


def _word(value: float | Severity | None) -> str:
    return value.word if isinstance(value, Severity) else "-" if value is None else f"{value}"


def _is_excluded(label: Label) -> bool:
    return label.role is Role.EXCLUDED


def _store_type(c: sa.Connection, hall_id: int, plot_type: PlotType) -> None:
    upsert(
        c,
        t.plot_types,
        {
            "hall_id": hall_id,
            "name": plot_type.name,
            "group_name": plot_type.group,
            "chunked": plot_type.chunked,
            **{f"alarm_{name}": _plain(getattr(plot_type.alarm_rule, name)) for name in _OF_RULE},
            "age_limit_s": plot_type.age_limit_s,
            "stale_after_s": plot_type.stale_after_s,
            "collect_percent": plot_type.collect_percent,
            "contact": plot_type.contact,
            "guidance": plot_type.guidance,
            "ignored": plot_type.ignored,
        },
        on=["hall_id", "name"],
    )
    type_id = plot_type_id(c, hall_id, plot_type.name)
    c.execute(t.labels.update().where(t.labels.c.plot_type_id == type_id).values(valid=False))
    for position, label in enumerate(plot_type.labels):
        upsert(
            c,
            t.labels,
            {
                "plot_type_id": type_id,
                "name": label.name,
                "position": position,
                "role": str(label.role),
                "severity": int(label.severity),
                "colour": label.colour,
                "key": label.key,
                "valid": True,
            },
            on=["plot_type_id", "name"],
        )

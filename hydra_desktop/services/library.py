"""Putting models live, taking them back and out of service: one transaction each, with who, when, where and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection

from ..database import activations, halls, model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord
from ..domain.errors import ActiveChangedError, LibraryError, ModelFileError, WorseModelError
from ..domain.library import ActivationKind, by, former, named
from ..vision.opening import open_model
from . import gate, lookup
from .progress import Progress


class Anything(Enum):
    """Stands for: whatever is active now."""

    ACTIVE = "whatever is active"


ANYTHING = Anything.ACTIVE
Expected = int | None | Anything  # the model that a person saw active, None for none


@dataclass(frozen=True)
class Change:
    """A plot type's active model as it is now and as it was before; `changed` is False where it was so already."""

    plot_type: str
    model_id: int | None
    before_id: int | None
    at: datetime
    kind: ActivationKind
    overruled: str = ""  # the warning in spite of which it was done
    changed: bool = True

    def text(self) -> str:
        """What was done, in words."""
        if not self.changed:
            since = f"since {self.at:%Y-%m-%d %H:%M} UTC"
            return f"{self.plot_type}: {named(self.model_id)} is live already, {since}; nothing was changed."
        now = f"{named(self.model_id)} is live now" if self.model_id is not None else "no model is live now"
        if self.kind is ActivationKind.ROLLED_BACK:
            now = f"rolled back, {now}"
        lines = [f"{self.plot_type}: {now}, before it {named(self.before_id)}."]
        return "\n".join([*lines, *([f"  in spite of this: {self.overruled}."] if self.overruled else [])])

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "plot_type": self.plot_type,
            "model_id": self.model_id,
            "before_id": self.before_id,
            "at": self.at.isoformat(),
            "kind": str(self.kind),
            "in_spite_of": self.overruled,
            "changed": self.changed,
        }


def activate(
    database: Database,
    hall_name: str,
    model_id: int,
    *,
    user: str,
    station: str = "",
    expected_active: Expected = ANYTHING,
    comment: str = "",
    in_spite: bool = False,
    images: ImageStore | None = None,
    progress: Progress | None = None,
) -> Change:
    """Put a model live, for the monitor to use from its next chunk on.

    With `images` the gate compares it with the active one on the same plots, which may take a while, else by the
    figures of each. Raises LibraryError for a model that isn't there, ModelFileError where it can't be opened here,
    ActiveChangedError when another than `expected_active` is live by now, and WorseModelError where it is worse than
    the active one and that isn't to be done `in_spite`; Stopped.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        record = record_of(c, hall_id, model_id)
        expect_usable(c, record)
        active_id = activations.active_ids(c, hall_id).get(record.plot_type)
    compared = compare(database, hall_name, images, record, active_id, progress)
    with database.write(durable=True) as c:
        return put_live(
            c,
            hall_id,
            record,
            user=user,
            station=station,
            expected_active=expected_active,
            comment=comment,
            in_spite=in_spite,
            compared=compared,
        )


Compared = tuple[int | None, str | None]  # with which model, and what that says against the new one; None for unknown


def compare(
    database: Database,
    hall_name: str,
    images: ImageStore | None,
    record: ModelRecord,
    active_id: int | None,
    progress: Progress | None = None,
) -> Compared:
    """Compare a model with the active one on the same plots, for `warning_of`; raises Stopped."""
    if images is None or active_id in (None, record.id):
        return active_id, None
    return active_id, gate.on_same_plots(database, hall_name, images, record.id, active_id, progress)


def put_live(
    c: Connection,
    hall_id: int,
    record: ModelRecord,
    *,
    user: str,
    station: str = "",
    expected_active: Expected = ANYTHING,
    comment: str = "",
    in_spite: bool = False,
    compared: Compared = (None, None),
) -> Change:
    """The part of `activate` that is one transaction, for a model whose file is known to open; raises as that."""
    name = record.plot_type
    type_id = activations.hold(c, hall_id, [name])[name]
    active_id = activations.active_ids(c, hall_id).get(name)
    expect_active(c, hall_id, {name: expected_active})
    if active_id == record.id:
        last = activations.newest(c, hall_id, [name])[name]
        return Change(name, active_id, active_id, last.at, last.kind, changed=False)
    warning = warning_of(c, hall_id, record, active_id, compared)
    if warning and not in_spite:
        raise WorseModelError(f"{name}: {warning}. It was not put live.")
    at = activations.put(
        c, hall_id, type_id, record.id, user=user, station=station, comment=comment, in_spite_of=warning
    )
    return Change(name, record.id, active_id, at, ActivationKind.ACTIVATED, warning)


def roll_back(
    database: Database,
    hall_name: str,
    plot_type: str,
    *,
    user: str,
    station: str = "",
    expected_active: Expected = ANYTHING,
    comment: str = "",
) -> Change:
    """Put the model live again that was active before the last activation which wasn't taken back yet.

    Raises LibraryError where there is nothing to go back to, ModelFileError where that model can't be opened any more,
    ActiveChangedError as `activate`.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        name = lookup.plot_type(halls.load(c, hall_id).plot_types, plot_type)
        target = _target(c, hall_id, name)
        if target is not None:
            expect_usable(c, record_of(c, hall_id, target))
    with database.write(durable=True) as c:
        type_id = activations.hold(c, hall_id, [name])[name]
        expect_active(c, hall_id, {name: expected_active})
        if _target(c, hall_id, name) != target:
            raise _changed(c, hall_id, [name])
        before = activations.active_ids(c, hall_id).get(name)
        kind = ActivationKind.ROLLED_BACK
        at = activations.put(c, hall_id, type_id, target, user=user, station=station, kind=kind, comment=comment)
        return Change(name, target, before, at, kind)


def deactivate(
    database: Database,
    hall_name: str,
    plot_type: str,
    *,
    user: str,
    station: str = "",
    expected_active: Expected = ANYTHING,
    comment: str = "",
) -> Change:
    """Take the active model of a plot type out of service: its plots are NoModel from then on.

    Raises LibraryError where it has none, ActiveChangedError as `activate`.
    """
    with database.write(durable=True) as c:
        hall_id = lookup.hall(c, hall_name)
        name = lookup.plot_type(halls.load(c, hall_id).plot_types, plot_type)
        type_id = activations.hold(c, hall_id, [name])[name]
        expect_active(c, hall_id, {name: expected_active})
        before = activations.active_ids(c, hall_id).get(name)
        if before is None:
            raise LibraryError(f"{name} has no active model; there is nothing to take out of service.")
        kind = ActivationKind.DEACTIVATED
        at = activations.put(c, hall_id, type_id, None, user=user, station=station, kind=kind, comment=comment)
        return Change(name, None, before, at, kind)


def record_of(c: Connection, hall_id: int, model_id: int) -> ModelRecord:
    """The model of that id; raises LibraryError when the hall has none."""
    found = model_store.listing(c, hall_id, ids=[model_id])
    if not found:
        raise LibraryError(
            f"There is no model {model_id} in this hall; hydra-desktop models list names those there are."
        )
    return found[0]


def expect_usable(c: Connection, record: ModelRecord) -> None:
    """Raise ModelFileError, with the model's name, when its file can't be opened by this program."""
    try:
        open_model(model_store.file(c, record.id))
    except ModelFileError as error:
        raise ModelFileError(f"{record.plot_type}, model {record.id}: {error}") from error


def expect_active(c: Connection, hall_id: int, expected: Mapping[str, Expected]) -> None:
    """Raise ActiveChangedError when other models are live than a person saw, by plot type."""
    active = activations.active_ids(c, hall_id)
    moved = [name for name, seen in expected.items() if not isinstance(seen, Anything) and active.get(name) != seen]
    if moved:
        raise _changed(c, hall_id, moved)


def warning_of(
    c: Connection, hall_id: int, record: ModelRecord, active_id: int | None, compared: Compared = (None, None)
) -> str:
    """What the gate says against a model, "" for nothing: on the same plots if it was so compared, else by figures."""
    if active_id is None:
        return ""
    with_id, told = compared
    if told is not None and with_id == active_id:
        return told
    (active,) = model_store.listing(c, hall_id, ids=[active_id])
    return gate.worse(c, record, active) or ""


def _changed(c: Connection, hall_id: int, plot_types: Iterable[str]) -> ActiveChangedError:
    last = activations.newest(c, hall_id, plot_types)
    told = [
        f"{name}: {named(last[name].model_id)} is active, since {last[name].at:%Y-%m-%d %H:%M:%S} UTC "
        f"by {by(last[name].user, last[name].station)}"
        if name in last
        else f"{name}: no model is active"
        for name in plot_types
    ]
    return ActiveChangedError(
        f"Somebody else was first, and nothing was changed. {'; '.join(told)}. Look again, then decide."
    )


def _target(c: Connection, hall_id: int, plot_type: str) -> int | None:
    """The model that a roll back makes active; raises LibraryError where there is nothing to go back to."""
    possible, target = former(activations.history(c, hall_id, plot_type))
    if not possible:
        active = activations.active_ids(c, hall_id).get(plot_type)
        raise LibraryError(
            f"{plot_type} had no other model before"
            + (f" model {active}; to have none: hydra-desktop models deactivate {plot_type}" if active else "")
            + "."
        )
    return target

"""Sets of models for a run period: saved, put live and rolled back together, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..database import activations, model_sets, model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import ActiveChangedError, LibraryError, ModelFileError, WorseModelError
from ..domain.library import Activation, ActivationKind, ModelSet, by, named
from . import library, lookup
from .library import Change, Expected
from .progress import Progress

TOLD = 5  # so many plot types are named in a message


@dataclass(frozen=True)
class SetChange:
    """A set that was put live or rolled back, with what changed and of how many plot types nothing had to."""

    name: str
    kind: ActivationKind
    changes: Sequence[Change]
    unchanged: int

    def text(self) -> str:
        """The report in words."""
        if not self.changes and self.kind is ActivationKind.ACTIVATED:
            return f"The set {self.name} is live already; nothing was changed."
        done = "put live" if self.kind is ActivationKind.ACTIVATED else "rolled back"
        total = len(self.changes) + self.unchanged
        lines = [f"The set {self.name} is {done}: of {total} plot types {len(self.changes)} changed."]
        lines += [f"  {one.plot_type}: {named(one.before_id)} -> {named(one.model_id)}" for one in self.changes]
        lines += [f"  in spite of this: {one.overruled}" for one in self.changes if one.overruled]
        return "\n".join(lines)

    def figures(self) -> dict[str, object]:
        """All as plain values, for a JSON file."""
        return {
            "set": self.name,
            "kind": str(self.kind),
            "changes": [one.figures() for one in self.changes],
            "unchanged": self.unchanged,
        }


def listing(database: Database, hall_name: str) -> list[ModelSet]:
    """All sets of a hall, the newest first."""
    with database.read() as c:
        return model_sets.listing(c, lookup.hall(c, hall_name))


def by_plot_type(database: Database, hall_name: str, model_ids: Sequence[int]) -> dict[str, int]:
    """Models by their plot types; raises LibraryError for one that isn't there, and for two of one plot type."""
    found: dict[str, int] = {}
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        for model_id in model_ids:
            name = library.record_of(c, hall_id, model_id).plot_type
            if found.setdefault(name, model_id) != model_id:
                raise LibraryError(f"Models {found[name]} and {model_id} are both of {name}; a set has one of each.")
    return found


def save(
    database: Database,
    hall_name: str,
    name: str,
    *,
    run_period: str = "",
    models: Mapping[str, int] | None = None,
    user: str,
    station: str = "",
    comment: str = "",
) -> ModelSet:
    """Save models by plot type under a name, those that are active now by default.

    Raises LibraryError for a name that is taken or empty, without any model, and for one that isn't the plot type's.
    """
    name = name.strip()
    if not name:
        raise LibraryError("A set needs a name; the run period's is a good one.")
    with database.write(durable=True) as c:
        hall_id = lookup.hall(c, hall_name)
        if any(one.name == name for one in model_sets.listing(c, hall_id)):
            raise LibraryError(f"There is a set {name} already, and sets don't change; choose another name.")
        chosen = dict(activations.active_ids(c, hall_id) if models is None else models)
        if not chosen:
            raise LibraryError("No plot type has an active model; there is nothing to save as a set.")
        for plot_type, model_id in chosen.items():
            if library.record_of(c, hall_id, model_id).plot_type != plot_type:
                raise LibraryError(f"Model {model_id} is none of {plot_type}; the set was not saved.")
        try:
            model_sets.add(c, hall_id, name, run_period, chosen, user=user, station=station, comment=comment)
        except IntegrityError as error:
            raise LibraryError(f"Somebody saved a set {name} at this moment; choose another name.") from error
        return model_sets.listing(c, hall_id)[0]


def activate(
    database: Database,
    hall_name: str,
    name: str,
    *,
    user: str,
    station: str = "",
    expected: Mapping[str, Expected] | None = None,
    comment: str = "",
    in_spite: bool = False,
    images: ImageStore | None = None,
    progress: Progress | None = None,
) -> SetChange:
    """Put all models of a set live in one transaction; plot types that aren't in it stay as they are.

    With `images` each is compared with the active one on the same plots before, as by `library.activate`.

    Raises, and changes nothing, as `library.activate`: for a set that isn't there, a model that can't be opened,
    another model than `expected` live by now, or warnings that aren't to be overruled.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        chosen = _named(c, hall_id, name)
        _expect_all_usable(c, hall_id, list(chosen.models.values()))
        active = activations.active_ids(c, hall_id)
        there = model_store.listing(c, hall_id, ids=chosen.models.values())
    compared = {
        one.plot_type: library.compare(database, hall_name, images, one, active.get(one.plot_type), progress)
        for one in there
    }
    with database.write(durable=True) as c:
        ids = activations.hold(c, hall_id, chosen.models)
        library.expect_active(c, hall_id, expected or {})
        active = activations.active_ids(c, hall_id)
        moving = {of: model_id for of, model_id in chosen.models.items() if active.get(of) != model_id}
        records = {one.plot_type: one for one in model_store.listing(c, hall_id, ids=moving.values())}
        warnings = {of: library.warning_of(c, hall_id, records[of], active.get(of), compared[of]) for of in moving}
        against = [f"{of}: {warning}" for of, warning in warnings.items() if warning]
        if against and not in_spite:
            raise WorseModelError(
                f"{len(against)} of {len(moving)} models of the set {name} are worse than what is active. "
                f"{_some(against)}. Nothing was changed."
            )
        kind = ActivationKind.ACTIVATED
        if not moving:  # there would be nothing to roll back
            return SetChange(name, kind, [], len(chosen.models))
        noted = model_sets.note(c, hall_id, chosen.id, kind, user=user, station=station, comment=comment)
        changes = []
        for of, model_id in moving.items():
            at = activations.put(
                c, hall_id, ids[of], model_id, user=user, station=station, comment=comment,
                in_spite_of=warnings[of], set_activation_id=noted,
            )  # fmt: skip
            changes.append(Change(of, model_id, active.get(of), at, kind, warnings[of]))
    return SetChange(name, kind, changes, len(chosen.models) - len(moving))


def roll_back(
    database: Database, hall_name: str, *, name: str | None = None, user: str, station: str = "", comment: str = ""
) -> SetChange:
    """Take back the last activation of a set: each plot type has the model again that it had before, or none.

    `name` is the set that a person takes for the last one. Raises LibraryError where another is or there is none, and,
    changing nothing, when a plot type's model was changed since; ModelFileError for one that can't be opened any more.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        meant, _, changes = _of_last(c, hall_id, name)
        _expect_all_usable(c, hall_id, [one.before_id for one in changes if one.before_id is not None])
    with database.write(durable=True) as c:
        ids = activations.hold(c, hall_id, [one.plot_type for one in changes])
        last_one, chosen, changes = _of_last(c, hall_id, name)
        if last_one != meant:
            raise ActiveChangedError(
                "Somebody put a set live or rolled one back at this moment; look again. Nothing was changed."
            )
        last = activations.newest(c, hall_id, ids)
        moved = [last[one.plot_type] for one in changes if last[one.plot_type].id != one.id]
        if moved:
            told = [
                f"{one.plot_type}: {named(one.model_id)}, {by(one.user, one.station)}, {one.at:%Y-%m-%d %H:%M} UTC"
                for one in moved
            ]
            raise LibraryError(
                f"The set {chosen.name} can't be rolled back as a whole, because {len(moved)} of its plot types have "
                f"other models since ({_some(told)}); roll these back first, or put another set live. "
                "Nothing was changed."
            )
        kind = ActivationKind.ROLLED_BACK
        noted = model_sets.note(c, hall_id, chosen.id, kind, user=user, station=station, comment=comment)
        done = []
        for one in changes:
            at = activations.put(
                c, hall_id, ids[one.plot_type], one.before_id, user=user, station=station, kind=kind, comment=comment,
                set_activation_id=noted,
            )  # fmt: skip
            done.append(Change(one.plot_type, one.before_id, one.model_id, at, kind))
    return SetChange(chosen.name, kind, done, len(chosen.models) - len(done))


def _named(c: Connection, hall_id: int, name: str) -> ModelSet:
    there = model_sets.listing(c, hall_id)
    for one in there:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in there) or "none yet; save one: hydra-desktop models sets save NAME"
    raise LibraryError(f"There is no set {name} in this hall; there are: {names}.")


def _of_last(c: Connection, hall_id: int, name: str | None) -> tuple[int, ModelSet, list[Activation]]:
    """The last activation of a set that wasn't rolled back: its id, the set, and what it changed."""
    stack = model_sets.standing(model_sets.history(c, hall_id))
    if not stack:
        raise LibraryError("No set is live that could be rolled back.")
    chosen = next(one for one in model_sets.listing(c, hall_id) if one.id == stack[-1].set_id)
    if name is not None and chosen.name != name:
        raise LibraryError(
            f"The set that was put live last is {chosen.name}, by {by(stack[-1].user, stack[-1].station)}, "
            f"{stack[-1].at:%Y-%m-%d %H:%M} UTC; only that one can be rolled back. Nothing was changed."
        )
    return stack[-1].id, chosen, activations.of_set(c, stack[-1].id)


def _expect_all_usable(c: Connection, hall_id: int, model_ids: Sequence[int]) -> None:
    records = model_store.listing(c, hall_id, ids=model_ids)
    damaged = []
    for record in records:
        try:
            library.expect_usable(c, record)
        except ModelFileError as error:
            damaged.append(str(error))
    if damaged:
        raise ModelFileError(
            f"{len(damaged)} of {len(records)} models can't be used: {_some(damaged)} Nothing was changed."
        )


def _some(lines: Sequence[str]) -> str:
    more = f"; and {len(lines) - TOLD} more" if len(lines) > TOLD else ""
    return "; ".join(lines[:TOLD]) + more

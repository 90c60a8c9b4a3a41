"""What a labeler does: decides, takes back and gives again; every decision is on the disk before it is told."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ..database import halls, label_actions
from ..database.connection import Database
from ..domain.errors import LabelingError
from ..domain.hall import Hall
from ..domain.labeling import Act, Choice, Decision, Mode, Session

RECENT = timedelta(minutes=15)


def new_key() -> str:
    """A name for a decision or a wish that no other has."""
    return uuid.uuid4().hex


def decision(choices: Sequence[Choice], mode: Mode, taken_ms: int) -> Decision:
    """A decision that a person takes now, with a key that no other has."""
    return Decision(new_key(), tuple(choices), mode, taken_ms)


@dataclass(frozen=True)
class Labeler:
    """Stores the decisions of one person at one station in a hall."""

    database: Database
    hall_id: int
    user: str
    station: str

    def decide(self, decision: Decision) -> Act:
        """Store a decision; the same one again, after a lost connection for instance, changes nothing.

        Raises LabelingError when a label isn't valid any more or a plot is gone, DatabaseError when the
        database is away; then nothing of it is stored.
        """
        with self.database.write(durable=True) as c:
            try:
                return label_actions.store(c, self.hall_id, decision, user=self.user, station=self.station)
            except KeyError as missing:
                (what,) = missing.args
                if isinstance(what, str):
                    raise LabelingError(
                        f"The label {what} is none of this plot type any more, so nothing was stored; "
                        "look at its labels with F5, or take it back into the hall's settings."
                    ) from missing
                raise LabelingError("The plot isn't in the database any more, so nothing was stored; press F5.") from (
                    missing
                )

    def undo(self, key: str | None = None) -> Act | None:
        """Take the newest decision of the session back; None when there is none left.

        The same `key` again, after a lost connection for instance, takes nothing more back.
        """
        with self.database.write(durable=True) as c:
            return label_actions.undo(c, self.hall_id, key=key or new_key(), user=self.user, station=self.station)

    def redo(self, key: str | None = None) -> Act | None:
        """Give again what was taken back last; None when there is nothing, or something else was decided since."""
        with self.database.write(durable=True) as c:
            return label_actions.redo(c, self.hall_id, key=key or new_key(), user=self.user, station=self.station)

    def session(self) -> Session:
        """What was done since the last long pause, and the last quarter of an hour of it."""
        with self.database.read() as c:
            return label_actions.session(c, self.hall_id, user=self.user, station=self.station, recent=RECENT)

    def hall(self) -> Hall:
        """The plot types with their labels."""
        with self.database.read() as c:
            return halls.load(c, self.hall_id)

    def set_key(self, plot_type: str, label: str, key: str) -> None:
        """Let another key give a label; of a label that has that key already it is taken away.

        Raises LabelingError for what is no single letter, digit or sign.
        """
        key = key.lower()
        if len(key) != 1 or not key.isprintable() or key.isspace():
            raise LabelingError(f"{key!r} can't be a label's key; press one letter, digit or sign.")
        with self.database.write() as c:
            halls.hold(c, self.hall_id)
            hall = halls.load(c, self.hall_id)
            known = hall.plot_types.get(plot_type)
            if known is None or label not in {one.name for one in known.labels}:
                raise LabelingError(f"{plot_type} has no label {label}; press F5 and look again.")
            labels = tuple(
                replace(one, key=key if one.name == label else "" if one.key.lower() == key else one.key)
                for one in known.labels
            )
            changed = replace(hall, plot_types={**hall.plot_types, plot_type: replace(known, labels=labels)})
            halls.apply(c, self.hall_id, changed, user=self.user, comment=f"key of {label}")

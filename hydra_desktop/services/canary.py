"""The canary: now and then a plot that is known to be faulty goes through the whole chain, and is missed at its end.

Its bytes are judged as those of any file that arrives, by the active model, after all real plots; what was said is
stored beside, in no figure, and told to the sirens as an alarm is.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection

from ..database import canaries, clock, files_seen, given_labels, stations
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain import canary as rules
from ..domain.errors import PictureError, PlotError, StorageError
from ..domain.hall import Hall, PlotType
from ..domain.label import Role
from ..domain.plot import NamePattern
from ..domain.station import SILENT_AFTER, StationRole
from ..domain.verdict import Verdict, alarm_severity
from ..sources.arrival import Arrival
from ..vision.picture import decode_for_network
from .judging import Judged, JudgingModels, Outcome, Refused

log = logging.getLogger(__name__)

TRIES = 3  # plots of a plot type that are tried
MOST_TRIES = 30
NAMES = 1000  # of files of before, from which plot types are known
AGAIN_S = 10.0  # after one that was lost or not found, at the soonest
REST_S = 300.0  # after none was found to send: many pictures were judged for it
LAST = 10  # that are looked at for what is missing; the newest may be on their way


@dataclass(frozen=True)
class Sent:
    """A canary on its way: its file is the monitor's own, named as the newest real plot of its type."""

    id: int
    plot_type: str
    arrival: Arrival


@dataclass(frozen=True)
class _Choice:
    plot_type: str
    label: str
    content_hash: str
    relative: str


class Canaries:
    """Chooses and sends them for one hall; the monitor gives each to its judge, and the outcome back.

    The file of each is in a folder until what came of it is stored.
    """

    def __init__(self, database: Database, hall_id: int, images: ImageStore, folder: Path) -> None:
        """`folder` is the monitor's own, in its data folder: no other that is alive uses it."""
        self._database, self._hall_id, self._images = database, hall_id, images
        self._folder = folder
        self._told = ""
        self._rests_until_s = 0.0
        self._came: dict[str, str] = {}  # of plot types the path of a plot within the source

    def send(self, hall: Hall, models: JudgingModels) -> Sent | None:
        """Send one if it is time, None where it isn't or where no faulty plot is known, which is logged once."""
        every_s = hall.alarms.canary_every_s
        if not every_s or time.monotonic() < self._rests_until_s:
            return None
        with self._database.read() as connection:
            last = canaries.newest(connection, self._hall_id)
            if last is not None:
                again_s = every_s if last.found else min(every_s, max(hall.alarms.canary_within_s, AGAIN_S))
                if (clock.now(connection) - last.sent_at).total_seconds() < again_s:
                    return None
            choice = self._choose(connection, hall, models)
        if choice is None:
            self._rests_until_s = time.monotonic() + REST_S
            self._say(
                "No canary is sent: no plot of a plot type with an active model is labelled faulty and found to be so."
            )
            return None
        self._say("")
        return self._put(choice)

    def saw(self, outcomes: Sequence[Outcome]) -> None:
        """Real plots were judged: what comes now is named alike."""
        for one in outcomes:
            if isinstance(one, Judged):
                self._came[one.new_plot.name.plot_type] = one.arrival.relative

    def take(self, connection: Connection, sent: Sent, outcome: Outcome, hall: Hall) -> None:
        """Store what came of it."""
        plot_type = hall.plot_types.get(sent.plot_type) or PlotType(sent.plot_type)
        said, found, confidence = "left alone", False, None
        if isinstance(outcome, Refused):
            said = f"not taken: {outcome.reason}"
        elif isinstance(outcome, Judged):
            verdict = outcome.verdict
            said = f"{verdict.label}, {verdict.status}" if verdict.label else str(verdict.status)
            found, confidence = _is_found(verdict, plot_type), verdict.confidence
        canaries.judged(connection, self._hall_id, sent.id, said=said, found=found, confidence=confidence)

    def withdraw(self) -> None:
        """Those that are on their way won't arrive, as their monitor ends or was killed: they aren't to be missed."""
        left = [path for path in self._folder.glob("*") if path.stem.isdigit()]
        if left:
            with self._database.write() as connection:
                canaries.withdraw(connection, self._hall_id, [int(path.stem) for path in left])
            for path in left:
                path.unlink(missing_ok=True)

    def _say(self, fact: str) -> None:
        if fact and fact != self._told:
            log.info("%s", fact)
        self._told = fact

    def _put(self, choice: _Choice) -> Sent:
        """Write its file and say that it is sent."""
        data = self._images.read(choice.content_hash)
        with self._database.write() as connection:
            sent_id = canaries.send(connection, self._hall_id, choice.plot_type, choice.content_hash, choice.label)
            path = self._folder / f"{sent_id}{PurePosixPath(choice.relative).suffix}"
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                stat = path.stat()
            except OSError as error:
                raise StorageError(f"{self._folder} can't be written ({error.strerror}); mend it.") from error
        return Sent(sent_id, choice.plot_type, Arrival(path, choice.relative, stat.st_size, stat.st_mtime_ns))

    def _choose(self, c: Connection, hall: Hall, models: JudgingModels) -> _Choice | None:
        """A faulty plot that the active model finds, else the one that was found last, which it should find still."""
        pattern = NamePattern(hall.name_pattern)
        arrived = self._names_that_came(c, pattern)
        tries = 0
        for choice in self._candidates(c, hall, models, arrived):
            if tries == MOST_TRIES:
                break
            tries += 1
            plot_type = hall.plot_types[choice.plot_type]
            try:
                picture = decode_for_network(self._images.read(choice.content_hash))
                name = pattern.read(choice.relative)
                if name.plot_type != choice.plot_type:
                    continue
                verdict = models.verdict(picture, plot_type, name.run_period)[1]
            except (PictureError, PlotError, StorageError):
                continue
            except Exception:
                log.exception("A known fault of %s can't be judged", choice.plot_type)
                break
            if _is_found(verdict, plot_type):
                return choice
        before = canaries.found_before(c, self._hall_id)
        if before is None or before.plot_type not in models.active or before.plot_type not in arrived:
            return None
        if before.plot_type not in hall.plot_types or hall.plot_types[before.plot_type].ignored:
            return None
        if not self._images.has(before.content_hash):
            return None
        return _Choice(before.plot_type, before.label, before.content_hash, arrived[before.plot_type])

    def _names_that_came(self, c: Connection, pattern: NamePattern) -> dict[str, str]:
        """Of plot types the path of a plot within the source: the newest of this life, else one of before."""
        names: dict[str, str] = {}
        for relative in files_seen.last(c, self._hall_id, NAMES):
            try:
                names.setdefault(pattern.read(relative).plot_type, relative)
            except PlotError:
                continue
        return names | self._came

    def _candidates(
        self, c: Connection, hall: Hall, models: JudgingModels, arrived: dict[str, str]
    ) -> Iterator[_Choice]:
        """Plots that a person called faulty, of plot types in any order."""
        names = [
            name for name in models.active if name in arrived and name in hall.plot_types
            and not hall.plot_types[name].ignored
        ]  # fmt: skip
        random.shuffle(names)
        for name in names:
            plot_type = hall.plot_types[name]
            labelled = [
                one
                for one in given_labels.current(c, self._hall_id, name)
                if not one.accepted and plot_type.label(one.label).role is Role.FAULTY
            ]
            random.shuffle(labelled)
            there = (one for one in labelled if self._images.has(one.plot.content_hash))
            for one, _ in zip(there, range(TRIES), strict=False):
                yield _Choice(name, one.label, one.plot.content_hash, arrived[name])


def heard(connection: Connection, hall_id: int, station: str) -> bool:
    """The siren of an audible station has the canary, as it has an alarm; False when there was nothing new."""
    return canaries.heard(connection, hall_id, station)


def missing(connection: Connection, hall_id: int, hall: Hall, now: datetime) -> str:
    """In words what didn't come at the end of the chain, "" where all is well; `now` is by the database's clock.

    While one is on its way, what came of the one before holds.
    """
    last = canaries.last(connection, hall_id, LAST)
    if not last:
        return ""
    spans = stations.presences(connection, hall_id, now - SILENT_AFTER, now)
    since = [one.since for one in spans if one.role is StationRole.AUDIBLE and one.can_sound]
    told = (rules.missing(one, hall.alarms, now, audible_since=min(since, default=None)) for one in last)
    return next((words for words in told if words is not None), "")


def standing(connection: Connection, hall_id: int, hall: Hall) -> str:
    """How it stands, as a fact for the status of a hall."""
    last = canaries.newest(connection, hall_id)
    if not hall.alarms.canary_every_s:
        return "No canary is sent (canary_every_s is 0)."
    if last is None:
        return "No canary was sent yet: it needs a plot that a person labelled faulty and the active model finds."
    heard_by = f", heard at {last.heard_by}" if last.heard_at is not None else ""
    said = last.said or "on its way"
    return f"Canary of {last.sent_at.astimezone():%Y-%m-%d %H:%M:%S}: {last.plot_type}, {said}{heard_by}."


def _is_found(verdict: Verdict, plot_type: PlotType) -> bool:
    return alarm_severity(verdict, plot_type) > 0

"""What a monitor itself knows to be wrong, as alarms of its hall: its folder is gone, its disk is full, plots are late.

They are of the folder that it watches, which is their pad: another monitor of the hall has its own. That of the disk
is of the station and its folder of pictures, which its monitors share.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from ..database import alarms, clock, heartbeats, leases
from ..database.heartbeats import Heartbeat
from ..domain.alarm import OF_FOLDER, Alarm, AlarmKind
from ..domain.label import Severity
from ..domain.who import Who
from .alarm_conditions import Holding, settle, turn

LOW_BYTES = 500_000_000  # a disk that has less is told before it is full
OVER = 1.2  # times so much must be free before it is said to be over
LOOK_ANEW_S = 10.0  # a person, or another monitor, may have changed the alarms meanwhile
FORGOTTEN_S = 30.0  # what is told anew by no process for so long is told by nobody any more
USER = "monitor"


class MonitorAlarms:
    """Tells source and storage of one monitor; `images` is the folder of its pictures.

    `source` is the name under which the folder that it watches is leased.
    """

    def __init__(self, hall_id: int, station: str, source: str, images: Path) -> None:
        self._hall_id, self._source, self._images = hall_id, source, images
        self._disk = f"{station} {images}"
        self._who = Who(USER, station)
        self._told: list[Holding] | None = None
        self._told_at_s = self._tells_since_s = 0.0
        self._is_low = False

    def tell(
        self, connection: Connection, *, source: str = "", storage: str = "", low: str = "", late: str | None = ""
    ) -> None:
        """Make the alarms what is so: each says in words what is wrong with it, "" when nothing is.

        `low` is of the disk, and less than `storage`. As long as `late` is None, which nobody knows then, it is left
        as it was told. Without its source it stores nothing, and another monitor may be about to: then all the rest is.
        What no process tells any more, as its monitor ended, is over too.
        """
        kinds: list[AlarmKind] = [AlarmKind.SOURCE]
        holding = []
        if source:
            holding.append(Holding(AlarmKind.SOURCE, "Source gone", Severity.HIGH, source, pad=self._source))
        else:
            kinds += [AlarmKind.STORAGE] if late is None else [AlarmKind.STORAGE, AlarmKind.LATE]
            if storage:
                holding.append(Holding(AlarmKind.STORAGE, "Disk full", Severity.HIGH, storage, pad=self._disk))
            elif low:
                holding.append(Holding(AlarmKind.STORAGE, "Disk nearly full", Severity.MEDIUM, low, pad=self._disk))
            if late:
                holding.append(Holding(AlarmKind.LATE, "Plots come late", Severity.HIGH, late, pad=self._source))
        now_s = time.monotonic()
        if self._told is None:
            self._tells_since_s = now_s
        elif holding == self._told and now_s - self._told_at_s < LOOK_ANEW_S:
            return
        alarms.hold(connection, self._hall_id)
        now, open_alarms = clock.now(connection), alarms.open_alarms(connection, self._hall_id)
        if not (storage or low) and AlarmKind.STORAGE in kinds and self._another_tells(connection, now):
            kinds.remove(AlarmKind.STORAGE)
        own = [one for one in open_alarms if self._is_own(one)]
        settle(connection, self._hall_id, holding, kinds, now=now, who=self._who, open_alarms=own)
        for one in holding:
            self._sign(connection, one)
        if now_s - self._tells_since_s >= FORGOTTEN_S:  # where the database was away all have told anew by then
            self._end_those_of_nobody(connection, open_alarms, now)
        self._told, self._told_at_s = holding, now_s

    def leave(self, connection: Connection) -> None:
        """End what it told of late plots as it ends itself, and of the disk where no other monitor shares that."""
        alarms.hold(connection, self._hall_id)
        kinds = [AlarmKind.LATE]
        watched = leases.watched(connection, self._hall_id).items()
        if not any(name != self._source and by.startswith(f"{self._who.station}:") for name, by in watched):
            kinds.append(AlarmKind.STORAGE)
        now, open_alarms = clock.now(connection), alarms.open_alarms(connection, self._hall_id)
        own = [one for one in open_alarms if self._is_own(one)]
        settle(connection, self._hall_id, [], kinds, now=now, who=self._who, open_alarms=own)

    def _is_own(self, alarm: Alarm) -> bool:
        return alarm.pad in (self._source, self._disk)

    def _sign(self, connection: Connection, told: Holding) -> None:
        """Say that somebody still tells it: one that waits for its folder has no lease on it."""
        heartbeats.beat(connection, self._hall_id, _sign_of(told.kind), told.pad, os.getpid(), message=self._source)

    def _another_tells(self, connection: Connection, now: datetime) -> bool:
        """Whether another monitor that shares the disk finds something wrong with it."""
        sign = heartbeats.of(connection, self._hall_id, _sign_of(AlarmKind.STORAGE), self._disk)
        return sign is not None and sign.message != self._source and _is_young(sign, now)

    def _end_those_of_nobody(self, connection: Connection, open_alarms: Sequence[Alarm], now: datetime) -> None:
        """End what was told by monitors that neither watch their folder nor wait for it any more."""
        watched = leases.watched(connection, self._hall_id)
        for one in open_alarms:
            if one.kind not in OF_FOLDER or self._is_own(one) or one.pad in watched:
                continue
            sign = heartbeats.of(connection, self._hall_id, _sign_of(one.kind), one.pad)
            if sign is None or not _is_young(sign, now):
                life = one.life.with_condition(False)
                turn(connection, self._hall_id, one, life, "no monitor tells it any more", now, self._who)

    def forget(self) -> None:
        """What was told may not have been stored: the next time it is told whatever was before."""
        self._told = None

    def low_disk(self) -> str:
        """In words that little is left on the disk of the pictures, "" where enough is.

        It may hang as that disk does, so it has no place in a transaction.
        """
        try:
            folder = next((one for one in (self._images, *self._images.parents) if one.is_dir()), None)
            disk = shutil.disk_usage(folder) if folder is not None else None
        except OSError:
            return ""  # nobody knows
        if disk is None:
            return ""
        free, limit = disk.free, min(LOW_BYTES, disk.total // 10)
        self._is_low = free <= (OVER * limit if self._is_low else limit)
        if not self._is_low:
            return ""
        step = 50_000_000  # said in steps, so that not every plot changes the sentence
        return (
            f"Less than {max(1, free // step + 1) * step / 1e6:.0f} MB are left on the disk of {self._images}. When it "
            "is full, plots wait and are judged late: make room."
        )


def _sign_of(kind: AlarmKind) -> str:
    """The kind of heartbeat that goes with an alarm; its station is the pad of that."""
    return f"tells {kind}"


def _is_young(sign: Heartbeat, now: datetime) -> bool:
    return (now - sign.at).total_seconds() < FORGOTTEN_S

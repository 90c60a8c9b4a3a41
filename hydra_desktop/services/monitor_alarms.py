"""What a monitor itself knows to be wrong, as alarms of its hall: its folder is gone, its disk is full."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from sqlalchemy import Connection

from ..database import alarms, clock
from ..domain.alarm import AlarmKind
from ..domain.label import Severity
from ..domain.who import Who
from .alarm_conditions import Holding, settle

LOW_BYTES = 500_000_000  # a disk that has less is told before it is full
OVER = 1.2  # times so much must be free before it is said to be over
LOOK_ANEW_S = 10.0  # a person, or another monitor, may have changed the alarms meanwhile
USER = "monitor"


class MonitorAlarms:
    """Tells source and storage of one monitor; `images` is the folder of its pictures."""

    def __init__(self, hall_id: int, station: str, images: Path) -> None:
        self._hall_id, self._images = hall_id, images
        self._who = Who(USER, station)
        self._told: list[Holding] | None = None
        self._told_at_s = 0.0
        self._is_low = False

    def tell(self, connection: Connection, *, source: str = "", storage: str = "") -> None:
        """Make the alarms what is so: `source` and `storage` say in words what is wrong, "" when nothing is."""
        holding = []
        if source:
            holding.append(Holding(AlarmKind.SOURCE, "Source gone", Severity.HIGH, source))
        if storage:
            holding.append(Holding(AlarmKind.STORAGE, "Disk full", Severity.HIGH, storage))
        elif low := self._low_disk():
            holding.append(Holding(AlarmKind.STORAGE, "Disk nearly full", Severity.MEDIUM, low))
        now_s = time.monotonic()
        if holding == self._told and now_s - self._told_at_s < LOOK_ANEW_S:
            return
        alarms.hold(connection, self._hall_id)
        kinds = (AlarmKind.SOURCE, AlarmKind.STORAGE)
        settle(connection, self._hall_id, holding, kinds, now=clock.now(connection), who=self._who)
        self._told, self._told_at_s = holding, now_s

    def forget(self) -> None:
        """What was told may not have been stored: the next time it is told whatever was before."""
        self._told = None

    def _low_disk(self) -> str:
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

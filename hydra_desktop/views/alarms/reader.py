"""Reads what is behind the alarms, in the background: why each was raised, and all about the chosen one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from ...database.connection import Database
from ...domain.alarm import Alarm
from ...services import alarm_look
from ...services.alarm_look import AlarmLook
from ..background import Background, Newest


class AlarmReader(QObject):
    """`reasons_came` tells that `why` has more, `came` carries a look at the chosen alarm, `failed` why there is none.

    Nothing is read twice that can't have changed.
    """

    reasons_came = Signal()
    came = Signal(object)
    failed = Signal(str)

    def __init__(self, database: Database, hall_id: int, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database, self._hall_id = database, hall_id
        self._reasons, self._looks = Newest(background), Newest(background)
        self.why: dict[int, str] = {}
        self._known: set[tuple[int, datetime]] = set()

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._reasons.busy or self._looks.busy

    def follow(self, alarms: Iterable[Alarm]) -> None:
        """Read why these were raised, where that isn't known of all of them."""
        wanted = {(one.id, one.raised_at) for one in alarms}
        if wanted <= self._known or not wanted:
            return
        ids = [id_ for id_, _ in wanted]

        def take(found: dict[int, str]) -> None:
            self._known = wanted
            self.why = found
            self.reasons_came.emit()

        self._reasons.run(lambda: alarm_look.raised_because(self._database, ids), take, self.failed.emit)

    def look(self, alarm: Alarm) -> None:
        """Read all about an alarm; of several asked for only the last is told."""
        self._looks.run(
            lambda: alarm_look.look(self._database, self._hall_id, alarm), self._take, self.failed.emit
        )  # fmt: skip

    def _take(self, look: AlarmLook) -> None:
        self.came.emit(look)

"""One hall that this program follows: what comes from it, what people do about it, what sounds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal

from ..database import halls
from ..database.connection import Database
from ..domain.alarm import Alarm, AlarmState
from ..domain.errors import SiteError
from ..domain.label import Severity
from ..domain.wall import WallSnapshot
from ..domain.who import Who
from ..services import alarms as alarm_service
from ..services import monitor_process, notices
from ..settings import Settings
from ..views.background import Background
from ..views.follower import Follower
from ..views.training.runner_thread import RunnerThread

log = logging.getLogger(__name__)

TEND_MS = 3000


class FollowedHall(QObject):
    """Follows a hall whether a wall shows it or not; its alarms are heard by the siren, which follows it by itself.

    `snapshot` and `trouble` are those of its follower, `failed` tells that something a person asked for was not
    done.
    """

    snapshot = Signal(object)
    trouble = Signal(str)
    failed = Signal(str)

    def __init__(self, settings: Settings, database: Database, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = settings
        self.name = settings.hall
        self.latest: WallSnapshot | None = None
        self.latest_trouble = ""
        self.monitor = monitor_process.Keeper(settings)
        self.follower = Follower(settings, parent=self)
        self.trainer = RunnerThread(settings, parent=self)
        self._database = database
        self._background = background
        self._wishes = Background(1, self)  # of its own: an acknowledgement never waits behind what is only to be read
        with database.write() as connection:
            self.id = halls.find_or_create(connection, settings.hall)
        self._closed = False
        self._tending = QTimer(self)
        self._tending.timeout.connect(self._look_after_monitor)
        self.follower.snapshot.connect(self.take)
        self.follower.trouble.connect(self._take_trouble)
        self.trainer.trouble.connect(self.failed)

    def start(self) -> None:
        """Start following."""
        self.follower.start()
        self.trainer.start()

    def tend_monitor(self) -> None:
        """From now on start a monitor whenever the hall's folder has none alive."""
        self._look_after_monitor()
        self._tending.start(TEND_MS)

    def begin_end(self) -> None:
        """Let what takes its time to end begin with it."""
        self.trainer.begin_end()

    def close(self) -> None:
        """End its thread; a monitor goes on."""
        self._closed = True
        self._tending.stop()
        self.begin_end()
        self.follower.close()
        self.trainer.close()
        self._wishes.close()

    @property
    def unacknowledged(self) -> int:
        """How many alarms wait for somebody to take them."""
        return len(self._untaken)

    @property
    def loudness(self) -> Severity | None:
        """The severity of the worst alarm that nobody has taken, None without one."""
        return max((alarm.severity for alarm in self._untaken), default=None)

    @property
    def _untaken(self) -> list[Alarm]:
        alarms = self.latest.alarms if self.latest is not None else ()
        return [alarm for alarm in alarms if alarm.state is AlarmState.UNACKNOWLEDGED]

    def take(self, snapshot: WallSnapshot) -> None:
        """Take over what the hall looks like now."""
        if self.monitor.trouble and not snapshot.monitor.alive(datetime.now(UTC)):
            snapshot = replace(snapshot, monitor=replace(snapshot.monitor, message=self.monitor.trouble))
        self.latest, self.latest_trouble = snapshot, ""
        self.snapshot.emit(snapshot)

    def acknowledge(self, alarm_id: int) -> None:
        """Take an alarm as it is shown now, in the name of the user of this station."""
        shown = self.latest.alarms if self.latest is not None else ()
        seen = next((one.raised_at for one in shown if one.id == alarm_id), None)
        who = Who(self.settings.user, self.settings.station)
        self._do(
            lambda: alarm_service.acknowledge(self._database, self.id, alarm_id, who=who, seen=seen),
            "The alarm was not acknowledged",
        )

    def switch_beam(self, beam_on: bool | None) -> None:
        """Say whether there is beam; None leaves it to the hall's beam file."""
        self._do(lambda: notices.switch_beam(self._database, self.id, beam_on), "The beam was not switched")

    def write_news(self, text: str) -> None:
        """Write the line of news for all."""
        user = self.settings.user
        self._do(lambda: notices.write_news(self._database, self.id, text, user=user), "The news was not written")

    def _do(self, work: Callable[[], object], what: str) -> None:
        self._wishes.run(work, failure=lambda why: self.failed.emit(f"{what}. {why}"))

    def _take_trouble(self, message: str) -> None:
        self.latest_trouble = message
        self.trouble.emit(message)

    def _look_after_monitor(self) -> None:
        if self.monitor.may_start():
            self._background.run(
                lambda: monitor_process.is_needed(self._database, self.id, self.settings.station),
                self._start_monitor_if,
                self._tell_of_monitor,
            )

    def _start_monitor_if(self, needed: bool) -> None:
        if not needed:
            self._tell_of_monitor("")
        elif not self._closed:
            try:
                self.monitor.start()
            except SiteError as error:
                self._tell_of_monitor(str(error))

    def _tell_of_monitor(self, trouble: str) -> None:
        if trouble != self.monitor.trouble:
            self.monitor.trouble = trouble
            if trouble:
                log.warning(trouble)

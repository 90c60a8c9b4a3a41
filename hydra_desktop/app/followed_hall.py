"""One hall that this program follows: what comes from it, what people do about it, what sounds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from ..database import clock, halls, stations
from ..database.connection import Database
from ..domain.alarm import Alarm, AlarmState, Disposition
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
WISHES_S = 5.0  # for what people asked for, at the end


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
        self._undone: dict[object, str] = {}  # what it means when a wish isn't done
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

    def finish(self) -> list[str]:
        """Do what people asked for, if it can be done soon, and tell what of that isn't done."""
        self._closed = True
        self._tending.stop()
        self._wishes.finish(WISHES_S)
        undone = [f"{what}: the program ended before it could be done." for what in list(self._undone.values())]
        for line in undone:
            log.error("%s: %s", self.name, line)
        return undone

    def close(self) -> None:
        """End its threads once what people asked for is done; a monitor goes on."""
        self.begin_end()
        if not self._closed:
            self.finish()
        self.follower.close()
        self.trainer.close()

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
        seen = next((one.occurrence for one in shown if one.id == alarm_id), None)
        who = self.who
        self._do(
            lambda: alarm_service.acknowledge(self._database, self.id, alarm_id, who=who, seen=seen),
            "The alarm was not acknowledged",
        )

    @property
    def who(self) -> Who:
        """In whose name things are done here: who is signed in at this station, else its user."""
        stations = self.latest.stations if self.latest is not None else ()
        signed_in = next((one.user for one in stations if one.name == self.settings.station and one.user), "")
        return Who(signed_in or self.settings.user, self.settings.station)

    def acknowledge_all(self, seen: dict[int, datetime]) -> None:
        """Take several alarms, each as it was seen: by id when it was raised."""
        self._act("Not all alarms were acknowledged", alarm_service.acknowledge_all, seen)

    def shelve(self, alarm_id: int, for_s: float, why: str, seen: datetime) -> None:
        """Put an alarm aside for a time, as it was seen: when it was raised."""
        self._act("The alarm was not shelved", alarm_service.shelve, alarm_id, for_s=for_s, why=why, seen=seen)

    def unshelve(self, alarm_id: int) -> None:
        """Take an alarm from the shelf."""
        self._act("The alarm was not taken from the shelf", alarm_service.unshelve, alarm_id)

    def reset(self, alarm_id: int) -> None:
        """Say that a latched alarm is over."""
        self._act("The alarm was not reset", alarm_service.reset, alarm_id)

    def comment(self, alarm_id: int, text: str, failed: Callable[[], None]) -> None:
        """Write a comment that everyone on shift reads; `failed` is called where it can't be stored."""
        who = self.who
        self._do(
            lambda: alarm_service.comment(self._database, self.id, alarm_id, text, who=who),
            f"The comment \u201c{text}\u201d was not written",
            failed,
        )

    def dispose(self, alarm_id: int, disposition: Disposition) -> None:
        """Say what an alarm was in the end."""
        self._act("What the alarm was is not stored", alarm_service.dispose, alarm_id, disposition)

    def take_out_of_service(self, plot_type: str, for_s: float | None, why: str) -> None:
        """No plot of a type alarms for a time (s), or with None until it is put back."""
        who = self.who

        def take() -> None:
            until = None
            if for_s is not None:
                with self._database.read() as connection:
                    until = clock.now(connection) + timedelta(seconds=for_s)
            alarm_service.take_out_of_service(self._database, self.id, plot_type, why=why, who=who, until=until)

        self._do(take, f"{plot_type} was not taken out of service")

    def put_back(self, plot_type: str) -> None:
        """In service again."""
        self._act(f"{plot_type} was not put back in service", alarm_service.put_back, plot_type)

    def sign_in(self, user: str) -> None:
        """Say who is on shift at this station, "" for nobody."""
        station = self.settings.station

        def write() -> None:
            with self._database.write() as connection:
                if user:
                    stations.sign_in(connection, self.id, station, user)
                else:
                    stations.sign_out(connection, self.id, station)

        self._do(write, "Who is on shift was not stored")

    def note_sound_test(self) -> None:
        """Store that a person had the sound of this station tested."""
        who = self.who

        def write() -> None:
            with self._database.write() as connection:
                stations.sound_tested(connection, self.id, who.station, who.user)

        self._do(write, "The test of the sound was not stored")

    def _act(self, what: str, act: Callable[..., object], *given: object, **more: object) -> None:
        who = self.who
        self._do(lambda: act(self._database, self.id, *given, **more, who=who), what)

    def switch_beam(self, beam_on: bool | None) -> None:
        """Say whether there is beam; None leaves it to the hall's beam file."""
        self._do(lambda: notices.switch_beam(self._database, self.id, beam_on), "The beam was not switched")

    def write_news(self, text: str) -> None:
        """Write the line of news for all."""
        user = self.settings.user
        self._do(lambda: notices.write_news(self._database, self.id, text, user=user), "The news was not written")

    def _do(self, work: Callable[[], object], what: str, failed: Callable[[], None] = lambda: None) -> None:
        wish = object()
        self._undone[wish] = what

        def do() -> None:
            work()
            del self._undone[wish]

        def fail(why: str) -> None:
            del self._undone[wish]
            failed()
            self.failed.emit(f"{what}. {why}")

        self._wishes.run(do, failure=fail)

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

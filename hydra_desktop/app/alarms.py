"""The alarms screen of a window: built when it is first wanted, one for the hall that is shown."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from ..database import halls
from ..database.connection import Database
from ..domain.station import StationRole
from ..settings import Settings
from ..views.alarms.alarms_screen import AlarmsScreen
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from ..views.pictures import Evidence
from ..views.siren_client import SirenClient
from .followed_hall import FollowedHall


class AlarmScreens(QObject):
    """Opens the alarms in one window, follows their hall, and ends its work when another is shown or the window goes.

    `performance_asked` and `handover_asked` carry the hall.
    """

    performance_asked = Signal(object)
    handover_asked = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        database: Database,
        background: Background,
        evidence: Evidence,
        siren: SirenClient,
    ) -> None:
        super().__init__(window)
        self._siren = siren
        siren.state_changed.connect(self._show_sound)
        siren.sounds_changed.connect(self._show_sound)
        self._window, self._settings, self._database = window, settings, database
        self._background, self._evidence = background, evidence
        self._hall: FollowedHall | None = None

    @property
    def screen(self) -> AlarmsScreen | None:
        """The screen, None before it was opened."""
        found = self._window.screens.get(Place.ALARMS)
        return found if isinstance(found, AlarmsScreen) else None

    def open(self, hall: FollowedHall) -> None:
        """Show the alarms of a hall."""
        if hall is not self._hall:
            self.close()
            self._build(hall)
        self._show(hall)

    def open_at(self, alarm_id: int) -> None:
        """Show the alarms of the window's hall, at one of them."""
        self._window.open_screen(Place.ALARMS)
        if self.screen is not None:
            self.screen.choose(alarm_id)

    def follow(self, hall: FollowedHall) -> None:
        """The hall has changed, or the database is away."""
        if hall is self._hall:
            self._show(hall)

    def tell_failure(self, hall: FollowedHall, message: str) -> None:
        """Say that what a person asked for was not done."""
        if self.screen is not None and hall is self._hall:
            self.screen.show_failure(message)

    def close(self) -> None:
        """End its work."""
        screen = self.screen
        if screen is not None:
            screen.close_threads()
            self._window.set_screen(Place.ALARMS, None)
            screen.deleteLater()
        self._hall = None

    def _show(self, hall: FollowedHall) -> None:
        screen = self.screen
        if screen is None:
            return
        if hall.latest is not None:
            screen.show_snapshot(hall.latest)
        if hall.latest_trouble:
            screen.show_trouble(hall.latest_trouble)

    def _build(self, hall: FollowedHall) -> None:
        self._hall = hall
        screen = AlarmsScreen(
            self._window.theme, self._settings.image_folder, self._evidence, self._database, hall.id, self._background,
            user=hall.settings.user, station=hall.settings.station,
        )  # fmt: skip
        acts = screen.acts
        acts.acknowledged.connect(hall.acknowledge)
        acts.all_acknowledged.connect(hall.acknowledge_all)
        acts.shelved.connect(hall.shelve)
        acts.unshelved.connect(hall.unshelve)
        acts.commented.connect(partial(self._comment, hall))
        acts.reset_asked.connect(hall.reset)
        acts.disposed.connect(hall.dispose)
        acts.taken_out.connect(hall.take_out_of_service)
        acts.put_back.connect(hall.put_back)
        acts.signed_in.connect(hall.sign_in)
        acts.silenced.connect(self._siren.silence)
        acts.sound_tested.connect(hall.note_sound_test)
        acts.sound_tested.connect(self._siren.test)
        screen.stations.role_wanted.connect(self._take_role)
        screen.stations.volume_wanted.connect(self._siren.set_volume)
        screen.stations.speech_wanted.connect(self._siren.set_speech)
        acts.performance_asked.connect(lambda: self.performance_asked.emit(hall))
        acts.handover_asked.connect(lambda: self.handover_asked.emit(hall))
        acts.detail_asked.connect(self._open_detail)
        self._window.set_screen(Place.ALARMS, screen)
        self._show_sound()
        self._read_settings(screen, hall)

    def _comment(self, hall: FollowedHall, alarm_id: int, text: str) -> None:
        def put_back() -> None:
            if self.screen is not None and hall is self._hall:
                self.screen.side.put_back(alarm_id, text)

        hall.comment(alarm_id, text, put_back)

    def _take_role(self, role: StationRole) -> None:
        self._siren.set_role(role)
        self._show_sound()

    def _show_sound(self, *_: object) -> None:
        screen, siren = self.screen, self._siren
        if screen is not None:
            screen.show_sound(
                siren.role,
                siren.volume,
                speaks=siren.speaks,
                sounds=bool(siren.sounds) and siren.audible,
                silenced=siren.silenced > 0,
                audible=siren.audible,
            )

    def _read_settings(self, screen: AlarmsScreen, hall: FollowedHall) -> None:
        def read() -> float:
            with self._database.read() as connection:
                return halls.load(connection, hall.id).alarms.shelve_at_most_s

        def take(most_s: float) -> None:
            screen.acts.shelve_at_most_s = most_s or screen.acts.shelve_at_most_s

        self._background.run(read, take, owner=screen)

    def _open_detail(self, plot_type: str, pad: str) -> None:
        self._window.open_screen(Place.WALL)
        self._window.wall.detail_asked.emit(plot_type, pad)

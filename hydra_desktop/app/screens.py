"""The screens of one window beside the wall, each built when it is first wanted, and the ways between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from ..database.connection import Database
from ..settings import Settings
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from ..views.pictures import Evidence
from ..views.siren_client import SirenClient
from .alarm_performance import AlarmPerformance
from .alarms import AlarmScreens
from .followed_hall import FollowedHall
from .labeling import LabelingDesks
from .library import Libraries
from .report import Reports
from .threshold_bench import ThresholdBenches
from .training import TrainingDesks


class Screens(QObject):
    """Labeling, training, library and alarms of the hall that a window shows, with the pages that are opened from them.

    `shown` gives the hall, `open_references` shows what is normal in one.
    """

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        database: Database,
        background: Background,
        evidence: Evidence,
        siren: SirenClient,
        shown: Callable[[], FollowedHall],
        open_references: Callable[[FollowedHall], None],
    ) -> None:
        super().__init__(window)
        self._window, self._shown = window, shown
        self.labeling = LabelingDesks(window, settings, database, background, evidence)
        self.training = TrainingDesks(window, database, background)
        self.library = Libraries(window, database, background, open_references)
        self.alarms = AlarmScreens(window, settings, database, background, evidence, siren)
        self.reports = Reports(window, database, background, evidence, self.labeling)
        self.thresholds = ThresholdBenches(window, database, background, evidence)
        self.performance = AlarmPerformance(window, database, background)
        window.screen_wanted.connect(self._open)
        self.alarms.performance_asked.connect(lambda hall: self.performance.open(hall, Place.ALARMS))
        self.alarms.handover_asked.connect(lambda hall: self.performance.handovers.open(hall, Place.ALARMS))
        self.training.labeling_asked.connect(self._label)
        self.training.report_asked.connect(lambda model_id: self._report(Place.TRAINING, model_id))
        self.library.report_asked.connect(lambda model_id: self._report(Place.LIBRARY, model_id))
        self.library.compare_asked.connect(self._compare)
        self.library.thresholds_asked.connect(lambda model_id: self._bench(Place.LIBRARY, model_id))
        self.thresholds.plots_asked.connect(self._label_plots)
        self.reports.thresholds_asked.connect(
            lambda model_id: self._bench(self.reports.came_from, model_id, back=self._to_report(model_id))
        )

    def close(self) -> None:
        """End their work."""
        for one in (
            self.labeling, self.training, self.reports, self.thresholds, self.library, self.alarms, self.performance,
        ):  # fmt: skip
            one.close()

    def _open(self, place: int) -> None:
        opened = {
            Place.LABELING: self.labeling.open,
            Place.TRAINING: self.training.open,
            Place.LIBRARY: self.library.open,
            Place.ALARMS: self.alarms.open,
        }.get(Place(place))
        if opened is not None:
            opened(self._shown())

    def _label(self, plot_type: str) -> None:
        self.labeling.choose(plot_type)
        self._window.open_screen(Place.LABELING)

    def _label_plots(self, plot_type: str, plot_ids: Sequence[int], text: str) -> None:
        self.labeling.open_plots(self._shown(), plot_type, plot_ids, text)

    def _report(self, place: Place, model_id: int) -> None:
        self.reports.open(self._shown(), model_id, place)

    def _compare(self, model_ids: Sequence[int]) -> None:
        self.reports.open(self._shown(), model_ids[0], Place.LIBRARY, against=model_ids[1:])

    def _bench(self, place: Place, model_id: int, back: Callable[[], object] | None = None) -> None:
        self.thresholds.open(self._shown(), model_id, place, back)

    def _to_report(self, model_id: int) -> Callable[[], object]:
        place = self.reports.came_from
        return lambda: self._report(place, model_id)

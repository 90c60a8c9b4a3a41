"""Threshold benches of a window: read in the background, shown in the place that they were asked from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from ..database import plots
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import Stopped
from ..domain.plot import Plot
from ..services import threshold_bench
from ..services.progress import Progress
from ..services.threshold_bench import ThresholdBench, open_bench
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from ..views.pictures import Evidence
from ..views.thresholds.threshold_screen import ThresholdScreen
from .followed_hall import FollowedHall


class ThresholdBenches(QObject):
    """Opens benches in one window; `plots_asked` carries the plot type, ids of plots to label, and what they are."""

    plots_asked = Signal(str, list, str)

    def __init__(self, window: MainWindow, database: Database, background: Background, evidence: Evidence) -> None:
        super().__init__(window)
        self._window, self._database, self._background, self._evidence = window, database, background, evidence
        self._progress = Progress()
        self.screen: ThresholdScreen | None = None
        window.page_left.connect(self._page_left)

    def open(
        self, hall: FollowedHall, model_id: int, came_from: Place, back: Callable[[], object] | None = None
    ) -> None:
        """Show the bench of a model of a hall; Escape leads `back`, else to the place that it came from."""
        screen = ThresholdScreen(
            self._window.theme, self._evidence, hall.settings.image_folder, came_from.name.capitalize()
        )
        screen.left.connect(back or (lambda: self._window.open_screen(came_from)))
        screen.plots_asked.connect(self.plots_asked)
        screen.plots_wanted.connect(lambda ids: self._read_plots(screen, hall, ids))
        screen.apply_asked.connect(lambda values, why, how: self._apply(screen, hall, values, why, how))
        screen.undo_asked.connect(lambda: self._undo(screen, hall))
        self._window.open_page(screen, came_from)  # what was open before is left
        self.screen, self._progress = screen, Progress()
        screen.show_reading(model_id)
        self._read(screen, hall, model_id)

    def close(self) -> None:
        """End the work in the background."""
        self._progress.stop.set()
        if self.screen is not None:
            self.screen.close_threads()
            self.screen.deleteLater()
        self.screen = None

    def _read(self, screen: ThresholdScreen, hall: FollowedHall, model_id: int, told: str = "") -> None:
        progress, images = self._progress, ImageStore(hall.settings.image_folder)

        def work() -> ThresholdBench | None:
            try:
                return open_bench(self._database, hall.name, images, model_id, progress=progress)
            except Stopped:  # nobody waits for it any more
                return None

        def show(bench: ThresholdBench | None) -> None:
            if bench is not None:
                screen.show_bench(bench)
                if told:
                    screen.tell(told)

        self._run(screen, work, show)

    def _read_plots(self, screen: ThresholdScreen, hall: FollowedHall, ids: Sequence[int]) -> None:
        def work() -> dict[int, Plot]:
            with self._database.read() as c:
                return plots.of_ids(c, hall.id, ids)

        self._run(screen, work, screen.show_plots)

    def _apply(
        self, screen: ThresholdScreen, hall: FollowedHall, values: Mapping[str, float], comment: str, chosen: str
    ) -> None:
        bench, user = screen.bench, hall.settings.user
        if bench is None:
            return

        def done(_result: object) -> None:
            screen.applied()
            self._read(screen, hall, bench.record.id, "In force from the next chunk on. Ctrl+Z takes it back.")

        def failed(why: str) -> None:
            screen.show_failure(why)
            self._read(screen, hall, bench.record.id)  # as others set it meanwhile

        screen.wait()

        def work() -> None:
            threshold_bench.apply(self._database, bench, values, user=user, comment=comment, chosen=chosen)

        self._run(screen, work, done, failed)

    def _undo(self, screen: ThresholdScreen, hall: FollowedHall) -> None:
        bench = screen.bench
        if bench is None or len(bench.history) < 2:
            screen.tell("These are the first thresholds of this model: there is nothing to take back.")
            return
        last = bench.history[0]
        what = last.comment or last.chosen
        screen.values = {**bench.now, **screen.then(1)}
        self._apply(screen, hall, screen.values, f"taken back: {what}", "by hand")

    def _run(
        self, screen: ThresholdScreen, work: Callable[[], Any], success: Callable[[Any], None],
        failure: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        def here(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: answer(value) if screen is self.screen else None

        self._background.run(work, here(success), here(failure or screen.show_failure), owner=screen)

    def _page_left(self, page: object) -> None:
        if page is self.screen:
            self.close()

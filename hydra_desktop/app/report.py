"""Reports of models in a window: built in the background, shown in the place they were asked from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from ..database import model_store
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..domain.errors import Stopped
from ..outputs import report_page
from ..outputs.whole_file import whole_file
from ..services import report as reports
from ..services.comparing import compare
from ..services.progress import Progress
from ..services.report import Report
from ..views.background import Background
from ..views.main_window import MainWindow, Place
from ..views.pictures import Evidence
from ..views.report import report_pdf
from ..views.report.report_screen import ReportScreen
from .followed_hall import FollowedHall
from .labeling import LabelingDesks


class Reports(QObject):
    """Opens reports in one window; `thresholds_asked` carries the number of the model that a person asks for.

    A report stays open until another screen of the bar is; labeling that was opened from it leads back to it.
    """

    thresholds_asked = Signal(int)

    def __init__(
        self, window: MainWindow, database: Database, background: Background, evidence: Evidence, desks: LabelingDesks
    ) -> None:
        super().__init__(window)
        self._window, self._database, self._background = window, database, background
        self._evidence, self._desks = evidence, desks
        self._progress = Progress()
        self.screen: ReportScreen | None = None
        self.came_from = Place.WALL
        window.page_left.connect(self._page_left)

    def open(
        self, hall: FollowedHall, model_id: int, came_from: Place = Place.WALL, against: Sequence[int] = ()
    ) -> None:
        """Show the report of a model of a hall; Escape leads back to the place that it came from.

        It is compared with the models `against`, else with the active one.
        """
        self.came_from = came_from
        folder = hall.settings.image_folder
        screen = ReportScreen(self._window.theme, self._evidence, folder, came_from.name.capitalize())
        screen.left.connect(lambda: self._window.open_screen(came_from))
        screen.thresholds_asked.connect(self.thresholds_asked)
        screen.plots_asked.connect(
            lambda plot_type, ids, text: self._desks.open_plots(
                hall, plot_type, ids, text, back=lambda: self.open(hall, model_id, came_from)
            )
        )
        images, name, user = ImageStore(folder), hall.settings.hall, hall.settings.user
        screen.html_asked.connect(lambda path: self._save(screen, images, user, path, _write_html))
        screen.pdf_asked.connect(lambda path: self._save(screen, images, user, path, report_pdf.write))
        screen.compare_asked.connect(lambda _model_id: self._offer(screen, hall))
        screen.compare_chosen.connect(
            lambda other: self._compare(
                screen, lambda: compare(self._database, name, images, [model_id, other], progress), f"model {other}"
            )
        )
        self._window.open_page(screen, came_from)  # what was open before is left
        self.screen, self._progress = screen, Progress()
        progress = self._progress
        screen.show_reading(model_id)

        def show(report: Report | None) -> None:
            if report is None:
                return
            screen.show_report(report)
            record = report.record
            if against:
                self._compare(
                    screen,
                    lambda: compare(self._database, name, images, [model_id, *against], progress),
                    ", ".join(f"model {other}" for other in against),
                )
                return
            self._compare(
                screen, lambda: reports.with_active(self._database, name, images, record, progress), "the active model"
            )

        def build() -> Report:
            return reports.build(self._database, name, images, model_id, with_comparison=False, progress=progress)

        self._run(screen, build, show, screen.show_failure)

    def close(self) -> None:
        """End the work in the background."""
        self._close()

    def _compare(self, screen: ReportScreen, work: Callable[[], Any], other: str) -> None:
        screen.tell(f"Comparing with {other}...")

        def came(found: Any) -> None:
            screen.show_comparison(found)
            screen.tell("")

        self._run(screen, work, came, lambda why: screen.tell(why, wrong=True))

    def _offer(self, screen: ReportScreen, hall: FollowedHall) -> None:
        """Let a person choose the model to compare with."""
        if screen.shown is None:
            return
        shown = screen.shown.record

        def read() -> list[tuple[int, str]]:
            with self._database.read() as c:
                there = model_store.listing(c, hall.id, shown.plot_type)
            return [
                (one.id, f"Model {one.id}, {one.created_at:%Y-%m-%d}, {one.created_by}" + (", active" * one.active))
                for one in there
                if one.id != shown.id
            ]

        self._run(screen, read, screen.choose_model, lambda why: screen.tell(why, wrong=True))

    def _save(
        self, screen: ReportScreen, images: ImageStore, user: str, path: Path, write: Callable[[Any, Path], None]
    ) -> None:
        report = screen.shown
        if report is None:
            return

        def work() -> Path:
            write(reports.page(report, images, user=user), path)
            return path

        screen.tell(f"Writing {path.name}...")
        self._run(screen, work, lambda done: screen.tell(f"Saved: {done}"), lambda why: screen.tell(why, wrong=True))

    def _run(
        self, screen: ReportScreen, work: Callable[[], Any], success: Callable[[Any], None],
        failure: Callable[[str], None],
    ) -> None:  # fmt: skip
        def do() -> Any:
            try:
                return work()
            except Stopped:  # nobody waits for it any more
                return None

        def here(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: answer(value) if screen is self.screen else None

        self._background.run(do, here(success), here(failure), owner=screen)

    def _page_left(self, page: object) -> None:
        if page is self.screen:
            self._close()

    def _close(self) -> None:
        self._progress.stop.set()
        if self.screen is not None:
            self.screen.close_threads()
            self.screen.deleteLater()
        self.screen = None


def _write_html(page: report_page.Page, path: Path) -> None:
    with whole_file(path) as file:
        file.write(report_page.html(page))

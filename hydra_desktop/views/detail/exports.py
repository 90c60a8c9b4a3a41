"""What leaves the detail view: a copied image, a PNG file, a logbook entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from ...domain.plot import Plot
from ...domain.verdict import explain
from ...outputs.logbook import Entry, Picture
from ...outputs.whole_file import write_bytes
from ...services import logbook as logbook_service
from ...services.detail import Compared, Detail, DetailService, Other
from .. import alarm_log_speech, words
from ..background import Background
from ..dialogs import open_over
from .rendering import FullPictures, Order, Overlay, png, png_of, render
from .side import said


@dataclass(frozen=True)
class Shown:
    """What stands on the screen: a look at a plot, the part in view with its map, and what it is compared with."""

    detail: Detail
    guidance: str
    contact: str
    order: Order
    overlay: Overlay | None
    map_name: str  # "" without a map
    opacity: float
    other: tuple[Other, Compared] | None


class Exports(QObject):
    """Draws and writes in the background; `done` and `failed` carry what is to be said."""

    done = Signal(str)
    failed = Signal(str)

    def __init__(self, window: QWidget, service: DetailService, background: Background, pictures: FullPictures) -> None:
        super().__init__(window)
        self._window, self._service, self._background, self._pictures = window, service, background, pictures
        self._folder = Path.home()

    def copy(self, shown: Shown) -> None:
        """Put the plot as it is shown on the clipboard."""

        def put(image: object) -> None:
            QApplication.clipboard().setImage(image)
            self.done.emit("The plot as shown is on the clipboard.")

        self._run(lambda: self._image(shown), put)

    def save(self, shown: Shown) -> None:
        """Ask for a file and write the plot as it is shown there."""
        name = shown.detail.shown.name
        stem = logbook_service.file_name(name, shown.detail.shown.taken_at).removesuffix(".html")

        def write(path: Path) -> None:
            self._run(
                lambda: write_bytes(path, png(self._image(shown))),
                lambda _: self.done.emit(f"Saved as {path}."),
            )

        self._ask("Save the plot as shown", f"{stem}.png", "PNG (*.png)", write)

    def enter(self, shown: Shown) -> None:
        """Write a logbook entry into the hall's folder, or where a person says."""
        logbook = shown.detail.logbook
        name = logbook_service.file_name(shown.detail.shown.name, datetime.now(UTC))
        if logbook.folder:
            self._run(lambda: self._write(shown, None, name), self._written)
        else:
            self._ask(
                "Write a logbook entry",
                name,
                "HTML (*.html)",
                lambda path: self._run(lambda: self._write(shown, path, name), self._written),
            )

    def _written(self, path: Path) -> None:
        self.done.emit(f"Logbook entry written: {path}")

    def _write(self, shown: Shown, path: Path | None, name: str) -> Path:
        """On another thread: make the entry, write it, and hand it on to the hall's command."""
        detail = shown.detail
        entry = self._entry(shown)
        if path is None:
            folder = logbook_service.folder_of(detail.logbook)
            written = logbook_service.write(entry, (folder or Path.cwd()) / name)
        else:
            written = logbook_service.save(entry, path)
        facts = logbook_service.facts_of(
            detail.shown.name,
            detail.shown.taken_at,
            self._service.hall_name,
            self._service.user,
            self._service.station,
        )
        if detail.past is not None:
            verdict = detail.past.verdict
            facts |= {
                "label": verdict.label,
                "status": str(verdict.status),
                "confidence": f"{verdict.confidence:.3f}",
            }
        logbook_service.hand_on(detail.logbook, written, facts)
        return written

    def _entry(self, shown: Shown) -> Entry:
        detail, plot = shown.detail, shown.detail.shown
        verdict = detail.past.verdict if detail.past is not None else None
        word = f"{verdict.label or verdict.status}" if verdict is not None else "not judged"
        facts = [
            ("Hall", self._service.hall_name),
            ("Plot type", words.stream(plot.name.plot_type, plot.name.pad)),
            ("Run period", plot.name.run_period or "-"),
            ("Run", str(plot.name.run_number)),
            ("Chunk", "-" if plot.name.chunk is None else str(plot.name.chunk)),
            ("Taken", f"{plot.taken_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"),
        ]
        if verdict is not None and verdict.label:
            facts.append(("Verdict", f"{verdict.label}, {verdict.status}, {words.confidence(verdict.confidence)}"))
        else:
            facts.append(("Verdict", word))
        if shown.contact:
            facts.append(("Contact", shown.contact))
        return Entry(
            f"{word}: {words.stream(plot.name.plot_type, plot.name.pad)}, {where(plot)}",
            facts,
            self._entry_pictures(shown),
            [(label, p, detail.thresholds.get(label)) for label, p in _probable(detail)],
            explain(verdict, detail.thresholds, detail.novelty) if verdict is not None else "",
            shown.guidance,
            [alarm_log_speech.told(step) for step in detail.log],
            [said(contest) for contest in detail.contests if contest.stands],
            f"Written by {self._service.user} at {self._service.station}, "
            f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}, with Hydra Desktop.",
        )

    def _entry_pictures(self, shown: Shown) -> list[Picture]:
        plot = shown.detail.shown
        found = []
        if shown.overlay is not None:
            found.append(Picture(f"{where(plot)}, {shown.map_name}", png(self._image(shown))))
        full = self._pictures.loaded(plot.content_hash)
        if full.picture is not None:
            found.append(Picture(where(plot), png_of(full.picture)))
        if shown.other is not None:
            other, compared = shown.other
            full = self._pictures.loaded(compared.plot.content_hash)
            if full.picture is not None:
                found.append(Picture(f"{other}: {where(compared.plot)}", png_of(full.picture)))
        return found

    def _image(self, shown: Shown):
        full = self._pictures.loaded(shown.order.content_hash)
        return render(full.picture, shown.order, shown.overlay).composed(shown.opacity)

    def _run(self, work: Callable[[], object], success: Callable[..., None]) -> None:
        self._background.run(work, success, self.failed.emit, owner=self)

    def _ask(self, title: str, name: str, kind: str, then: Callable[[Path], None]) -> None:
        """Ask for a file without holding the screen up."""
        dialog = QFileDialog(self._window, title, str(self._folder), kind)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.selectFile(name)

        def chosen(path: str) -> None:
            self._folder = Path(path).parent
            then(Path(path))

        dialog.fileSelected.connect(chosen)
        open_over(self._window, dialog)


def where(plot: Plot) -> str:
    """A plot's run and chunk, and when it was taken."""
    chunk = f", chunk {plot.name.chunk}" if plot.name.chunk is not None else ""
    return f"run {plot.name.run_number}{chunk}, {plot.taken_at.astimezone():%Y-%m-%d %H:%M:%S}"


def _probable(detail: Detail) -> list[tuple[str, float]]:
    found = detail.past.verdict.probabilities if detail.past is not None else {}
    return sorted(found.items(), key=lambda one: -one[1])

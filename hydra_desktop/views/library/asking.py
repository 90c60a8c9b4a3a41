"""The dialogs of the library: what they ask, and what the desk is then to do."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from ...outputs.model_package import SUFFIX
from ...services.model_exchange import file_name
from ...services.model_listing import LibraryModel
from .desk import LibraryDesk, Warned
from .questions import InSpiteQuestion, SetQuestion, TypeQuestion

FILES = f"Models of Hydra (*{SUFFIX})"


class Asking:
    """Asks over a screen without holding it up."""

    def __init__(self, screen: QWidget, desk: LibraryDesk) -> None:
        self._screen, self._desk = screen, desk
        self._import_path: Path | None = None

    def for_set(self, run_period: str) -> None:
        """Under which name what is live now becomes a set."""
        live = sum(one.active_id is not None for one in self._desk.seen.types or ())
        question = SetQuestion(live, run_period, self._screen)
        question.named.connect(self._desk.save_set)
        self._open(question)

    def in_spite(self, warned: Warned) -> None:
        """Whether a worse model goes live all the same."""
        question = InSpiteQuestion(warned.text, self._screen)
        question.decided.connect(warned.again)
        self._open(question)

    def for_type(self, why: str) -> None:
        """Which plot type the model in the file is for here."""
        path = self._import_path
        names = [one.plot_type for one in self._desk.seen.types or ()]
        question = TypeQuestion(why.partition(" This hall has")[0], names, self._screen)
        question.chosen.connect(lambda name: self._desk.import_file(path, name))
        self._open(question)

    def export(self, model: LibraryModel) -> None:
        """Where a model is written."""
        dialog = QFileDialog(self._screen, "Export a model", "", FILES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX.lstrip("."))
        dialog.selectFile(file_name(model.plot_type, model.id))
        dialog.fileSelected.connect(lambda path: self._desk.export(model.id, Path(path)))
        self._open(dialog)

    def import_(self) -> None:
        """Which file a model is taken from."""
        dialog = QFileDialog(self._screen, "Import a model", "", FILES)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._import)
        self._open(dialog)

    def _import(self, path: str) -> None:
        self._import_path = Path(path)
        self._desk.import_file(self._import_path)

    def _open(self, dialog: QDialog) -> None:
        open_over(self._screen, dialog)


def open_over(screen: QWidget, dialog: QDialog) -> None:
    """Show a dialog over a screen, worked by keys like everything else, without holding the screen up."""
    if isinstance(dialog, QFileDialog):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.finished.connect(screen.window().activateWindow)
    dialog.open()

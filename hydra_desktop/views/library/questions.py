"""What the library asks: whether a worse model goes live all the same, and what a set or plot type is called."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from ..question import LONGEST, Question


class InSpiteQuestion(Question):
    """A warning with its numbers; `decided` carries why it is done all the same."""

    decided = Signal(str)

    def __init__(self, warning: str, parent: QWidget) -> None:
        super().__init__("Worse than what is live", warning, "Put it live in spite of that", "Leave it", parent)
        self.why = QLineEdit()
        self.why.setMaxLength(LONGEST)
        self.why.setAccessibleName("Why")
        self.form.addRow("Why, kept with the warning:", self.why)
        self.leave.setDefault(True)
        self.leave.setFocus()

    def _done(self) -> None:
        self.decided.emit(self.why.text().strip())
        self.accept()


class SetQuestion(Question):
    """Under which name what is live now is saved; `named` carries name, run period and comment."""

    named = Signal(str, str, str)

    def __init__(self, models: int, run_period: str, parent: QWidget) -> None:
        said = f"The {models} models that are live now become a set, to be put live and rolled back together."
        super().__init__("Save a set", said, "Save", "Leave it", parent)
        self.name, self.period, self.comment = QLineEdit(run_period), QLineEdit(run_period), QLineEdit()
        for text, field in (("Name", self.name), ("Run period", self.period), ("Comment", self.comment)):
            field.setMaxLength(LONGEST)
            field.setAccessibleName(text)
            self.form.addRow(f"{text}:", field)
        self.name.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        self.do.setEnabled(bool(run_period.strip()))
        self.do.setDefault(True)
        self.name.selectAll()
        self.name.setFocus()

    def _done(self) -> None:
        self.named.emit(self.name.text().strip(), self.period.text().strip(), self.comment.text().strip())
        self.accept()


class TypeQuestion(Question):
    """Which plot type a model is for that has another name where it comes from; `chosen` carries it."""

    chosen = Signal(str)

    def __init__(self, why: str, plot_types: Sequence[str], parent: QWidget) -> None:
        super().__init__("Which plot type is it here?", why, "Import it as this one", "Leave it", parent)
        self.types = QComboBox()
        self.types.addItems(list(plot_types))
        self.types.setAccessibleName("Plot type")
        self.form.addRow("Plot type here:", self.types)
        self.do.setEnabled(bool(plot_types))
        self.types.setFocus()

    def _done(self) -> None:
        self.chosen.emit(self.types.currentText())
        self.accept()

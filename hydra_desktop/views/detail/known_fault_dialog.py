"""Asks what is known of a fault whose region was drawn: which one, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from ...domain.hall import PlotType
from ...domain.known_fault import Region
from ...domain.label import Role
from ...domain.plot import LARGEST_NUMBER, Plot
from ..question import LONGEST
from .plot_dialog import PlotDialog

A_SHIFT = timedelta(hours=8)


@dataclass(frozen=True)
class Told:
    """What a person says is known; `pad` is "" for all pads, `region` None for the whole plot."""

    label: str
    pad: str
    region: Region | None
    until_run: int | None
    until: datetime | None
    why: str


def _choice(text: str) -> QPushButton:
    """A button that stays down where it is chosen."""
    button = QPushButton(text)
    button.setObjectName("segment")
    button.setCheckable(True)
    button.setAutoDefault(False)
    return button


class KnownFaultDialog(PlotDialog):
    """The reason and Enter are enough; `given` carries a `Told`."""

    given = Signal(object)

    def __init__(self, plot_type: PlotType, plot: Plot, label: str, region: Region, parent: QWidget) -> None:
        super().__init__(
            "This fault is known",
            f"What is known of {plot_type.name} doesn't alarm; all else on its plots does.",
            "It is known",
            parent,
        )
        self._region, self._pad = region, plot.name.pad
        self.label = QComboBox()
        self.label.addItems([one.name for one in plot_type.labels if one.role is Role.FAULTY])
        self.label.setCurrentText(label)
        self.label.setAccessibleName("Fault")
        self.whole = _choice("on the whole plot, not only in the region")
        self.one_pad = _choice(f"of pad {plot.name.pad} only")
        self.one_pad.setChecked(True)
        self.one_pad.setVisible(bool(plot.name.pad))
        self.by_run, self.by_time = _choice("until the end of run"), _choice("until")
        group = QButtonGroup(self)
        group.addButton(self.by_run)
        group.addButton(self.by_time)
        self.by_time.setChecked(True)
        self.run = QLineEdit(str(plot.name.run_number))
        self.run.setAccessibleName("Last run")
        self.time = QLineEdit(f"{datetime.now().astimezone() + A_SHIFT:%Y-%m-%d %H:%M}")
        self.time.setAccessibleName("Time, as 2026-11-30 08:00")
        self.run.textEdited.connect(lambda: self.by_run.setChecked(True))
        self.time.textEdited.connect(lambda: self.by_time.setChecked(True))
        self.why = QLineEdit()
        self.why.setMaxLength(LONGEST)
        self.why.setPlaceholderText("What it is, and who works at it")
        self.why.setAccessibleName("Why")
        for changed in (self.why.textChanged, self.run.textChanged, self.time.textChanged, self.by_run.toggled):
            changed.connect(self._look)
        for row, (name, widgets) in enumerate(
            (
                ("Fault", (self.label, self.whole, self.one_pad)),
                ("", (self.by_time, self.time, self.by_run, self.run)),
                ("Why", (self.why,)),
            )
        ):
            line = QHBoxLayout()
            for widget in widgets:
                line.addWidget(widget, int(widget is self.why))
            if widgets[0] is not self.why:
                line.addStretch(1)
            self.grid.addWidget(QLabel(name), row, 0)
            self.grid.addLayout(line, row, 1)
        self._add_foot(
            "It is in force at once, on every station; you can end it at any time. "
            "A fault that rescales the axes is on the whole plot."
        )
        self.why.setFocus()
        self._look()

    def _look(self) -> None:
        ends = self._run() if self.by_run.isChecked() else self._until()
        self.do.setEnabled(bool(self.why.text().strip()) and ends is not None)

    def _until(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.time.text().strip()).astimezone()
        except (ValueError, OverflowError):
            return None

    def _run(self) -> int | None:
        text = self.run.text().strip()
        return int(text) if text.isdecimal() and int(text) <= LARGEST_NUMBER else None

    def _done(self) -> None:
        by_run = self.by_run.isChecked()
        self.given.emit(
            Told(
                self.label.currentText(),
                self._pad if self.one_pad.isChecked() else "",
                None if self.whole.isChecked() else self._region,
                self._run() if by_run else None,
                None if by_run else self._until(),
                self.why.text().strip(),
            )
        )
        self.accept()

"""Asks what is known of a fault whose region was drawn: which one, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...domain.hall import PlotType
from ...domain.known_fault import Region
from ...domain.label import Role
from ...domain.plot import LARGEST_NUMBER, Plot

LONGEST = 1000  # characters of a reason
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


class KnownFaultDialog(QDialog):
    """The reason and Enter are enough; `given` carries a `Told`."""

    given = Signal(object)

    def __init__(self, plot_type: PlotType, plot: Plot, label: str, region: Region, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("This fault is known")
        self._region, self._pad = region, plot.name.pad
        title = QLabel(f"What is known of {plot_type.name} doesn't alarm; all else on its plots does.")
        title.setObjectName("head")
        title.setWordWrap(True)
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
        self._store = QPushButton("It is known  [Enter]")
        self._store.setObjectName("main")
        self._store.setDefault(True)
        leave = QPushButton("Leave it  [Esc]")
        leave.setAutoDefault(False)
        leave.clicked.connect(self.reject)
        self._store.clicked.connect(self._done)
        for changed in (self.why.textChanged, self.run.textChanged, self.time.textChanged, self.by_run.toggled):
            changed.connect(self._look)
        grid = QGridLayout()
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
            grid.addWidget(QLabel(name), row, 0)
            grid.addLayout(line, row, 1)
        note = QLabel(
            "It is in force at once, on every station; you can end it at any time. "
            "A fault that rescales the axes is on the whole plot."
        )
        note.setWordWrap(True)
        note.setObjectName("muted")
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(leave)
        foot.addWidget(self._store)
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.why.setFocus()
        self._look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter stores it from wherever the focus is, as soon as it may."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._store.isEnabled():
                self._done()
            return
        super().keyPressEvent(event)

    def _look(self) -> None:
        ends = self._run() if self.by_run.isChecked() else self._until()
        self._store.setEnabled(bool(self.why.text().strip()) and ends is not None)

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

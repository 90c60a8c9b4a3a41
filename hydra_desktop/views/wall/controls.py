"""What a person at a desk changes about the wall: search, group, order, size, layouts, evidence, beam."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSlider,
)

from ..row import Row
from ..theme import Theme
from .layouts import SIZES, Layouts, WallLayout

_ORDERS = {"hall": "Hall's order", "name": "By name", "group": "By group", "own": "Own order"}


class Controls(Row):
    """One row; every change is told by a signal, and `show_layout` shows what is so."""

    searched = Signal(str)
    layout_changed = Signal(dict)  # what is different
    layout_chosen = Signal(str)  # the name of a saved one, "" for the usual one
    layout_saved = Signal(str)
    layout_removed = Signal(str)
    opacity_changed = Signal(float)
    evidence_on_good = Signal(bool)
    show_hidden = Signal()
    beam_switched = Signal(object)
    news_wanted = Signal()

    def __init__(self, theme: Theme, opacity: float) -> None:
        super().__init__()
        self._theme = theme
        row = self.row
        row.setContentsMargins(0, 0, 0, 0)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search plot types  [/]")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search plot types")
        self.search.textChanged.connect(self.searched)
        self.group = QComboBox()
        self.group.setAccessibleName("Group")
        self.group.addItem("All groups")
        self.group.activated.connect(
            lambda index: self.layout_changed.emit({"group": self.group.itemText(index) if index > 0 else ""})
        )
        self.order = QComboBox()
        self.order.setAccessibleName("Order of the panels")
        for key, text in _ORDERS.items():
            self.order.addItem(text, key)
        self.order.activated.connect(lambda _index: self.layout_changed.emit({"order": self.order.currentData()}))
        self.hidden = QPushButton()
        self.hidden.clicked.connect(self.show_hidden)
        self.layouts = QPushButton("Layouts")
        self._layout_menu = QMenu(self)
        self.layouts.setMenu(self._layout_menu)
        self.size = self._slider(0, SIZES, "Size of the panels; 0 fits all on one screen")
        self.size.setPageStep(2)
        self.size.valueChanged.connect(lambda value: self.layout_changed.emit({"size": value}))
        self.opacity = self._slider(0, 100, "Opacity of the evidence")
        self.opacity.setValue(round(100 * opacity))
        self.opacity.valueChanged.connect(lambda percent: self.opacity_changed.emit(percent / 100))
        self.evidence = QPushButton("On Good  [E]")
        self.evidence.setAccessibleName("Evidence also on Good plots")
        self.evidence.setToolTip("Evidence also on Good plots")
        self.evidence.setCheckable(True)
        self.evidence.toggled.connect(self.evidence_on_good)
        self.beam = QPushButton("Beam, news")
        menu = QMenu(self)
        menu.addAction("Write the news...  [N]").triggered.connect(self.news_wanted)
        menu.addSeparator()
        for text, value in (("Beam is on", True), ("Beam is off", False), ("As the hall's beam file says", None)):
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, value=value: self.beam_switched.emit(value))
        self.beam.setMenu(menu)
        row.addWidget(self.search, 2)
        for widget in (self.group, self.order, self.hidden, self.layouts):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.beam)
        labels: list[QLabel] = []
        for text, slider in (("Size", self.size), ("Evidence", self.opacity)):
            label = QLabel(text)
            label.setBuddy(slider)
            row.addWidget(label)
            row.addWidget(slider)
            labels.append(label)
        row.addWidget(self.evidence)
        for combo in (self.group, self.order):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        self.want(self.hidden, False)
        self.may_go(
            [self.layouts], [self.order], [self.beam], [labels[0], self.size], [labels[1], self.opacity],
            [self.evidence], [self.group], [self.hidden],
        )  # fmt: skip

    def rescale(self) -> None:
        """Take over the theme's size."""
        for slider in (self.size, self.opacity):
            slider.setFixedWidth(self._theme.px(110))
        self.row.setSpacing(self._theme.px(8))
        self.fit()

    def show_layout(self, layout: WallLayout, layouts: Layouts) -> None:
        """Show the layout in use, and which are saved."""
        self.order.setCurrentIndex(self.order.findData(layout.order))
        self.group.setCurrentIndex(max(0, self.group.findText(layout.group)) if layout.group else 0)
        self.size.blockSignals(True)
        self.size.setValue(layout.size)
        self.size.blockSignals(False)
        self.hidden.setText(f"Show {len(layout.hidden)} hidden  [Shift+H]")
        self.want(self.hidden, bool(layout.hidden))
        self.layouts.setText(f"Layout: {layouts.name}" if layouts.name else "Layouts")
        self._layout_menu.clear()
        for name in ("", *layouts.saved):
            action = self._layout_menu.addAction(name or "As usual")
            action.setCheckable(True)
            action.setChecked(name == layouts.name and (bool(name) or layout == WallLayout()))
            action.triggered.connect(lambda _checked=False, name=name: self.layout_chosen.emit(name))
        self._layout_menu.addSeparator()
        self._layout_menu.addAction("Save as...").triggered.connect(self._ask_for_name)
        if layouts.saved:
            forget = self._layout_menu.addMenu("Remove")
            for name in layouts.saved:
                action = forget.addAction(name)
                action.triggered.connect(lambda _checked=False, name=name: self.layout_removed.emit(name))

    def show_groups(self, groups: list[str], chosen: str) -> None:
        """Offer the groups that the hall has."""
        if groups == [self.group.itemText(index) for index in range(1, self.group.count())]:
            return
        self.group.clear()
        self.group.addItems(["All groups", *groups])
        self.group.setCurrentIndex(max(0, self.group.findText(chosen)) if chosen else 0)

    def _ask_for_name(self) -> None:
        name, given = QInputDialog.getText(self, "Save the layout", "Name of the layout:")
        if given and name.strip():
            self.layout_saved.emit(name.strip())

    def _slider(self, least: int, most: int, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(least, most)
        slider.setAccessibleName(name)
        slider.setToolTip(name)
        return slider

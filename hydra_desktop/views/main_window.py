"""The main window: one bar of screens, and the screen that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .theme import Theme


@dataclass(frozen=True)
class ScreenToCome:
    """A screen that isn't built yet, and what does its work meanwhile."""

    name: str
    meanwhile: str


SCREENS_TO_COME = (
    ScreenToCome("Labeling", "hydra-desktop import MANIFEST.csv takes plots with labels from a file."),
    ScreenToCome("Training", "hydra-desktop train PLOT_TYPE --activate trains a model and puts it live."),
    ScreenToCome("Library", "hydra-desktop evaluate PLOT_TYPE MANIFEST.csv tells what the active model is worth."),
    ScreenToCome(
        "Alarms", "The alarm area of the wall shows what is open; hydra-desktop export alarms writes the log."
    ),
    ScreenToCome("Log", "hydra-desktop export verdicts --csv FILE writes every verdict."),
    ScreenToCome("Trends", "hydra-desktop export verdicts --csv FILE writes the confidence of every verdict."),
    ScreenToCome("Status", "The wall's header shows the monitor; hydra-desktop db check looks after the database."),
)


class MainWindow(QMainWindow):
    """Holds the screens; F11 is wall mode, Ctrl and a digit opens a screen.

    A page is shown in the wall's place until a screen is opened; `page_left` hands it back.
    """

    closed = Signal()
    page_left = Signal(object)

    def __init__(self, theme: Theme, wall: QWidget, hall: str) -> None:
        super().__init__()
        self._theme = theme
        self._wall = wall
        self._page: QWidget | None = None
        self._asks = None
        self._follows_screen = True
        self.setWindowTitle(f"Hydra, {hall}")
        self._stack = QStackedWidget()
        self._stack.addWidget(wall)
        for screen in SCREENS_TO_COME:
            self._stack.addWidget(_to_come(screen))
        self._bar, self._buttons = self._make_bar(["Wall", *(screen.name for screen in SCREENS_TO_COME)])
        central = QWidget()
        central.setObjectName("screen")
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(central)
        self._make_shortcuts()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_wall_mode(self) -> bool:
        """Whether the wall has the whole screen."""
        return self.isFullScreen()

    def ask_before_closing(self, ask) -> None:
        """Call `ask` before closing; it returns False to stay open."""
        self._asks = ask

    def open_screen(self, index: int) -> None:
        """Open a screen by its place in the bar."""
        page, self._page = self._page, None
        self._stack.setCurrentIndex(index)
        self._buttons.button(index).setChecked(True)
        if index == 0:
            self._wall.view.setFocus()
        if page is not None:
            self._stack.removeWidget(page)
            self.page_left.emit(page)

    def open_page(self, page: QWidget) -> None:
        """Show a page in the wall's place; it has what the wall has: rescale, set_wall_mode, take_focus."""
        self.open_screen(0)
        self._page = page
        self._stack.addWidget(page)
        page.set_wall_mode(self.isFullScreen())
        page.rescale()
        self._stack.setCurrentWidget(page)
        page.take_focus()

    def add_wall_key(self, keys: str, work: Callable[[], object]) -> None:
        """From now on a key does this wherever the cursor is on the wall."""
        action = QAction(self._wall)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked=False: work())
        self._wall.addAction(action)

    @property
    def page(self) -> QWidget | None:
        """The page that is shown in the wall's place, None when there is none."""
        return self._page

    def toggle_wall_mode(self) -> None:
        """The wall alone on the whole screen, or back to the window."""
        on = not self.isFullScreen()
        if on and self._page is None:
            self.open_screen(0)
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._bar.setVisible(not on)
        for page in filter(None, (self._wall, self._page)):
            page.set_wall_mode(on)

    def toggle_theme(self) -> None:
        """Change between the dark and the light theme."""
        self._theme.set_dark(not self._theme.dark)
        QSettings("hydra-desktop", "hydra-desktop").setValue("theme", "dark" if self._theme.dark else "light")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sizes follow the window, so that a 4K wall reads like a smaller one from further away."""
        super().resizeEvent(event)
        scale = min(self.width() / 1920, self.height() / 1080)
        self._theme.set_scale(max(0.72, round(scale * 20) / 20))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask first, if somebody wants to know."""
        if self._asks is not None and not self._asks():
            event.ignore()
            return
        event.accept()
        self.closed.emit()

    def ask_about_monitor(self) -> str:
        """Whether the monitor goes on when the window is closed: ``on``, ``stop`` or ``stay``."""
        box = QMessageBox(self)
        box.setWindowTitle("Close Hydra")
        box.setText("The monitor judges plots also without this window. Does it go on?")
        box.setInformativeText("If it stops, no plot is judged and no alarm is raised until somebody starts it again.")
        goes_on = box.addButton("Goes on", QMessageBox.ButtonRole.AcceptRole)
        stops = box.addButton("Stop it", QMessageBox.ButtonRole.DestructiveRole)
        stays = box.addButton("Keep the window", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(goes_on)
        box.setEscapeButton(stays)
        box.exec()
        return {goes_on: "on", stops: "stop"}.get(box.clickedButton(), "stay")

    def _make_bar(self, names: Sequence[str]) -> tuple[QWidget, QButtonGroup]:
        bar = QWidget()
        bar.setObjectName("bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 0, 8, 0)
        buttons = QButtonGroup(bar)
        hint = QLabel("Ctrl +")
        hint.setObjectName("hint")
        row.addWidget(hint)
        for index, name in enumerate(names):
            button = QPushButton(f"{name}  {index + 1}")
            button.setCheckable(True)
            button.setFlat(True)
            button.setChecked(index == 0)
            button.setAccessibleName(name)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            buttons.addButton(button, index)
            row.addWidget(button)
        row.addStretch(1)
        for text, work in (("Wall mode  F11", self.toggle_wall_mode), ("Light or dark  F10", self.toggle_theme)):
            button = QPushButton(text)
            button.setFlat(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, work=work: work())
            row.addWidget(button)
        buttons.idClicked.connect(self.open_screen)
        return bar, buttons

    def _make_shortcuts(self) -> None:
        actions = [(f"Ctrl+{index + 1}", lambda index=index: self.open_screen(index)) for index in range(8)]
        actions += [("F11", self.toggle_wall_mode), ("F10", self.toggle_theme), ("Ctrl+Q", self.close)]
        for keys, work in actions:
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False, work=work: work())
            self.addAction(action)

    def _restyle(self) -> None:
        c, px = self._theme.colours, self._theme.px
        self.setPalette(self._theme.palette())
        self.setStyleSheet(
            self._theme.style_sheet()
            + f"""
            #bar {{ background: {c.raised}; border-bottom: 1px solid {c.line}; }}
            #bar QPushButton {{ border: none; border-radius: 0; background: transparent; color: {c.muted};
                padding: {px(9)}px {px(10)}px; font-size: {px(14)}px; }}
            #bar QPushButton:checked {{ color: {c.text}; font-weight: bold; border-bottom: 3px solid {c.text}; }}
            #bar QPushButton:hover {{ color: {c.text}; }}
            #hint {{ color: {c.muted}; }}
            #title {{ font-size: {px(20)}px; font-weight: bold; }}
            """
        )
        for page in filter(None, (self._wall, self._page)):
            page.rescale()


def _to_come(screen: ScreenToCome) -> QWidget:
    page = QWidget()
    page.setObjectName("screen")
    layout = QVBoxLayout(page)
    title = QLabel(f"{screen.name}: this screen is not built yet")
    title.setObjectName("title")
    meanwhile = QLabel(f"Until then on the command line: {screen.meanwhile}")
    for label in (title, meanwhile):
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    layout.addStretch(1)
    layout.addWidget(title)
    layout.addWidget(meanwhile)
    layout.addStretch(2)
    return page

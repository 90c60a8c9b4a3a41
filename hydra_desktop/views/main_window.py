"""The main window: one bar of screens, and the screen that is open."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from . import keys
from .keys import KeySheet
from .row import Row
from .stored import stored
from .theme import Theme
from .wall.message_line import MessageLine
from .wall.wall_screen import WallScreen


class Place(IntEnum):
    """The screens in the order of the bar."""

    WALL = 0
    LABELING = 1
    TRAINING = 2
    LIBRARY = 3
    ALARMS = 4
    LOG = 5
    TRENDS = 6
    STATUS = 7


SCREENS_TO_COME = {
    Place.LOG: "hydra-desktop export verdicts --csv FILE writes every verdict.",
    Place.TRENDS: "hydra-desktop export verdicts --csv FILE writes the confidence of every verdict.",
    Place.STATUS: "The wall's header shows the monitor; hydra-desktop db check looks after the database.",
}


class MainWindow(QMainWindow):
    """Holds the walls of the halls that were shown here, and the other screens.

    `hall_wanted` carries the name of another hall to show, `halls_wanted` asks for `choose_hall` with all
    there are, `window_wanted` asks for another window, `screen_wanted` carries the place of a screen other than
    the wall that was opened. A page is shown in the wall's place until a screen is opened; `page_left` hands it back.
    """

    closed = Signal()
    hall_wanted = Signal(str)
    halls_wanted = Signal()
    window_wanted = Signal()
    screen_wanted = Signal(int)
    page_left = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.hall = ""
        self.walls: dict[str, WallScreen] = {}
        self.page: QWidget | None = None  # in the wall's place
        self._asks = None
        self._walls = QStackedWidget()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._walls)
        self.screens: dict[Place, QWidget] = {}  # those of the hall that is shown, but for its wall
        self._places = {place: QStackedWidget() for place in Place if place is not Place.WALL}
        for place, stack in self._places.items():
            self._stack.addWidget(stack)
            if place in SCREENS_TO_COME:
                stack.addWidget(_to_come(place))
        self._hall_button = QPushButton()
        self._hall_button.setFlat(True)
        self._hall_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._hall_button.clicked.connect(self.halls_wanted)
        self._menu = QMenu(self)
        self._to_take = QPushButton()
        self._to_take.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._to_take.clicked.connect(lambda: self.open_screen(Place.ALARMS))
        self._told_to_take: tuple[str, str] = ("", "")
        self._unheard = MessageLine("Nobody hears the alarms")
        self._bar, self._buttons = self._make_bar(_NAMES)
        central = QWidget()
        central.setObjectName("screen")
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._unheard)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(central)
        self._make_shortcuts()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def wall(self) -> WallScreen:
        """The wall of the hall that is shown."""
        return self.walls[self.hall]

    def show_wall(self, hall: str, wall: WallScreen) -> None:
        """Show the wall of a hall; it is kept for the next time."""
        self.hall = hall
        if hall not in self.walls:
            self.walls[hall] = wall
            self._walls.addWidget(wall)
            wall.rescale()
        wall.set_wall_mode(self.isFullScreen())
        self._walls.setCurrentWidget(wall)
        self.setWindowTitle(f"Hydra, {hall}")
        self._hall_button.setText(f"{hall}  Ctrl+H")
        self._hall_button.setAccessibleName(f"Hall {hall}, choose another")
        self.open_screen(0)

    def show_to_take(self, text: str, colour: str) -> None:
        """Say on every screen how many alarms of the hall wait for somebody, in a colour; "" for none."""
        if (text, colour) != self._told_to_take:
            self._told_to_take = (text, colour)
            self._to_take.setText(f"{text}  Ctrl+5")
            self._to_take.setAccessibleName(text)
            self._restyle_to_take()
            self._bar.want(self._to_take, bool(text))
            self._to_take.setVisible(bool(text))
            self._bar.fit()

    def show_unheard(self, why: str) -> None:
        """Say on every screen why no alarm would be heard, "" while one would be; the wall says it by itself."""
        self._unheard.show_message(why)
        self._unheard.setVisible(bool(why) and not self._is_at_wall)

    @property
    def _is_at_wall(self) -> bool:
        return self._stack.currentWidget() is self._walls

    def choose_hall(self, names: Sequence[str]) -> None:
        """Let a person choose one of the halls."""
        self._menu.clear()
        for name in names:
            action = self._menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == self.hall)
            action.triggered.connect(lambda _checked=False, name=name: self.hall_wanted.emit(name))
        if len(names) < 2:
            hint = self._menu.addAction("Another hall: hydra-desktop --hall NAME hall apply SETTINGS.toml")
            hint.setEnabled(False)
        button = self._hall_button
        self._menu.popup(
            button.mapToGlobal(button.rect().bottomLeft()) if button.isVisible() else self.mapToGlobal(QPoint())
        )
        self._menu.setActiveAction(self._menu.actions()[0])

    def close_threads(self) -> None:
        """End the work in the background of all walls."""
        for wall in self.walls.values():
            wall.close_threads()

    def ask_before_closing(self, ask) -> None:
        """Call `ask` before closing; it returns False to stay open."""
        self._asks = ask

    def open_screen(self, index: int) -> None:
        """Open a screen by its place in the bar."""
        page, self.page = self.page, None
        self._stack.setCurrentIndex(index)
        self.show_unheard(self._unheard.message)
        self._buttons.button(index).setChecked(True)
        if index == 0:
            self.wall.take_focus()
        else:
            self.screen_wanted.emit(index)
            if index in self.screens:
                self.screens[Place(index)].take_focus()
        if page is not None:
            self._stack.removeWidget(page)
            self.page_left.emit(page)

    def open_page(self, page: QWidget, place: Place = Place.WALL) -> None:
        """Show a page in the wall's place, or in another's; it has rescale, set_wall_mode and take_focus."""
        self.open_screen(place)
        self.page = page
        self._stack.addWidget(page)
        page.set_wall_mode(self.isFullScreen())
        page.rescale()
        self._stack.setCurrentWidget(page)
        self.show_unheard(self._unheard.message)
        page.take_focus()

    def set_screen(self, place: Place, screen: QWidget | None) -> None:
        """Take over a screen of the hall shown, None for none yet; it has rescale, set_wall_mode, take_focus."""
        stack = self._places[place]
        if place in self.screens:
            stack.removeWidget(self.screens.pop(place))
        if screen is not None:
            self.screens[place] = screen
            stack.addWidget(screen)
            stack.setCurrentWidget(screen)
            screen.rescale()

    def toggle_wall_mode(self) -> None:
        """The wall alone on the whole screen, or back to the window."""
        on = not self.isFullScreen()
        if on and self.page is None:
            self.open_screen(0)
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._bar.setVisible(not on)
        for page in self._of_walls():
            page.set_wall_mode(on)

    def next_theme(self) -> None:
        """Dark, light, high contrast, and dark again; the next start has what was chosen last."""
        self.theme.next()
        stored().setValue("theme", self.theme.name)

    def set_size(self, step: int) -> None:
        """Make words and controls larger (1) or smaller (-1), or as usual (0)."""
        self.theme.set_size(step)
        stored().setValue("size", self.theme.size)

    def show_keys(self) -> None:
        """Show what every key does here."""
        sheet = KeySheet(self.theme, self)
        sheet.exec()
        sheet.deleteLater()  # else each one shown lives as long as the window
        self.activateWindow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sizes follow the window, so that a 4K wall reads like a smaller one from further away."""
        super().resizeEvent(event)
        scale = min(self.width() / 1920, self.height() / 1080)
        self.theme.set_window_scale(max(0.72, round(scale * 20) / 20))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus, as Space does."""
        button = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(button, QPushButton):
            button.click()
        else:
            super().keyPressEvent(event)

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

    def _make_bar(self, names: Sequence[str]) -> tuple[Row, QButtonGroup]:
        bar = Row()
        bar.setObjectName("bar")
        row = bar.row
        row.setContentsMargins(8, 0, 8, 0)
        buttons = QButtonGroup(bar)
        row.addWidget(self._hall_button)
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
        row.addWidget(self._to_take)
        self._to_take.hide()
        aside = []
        for text, work in (
            ("Keys  F1", self.show_keys),
            ("New window  Ctrl+N", self.window_wanted.emit),
            ("Look  F10", self.next_theme),
            ("Wall mode  F11", self.toggle_wall_mode),
        ):
            button = QPushButton(text)
            button.setFlat(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, work=work: work())
            row.addWidget(button)
            aside.append(button)
        bar.may_go(*([button] for button in reversed(aside[1:])), [hint])
        buttons.idClicked.connect(self.open_screen)
        return bar, buttons

    def _make_shortcuts(self) -> None:
        for index, name in enumerate(_NAMES):
            keys.add(self, f"Ctrl+{index + 1}", f"Open {name}", lambda index=index: self.open_screen(index))
        for key, text, work in (
            ("F1", "Show all keys", self.show_keys),
            ("F10", "Dark, light, high contrast", self.next_theme),
            ("F11", "Wall mode: the wall alone on the whole screen", self.toggle_wall_mode),
            ("Ctrl+H", "Show another hall", self.halls_wanted.emit),
            ("Ctrl+N", "Another window", self.window_wanted.emit),
            ("Ctrl+0", "Words and controls as usual", lambda: self.set_size(0)),
            ("Ctrl+Q", "Close the window", self.close),
        ):
            keys.add(self, key, text, work)
        for key, text, step in (
            ("Ctrl++", "Larger words and controls", 1),
            ("Ctrl+-", "Smaller words and controls", -1),
        ):
            keys.add(self, key, text, lambda step=step: self.set_size(step), repeats=True)
        for action, more in (("F1", "?"), ("Ctrl++", "Ctrl+=")):
            keys.also(self, action, more)

    def _restyle(self) -> None:
        c, px = self.theme.colours, self.theme.px
        self.setPalette(self.theme.palette())
        self.setStyleSheet(
            self.theme.style_sheet()
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
        self._unheard.setStyleSheet(
            f"font-size: {max(13, px(17))}px; font-weight: bold; padding: {px(6)}px {px(12)}px;"
            f" color: {self.theme.word_on(c.high)}; background: {c.high};"
        )
        self._restyle_to_take()
        self._bar.fit()
        for page in self._of_walls():
            page.rescale()

    def _restyle_to_take(self) -> None:
        _, colour = self._told_to_take
        fill, px = colour or self.theme.colours.raised, self.theme.px
        self._to_take.setStyleSheet(
            f"background: {fill}; color: {self.theme.word_on(fill)}; border: none; border-radius: {px(4)}px;"
            f" font-weight: bold; font-size: {px(14)}px; padding: {px(6)}px {px(12)}px;"
        )

    def _of_walls(self) -> list[QWidget]:
        """The walls, the page in their place, and the other screens."""
        page = [self.page] if self.page is not None else []
        return [*self.walls.values(), *page, *self.screens.values()]


_NAMES = [place.name.capitalize() for place in Place]


def _to_come(place: Place) -> QWidget:
    page = QWidget()
    page.setObjectName("screen")
    layout = QVBoxLayout(page)
    title = QLabel(f"{_NAMES[place]}: this screen is not built yet")
    title.setObjectName("title")
    meanwhile = QLabel(f"Until then on the command line: {SCREENS_TO_COME[place]}")
    for label in (title, meanwhile):
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    layout.addStretch(1)
    layout.addWidget(title)
    layout.addWidget(meanwhile)
    layout.addStretch(2)
    return page

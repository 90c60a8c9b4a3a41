"""Hears the keys of labeling while the keyboard is at the plots, and has the screen do what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from ...domain.labeling import Queue

if TYPE_CHECKING:
    from .labeling_screen import LabelingScreen


_RETURN, _ENTER, _TAB, _BACK = Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backspace
_ONCE = frozenset({_RETURN, _ENTER, _TAB, _BACK})
_PAGES = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
_SIDES = (Qt.Key.Key_Left, Qt.Key.Key_Right)
_STEPS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
    Qt.Key.Key_Home: -(10**6), Qt.Key.Key_End: 10**6,
}  # fmt: skip


class KeyFilter(QObject):
    """To be installed as the event filter of the page and of the single plot."""

    def __init__(self, screen: LabelingScreen) -> None:
        super().__init__(screen)
        self._screen = screen

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys of labeling, while the keyboard is at the plots."""
        if event.type() is QEvent.Type.KeyPress and watched in (self._screen.grid, self._screen.single):
            return self._key(event)
        if event.type() is QEvent.Type.ShortcutOverride and watched in (self._screen.grid, self._screen.single):
            is_label = not event.modifiers() and event.text().lower() in {one.key for one in self._screen.labels}
            if is_label:
                event.accept()  # a label's key goes before whatever else it means
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        if not modifiers and key in _ONCE:
            if not event.isAutoRepeat():  # a key held down commits one page, takes one decision back
                others = {_TAB: self._screen.toggle_mode, _BACK: self._screen.desk.undo}
                others.get(Qt.Key(key), self._screen.acts.accept)()
            return True
        if key in _PAGES and self._screen.desk.ask.queue is Queue.EVERY:
            self._screen.acts.turn(_PAGES[Qt.Key(key)])
            return True
        if self._screen.is_single and not modifiers and key in _STEPS:
            if self._screen.desk.queue_settles and key in _SIDES:
                if not event.isAutoRepeat():
                    self._screen.acts.take_voice(_SIDES.index(Qt.Key(key)))
            else:
                self._screen.acts.move(_STEPS[Qt.Key(key)])
            return True
        if self._screen.is_single and key == Qt.Key.Key_Space and not modifiers:
            self._screen.toggle_room()
            return True
        if modifiers and not shift:
            return False
        return self._letter(event, shift)

    def _letter(self, event: QKeyEvent, shift: bool) -> bool:
        text = event.text().lower()
        if not text or not text.isprintable() or text.isspace():
            return False
        label = next((one.label.name for one in self._screen.labels if one.key == text), None)
        if label is not None and (not shift or not text.isalpha()):
            if not event.isAutoRepeat():  # else a key that is held down labels one plot after the other
                self._screen.acts.give(label)
            return True
        act = self._screen.keys.work(f"Shift+{text.upper()}" if shift and text.isalpha() else text.upper())
        if act is None:
            self._screen.told.tell(f"{text.upper()} does nothing here; F1 shows every key.")
        elif not event.isAutoRepeat():
            act()
        return True

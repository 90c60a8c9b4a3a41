"""Dialogs over a screen: worked by keys like everything else, in its look, and never holding it up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QWidget


def open_over(screen: QWidget, dialog: QDialog) -> None:
    """Show a dialog over a screen; it deletes itself at its end, and the window has the keyboard again."""
    if isinstance(dialog, QFileDialog):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.resize(dialog.sizeHint().expandedTo(screen.window().size() * 0.6))
        field = dialog.findChild(QLineEdit)
        if field is not None and field.completer() is not None:  # a window of its own, which inherits no look
            field.completer().popup().setPalette(screen.window().palette())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.finished.connect(screen.window().activateWindow)
    dialog.open()

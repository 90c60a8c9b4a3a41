"""Reads looks at plots in the background, one at a time and only the latest that was asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ...services.detail import Ask, Detail, DetailService
from ..background import Background


class DetailReader(QObject):
    """`came` carries a look, `failed` why there is none."""

    came = Signal(object)
    failed = Signal(str)

    def __init__(self, service: DetailService, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._service, self._background = service, background
        self._reading = False
        self._next: Ask | None = None

    @property
    def busy(self) -> bool:
        """Whether a look is still to come."""
        return self._reading

    def read(self, ask: Ask) -> None:
        """Read what is asked for; while another is read it waits, in the place of what waited before."""
        if self._reading:
            self._next = ask
            return
        self._reading = True
        self._background.run(lambda: self._service.read(ask), self._take, self._fail, owner=self)

    def _take(self, detail: Detail) -> None:
        self._go_on()
        self.came.emit(detail)

    def _fail(self, why: str) -> None:
        self._go_on()
        self.failed.emit(why)

    def _go_on(self) -> None:
        self._reading = False
        waits, self._next = self._next, None
        if waits is not None:
            self.read(waits)

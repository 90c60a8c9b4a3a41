"""What happens at the library's screen: reading and acting in the background, always on what is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ...database.connection import Database
from ...database.image_store import ImageStore
from ...domain.errors import SiteError, Stopped, UnknownPlotTypeError, WorseModelError
from ...domain.library import ModelSet
from ...services import library, model_exchange, model_listing, model_sets, shadow
from ...services.model_listing import LibraryModel, Shelf, TypeStanding
from ...services.progress import Progress
from ...services.shadow import ShadowReport
from ..background import Background, Newest

TELL_S = 0.2
SHADOWS_EVERY_S = 3.0  # a comparison is read anew while plots come in


@dataclass(frozen=True)
class Seen:
    """What the screen shows: plot types, sets, and the models of the chosen plot type; None before it was read."""

    types: Sequence[TypeStanding] | None = None
    sets: Sequence[ModelSet] = ()
    shelf: Shelf | None = None
    report: ShadowReport | None = None  # of the chosen model, once it was read


@dataclass(frozen=True)
class Warned:
    """A warning that a person may overrule by doing it again with a reason."""

    text: str
    again: Callable[[str], None]


class LibraryDesk(QObject):
    """Reads for the screen and does what a person asks; `told` carries words and whether they tell of a failure.

    `seen_changed` tells that what is shown is other now, `warned` asks a person (Warned), and `unknown_type` carries
    why a file can't be imported under its own plot type.
    """

    seen_changed = Signal()
    told = Signal(str, bool)
    warned = Signal(object)
    unknown_type = Signal(str)
    went = Signal(str, float)  # where a long comparison stands: the stage in words, its fraction

    def __init__(
        self, database: Database, hall: str, hall_id: int, background: Background, *, user: str, station: str,
        images: ImageStore | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._database, self._hall, self._hall_id = database, hall, hall_id
        self._background, self._images = background, images
        self._reading, self._looking, self._reporting = (Newest(background) for _ in range(3))
        self._who = {"user": user, "station": station}
        self._user = user
        self._progress, self._went_at_s = Progress(self._tell_progress), 0.0
        self._position: int | None = None
        self._shadows_at_s = 0.0
        self.plot_type = ""
        self.model_id: int | None = None  # the chosen one
        self.seen = Seen()
        self.is_acting = False
        self.arrived: int | None = None  # the model that was imported last, until it is shown

    @property
    def is_busy(self) -> bool:
        """Whether something is read or done."""
        return self.is_acting or self._reading.busy or self._reporting.busy

    def close(self) -> None:
        """Stop what takes long; nothing is changed by it then."""
        self._progress.stop.set()

    def read(self) -> None:
        """Read everything that is shown anew."""
        wanted = self.plot_type

        def work() -> tuple[int, str, Seen]:
            position, _ = model_listing.news(self._database, self._hall_id, None)
            types = model_listing.overview(self._database, self._hall)
            names = [one.plot_type for one in types]
            name = wanted if wanted in names else next(iter(names), "")
            shelf = model_listing.shelf(self._database, self._hall, name) if name else None
            return position, name, Seen(types, model_sets.listing(self._database, self._hall), shelf)

        self._reading.run(work, self._take, lambda why: self.told.emit(why, True))

    def choose(self, plot_type: str) -> None:
        """Show the models of another plot type."""
        if plot_type != self.plot_type:
            self.plot_type = plot_type
            self.read()

    def choose_model(self, model_id: int | None) -> None:
        """Read what a model in shadow said, if it is or was."""
        if model_id != self.model_id:
            self.model_id = model_id
            self._read_report()

    def follow(self) -> None:
        """Something changed in the hall: read anew where it is something shown here."""
        if self._position is None or self._looking.busy or self.is_busy:
            return
        position = self._position
        self._looking.run(
            lambda: model_listing.news(self._database, self._hall_id, position), self._heard, lambda _why: None
        )

    def activate(self, model_id: int) -> None:
        """Put a model live, if what is live is still what the screen shows."""
        shelf = self.seen.shelf
        if shelf is not None:
            self._activate(model_id, shelf.active_id)

    def _activate(self, model_id: int, expected: int | None, *, comment: str = "", in_spite: bool = False) -> None:
        """`expected` is what was live when it was asked for first: a warning that is overruled tells of that."""
        self._act(
            lambda: library.activate(
                self._database, self._hall, model_id, expected_active=expected, comment=comment,
                in_spite=in_spite, images=self._images, progress=self._progress, **self._who,
            ).text(),
            lambda why: self._activate(model_id, expected, comment=why, in_spite=True),
        )  # fmt: skip

    def roll_back(self) -> None:
        """Go back to what was live before."""
        shelf = self.seen.shelf
        if shelf is not None:
            self._act(
                lambda: library.roll_back(
                    self._database, self._hall, shelf.plot_type, expected_active=shelf.active_id, **self._who
                ).text()
            )

    def try_in_shadow(self, model_id: int) -> None:
        """Let a model judge beside the active one."""
        self._act(lambda: shadow.begin(self._database, self._hall, model_id, **self._who))

    def end_shadow(self) -> None:
        """End the trial of the plot type that is shown."""
        name = self.plot_type
        self._act(lambda: shadow.end(self._database, self._hall, name, user=self._user))

    def export(self, model_id: int, path: Path) -> None:
        """Write a model to a file."""
        self._act(lambda: model_exchange.export(self._database, self._hall, model_id, path, user=self._user).text())

    def import_file(self, path: Path, as_plot_type: str | None = None) -> None:
        """Take a model from a file, and show its plot type."""

        def work() -> str:
            done = model_exchange.import_file(
                self._database, self._hall, path, as_plot_type=as_plot_type, user=self._user
            )
            self.plot_type, self.arrived = done.plot_type, done.model_id
            return f"{done.plot_type}: stored as model {done.model_id}, not live. {' '.join(done.notes)}"

        self._act(work)

    def save_set(self, name: str, run_period: str, comment: str) -> None:
        """Save what is live now."""

        def work() -> str:
            saved = model_sets.save(
                self._database, self._hall, name, run_period=run_period, comment=comment, **self._who
            )
            return f"The set {saved.name} is saved with {saved.size}."

        self._act(work)

    def activate_set(self, chosen: ModelSet) -> None:
        """Put a set live, if what is live is still what the screen shows."""
        live = {one.plot_type: one.active_id for one in self.seen.types or () if one.plot_type in chosen.models}
        self._activate_set(chosen, live)

    def _activate_set(
        self, chosen: ModelSet, expected: Mapping[str, int | None], *, comment: str = "", in_spite: bool = False
    ) -> None:
        """As `_activate`; `expected` is by plot type."""
        self._act(
            lambda: _first_line(
                model_sets.activate(
                    self._database, self._hall, chosen.name, expected=expected, comment=comment, in_spite=in_spite,
                    images=self._images, progress=self._progress, **self._who,
                ).text()
            ),
            lambda why: self._activate_set(chosen, expected, comment=why, in_spite=True),
        )  # fmt: skip

    def roll_back_set(self, chosen: ModelSet) -> None:
        """Take the set back that was put live last."""
        self._act(
            lambda: _first_line(model_sets.roll_back(self._database, self._hall, name=chosen.name, **self._who).text())
        )

    def _act(self, work: Callable[[], str], again: Callable[[str], None] | None = None) -> None:
        """Do one thing at a time; whatever came of it, all is read anew."""
        if self.is_acting:
            return
        self.is_acting = True
        self.seen_changed.emit()

        def careful() -> Callable[[], None]:
            try:
                text = work()
            except UnknownPlotTypeError as error:
                return partial(self.unknown_type.emit, str(error))
            except WorseModelError as error:
                if again is None:
                    raise
                return partial(self.warned.emit, Warned(str(error), again))
            except SiteError as error:
                return partial(self.told.emit, str(error), True)
            except Stopped as error:
                return partial(self.told.emit, f"{error} Nothing was changed.", False)
            return partial(self.told.emit, text, False)

        def done(tell: Callable[[], None]) -> None:
            self._ended()
            tell()

        def failed(why: str) -> None:
            self._ended()
            self.told.emit(why, True)

        self._background.run(careful, done, failed, owner=self)

    def _ended(self) -> None:
        self.is_acting = False
        self.seen_changed.emit()
        self.read()

    def _tell_progress(self, stage: str, fraction: float) -> None:
        """On the thread that works."""
        now_s = time.monotonic()
        if now_s - self._went_at_s > TELL_S:
            self._went_at_s = now_s
            self.went.emit(stage, fraction)

    def _read_report(self) -> None:
        model = self._chosen
        if model is not None and model.shadows:
            self._shadows_at_s = time.monotonic()
            self._reporting.run(
                lambda: shadow.report(self._database, self._hall, model.id),
                self._take_report,
                lambda why: self.told.emit(why, True),
            )

    @property
    def _chosen(self) -> LibraryModel | None:
        models = self.seen.shelf.models if self.seen.shelf is not None else ()
        return next((one for one in models if one.id == self.model_id), None)

    def _take_report(self, report: ShadowReport) -> None:
        self.seen = replace(self.seen, report=report)
        self.seen_changed.emit()

    def _take(self, found: tuple[int, str, Seen]) -> None:
        self._position, self.plot_type, seen = found
        self.seen = replace(seen, report=self.seen.report)
        chosen = self.model_id
        self.seen_changed.emit()
        if self.model_id == chosen:  # else it is read by now
            self._read_report()

    def _heard(self, found: tuple[int, frozenset[str]]) -> None:
        position, kinds = found
        self._position = position
        late = time.monotonic() - self._shadows_at_s > SHADOWS_EVERY_S
        if kinds & {"model", "model_set", "hall"}:
            self.read()
        elif self._chosen is not None and self._chosen.on_trial and late and kinds & {"plots", "label"}:
            self._read_report()


def _first_line(text: str) -> str:
    return text.splitlines()[0]

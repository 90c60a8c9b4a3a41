"""The first half of a plot's way: from files to verdicts, one plot on each core."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from ..database.image_store import ImageStore
from ..domain.errors import PlotError, StorageError
from ..domain.hall import Hall, PlotType
from ..domain.plot import NamePattern, NewPlot, PlotName
from ..domain.verdict import NO_MODEL, Familiarity, Verdict, judge
from ..sources.arrival import Arrival
from ..vision.deviation import Description, Packed, pack
from ..vision.picture import Picture, decode_for_network
from ..vision.predictor import Prediction, Predictor
from .pictures import THREADS
from .rest_of_plot import Known

log = logging.getLogger(__name__)

BATCH = 16  # of plots that are stored together
LOOKAHEAD = BATCH + 4 * THREADS
GATHER_S = 0.2  # how long a batch that isn't full waits for plots that are being judged


@dataclass(frozen=True)
class ActiveModel:
    """What judging needs to know of a plot type's active model."""

    id: int
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class JudgingModels:
    """The models by which plots are judged, all as of one moment.

    `active` are by plot type; `trial` and `on_trial` are the same of models in shadow, that nobody is alarmed by.
    """

    predictor: Predictor
    active: Mapping[str, ActiveModel]
    trial: Predictor | None = None
    on_trial: Mapping[str, ActiveModel] = field(default_factory=dict)
    known: Known = Known()

    def verdict(self, picture: Picture, plot_type: PlotType, period: str) -> tuple[Prediction, Verdict]:
        """What the active model of a plot type says of a picture."""
        prediction = self.predictor.predict([picture], [plot_type.name], [period])[0]
        model = self.active.get(plot_type.name)
        if model is None or not prediction.probabilities:
            return prediction, NO_MODEL
        verdict = judge(prediction.probabilities, model.thresholds, plot_type, unfamiliar=prediction.unfamiliar)
        return prediction, verdict

    def known_fault(
        self, verdict: Verdict, picture: Picture, name: PlotName, taken_at: datetime, plot_type: PlotType
    ) -> int | None:
        """The known fault that is all that a verdict says, None where there is none or something else to it."""

        def judge_again(painted: Picture) -> Verdict:
            return self.verdict(painted, plot_type, name.run_period)[1]

        return self.known.explains(verdict, picture, name, taken_at, plot_type, judge_again)


@dataclass(frozen=True)
class Tried:
    """What a model in shadow says of a plot."""

    model_id: int
    verdict: Verdict


@dataclass(frozen=True)
class Judged:
    """A plot with its verdict and features, ready to be stored; evidence maps are float32 (h, w) by label.

    `ahead_s` is by how much the file's time was ahead of this station's clock, 0 when it wasn't;
    `inherited` is that of `Prediction`.
    """

    arrival: Arrival
    new_plot: NewPlot
    verdict: Verdict
    model_id: int | None
    evidence: Mapping[str, np.ndarray]
    timings_ms: dict[str, float]
    familiarity: Familiarity | None = None
    ahead_s: float = 0.0
    features: Packed | None = None
    inherited: bool = False
    tried: Tried | None = None
    known_fault_id: int | None = None  # all that the verdict says is this


@dataclass(frozen=True)
class Refused:
    """A file that couldn't be taken, and why; `retry` when the fault isn't the file's, but perhaps of our storage."""

    arrival: Arrival
    reason: str
    retry: bool = False
    is_of_storage: bool = False


@dataclass(frozen=True)
class Repeated:
    """A file of an ignored plot type, or one that is gone again."""

    arrival: Arrival


Outcome = Judged | Refused | Repeated


@dataclass
class Judge:
    """Reads, decodes and judges files on a pool of threads."""

    hall: Hall
    images: ImageStore
    models: JudgingModels
    threads: int = THREADS
    _pending: deque[Future[Outcome]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="judge")
        self._pattern = NamePattern(self.hall.name_pattern)

    @property
    def room(self) -> int:
        """How many more files may be given now."""
        return LOOKAHEAD - len(self._pending)

    @property
    def busy(self) -> bool:
        """Whether files were given whose outcome wasn't taken yet."""
        return bool(self._pending)

    def give(self, arrival: Arrival, models: JudgingModels) -> None:
        """Start to judge a file by these models; outcomes come in the order of giving."""
        self._pending.append(self._pool.submit(self._outcome, arrival, models))

    def change_hall(self, hall: Hall) -> None:
        """Use other settings from the next file on."""
        self.hall = hall
        self._pattern = NamePattern(hall.name_pattern)

    def change_models(self, models: JudgingModels) -> None:
        """Have other models for what begins from now on."""
        self.models = models

    def chunk_of(self, arrival: Arrival) -> tuple[str, int, int] | str:
        """Run period, run and chunk of a file; its own name where that names no chunk."""
        try:
            name = self._pattern.read(arrival.relative)
        except PlotError:
            return arrival.relative
        return arrival.relative if name.chunk is None else (name.run_period, name.run_number, name.chunk)

    def take(self) -> list[Outcome]:
        """The outcomes of the next batch, empty when nothing was given."""
        outcomes: list[Outcome] = []
        deadline = 0.0
        while self._pending and len(outcomes) < BATCH:
            first = self._pending[0]
            if outcomes and not first.done():
                wait([first], timeout=max(0.0, deadline - time.monotonic()))
                if not first.done():
                    break
            outcomes.append(self._pending.popleft().result())
            deadline = deadline or time.monotonic() + GATHER_S
        return outcomes

    def close(self) -> None:
        """End the pool; files given but not taken are forgotten and will be found again."""
        self._pool.shutdown(cancel_futures=True)

    def plot_type(self, name: str) -> PlotType:
        """The settings of a plot type, the defaults for one that the hall doesn't name."""
        return self.hall.plot_types.get(name) or PlotType(name)

    def _outcome(self, arrival: Arrival, models: JudgingModels) -> Outcome:
        try:
            name = self._pattern.read(arrival.relative)
            if self.plot_type(name.plot_type).ignored:
                return Repeated(arrival)
            started = time.perf_counter()
            try:
                data = arrival.path.read_bytes()
            except FileNotFoundError:
                return Repeated(arrival)  # removed before its turn came
            except OSError as error:
                return Refused(arrival, f"can't be read ({error.strerror}); check its permissions", retry=True)
            read = time.perf_counter()
            new_plot = _new_plot(name, arrival, data)
            picture = decode_for_network(data)
            decoded = time.perf_counter()
            self.images.add(data)
            saved = time.perf_counter()
        except StorageError as error:
            return Refused(arrival, str(error), retry=True, is_of_storage=True)
        except PlotError as error:
            return Refused(arrival, str(error))
        timings_ms = {
            "read": 1e3 * (read - started),
            "decode": 1e3 * (decoded - read),
            "save": 1e3 * (saved - decoded),
        }
        return self._judge(arrival, new_plot, picture, timings_ms, models)

    def _judge(
        self,
        arrival: Arrival,
        new_plot: NewPlot,
        picture: np.ndarray,
        timings_ms: Mapping[str, float],
        models: JudgingModels,
    ) -> Judged:
        started = time.perf_counter()
        plot_type = self.plot_type(new_plot.name.plot_type)
        prediction, verdict = models.verdict(picture, plot_type, new_plot.name.run_period)
        model, familiarity = models.active.get(plot_type.name), None
        if verdict is not NO_MODEL:
            familiarity = Familiarity(
                prediction.novelty, prediction.nearest, prediction.deviation, prediction.inherited
            )
        known = models.known_fault(verdict, picture, new_plot.name, new_plot.taken_at, plot_type)
        timings_ms = {**timings_ms, "classify": 1e3 * (time.perf_counter() - started)}
        return Judged(
            arrival,
            new_plot,
            verdict,
            model.id if model is not None and verdict is not NO_MODEL else None,
            prediction.evidence,
            dict(timings_ms),
            familiarity,
            max(0.0, arrival.modified_at_s - new_plot.taken_at.timestamp()),
            pack(prediction.description, 0) if prediction.description is not None else None,
            prediction.inherited,
            self._tried(prediction.description, picture, plot_type, new_plot.name.run_period, models),
            known,
        )

    def _tried(
        self,
        described: Description | None,
        picture: np.ndarray,
        plot_type: PlotType,
        period: str,
        models: JudgingModels,
    ) -> Tried | None:
        """What the model in shadow says; whatever goes wrong with it never touches the live verdict."""
        model = models.on_trial.get(plot_type.name)
        if model is None or models.trial is None or described is None:
            return None
        try:
            said = models.trial.without_maps(described, picture, plot_type.name, period)
            verdict = judge(said.probabilities, model.thresholds, plot_type, unfamiliar=said.unfamiliar)
        except Exception:
            log.exception("Model %d, in shadow, can't judge a plot of %s", model.id, plot_type.name)
            return None
        return Tried(model.id, verdict)


def _new_plot(name: PlotName, arrival: Arrival, data: bytes) -> NewPlot:
    content = hashlib.sha256(data).hexdigest()
    # a file of the future would stay the newest of its stream until then
    taken_at = datetime.fromtimestamp(min(arrival.modified_at_s, time.time()), UTC)
    return NewPlot(name, content, taken_at, f"{arrival.relative}|{content}", taken_at_is_file_time=True)

"""The monitor's change from some models to others: they are opened beside its work, and used from a chunk on."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..database import model_store, shadows
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord
from ..domain.errors import DatabaseError, ModelFileError
from ..vision.backbone import Backbone
from ..vision.model_file import Model
from ..vision.opening import open_model
from ..vision.predictor import Predictor
from ..vision.tuned_model import TunedPredictor
from .judging import ActiveModel, JudgingModels
from .normals import Normals
from .rest_of_plot import KnownLoader

log = logging.getLogger(__name__)

RETRY_S = 2.0
FAULT_RETRY_S = 60.0  # after a fault of our own, which may well come again
LONGEST_CHUNK_S = 30.0  # so long after its first file a chunk is over, and other models wait no longer
Opened = tuple[Model, TunedPredictor | None]


@dataclass(frozen=True)
class Loaded:
    """Models that are ready, and what a person should know of those that aren't; "" where all are."""

    models: JudgingModels
    trouble: str


class ModelLoader:
    """Opens the active models of a hall and those in shadow; what is open already isn't opened again."""

    def __init__(self, database: Database, hall_id: int, images: ImageStore) -> None:
        self._database, self._hall_id = database, hall_id
        self._backbone = Backbone()
        self._normals, self._normals_of_trial = Normals(images, self._backbone), Normals(images, self._backbone)
        self._known = KnownLoader(hall_id, images)
        self._opened: dict[int, Opened] = {}  # by the model's id
        self._lacks_normals = False  # what was loaded last goes by what the models know themselves

    def load(self, now: JudgingModels | None, *, normals_moved: bool) -> Loaded:
        """What is to be used from now on; where only thresholds are other than those of `now`, its predictors stay.

        A model that can't be opened leaves its plot type with that of `now`, and whatever is wrong with those in shadow
        leaves only these out. Raises DatabaseError, DBAPIError, and where there is a `now` whatever else goes wrong.
        """
        opened: dict[int, Opened] = {}
        told: list[str] = []
        with self._database.read() as c:
            records = model_store.active(c, self._hall_id)
            active = self._open_all(c, records, now, opened, told)
            trials = {name: one.model_id for name, one in shadows.running(c, self._hall_id).items()}
            tried = {one.plot_type: one for one in model_store.listing(c, self._hall_id, ids=trials.values())}
            on_trial = self._open_trials(c, tried, opened, told)
            same = now is not None and not normals_moved
            if now is not None and same and not self._lacks_normals and _ids(active) == _ids(now.active):
                predictor = now.predictor
            else:
                predictor = self._predictor_of_active(c, active, opened, None if now is not None else told)
            trial: Predictor | None = None
            if now is not None and same and _ids(on_trial) == _ids(now.on_trial):
                trial = now.trial
            elif on_trial:
                trial = self._predictor_of_trial(c, on_trial, opened, told)
            if trial is None:
                on_trial = {}
            known = self._known.load(c)
        # what is in use meanwhile is kept as well: it goes on where the next model can't be opened
        used = now.active.values() if now is not None else ()
        self._opened = {**{one.id: self._opened[one.id] for one in used if one.id in self._opened}, **opened}
        return Loaded(JudgingModels(predictor, active, trial, on_trial, known), " ".join(told))

    def _open_all(
        self,
        c: Connection,
        records: Mapping[str, ModelRecord],
        now: JudgingModels | None,
        opened: dict[int, Opened],
        told: list[str],
    ) -> dict[str, ActiveModel]:
        active = {}
        for name, record in records.items():
            try:
                opened[record.id] = self._open(c, record.id)
            except ModelFileError as error:
                before = now.active.get(name) if now is not None else None
                if before is None or before.id not in self._opened:
                    told.append(f"{name} is watched without a model: {error}")
                    continue
                told.append(f"{name} is still watched by model {before.id}: model {record.id} can't be used. {error}")
                opened[before.id] = self._opened[before.id]
                active[name] = before
            else:
                active[name] = ActiveModel(record.id, record.thresholds)
        return active

    def _open_trials(
        self, c: Connection, records: Mapping[str, ModelRecord], opened: dict[int, Opened], told: list[str]
    ) -> dict[str, ActiveModel]:
        on_trial = {}
        for name, record in records.items():
            try:
                opened[record.id] = self._open(c, record.id)
            except ModelFileError as error:
                told.append(f"Model {record.id}, in shadow for {name}, can't be used: {error}")
            else:
                on_trial[name] = ActiveModel(record.id, record.thresholds)
        return on_trial

    def _open(self, c: Connection, model_id: int) -> Opened:
        if model_id in self._opened:
            return self._opened[model_id]
        data = model_store.file(c, model_id)
        try:
            return open_model(data)
        except ModelFileError:
            raise
        except Exception as error:  # whatever a file does to a library, the others go on
            log.exception("Model %d can't be opened", model_id)
            raise ModelFileError(
                f"its file can't be read ({type(error).__name__}); train or import it again."
            ) from error

    def _predictor_of_active(
        self, c: Connection, active: Mapping[str, ActiveModel], opened: Mapping[int, Opened], told: list[str] | None
    ) -> Predictor:
        """With `told`, where what is normal can't be had, one that goes by what the models know themselves."""
        try:
            predictor = self._predictor(c, self._normals, active, opened)
        except (DatabaseError, DBAPIError):
            raise
        except Exception as error:
            if told is None:
                raise
            log.exception("What is normal can't be made")
            told.append(
                f"References confirmed since training aren't used ({type(error).__name__}: {error}); confirm them "
                "anew, or train again. The log has more."
            )
            self._lacks_normals = True
            return self._predictor(c, None, active, opened)
        self._lacks_normals = False
        return predictor

    def _predictor_of_trial(
        self, c: Connection, on_trial: Mapping[str, ActiveModel], opened: Mapping[int, Opened], told: list[str]
    ) -> Predictor | None:
        try:
            return self._predictor(c, self._normals_of_trial, on_trial, opened)
        except (DatabaseError, DBAPIError):
            raise
        except Exception as error:
            log.exception("The models in shadow can't be made ready")
            told.append(
                f"No model judges in shadow ({type(error).__name__}: {error}); end the trials of "
                f"{', '.join(on_trial)}. The log has more."
            )
            return None

    def _predictor(
        self, c: Connection, normals: Normals | None, active: Mapping[str, ActiveModel], opened: Mapping[int, Opened]
    ) -> Predictor:
        models = {name: opened[one.id][0] for name, one in active.items()}
        tuned = {name: second for name, one in active.items() if (second := opened[one.id][1]) is not None}
        references = normals.load(c, self._hall_id, models, _ids(active)) if normals is not None else {}
        return Predictor(models, self._backbone, references, tuned)


class ModelSwitch:
    """Loads on a thread of its own; the monitor's main thread asks for it, and takes what is ready.

    `fault` says what went wrong with the last load, "" for nothing; the models of before are kept then.
    """

    def __init__(self, loader: ModelLoader) -> None:
        self._loader = loader
        self._pool = ThreadPoolExecutor(1, "models")
        self._loading: Future[Loaded] | None = None
        self._wanted = self._normals_moved = False
        self._not_before_s = 0.0
        self.fault = ""

    def want(self, *, normals_moved: bool) -> None:
        """Models, or what is normal, may be others now."""
        self._wanted = True
        self._normals_moved |= normals_moved

    def ready(self, now: JudgingModels) -> Loaded | None:
        """What was loaded since, to be taken once; None as long as nothing is. `now` is what is used meanwhile."""
        if self._loading is not None and self._loading.done():
            done, self._loading = self._loading, None
            try:
                loaded = done.result()
                self.fault = ""
                return loaded
            except (DatabaseError, DBAPIError) as error:
                log.warning("The models are loaded later: %s", str(error).splitlines()[0])
                self._wanted = self._normals_moved = True
                self._not_before_s = time.monotonic() + RETRY_S
            except Exception as error:  # plots go on being judged
                fault = f"The models of before go on: others can't be loaded ({type(error).__name__}: {error})."
                if fault != self.fault:
                    log.exception("Other models can't be loaded")
                self.fault = fault
                self._wanted = self._normals_moved = True
                self._not_before_s = time.monotonic() + FAULT_RETRY_S
        if self._wanted and self._loading is None and time.monotonic() >= self._not_before_s:
            moved, self._wanted, self._normals_moved = self._normals_moved, False, False
            self._loading = self._pool.submit(self._loader.load, now, normals_moved=moved)
        return None

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)


class Chunks:
    """Which models each chunk was begun with: its later files are judged by the same, whatever comes between."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, tuple[JudgingModels, float]] = {}  # the models, and when that was

    def begins(self, chunk: Hashable, now_s: float) -> bool:
        """Whether no file of this chunk was given lately."""
        self._forget(now_s)
        return chunk not in self._begun

    def models(self, chunk: Hashable, current: JudgingModels, now_s: float) -> JudgingModels:
        """The models for the next file of a chunk, `current` where it begins."""
        self._forget(now_s)
        return self._begun.setdefault(chunk, (current, now_s))[0]

    def _forget(self, now_s: float) -> None:
        while self._begun:  # in the order in which they began
            oldest, (_, begun_s) = next(iter(self._begun.items()))
            if now_s - begun_s <= LONGEST_CHUNK_S:
                return
            del self._begun[oldest]


def _ids(models: Mapping[str, ActiveModel]) -> dict[str, int]:
    return {name: one.id for name, one in models.items()}

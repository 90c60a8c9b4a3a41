"""The models that are live in a hall, opened and ready to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ..database import halls, model_store
from ..database.image_store import ImageStore
from ..domain.errors import ModelFileError
from ..domain.hall import Hall, PlotType
from ..domain.verdict import NO_MODEL, Verdict, judge
from ..vision.backbone import Backbone
from ..vision.opening import open_model
from ..vision.predictor import Prediction, Predictor
from .normals import Normals


@dataclass(frozen=True)
class LiveModels:
    """The active models of some plot types of a hall, with the thresholds in force."""

    hall: Hall
    predictor: Predictor
    records: Mapping[str, model_store.ModelRecord]  # by plot type

    @classmethod
    def load(cls, connection: Connection, hall_id: int, plot_types: Iterable[str], images: ImageStore) -> LiveModels:
        """Open the active models of these plot types, where they have one, with the references in force.

        Raises ModelFileError when one is damaged or made for another backbone.
        """
        active = model_store.active(connection, hall_id)
        records = {name: active[name] for name in dict.fromkeys(plot_types) if name in active}
        models, tuned = {}, {}
        for name, record in records.items():
            try:
                models[name], second = open_model(model_store.file(connection, record.id))
            except ModelFileError as error:
                raise ModelFileError(f"The model of {name}: {error}") from error
            if second is not None:
                tuned[name] = second
        backbone = Backbone()
        references = Normals(images, backbone).load(
            connection, hall_id, models, {name: record.id for name, record in records.items()}
        )
        return cls(halls.load(connection, hall_id), Predictor(models, backbone, references, tuned), records)

    def plot_type(self, name: str) -> PlotType:
        """The settings of a plot type, the defaults for one that the hall doesn't name."""
        return self.hall.plot_types.get(name) or PlotType(name)

    def labels(self, plot_type: str) -> tuple[str, ...]:
        """The labels that the plot type's model knows, none without a model."""
        model = self.predictor.models.get(plot_type)
        return model.labels if model is not None else ()

    def verdict(self, prediction: Prediction, plot_type: str) -> Verdict:
        """The verdict that follows from a prediction."""
        record = self.records.get(plot_type)
        if record is None or not prediction.probabilities:
            return NO_MODEL
        return judge(
            prediction.probabilities,
            record.thresholds,
            self.plot_type(plot_type),
            unfamiliar=prediction.unfamiliar,
        )

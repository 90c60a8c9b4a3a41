"""Opens a model's file, whichever recipe made it."""

from __future__ import annotations

from . import model_file, tuned_model
from .model_file import Model
from .tuned_model import TunedPredictor


def open_model(data: bytes) -> tuple[Model, TunedPredictor | None]:
    """The linear model in a file and, where a network was tuned to the plot type, the predictor of that.

    Raises ModelFileError when the file is damaged, no model at all, or made for another backbone.
    """
    if not tuned_model.recognises(data):
        return model_file.load(data), None
    tuned = tuned_model.load(data)
    return model_file.load(tuned.first), TunedPredictor(tuned)

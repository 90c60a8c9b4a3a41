"""Opens a model's file, whichever recipe made it."""

from __future__ import annotations

from dataclasses import replace

from . import model_file, tuned_model
from .model_file import Model
from .tuned_model import TunedModel, TunedPredictor


def open_model(data: bytes) -> tuple[Model, TunedPredictor | None]:
    """The linear model in a file and, where a network was tuned to the plot type, the predictor of that.

    Raises ModelFileError when the file is damaged, no model at all, or made for another backbone.
    """
    if not tuned_model.recognises(data):
        return model_file.load(data), None
    tuned = tuned_model.load(data)
    return model_file.load(tuned.first), TunedPredictor(tuned)


def read_model(data: bytes) -> Model | TunedModel:
    """What is in a file, without making it ready to judge; raises ModelFileError as `open_model` does."""
    return tuned_model.load(data) if tuned_model.recognises(data) else model_file.load(data)


def renamed(data: bytes, plot_type: str) -> bytes:
    """The file of the same model for another plot type; raises ModelFileError as `open_model` does."""
    found = read_model(data)
    if isinstance(found, TunedModel):
        first = replace(model_file.load(found.first), plot_type=plot_type)
        return tuned_model.save(replace(found, plot_type=plot_type, first=model_file.save(first)))
    return model_file.save(replace(found, plot_type=plot_type))

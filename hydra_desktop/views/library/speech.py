"""The library in sentences: its headline, what stands under it, and why something is empty."""

from __future__ import annotations

from ...domain.library import ModelSet
from .. import words
from . import set_list
from .desk import Seen

NO_TYPES = (
    "This hall has no plot types yet. They come with the first plots: name the folder in the hall's settings "
    "(hydra-desktop hall apply), or import labelled plots (hydra-desktop import)."
)


def headline(seen: Seen, failed: str) -> str:
    """How many plot types have a live model; `failed` is why nothing could be read, "" for nothing."""
    if seen.types is None:
        return "The library can't be read" if failed else "Reading the library..."
    if not seen.types:
        return "No plot types yet"
    live = sum(one.active_id is not None for one in seen.types)
    trials = sum(one.shadow is not None for one in seen.types)
    without = len(seen.types) - live
    if live:
        said = f"{live} of {words.count(len(seen.types), 'plot type')} {'has' if live == 1 else 'have'} a live model"
        said += f", {without} {'has' if without == 1 else 'have'} none" if without else ""
    else:
        said = f"No plot type of {len(seen.types)} has a live model"
    return f"{said}; {words.count(trials, 'model')} in shadow" if trials else said


def second_line(seen: Seen) -> str:
    """Which set is live, or what follows from an activation."""
    last = set_list.last(seen.sets)
    if last is None:
        return "What you put live is used from the monitor's next chunk on, and can be rolled back."
    exact = "" if is_live(seen, last) else ", some plot types have other models since"
    when = f" since {words.day(last.activated_at)} by {last.activated_by}" if last.activated_at else ""
    return f"The set {last.name} is live{when}{exact}."


def why_empty(seen: Seen, failed: str) -> str:
    """Why there is no model to show and what to do, "" where there are some."""
    if seen.types is None:
        return failed
    if not seen.types:
        return NO_TYPES
    if seen.shelf is not None and not seen.shelf.models:
        return (
            f"No model of {seen.shelf.plot_type} yet.\nTrain one from its labels (Ctrl+3, or hydra-desktop train "
            f"{seen.shelf.plot_type}), or import one from a file (Ctrl+I)."
        )
    return ""


def is_live(seen: Seen, chosen: ModelSet) -> bool:
    """Whether all models of a set are live."""
    active = {one.plot_type: one.active_id for one in seen.types or ()}
    return all(active.get(name) == model_id for name, model_id in chosen.models.items())

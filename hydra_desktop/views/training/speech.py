"""Training in sentences: its headline, what stands under it, and why something is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...domain.training import GAINS, Job, JobState, Light
from .. import words

READING = "Reading how the plot types stand..."
NO_PLOT_TYPE = (
    "This hall has no plot type yet, so there is nothing to train.\nImport (Ctrl+I) takes plots with labels in, by "
    "manifests; Ctrl+Shift+I takes folders by label. Labeling (Ctrl+2) gives labels to those that the monitor keeps. "
    "F5 looks anew."
)
NONE_SHOWN = "No plot type fits what you search for; Esc shows all again."
NO_JOB = "No job yet. Whoever asks for one sees it here, and so does every other station."


def headline(counts: Mapping[Light, int], total: int) -> str:
    """How many of the plot types gain from training."""
    if not total:
        return "Nothing to train yet"
    gains = sum(counts[light] for light in GAINS)
    verb = "gains" if gains == 1 else "gain"
    if not gains:
        return f"None of the {words.count(total, 'plot type')} gains from training now"
    parts = ", ".join(f"{counts[light]} {str(light).lower()}" for light in GAINS if counts[light])
    return f"{gains} of {words.count(total, 'plot type')} {verb} from training: {parts}"


def subtitle(counts: Mapping[Light, int], jobs: Sequence[Job]) -> str:
    """How the others stand, and what goes on."""
    few, current = counts[Light.TOO_FEW], counts[Light.UP_TO_DATE]
    runs = sum(job.state is JobState.RUNNING for job in jobs)
    waits = sum(job.state is JobState.WAITING for job in jobs)
    said = (
        f"{few} {'has' if few == 1 else 'have'} too few labels, {current} {'is' if current == 1 else 'are'} up to date."
    )
    if runs or waits:
        said += f" {words.count(runs, 'job')} {'runs' if runs == 1 else 'run'}, "
        said += f"{waits} {'waits' if waits == 1 else 'wait'}."
    return said

"""Verdicts: what a model says of a plot, and how far that is to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from .hall import PlotType
from .label import Role, Severity

DEFAULT_THRESHOLD = 0.5
REGIONS = 6  # of a plot, in which it is told how it deviates
# of 20 simulated plot types: of 2,660 Good plots none is Unfamiliar, nor of 1,290 of a new run period with its own
# reference; of the Unfamiliar faults of a kind that was left out of training 99.7 % are beyond
STRONG = 3.0


class Status(StrEnum):
    """How a verdict is to be taken."""

    CONFIRMED = "Confirmed"
    UNCONFIRMED = "Unconfirmed"
    UNFAMILIAR = "Unfamiliar"
    NO_MODEL = "NoModel"


@dataclass(frozen=True)
class Verdict:
    """The judgement of one plot.

    `label` is the most probable one ("" with NoModel) and `confidence` its probability.
    `fault_score`, 0..1 and rising with doubt, is the number on which the call "not Good" rests.
    """

    label: str
    confidence: float
    status: Status
    fault_score: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class Familiarity:
    """How like a plot is to what its model was trained on.

    `novelty` is a conformal p-value, 1.0 for as familiar as can be. `nearest` are the nearest
    training plots, content hash and distance, nearest first. `deviation` float32 (D,) has the
    direction of where and in which sense it differs from what is normal; its root mean square is
    how far that is, as the natural logarithm of the ratio to a new Good plot's. D is 0 where that
    isn't known. It is `inherited` where the run period has no reference yet, and an older one served.
    """

    novelty: float = 1.0
    nearest: tuple[tuple[str, float], ...] = ()
    deviation: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    inherited: bool = False

    @property
    def strongest(self) -> float:
        """How far the part of the plot that deviates most is from normal, in the units of `deviation`.

        Its numbers are those of `REGIONS` parts of the plot, one part after the other; where that isn't so it is
        how far the whole plot is.
        """
        if not self.deviation.size:
            return 0.0
        parts = REGIONS if self.deviation.size % REGIONS == 0 else 1
        squares = np.square(self.deviation.astype(np.float64)).reshape(parts, -1)
        return float(np.sqrt(squares.mean(axis=1).max()))


NO_MODEL = Verdict("", 0.0, Status.NO_MODEL, 0.0, {})


def judge(
    probabilities: Mapping[str, float],
    thresholds: Mapping[str, float],
    plot_type: PlotType,
    *,
    unfamiliar: bool = False,
) -> Verdict:
    """The verdict that follows from a model's probabilities and the thresholds in force.

    `fault_score` is one minus the probability of all labels of role good. A label without a
    threshold has `DEFAULT_THRESHOLD`. Ties go to the label named first.
    """
    if not probabilities:
        return NO_MODEL
    label = max(probabilities, key=lambda name: probabilities[name])
    confidence = probabilities[label]
    good = sum(p for name, p in probabilities.items() if plot_type.label(name).role is Role.GOOD)
    if unfamiliar:
        status = Status.UNFAMILIAR
    elif confidence >= thresholds.get(label, DEFAULT_THRESHOLD):
        status = Status.CONFIRMED
    else:
        status = Status.UNCONFIRMED
    return Verdict(label, confidence, status, min(1.0, max(0.0, 1.0 - good)), dict(probabilities))


def explain(verdict: Verdict, thresholds: Mapping[str, float], novelty: float | None = None) -> str:
    """In a sentence why a verdict has its status, with the thresholds that were in force; `novelty` is its p-value."""
    if verdict.status is Status.NO_MODEL:
        return "NoModel: this plot type had no active model, so nobody judged the plot."
    threshold = thresholds.get(verdict.label, DEFAULT_THRESHOLD)
    is_over = verdict.confidence >= threshold
    side = "over" if is_over else "under"
    figures = f"{_percent(verdict.confidence)} is {side} the threshold of {100 * threshold:.0f} %"
    if verdict.status is Status.UNFAMILIAR:
        if novelty is None:
            return "Unfamiliar: it is unlike the plots that the model was trained on."
        if novelty > 0.1:
            return (
                "Unfamiliar: it differs from what is normal in this run period, and the model knows no name for that "
                f"(it is not far from training plots, p = {novelty:.2g})."
            )
        return (
            "Unfamiliar: it is unlike the plots that the model was trained on; of familiar ones "
            f"{100 * novelty:.1f} % would be this far off (p = {novelty:.2g})."
        )
    familiar = f" It is like training plots (p = {novelty:.2g})." if novelty is not None else ""
    if is_over is not (verdict.status is Status.CONFIRMED):  # changed just then, while the monitor judged
        return f"{verdict.status}, by another threshold than the {100 * threshold:.0f} % set just then.{familiar}"
    return f"{verdict.status}: {figures}.{familiar}"


def _percent(value: float) -> str:
    percent = round(100 * value)
    return "more than 99 %" if percent >= 100 else "less than 1 %" if percent <= 0 else f"{percent} %"


def is_confirmed_fault(verdict: Verdict, plot_type: PlotType) -> bool:
    """Whether this verdict, if it lasts, is a matter for an alarm."""
    return alarm_severity(verdict, plot_type) > Severity.NONE


def alarm_severity(verdict: Verdict, plot_type: PlotType) -> Severity:
    """The severity with which this verdict alarms, NONE when it never does.

    Only a Confirmed verdict of a faulty label alarms; Unconfirmed is queued for a person.
    """
    if verdict.status is not Status.CONFIRMED:
        return Severity.NONE
    label = plot_type.label(verdict.label)
    return label.severity if label.role is Role.FAULTY else Severity.NONE


def unfamiliar_severity(
    verdict: Verdict, familiarity: Familiarity | None, plot_type: PlotType, *, says_change: bool = False
) -> Severity:
    """The severity with which an Unfamiliar plot alarms, NONE when it doesn't.

    It does where it deviates strongly in one part at least. Before a run period has its own reference every plot may
    do that, and one that `says_change` says nothing but what the change of its plot type says: these never alarm.
    """
    if verdict.status is not Status.UNFAMILIAR or familiarity is None or familiarity.inherited or says_change:
        return Severity.NONE
    return plot_type.unfamiliar_severity if familiarity.strongest >= STRONG else Severity.NONE


def worth_keeping(
    verdict: Verdict, plot_type: PlotType, *, first_of_chunk: bool, draw: float, episode_plots: int
) -> bool:
    """Whether a plot is kept for training.

    Kept are Unconfirmed and Unfamiliar plots and those of a label with a severity, of a long
    episode only the 1st, 2nd, 4th, 8th ...; of all others the plot type's collect percent,
    if type, run and chunk are new. `draw` is a random number in [0, 1), `episode_plots` the
    length of the episode with this plot.
    """
    doubtful = verdict.status in (Status.UNCONFIRMED, Status.UNFAMILIAR)
    severe = verdict.label != "" and plot_type.label(verdict.label).severity > Severity.NONE
    if doubtful or severe:
        return episode_plots & (episode_plots - 1) == 0
    return first_of_chunk and draw * 100.0 < plot_type.collect_percent

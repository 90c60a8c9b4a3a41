"""What thresholds would do, while a person moves them: on plots that the model never saw, and in a week as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..database import halls, model_store, recorded
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..database.model_store import ModelRecord, ThresholdChange
from ..domain import intervals, replay
from ..domain.errors import ModelFileError, SettingsError
from ..domain.hall import PlotType
from ..domain.intervals import Share
from ..domain.label import Role, Severity
from ..domain.replay import Alarms, Change, Replay, Replayed
from ..domain.unseen import Unseen, roles
from ..domain.verdict import DEFAULT_THRESHOLD
from ..vision.chosen_thresholds import best_f1_threshold
from . import label_pages, lookup, thresholds, unseen
from .progress import Progress
from .thresholds import FalseAlarms, Rate

DAYS = 7
MOST = 1_000_000  # verdicts of a span
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEPS = np.round(np.arange(0.30, 1.0, 0.01), 2)  # of the curves


@dataclass(frozen=True)
class Curves:
    """The figures against the threshold of one label, each (len(STEPS),): missed faulty, false positives, Unconfirmed.

    All are shares, 0 to 1, on the held-out plots; nan where there is nothing to take a share of.
    """

    missed: npt.NDArray[np.float64]
    false_positives: npt.NDArray[np.float64]
    unconfirmed: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """What thresholds do to the held-out plots; each a share with its 95 % interval, runs taken as a whole.

    `missed` are faulty plots without a Confirmed faulty verdict, `false_positives` Good ones with it, `unfamiliar`
    those of the Good that came out Unfamiliar, None where that isn't known.
    """

    missed: Share
    false_positives: Share
    unconfirmed: Share
    unfamiliar: Share | None


@dataclass(frozen=True)
class Outcome:
    """What thresholds do: on held-out plots, and in the span that is replayed; `change` is against those in force."""

    values: Mapping[str, float]
    figures: Figures | None
    replayed: Replayed
    change: Change


@dataclass(frozen=True)
class ThresholdBench:
    """A model with all on which its thresholds are judged, read once.

    `unseen` is None where nothing is known of plots that it never saw, and `unknown` says why; `rate` is None where it
    isn't known how many plots come a day, and `rate_unknown` says why. `now` are the thresholds in force.
    """

    hall_id: int
    record: ModelRecord
    settings: PlotType
    labels: tuple[str, ...]
    unseen: Unseen | None
    unknown: str
    rate: Rate | None
    rate_unknown: str
    replay: Replay
    since: datetime
    until: datetime
    history: tuple[ThresholdChange, ...]

    @cached_property
    def now(self) -> dict[str, float]:
        """The thresholds in force, by label."""
        return {name: self.record.thresholds.get(name, DEFAULT_THRESHOLD) for name in self.labels}

    @cached_property
    def replayed_now(self) -> Replayed:
        """The span with the thresholds in force."""
        return self.replay.run(self._array(self.now))

    @cached_property
    def days(self) -> float:
        """How long the span is from its first to its last plot, an hour at least."""
        at_us = self.replay.recorded.at_us
        return max(1 / 24, (int(at_us.max()) - int(at_us.min())) / 86_400e6) if len(at_us) else 0.0

    def basis(self) -> str:
        """On what all figures rest, in words."""
        if self.unseen is None:
            first = f"Nothing is known of plots that the model never saw: {self.unknown}"
        else:
            one, kind = self.unseen, "that it never saw"
            if one.in_sample:
                kind = "that it was trained on: these figures promise too much"
            elif one.is_of_seen_runs:
                kind = "that it never saw, but other plots of these runs it did: a new run will keep less"
            first = f"{len(one)} labelled plots{one.of_runs} {kind}."
            if one.no_interval:
                first += f" {one.no_interval[0].upper()}{one.no_interval[1:]}."
        if self.rate is None:
            return f"{first} {self.rate_unknown}"
        return f"{first} {self.rate.plots_a_day:.0f} plots a day, {self.rate.source}."

    def at(self, values: Mapping[str, float]) -> Outcome:
        """What these thresholds would do."""
        replayed = self.replay.run(self._array(values))
        return Outcome(dict(values), self._figures(values), replayed, replay.compare(self.replayed_now, replayed))

    def curves(self, label: str, values: Mapping[str, float]) -> Curves | None:
        """The figures for each threshold of one label, the others as they are in `values`; None without any plots."""
        if self.unseen is None:
            return None
        plots, settings = self.unseen, self.settings
        is_faulty, is_good = plots.of_role(Role.FAULTY, settings), plots.of_role(Role.GOOD, settings)
        found = []
        for step in STEPS:
            wanted = {**values, label: float(step)}
            called, unconfirmed = plots.called(wanted, settings), self._unconfirmed(wanted)
            found.append((_mean(~called[is_faulty]), _mean(called[is_good]), _mean(unconfirmed)))
        return Curves(*np.array(found).T)

    def histogram(self, label: str, bins: int) -> dict[str, npt.NDArray[np.int64]]:
        """Held-out plots by the label that people gave and the probability of `label`, int64 (bins,) each."""
        if self.unseen is None:
            return {}
        column = self.unseen.names.index(label)
        place = np.minimum((self.unseen.chances[:, column] * bins).astype(np.int64), bins - 1)
        return {
            name: np.bincount(place[self.unseen.truth == index], minlength=bins)
            for index, name in enumerate(self.unseen.labels)
            if (self.unseen.truth == index).any()
        }

    def best_f1(self, label: str) -> float | None:
        """The threshold with the best F1 of a label on the held-out plots, None where there are none."""
        if self.unseen is None or label not in self.unseen.names:
            return None
        return best_f1_threshold(self.unseen.chances, self.unseen.truth, self.unseen.names.index(label))

    def a_day(self, share: Share) -> tuple[float, float, float] | None:
        """Of a share of Good plots how many there are a day, with the interval; None where the rate isn't known."""
        if self.rate is None or share.value is None:
            return None
        many = self.rate.plots_a_day
        return share.value * many, share.low * many, share.high * many

    def said(self, alarms: Alarms) -> npt.NDArray[np.int8]:
        """What people say of alarms of the replay, int8 (M,): 1 a fault, 0 none, -1 nobody said."""
        return self.replay.said(alarms)

    def _array(self, values: Mapping[str, float]) -> npt.NDArray[np.float64]:
        return np.array([values.get(name, DEFAULT_THRESHOLD) for name in self.labels], np.float64)

    def _unconfirmed(self, values: Mapping[str, float]) -> npt.NDArray[np.bool_]:
        assert self.unseen is not None  # noqa: S101 asked by its callers
        sure = self.unseen.confirmed(values)
        return ~sure if self.unseen.unfamiliar is None else ~sure & ~self.unseen.unfamiliar

    def _figures(self, values: Mapping[str, float]) -> Figures | None:
        if self.unseen is None:
            return None
        plots, settings = self.unseen, self.settings
        called, groups = plots.called(values, settings), plots.groups
        is_faulty, is_good = plots.of_role(Role.FAULTY, settings), plots.of_role(Role.GOOD, settings)
        strange = plots.unfamiliar
        return Figures(
            intervals.share(~called[is_faulty], groups[is_faulty]),
            intervals.share(called[is_good], groups[is_good]),
            intervals.share(self._unconfirmed(values), groups),
            intervals.share(strange[is_good], groups[is_good]) if strange is not None else None,
        )


def open_bench(
    database: Database,
    hall_name: str,
    images: ImageStore,
    model_id: int,
    *,
    days: float = DAYS,
    until: datetime | None = None,
    progress: Progress | None = None,
) -> ThresholdBench:
    """Read all of it; the span ends with the newest plot that the model judged where `until` is None.

    Raises SettingsError for an unknown hall or model, ModelFileError where the model can't be read, Stopped.
    """
    with database.read() as c:
        hall_id = lookup.hall(c, hall_name)
        record = unseen.record_of(c, hall_id, model_id)
        settings = halls.load(c, hall_id).plot_types[record.plot_type]
    label_pages.build(database, hall_id, progress)  # of what people say of the plots
    found, unknown = None, ""
    try:
        found = unseen.of_model(database, hall_name, images, model_id, progress)
    except ModelFileError as error:
        unknown = str(error)
    labels = found.names if found is not None else tuple(record.thresholds)
    with database.read() as c:
        end = until or recorded.newest(c, model_id) or datetime.now().astimezone()
        start = end - timedelta(days=days)
        span = recorded.of_model(c, model_id, labels, start, end, MOST)
        if len(span):
            start = _EPOCH + timedelta(microseconds=int(span.at_us.min()))  # it may be live for a shorter time
        try:
            rate, rate_unknown = thresholds.rate_of(c, hall_id, record.plot_type, FalseAlarms(0.0)), ""
        except SettingsError as error:
            rate, rate_unknown = (
                None,
                f"{str(error).partition('; say how many')[0].rstrip('.')}.",
            )  # that is a command's
        history = tuple(model_store.threshold_history(c, model_id))
    faulty = roles(labels, Role.FAULTY, settings)
    severe = [settings.label(name).severity > Severity.NONE for name in labels]
    alarms = [bool(one and other) for one, other in zip(faulty, severe, strict=True)]
    return ThresholdBench(
        hall_id, record, settings, labels, found, unknown, rate, rate_unknown,
        Replay(span, alarms, settings.rule), start, end, history,
    )  # fmt: skip


def apply(
    database: Database, bench: ThresholdBench, values: Mapping[str, float], *, user: str, comment: str, chosen: str
) -> None:
    """Put thresholds of the bench's model in force; the monitor uses them from its next chunk on.

    Raises SettingsError where somebody changed them since the bench was opened: nothing is set then.
    """
    changed = {name: value for name, value in values.items() if value != bench.now.get(name)}
    for name, value in changed.items():
        if name not in bench.labels or not 0 <= value <= 1:
            raise SettingsError(f"{name} = {value:g} is no threshold of model {bench.record.id}; 0 to 1 are.")
    if not changed:
        raise SettingsError("These thresholds are in force already; nothing was set.")
    with database.write() as c:
        model_store.hold(c, bench.record.id)
        there = model_store.threshold_history(c, bench.record.id)
        if len(there) != len(bench.history):
            one = there[0]
            raise SettingsError(
                f"{one.user} set other thresholds at {one.at:%H:%M} UTC ({one.comment or one.chosen}), so nothing was "
                "set; look at them and decide anew."
            )
        model_store.set_thresholds(c, bench.record.id, changed, user=user, chosen=chosen, comment=comment)


def text(bench: ThresholdBench, tried: Mapping[str, float]) -> str:
    """What thresholds would do, in words; raises SettingsError for a label that the model doesn't have."""
    for name in tried:
        if name not in bench.labels:
            there = ", ".join(bench.labels)
            raise SettingsError(f"The model of {bench.record.plot_type} has no label {name}; it has {there}.")
    now, then = bench.at(bench.now), bench.at({**bench.now, **tried})
    span, count = bench.replay.recorded, len(bench.replay.recorded)
    lines = [
        f"{bench.record.plot_type}, model {bench.record.id}: {count} plots from {bench.since:%Y-%m-%d %H:%M} to "
        f"{bench.until:%Y-%m-%d %H:%M} UTC, {bench.settings.rule.k} of {bench.settings.rule.n} chunks alarm",
        bench.basis(),
    ]
    for name, one in (("now", now), ("tried", then)):
        values = ", ".join(f"{label} {value:.3f}" for label, value in one.values.items())
        found = one.replayed
        told = f"{len(found.alarms)} alarms, {found.episodes} episodes, {found.unconfirmed} Unconfirmed"
        lines.append(f"  {name:<6} {told}  ({values})")
        if one.figures is not None:
            missed, called = one.figures.missed, one.figures.false_positives
            lines.append(
                f"         of these plots: {missed.hits} of {missed.total} faulty missed, "
                f"{called.hits} of {called.total} Good called faulty"
            )
    said = {1: "a fault, said a person", 0: "no fault, said a person", -1: "nobody said"}
    for word, alarms in (("gone", then.change.vanish), ("new", then.change.appear)):
        for first, end, what in zip(alarms.first, alarms.end, bench.said(alarms), strict=True):
            at = datetime.fromtimestamp(int(span.at_us[first]) / 1e6, UTC)
            plots = int(end - first)
            lines.append(f"  {word:<6} {at:%Y-%m-%d %H:%M} UTC, {plots} plots, {said[int(what)]}")
    return "\n".join(lines)


def _mean(flags: npt.NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else float("nan")

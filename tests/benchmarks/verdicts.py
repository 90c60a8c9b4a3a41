"""What verdicts on real plots are worth: one figure for each line of the table that is to be reached."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from hydra_desktop.domain import drift
from hydra_desktop.vision.backbone import Backbone
from hydra_desktop.vision.deviation import Normal
from hydra_desktop.vision.model_file import Model
from hydra_desktop.vision.picture import decode_for_network
from hydra_desktop.vision.predictor import Predictor

from . import real_plots
from .figure import Figure
from .real_plots import Mask, RealPlots, Scored, interval, of_count, score

REACHED = {"csc_segment_time": (0.96, 0.99, 10.0), "pixel_zphi": (0.95, 0.98, 10.0)}  # macro-F1, AUC, false positives
NAMES = (*REACHED, "clas12_yield", "csc_wire_timing")
FIRST_RUNS = 150  # of csc_wire_timing


def figures(data: Path, backbone: Backbone) -> Iterator[Figure]:
    """All figures that need real plots."""
    plots = {name: real_plots.load(data, name, backbone) for name in NAMES}
    pooled: list[Scored] = []
    for name in REACHED:
        scored = [score(plots[name], plots[name].train(training).model, test) for training, test in splits(plots[name])]
        pooled += scored
        yield from _random_splits(name, scored)
        yield from _kinds(plots[name], scored)
        yield from _good_only(plots[name])
    yield from _across_periods(plots["clas12_yield"])
    yield from _later_runs(plots["csc_wire_timing"])
    yield from _novelty(plots)
    for name in ("clas12_yield", "csc_wire_timing"):
        for training, test in splits(plots[name]):
            model = plots[name].train(training).model
            periods = [test & (plots[name].periods == period) for period in np.unique(plots[name].periods)]
            pooled += [score(plots[name], model, one) for one in periods]  # each against its own normal
    yield _calibration(pooled)
    yield _places(plots["pixel_zphi"], backbone)
    yield from _time(plots["clas12_yield"], backbone)
    yield _memory(data)


splits = real_plots.splits


def _at_90(scored: list[Scored]) -> str:
    good = sum(int(one.good.sum()) for one in scored)
    called = sum(int((one.fault_score[one.good] >= one.cut).sum()) for one in scored)
    return of_count(called, good)


def _called(scored: list[Scored]) -> float:
    good = sum(int(one.good.sum()) for one in scored)
    return 1000 * sum(int((one.fault_score[one.good] >= one.cut).sum()) for one in scored) / good


def _share(scored: list[Scored], what: str) -> float:
    """Of 1,000 Good plots, how many are `faulty`, `other` or `strange`."""
    return 1000 * float(np.concatenate([getattr(one, what)[one.good] for one in scored]).mean())


def _random_splits(name: str, scored: list[Scored]) -> Iterator[Figure]:
    f1, auc, most = REACHED[name]
    scores = [one.figures.macro_f1 for one in scored]
    areas = [one.figures.auc or 0.0 for one in scored]
    mean = statistics.mean
    yield Figure(f"{name}, macro-F1 ({interval(scores)})", mean(scores), "", f"{f1}", mean(scores) >= f1)
    yield Figure(f"{name}, AUC ({interval(areas)})", mean(areas), "", f"{auc}", mean(areas) >= auc)
    called = _called(scored)
    what = f"{name}, Good of 1,000 at the score that finds 90 % ({_at_90(scored)})"
    yield Figure(what, called, "", f"at most {most:g}", called <= most)
    strange = _share(scored, "strange")
    what = f"{name}, Good of 1,000 with a Confirmed faulty verdict (Unfamiliar among Good: {strange:.1f})"
    yield Figure(what, _share(scored, "faulty"), "")


def _kinds(plots: RealPlots, scored: list[Scored]) -> Iterator[Figure]:
    """Recall of each kind of fault, not Good by the most probable label, also when it was left out of training."""
    tests = [test for _, test in splits(plots)]
    for kind in sorted(set(plots.faults) - {""}):
        known = [one.said[plots.faults[test] == kind] != "Good" for one, test in zip(scored, tests, strict=True)]
        unseen = []
        for training, test in splits(plots):
            there = test & (plots.faults == kind)
            if there.any():
                found = score(plots, plots.train(training & (plots.faults != kind)).model, there)
                unseen.append((found.said != "Good") | found.strange)
        seen_share, unseen_share = np.concatenate(known).mean(), np.concatenate(unseen).mean()
        count = len(np.concatenate(known))
        yield Figure(f"{plots.name}, {kind} found ({count}; never trained on: {unseen_share:.3f})", seen_share, "")


def _good_only(plots: RealPlots) -> Iterator[Figure]:
    scored = [score(plots, plots.train(one & (plots.labels == "Good")).model, test) for one, test in splits(plots)]
    areas = [one.figures.auc or 0.0 for one in scored]
    mean, strange = statistics.mean(areas), _share(scored, "strange")
    what = f"{plots.name}, Good only in training, AUC ({interval(areas)}; Unfamiliar of 1,000 Good: {strange:.0f})"
    yield Figure(what, mean, "", "0.93", mean >= 0.93)


def _across_periods(plots: RealPlots) -> Iterator[Figure]:
    """Trained on two run periods, tested on the third, each in turn; and whether wrong verdicts come in whole runs."""
    wrong_runs: list[tuple[int, int]] = []  # Good plots called faulty, and Good plots, of each run
    for period in np.unique(plots.periods):
        here = plots.periods == period
        model = plots.train(~here).model
        reference = plots.first(here & (plots.labels == "Good"))
        test = here & plots.labelled & ~reference
        own = score(plots, model, test, plots.reference(reference, model))
        robust = score(plots, model, test, plots.reference(plots.first(here), model))
        none = score(plots, model, test)
        for run in np.unique(plots.runs[test]):
            good = own.good & (plots.runs[test] == run)
            wrong_runs.append((int((good & own.faulty).sum()), int(good.sum())))
        name = f"{plots.name}, {period}"
        auc = own.figures.auc or 0.0
        yield Figure(f"{name}, first 30 Good as reference, AUC", auc, "", "0.985", auc >= 0.985)
        called = _called([own])
        what = f"{name}, first 30 Good as reference, Good of 1,000 at 90 % ({_at_90([own])})"
        yield Figure(what, called, "", "at most 30", called <= 30)
        auc = robust.figures.auc or 0.0
        yield Figure(f"{name}, first 30 unlabelled as reference, AUC", auc, "", "0.96", auc >= 0.96)
        told = _told(plots, model, here)
        faulty, strange = _share([none], "faulty"), _share([none], "strange")
        what = (
            f"{name}, nothing known, Good of 1,000 Confirmed faulty (Unfamiliar: {strange:.0f}; {told or 'not told'})"
        )
        yield Figure(what, faulty, "", "at most 50, and told", faulty <= 50 and bool(told))
    wrong = sum(one for one, _ in wrong_runs)
    whole = sum(one for one, of in wrong_runs if one > 1 and 2 * one > of)
    what = f"{plots.name}, first 30 Good as reference: of {wrong} Good Confirmed faulty, in runs that mostly are so"
    yield Figure(what, 100 * whole / max(wrong, 1), "%")
    changed = (plots.periods == "rgk_fa18_7.5GeV") & (plots.runs >= 5775)
    reference = plots.first(changed & (plots.labels == "Good"))
    model = plots.train(plots.periods != "rgk_fa18_7.5GeV").model
    again = score(plots, model, changed & plots.labelled & ~reference, plots.reference(reference, model))
    yield Figure(
        f"{plots.name}, rgk_fa18_7.5GeV after its change at run 5775, own reference, AUC", again.figures.auc or 0.0, ""
    )


def _later_runs(plots: RealPlots) -> Iterator[Figure]:
    first = np.isin(plots.runs, np.unique(plots.runs)[:FIRST_RUNS])
    model = plots.train(first).model
    none = score(plots, model, ~first & plots.labelled)
    other, strange = _share([none], "other"), _share([none], "strange")
    name = f"{plots.name}, later runs"
    yield Figure(f"{name}, Good of 1,000 Confirmed other", other, "", "at most 20", other <= 20)
    yield Figure(f"{name}, Good of 1,000 Unfamiliar", strange, "", "at most 100", strange <= 100)
    yield Figure(f"{name}, AUC ({_told(plots, model, ~first) or 'no drift told'})", none.figures.auc or 0.0, "")
    reference = plots.first(~first & (plots.labels == "Good"))
    own = score(plots, model, ~first & plots.labelled & ~reference, plots.reference(reference, model))
    auc = own.figures.auc or 0.0
    yield Figure(f"{name}, 30 Good as reference, AUC", auc, "", "0.985", auc >= 0.985)


def _told(plots: RealPlots, model: Model, new: Mask) -> str:
    """What is said of a change while plots come in one after the other, "" when nothing is."""
    sights: list[drift.Sight] = []
    for mask in (~new, new):
        normal = model.normal("")  # the newest that the model knows
        chosen = plots.first(mask, int(mask.sum())) if mask is new else _last(mask)
        sights += _sights(plots, model, chosen, normal)
        if mask is not new:
            continue
        for end in range(drift.LAST, len(sights) + 1):
            found = drift.find(sights[end - drift.LAST : end])
            if found is not None:
                return f"told at plot {end - drift.LAST} as {found[1].facts}"
    return ""


def _last(mask: Mask) -> Mask:
    kept = np.zeros(len(mask), bool)
    kept[np.flatnonzero(mask)[-drift.LAST :]] = True
    return kept


def _sights(plots: RealPlots, model: Model, chosen: Mask, normal: Normal) -> list[drift.Sight]:
    own = str(plots.periods[chosen][0])
    found = score(plots, model, chosen)
    part = plots.description.at(chosen)
    deviations = model.normals.get(own, normal).direction(part.parts, found.judgement.excess)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        drift.Sight(
            int(index),
            start + timedelta(minutes=int(index)),
            own,
            int(plots.runs[index]),
            bool(found.strange[row]),
            bool(found.other[row]),
            float(found.fault_score[row]),
            deviations[row],
        )
        for row, index in enumerate(np.flatnonzero(chosen))
    ]


def _novelty(plots: dict[str, RealPlots]) -> Iterator[Figure]:
    """Each type's plots given to the others' models; and Good plots of held-out runs to their own."""
    hits = count = 0
    for name, one in plots.items():
        model = one.train(np.ones(len(one.rows), bool)).model
        for other, foreign in plots.items():
            if other != name:
                found = score(foreign, model, np.ones(len(foreign.rows), bool), model.normal(""))
                hits, count = hits + int(found.strange.sum()), count + len(foreign.rows)
    own = [score(one, one.train(a).model, b) for name, one in plots.items() for a, b in splits(one) if name in REACHED]
    strange = np.concatenate([one.strange for one in own]).mean()
    what = f"plots of another type that are Unfamiliar ({of_count(hits, count)}; of the own type {100 * strange:.1f} %)"
    yield Figure(what, 100 * hits / count, "%", "at least 99", hits >= 0.99 * count)


def _calibration(scored: list[Scored]) -> Figure:
    confidence = np.concatenate([one.confidence for one in scored])
    right = np.concatenate([one.said == one.truth for one in scored])
    error = real_plots.calibration_error(confidence, right)
    perfect = real_plots.perfect_error(confidence)
    what = f"calibration error of {len(right)} held-out plots (a perfect model has up to {perfect:.3f})"
    return Figure(what, error, "", "at most 0.03", error <= 0.03)


def _places(plots: RealPlots, backbone: Backbone) -> Figure:
    """Whether the highest point of the evidence lies within a cell of the injected fault, where it was found."""
    hits = tried = 0
    for training, test in splits(plots):
        predictor = Predictor({plots.name: plots.train(training).model}, backbone=backbone)
        for index in np.flatnonzero(test & (plots.labels == "Bad")):
            if not plots.rows[index]["box"]:
                continue
            prediction = predictor.predict([decode_for_network(plots.files[index])], [plots.name])[0]
            if max(prediction.probabilities, key=prediction.probabilities.__getitem__) != "Bad":
                continue
            tried += 1
            hits += real_plots.points_at(prediction.evidence["Bad"], plots.rows[index]["box"])
    share = 100 * hits / max(1, tried)
    return Figure(f"{plots.name}, evidence at the fault ({tried} found)", share, "%", "at least 80", share >= 80)


def _time(plots: RealPlots, backbone: Backbone) -> Iterator[Figure]:
    """From labels to a model of 2,000 plots, some of them twice."""
    order = np.flatnonzero(plots.labelled)
    order = np.sort(np.concatenate([order, order[: 2000 - len(order)]]))
    twice = RealPlots(
        plots.name,
        [plots.files[index] for index in order],
        [plots.rows[index] for index in order],
        plots.labels[order],
        plots.groups[order],
        plots.periods[order],
        plots.description.at(order),
    )
    started = time.perf_counter()
    twice.train(np.ones(len(order), bool))
    ready = time.perf_counter() - started
    yield Figure("training on 2,000 plots, features ready", ready, "s", "at most 10", ready <= 10)
    started = time.perf_counter()
    real_plots.extract(
        list(range(len(order))), lambda index: decode_for_network(twice.files[index]), backbone, real_plots.Progress()
    )
    cold = ready + time.perf_counter() - started
    yield Figure("training on 2,000 plots, cold", cold, "s", "at most 90", cold <= 90)


def _memory(data: Path) -> Figure:
    """Peak memory of a process that computes features of 2,000 plots and trains."""
    work = "import sys; from tests.benchmarks import verdicts; verdicts.train_once(sys.argv[1])"
    printed = subprocess.run([sys.executable, "-c", work, str(data)], capture_output=True, text=True, check=True)
    peak = float(printed.stdout.split()[-1])
    return Figure("peak memory for 2,150 plots, cold", peak, "GB", "under 2", peak < 2)


def train_once(data: str) -> None:
    """Train on all of clas12_yield and print the peak memory in GB."""
    plots = real_plots.load(Path(data), "clas12_yield", Backbone())
    plots.train(np.ones(len(plots.rows), bool))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)

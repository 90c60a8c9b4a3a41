"""What the bench says in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...domain.intervals import Share
from ...domain.label import Role
from ...domain.replay import Replayed
from ...services.threshold_bench import Outcome, ThresholdBench
from .. import words

ENOUGH = 100  # verdicts of a span that tell how many plots are Unconfirmed


@dataclass(frozen=True)
class Said:
    """A figure: its title, the number with its unit, and lines below it."""

    title: str
    number: str
    unit: str
    lines: tuple[str, ...] = ()


def percent(value: float) -> str:
    """A threshold, 0 to 1, in words."""
    return f"{100 * value:.0f} %"


def when(bench: ThresholdBench) -> str:
    """The span that is replayed."""
    since, until = bench.since.astimezone(), bench.until.astimezone()
    if bench.days > 6 and datetime.now(UTC) - bench.until < timedelta(days=1):
        return "in the last week"
    if since.date() == until.date():
        return f"on {until:%d %b} from {since:%H:%M} to {until:%H:%M}"
    return f"from {since:%d %b} to {until:%d %b}"


def headline(bench: ThresholdBench, outcome: Outcome, label: str, changed: Mapping[str, float]) -> str:
    """What the thresholds that are tried would do to alarms; `changed` are those that aren't in force."""
    if not changed and not len(bench.replay.recorded):
        return f"{label} at {percent(bench.now[label])}, as it is now; the model judged no plot of late"
    if not changed:
        count = words.count(len(outcome.replayed.alarms), "alarm")
        return f"{label} at {percent(bench.now[label])}, as it is now: {count} {when(bench)}"
    at = "With these thresholds"
    if set(changed) == {label}:
        at = f"At {percent(changed[label])} instead of {percent(bench.now[label])}"
    if not len(bench.replay.recorded):
        return f"{at}: the model judged no plot of late, so no alarm can be replayed"
    parts = []
    for alarms, word in ((outcome.change.vanish, "fewer"), (outcome.change.appear, "more")):
        if len(alarms):
            real = int((bench.said(alarms) == 1).sum())
            told = f" ({real} {'a real fault' if real == 1 else 'real faults'})" if real else ""
            parts.append(f"{len(alarms)} {word} alarm{'' if len(alarms) == 1 else 's'}{told}")
    return f"{at}: {' and '.join(parts) or 'the same alarms'} {when(bench)}"


def figures(bench: ThresholdBench, outcome: Outcome) -> tuple[Said, Said, Said]:
    """Missed faults, false alarms, and the share that is Unconfirmed."""
    found = outcome.figures
    faulty = [name for name in bench.labels if bench.settings.label(name).role is Role.FAULTY]
    kind = faulty[0] if len(faulty) == 1 else "faulty"
    now = bench.at(bench.now).figures if found is not None else None
    if found is None or now is None:
        names = (f"Missed {kind}", "False alarms", "Unconfirmed")
        return tuple(Said(name, "?", "not enough data") for name in names)  # type: ignore[return-value]
    missed = Said(
        f"Missed {kind}", *_number(found.missed, 1000, f"per 1,000 {kind}"),
        (f"now {_plain(now.missed, 1000)}", f"{_interval(found.missed, 1000)}; Unconfirmed ones count"),
    )  # fmt: skip
    called = _false_alarms(bench, found.false_positives, now.false_positives, found.unfamiliar)
    return missed, called, _unconfirmed(bench, outcome, found.unconfirmed)


def counted(replayed: Replayed) -> str:
    """How many alarms and episodes there were."""
    return f"{words.count(len(replayed.alarms), 'alarm')}, {words.count(replayed.episodes, 'episode')}"


def nothing_to_replay(bench: ThresholdBench) -> str:
    """Why there is nothing to replay, "" where there is something."""
    if len(bench.replay.recorded):
        return ""
    return (
        f"Model {bench.record.id} judged no plot of {bench.record.plot_type} in this span. Once it is active, or in "
        "shadow mode, its verdicts can be replayed here."
    )


def _false_alarms(bench: ThresholdBench, share: Share, now: Share, unfamiliar: Share | None) -> Said:
    rule = bench.settings.rule
    after = f"before {rule.k} of {rule.n} chunks" if rule.k > 1 else "each alarms at once"
    strange = ""
    if unfamiliar is not None and unfamiliar.total:
        strange = f"; {unfamiliar.hits} of {unfamiliar.total} Good are Unfamiliar"
    a_day, a_day_now = bench.a_day(share), bench.a_day(now)
    if a_day is None or a_day_now is None:
        return Said(
            "False positives", *_number(share, 1000, "per 1,000 Good"),
            (f"now {_plain(now, 1000)}{strange}", f"{_interval(share, 1000)}; the rate of plots isn't known"),
        )  # fmt: skip
    value, low, high = a_day
    interval = f"95 %: {low:.2g} to {high:.2g}, " if share.has_interval else ""
    return Said(
        "False alarms", f"{value:.2g}", "a day at most, at this hall's rate",
        (f"now {a_day_now[0]:.2g}{strange}", f"{interval}{after}"),
    )  # fmt: skip


def _unconfirmed(bench: ThresholdBench, outcome: Outcome, held_out: Share) -> Said:
    count = len(bench.replay.recorded)
    if count < ENOUGH:
        return Said("Unconfirmed", *_number(held_out, 100, "% of the labelled plots"), (_interval(held_out, 100),))
    before, after = bench.replayed_now.unconfirmed, outcome.replayed.unconfirmed
    more = (after - before) / bench.days
    told = (f"about {abs(more):.1f} a day {'more' if more > 0 else 'fewer'} for the labelers",) if more else ()
    return Said(
        "Unconfirmed", f"{100 * after / count:.1f} %", f"of the plots {when(bench)}",
        (f"now {100 * before / count:.1f} %", *told),
    )  # fmt: skip


def _number(share: Share, times: int, unit: str) -> tuple[str, str]:
    return ("?", "not enough data") if share.value is None else (_plain(share, times), unit)


def _plain(share: Share, times: int) -> str:
    return "unknown" if share.value is None else _figure(times * share.value)


def _interval(share: Share, times: int) -> str:
    interval = f"95 %: {_figure(times * share.low)} to {_figure(times * share.high)}, " if share.has_interval else ""
    return f"{interval}{share.hits} of {share.total}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"

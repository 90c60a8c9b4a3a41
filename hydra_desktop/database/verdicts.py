"""Verdicts with all probabilities, evidence maps and the time of each stage."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from ..domain.verdict import Familiarity, Verdict
from . import known_faults, plots
from . import tables as t
from .naming import label_ids
from .upsert import insert

_NEAR = np.dtype([("hash", "V32"), ("distance", "<f4")])  # a training plot: its SHA-256, and how far it is
STAGES = ("read", "decode", "save", "classify", "store")


@dataclass(frozen=True)
class JudgedPlot:
    """A stored plot with its verdict; evidence maps are (height, width) by label, one size for all."""

    plot_id: int
    plot_type: str
    model_id: int | None
    verdict: Verdict
    evidence: Mapping[str, npt.NDArray[np.floating[Any]]] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    familiarity: Familiarity | None = None
    decided_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    known_fault_id: int | None = None  # all that the verdict says is this


# statements are built once: building one costs more than carrying it out
_INSERT = t.verdicts.insert().returning(t.verdicts.c.id, t.verdicts.c.plot_id)
_INSERT_PROBABILITIES, _INSERT_EVIDENCE = t.probabilities.insert(), t.evidence.insert()
_INSERT_FAMILIARITIES, _INSERT_TIMINGS = t.familiarities.insert(), t.stage_timings.insert()


def add(
    c: sa.Connection, hall_id: int, judged: Sequence[JudgedPlot], *, live: bool = True, shadow: bool = False
) -> list[int]:
    """Store verdicts; returns their ids in the same order. Those of a model in `shadow` are no guesses either.

    Raises sqlalchemy's IntegrityError for a second live verdict of one plot, and KeyError for
    a label that the plot type never had.
    """
    if not judged:
        return []
    known = label_ids(c, hall_id, (one.plot_type for one in judged))
    of_plot: dict[int, deque[int]] = defaultdict(deque)
    for id_, plot_id in sorted(
        c.execute(
            _INSERT,
            [
                {
                    "plot_id": one.plot_id,
                    "model_id": one.model_id,
                    "label_id": known[one.plot_type, one.verdict.label] if one.verdict.label else None,
                    "confidence": one.verdict.confidence,
                    "status": str(one.verdict.status),
                    "fault_score": one.verdict.fault_score,
                    "live": live,
                    "shadow": shadow,
                    "decided_at": one.decided_at,
                }
                for one in judged
            ],
        )
    ):
        of_plot[plot_id].append(id_)
    ids = [of_plot[one.plot_id].popleft() for one in judged]
    pairs = list(zip(ids, judged, strict=True))
    chances = [
        {"model_id": one.model_id, "label_id": known[one.plot_type, label], "verdict_id": id_, "probability": p}
        for id_, one in pairs
        if one.model_id is not None
        for label, p in one.verdict.probabilities.items()
    ]
    if chances:
        c.execute(_INSERT_PROBABILITIES, chances)
    known_faults.mark(c, {id_: one.known_fault_id for id_, one in pairs if one.known_fault_id is not None})
    maps = [_evidence_row(id_, one) for id_, one in pairs if one.evidence]
    if maps:
        c.execute(_INSERT_EVIDENCE, maps)
    known_ones = [_familiarity_row(id_, one.familiarity) for id_, one in pairs if one.familiarity is not None]
    if known_ones:
        c.execute(_INSERT_FAMILIARITIES, known_ones)
    timings = [
        {"verdict_id": id_, **{f"{stage}_ms": float(one.timings_ms.get(stage, 0.0)) for stage in STAGES}}
        for id_, one in pairs
        if one.timings_ms
    ]
    if timings:
        c.execute(_INSERT_TIMINGS, timings)
    if live:
        _count(c, hall_id, len(judged))
    return ids


def evidence(c: sa.Connection, verdict_id: int) -> dict[str, npt.NDArray[np.float32]]:
    """The evidence maps of a verdict by label, float32 (height, width); empty when it has none."""
    row = c.execute(sa.select(t.evidence).where(t.evidence.c.verdict_id == verdict_id)).one_or_none()
    if row is None:
        return {}
    maps = np.frombuffer(row.maps, np.float16).reshape(len(row.labels), row.height, row.width).astype(np.float32)
    return dict(zip(row.labels, maps, strict=True))


def familiarities(c: sa.Connection, verdict_ids: Iterable[int]) -> dict[int, Familiarity]:
    """How familiar plots were to their models, by verdict; those of which it wasn't measured are left out."""
    f = t.familiarities.c
    rows = c.execute(sa.select(t.familiarities).where(f.verdict_id.in_(list(verdict_ids))))
    return {
        row.verdict_id: Familiarity(
            row.novelty,
            tuple((bytes(one["hash"]).hex(), float(one["distance"])) for one in np.frombuffer(row.nearest, _NEAR)),
            np.frombuffer(row.deviation, np.float16).astype(np.float32),
            row.inherited,
        )
        for row in rows
    }


def probabilities(c: sa.Connection, model_id: int) -> tuple[npt.NDArray[np.int64], list[str], npt.NDArray[np.float32]]:
    """Every stored probability of a model, for a replay: verdict ids (N,), labels, values (N, L).

    Verdict ids rise; a label that a verdict has no probability of is NaN there.
    """
    p = t.probabilities.c
    found = c.execute(
        sa.select(p.label_id, p.verdict_id, p.probability)
        .where(p.model_id == model_id)
        .order_by(p.label_id, p.verdict_id)
    )
    cursor: Any = found.cursor  # the driver's own: wrapping millions of rows takes longer than reading them
    parts = []
    while part := cursor.fetchmany(50_000):
        parts.append(np.fromiter(chain.from_iterable(part), np.float64, 3 * len(part)))
    found.close()
    # float64 holds ids exactly up to 2^53
    of, verdict_ids, chances = np.concatenate([*parts, np.empty(0)]).reshape(-1, 3).T
    of_label = {int(one): of == one for one in np.unique(of)}
    labels = c.execute(
        sa.select(t.labels.c.id, t.labels.c.name).where(t.labels.c.id.in_(of_label)).order_by(t.labels.c.position)
    ).all()
    ids = np.unique(verdict_ids)
    values = np.full((len(ids), len(labels)), np.nan, np.float32)
    for column, (label_id, _) in enumerate(labels):
        mine = of_label[label_id]
        values[np.searchsorted(ids, verdict_ids[mine]), column] = chances[mine]
    return ids.astype(np.int64), [name for _, name in labels], values


def rows(c: sa.Connection, hall_id: int) -> Iterator[Any]:
    """Every live verdict, for export, oldest first."""
    yield from c.execute(
        sa.select(
            t.verdicts.c.id,
            t.plot_types.c.name.label("plot_type"),
            t.plots.c.run_period,
            t.plots.c.run_number,
            t.plots.c.chunk,
            t.plots.c.pad,
            t.plots.c.revision,
            t.plots.c.taken_at,
            t.plots.c.content_hash,
            sa.func.coalesce(t.labels.c.name, "").label("label"),
            t.verdicts.c.confidence,
            t.verdicts.c.status,
            t.verdicts.c.fault_score,
            t.verdicts.c.model_id,
            t.verdicts.c.decided_at,
        )
        .select_from(plots.JOINED)
        .join(t.verdicts, t.verdicts.c.plot_id == t.plots.c.id)
        .outerjoin(t.labels, t.labels.c.id == t.verdicts.c.label_id)
        .where(t.plots.c.hall_id == hall_id, t.verdicts.c.live)
        .order_by(t.verdicts.c.id)
        .execution_options(yield_per=2000)
    )


def count(c: sa.Connection, hall_id: int) -> int:
    """Plots analysed in total."""
    found = c.scalar(
        sa.select(t.counters.c.value).where(t.counters.c.hall_id == hall_id, t.counters.c.name == "analysed")
    )
    return found or 0


def mean_timings_ms(c: sa.Connection, hall_id: int) -> dict[str, float]:
    """Mean time of each stage, ms a plot, over all live verdicts."""
    columns = [sa.func.avg(t.stage_timings.c[f"{stage}_ms"]) for stage in STAGES]
    row = c.execute(
        sa.select(*columns)
        .join(t.verdicts, t.verdicts.c.id == t.stage_timings.c.verdict_id)
        .join(t.plots, t.plots.c.id == t.verdicts.c.plot_id)
        .where(t.plots.c.hall_id == hall_id, t.verdicts.c.live)
    ).one()
    return {stage: float(value or 0.0) for stage, value in zip(STAGES, row, strict=True)}


def _evidence_row(verdict_id: int, one: JudgedPlot) -> dict[str, Any]:
    maps = np.stack([np.asarray(value, np.float32) for value in one.evidence.values()]).astype(np.float16)
    _, height, width = maps.shape
    return {
        "verdict_id": verdict_id,
        "labels": list(one.evidence),
        "height": height,
        "width": width,
        "maps": maps.tobytes(),
    }


def _familiarity_row(verdict_id: int, one: Familiarity) -> dict[str, Any]:
    nearest = np.array([(bytes.fromhex(content), distance) for content, distance in one.nearest if content], _NEAR)
    return {
        "verdict_id": verdict_id,
        "novelty": one.novelty,
        "nearest": nearest.tobytes(),
        "deviation": one.deviation.astype(np.float16).tobytes(),
        "inherited": one.inherited,
    }


def _count(c: sa.Connection, hall_id: int, more: int) -> None:
    c.execute(_count_statement(c.dialect.name), {"hall_id": hall_id, "name": "analysed", "value": more})


@lru_cache
def _count_statement(dialect: str) -> sa.Executable:
    statement = insert(dialect, t.counters)
    return statement.on_conflict_do_update(
        index_elements=["hall_id", "name"], set_={"value": t.counters.c.value + statement.excluded.value}
    )

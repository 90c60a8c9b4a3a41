# ruff: noqa: S608
"""A hall after years of labeling: 200,000 labelled plots of one type, and 50,000 that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from hydra_desktop.database import features, halls, model_store
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.features import StoredFeatures
from hydra_desktop.vision.backbone import CHANNELS

LABELLED = 200_000
WAITING = 50_000
PLOT_TYPE = "CDC_occupancy"
LABELS = ("Good", "Bad", "NoData")
RUNS = 500  # plots of each
DESCRIBED = 2_000  # newest plots with features
START = datetime(2021, 8, 1, tzinfo=UTC)
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
_PARTS = bytes(30_000)


@dataclass(frozen=True)
class LabelledHall:
    """The filled database."""

    database: Database
    hall_id: int


def fill(database: Database, labelled: int = LABELLED, waiting: int = WAITING) -> LabelledHall:
    """Put plots, verdicts and labels into a new database, by SQL alone; its queues are still to be built.

    Of the labels 5 % are none that the model would give, 1 % of the plots have a second one, half of which differ,
    and some are suspect; of those that wait a tenth are Unconfirmed, 2 % Unfamiliar, and 2 % contested.
    """
    total = labelled + waiting
    with database.write() as c:
        hall_id = halls.find_or_create(c, "Big")
        c.execute(t.counters.delete())  # a hall of the time before there were queues
        halls.ensure_plot_type(c, hall_id, PLOT_TYPE)
        thresholds = dict.fromkeys(LABELS, 0.6)
        model_id = model_store.add(c, hall_id, PLOT_TYPE, file=b"", card={}, thresholds=thresholds, user="bench")
        model_store.activate(c, model_id, user="bench")
        labels = dict(c.execute(sa.text("SELECT name, id FROM labels")).all())
        type_id = c.scalar(sa.text("SELECT id FROM plot_types"))
    sqlite = database.dialect == "sqlite"
    true, false = ("1", "0") if sqlite else ("true", "false")

    def at(minutes: str) -> str:
        if sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f', '2021-08-01', '+' || ({minutes}) || ' minutes') || '000'"
        return f"CAST('2021-08-01 00:00+00' AS timestamptz) + ({minutes}) * interval '1 minute'"

    guess = (
        f"CASE WHEN i % 20 = 7 THEN {labels['NoData']} WHEN i % 7 = 0 THEN {labels['Bad']} ELSE {labels['Good']} END"
    )
    other = f"CASE WHEN i % 7 = 0 THEN {labels['Good']} ELSE {labels['Bad']} END"
    status = "CASE WHEN i % 50 = 3 THEN 'Unfamiliar' WHEN i % 10 = 1 THEN 'Unconfirmed' ELSE 'Confirmed' END"
    given = 'INSERT INTO given_labels (plot_id, label_id, "user", at, mode, guess_visible, accepted, withdrawn, note) '
    for first in range(1, total + 1, 50_000):
        numbers = {"first": first, "last": min(first + 49_999, total)}
        with database.write() as c:
            c.execute(
                sa.text(
                    "INSERT INTO plots (id, hall_id, plot_type_id, pad, run_period, run_number, chunk, revision, "
                    "content_hash, taken_at, taken_at_is_file_time, arrived_at, origin_key, live, kept) "
                    f"{_NUMBERS} SELECT i, {hall_id}, {type_id}, '', CASE WHEN i < {total // 2} THEN 'A' ELSE 'B' END, "
                    f"i / {RUNS}, i, 1, 'hash' || i, {at('i')}, {false}, {at('i')}, 'key' || i, {false}, {true} FROM n"
                ),
                numbers,
            )
            c.execute(
                sa.text(
                    "INSERT INTO verdicts (id, plot_id, model_id, label_id, confidence, status, fault_score, live, "
                    f"decided_at) {_NUMBERS} SELECT i, i, {model_id}, {guess}, 0.5 + (i * 7919 % 5000) / 10000.0, "
                    f"{status}, 0.1, {true}, {at('i')} FROM n"
                ),
                numbers,
            )
            if first > labelled:
                continue
            numbers["last"] = min(numbers["last"], labelled)
            said = f"{at('i')}, 'grid', {false}, CASE WHEN i % 3 = 0 THEN {true} ELSE {false} END, {false}, '' FROM n"
            c.execute(
                sa.text(
                    f"{given} {_NUMBERS} SELECT i, CASE WHEN i % 20 = 0 THEN {other} ELSE {guess} END, "
                    f"'person' || (i % 5), {said}"
                ),
                numbers,
            )
            c.execute(
                sa.text(
                    f"{given} {_NUMBERS} SELECT i, CASE WHEN i % 200 = 0 THEN {guess} ELSE {other} END, 'second', "
                    f"{at('i')}, 'grid', {false}, {false}, {false}, '' FROM n WHERE i % 100 = 0"
                ),
                numbers,
            )
    with database.write() as c:
        c.execute(
            sa.text(
                'INSERT INTO contests (hall_id, plot_id, verdict_id, label_id, comment, "user", station, at) '
                f"{_NUMBERS} SELECT {hall_id}, i, i, {labels['Bad']}, '', 'shift', 'desk', {at('i + 1')} FROM n "
                "WHERE i % 50 = 9"
            ),
            {"first": labelled + 1, "last": total},
        )
        c.execute(
            sa.text(
                "INSERT INTO label_suspects (given_id, plot_id, model_id, quality, suggested_id) "
                f"SELECT id, plot_id, {model_id}, 0.1, {labels['Good']} FROM given_labels "
                "WHERE plot_id % 100 = 50"
            )
        )
        if not sqlite:  # SQLite numbers rows by the highest there is
            for table in ("plots", "verdicts"):
                c.execute(sa.text(f"SELECT setval('{table}_id_seq', :n)"), {"n": total})
        random = np.random.default_rng(0)
        around = random.random((DESCRIBED // 2, CHANNELS))  # each with one that is all but equal
        pooled = np.repeat(around, 2, axis=0) + 1e-4 * random.standard_normal((DESCRIBED, CHANNELS))
        features.put(
            c,
            "net",
            [
                StoredFeatures(f"hash{total - number}", one.astype("<f2").tobytes(), _PARTS)
                for number, one in enumerate(pooled)
            ],
        )
    return LabelledHall(database, hall_id)

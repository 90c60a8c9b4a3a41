"""Features of pictures, computed once and kept: by content hash and by what they were computed with.

What is stored is bytes to this module; `vision.deviation` packs and unpacks them. The pooled
features of every plot are here, 2.5 KB each; the rest, 30 KB, of plots that train or may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from . import tables as t
from .upsert import insert

SLICE = 500  # rows that are asked for or deleted with one statement


@dataclass(frozen=True)
class StoredFeatures:
    """The features of one picture; `parts` is None where only the pooled ones are kept."""

    content_hash: str
    pooled: bytes
    parts: bytes | None = None


def put(c: sa.Connection, backbone: str, features: Iterable[StoredFeatures]) -> None:
    """Store features; of a picture whose features are there, parts that were missing are added."""
    # in one order everywhere, so that two who store the same pictures never wait in a circle
    rows = {
        one.content_hash: {
            "backbone": backbone,
            "content_hash": one.content_hash,
            "pooled": one.pooled,
            "parts": one.parts,
        }
        for one in sorted(features, key=lambda one: (one.content_hash, one.parts is not None))
    }
    if rows:
        c.execute(_put(c.dialect.name), list(rows.values()))


def get(c: sa.Connection, backbone: str, content_hashes: Sequence[str]) -> dict[str, StoredFeatures]:
    """The features of those of the pictures that have some, by content hash."""
    f = t.features.c
    found: dict[str, StoredFeatures] = {}
    for some in _slices(content_hashes):
        chosen = sa.select(f.content_hash, f.pooled, f.parts).where(f.backbone == backbone, f.content_hash.in_(some))
        for content_hash, pooled, parts in c.execute(chosen):
            found[content_hash] = StoredFeatures(content_hash, bytes(pooled), None if parts is None else bytes(parts))
    return found


def pooled(c: sa.Connection, content_hashes: Sequence[str]) -> dict[str, bytes]:
    """The pooled features of pictures by content hash, computed with whatever backbone knows most of them."""
    f = t.features.c
    found: dict[str, bytes] = {}
    backbone = ""
    while backbone := c.scalar(sa.select(sa.func.min(f.backbone)).where(f.backbone > backbone)) or "":
        of_backbone: dict[str, bytes] = {}
        for some in _slices(content_hashes):
            chosen = sa.select(f.content_hash, f.pooled).where(f.backbone == backbone, f.content_hash.in_(some))
            of_backbone.update((content_hash, bytes(packed)) for content_hash, packed in c.execute(chosen))
        found = max(found, of_backbone, key=len)
    return found


def missing(c: sa.Connection, backbone: str, content_hashes: Sequence[str]) -> list[str]:
    """Those of the pictures whose features aren't all there, each once and in order."""
    f = t.features.c
    whole: set[str] = set()
    for some in _slices(content_hashes):
        whole.update(
            c.scalars(
                sa.select(f.content_hash).where(f.backbone == backbone, f.content_hash.in_(some), f.parts.is_not(None))
            )
        )
    return [one for one in dict.fromkeys(content_hashes) if one not in whole]


def forget(c: sa.Connection, backbone: str, content_hashes: Sequence[str]) -> None:
    """Forget the features of pictures; they needn't be there."""
    f = t.features.c
    for some in _slices(content_hashes):
        c.execute(t.features.delete().where(f.backbone == backbone, f.content_hash.in_(some)))


def forget_others(c: sa.Connection, backbone: str) -> bool:
    """Forget some of the features of any other backbone; whether there may be more of them."""
    f = t.features.c
    other = sa.or_(f.backbone < backbone, f.backbone > backbone)  # both found by the index
    some = c.execute(sa.select(f.backbone, f.content_hash).where(other).limit(SLICE)).all()
    for name in {row.backbone for row in some}:
        forget(c, name, [row.content_hash for row in some if row.backbone == name])
    return len(some) == SLICE


def _slices(content_hashes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (content_hashes[start : start + SLICE] for start in range(0, len(content_hashes), SLICE))


@lru_cache
def _put(dialect: str) -> sa.Executable:
    statement = insert(dialect, t.features)
    return statement.on_conflict_do_update(
        index_elements=["backbone", "content_hash"],
        set_={"parts": statement.excluded.parts},
        where=sa.and_(t.features.c.parts.is_(None), statement.excluded.parts.is_not(None)),
    )

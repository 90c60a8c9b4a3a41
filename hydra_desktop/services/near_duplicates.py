"""Near-duplicates: plots so alike that one look decides all of them.

How near is near was measured on 3,240 real plots of four types: of 43,209 pairs of one run with different labels none
is nearer than 0.021, of all 308,865 pairs of a Good plot with another none than 0.0148, while equal data lies at 0
when its PNG is written anew and at 0.009 to 0.017 when another time is printed on it; but a hot spot of 3 by 3 pixels
in a map of many colours may lie at 0.004, so that a stack is shown as one and can be opened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

ALIKE = 0.014  # the distance of pooled features in lengths of one of them
_POOLED = np.dtype("<f2")  # as vision.deviation packs it, which this program's windows don't load


@dataclass(frozen=True)
class Candidate:
    """A plot that may be like another of the same `kind`."""

    plot_id: int
    kind: Hashable
    content_hash: str


def comparable(candidates: Sequence[Candidate]) -> list[str]:
    """The contents whose features are needed: of plots that aren't the only one of their kind."""
    kinds = Counter(one.kind for one in candidates)
    return list(dict.fromkeys(one.content_hash for one in candidates if kinds[one.kind] > 1))


def stacks(candidates: Sequence[Candidate], pooled: Mapping[str, bytes], size: int) -> list[list[int]]:
    """At most `size` stacks of plot ids, in order: each the first of its kind, then those that are like it.

    `pooled` are packed features by content; where there are none, only equal pictures are alike.
    """
    kinds: dict[Hashable, list[Candidate]] = defaultdict(list)
    for one in candidates:
        kinds[one.kind].append(one)
    with threadpool_limits(limits=1, user_api="blas"):  # on a busy machine its threads spin on each other
        like = {kind: _alike(of_kind, pooled) for kind, of_kind in kinds.items()}
    place: Counter[Hashable] = Counter()
    found: list[list[int]] = []
    firsts: dict[Hashable, list[tuple[int, list[int]]]] = defaultdict(list)  # of a kind: its places and stacks
    for one in candidates:
        row = like[one.kind][place[one.kind]]
        stack = next((stack for first, stack in firsts[one.kind] if row[first]), None)
        if stack is not None:
            stack.append(one.plot_id)
        elif len(found) < size:
            found.append([one.plot_id])
            firsts[one.kind].append((place[one.kind], found[-1]))
        place[one.kind] += 1
    return found


def _alike(candidates: Sequence[Candidate], pooled: Mapping[str, bytes]) -> list[list[bool]]:
    """Of N plots which are alike, (N, N)."""
    contents = [one.content_hash for one in candidates]
    alike = np.array(contents)[:, None] == np.array(contents)
    known = [number for number, content in enumerate(contents) if content in pooled]
    if len(known) > 1:
        vectors = np.frombuffer(b"".join(pooled[contents[number]] for number in known), _POOLED)
        vectors = vectors.reshape(len(known), -1).astype(np.float32)
        length = (vectors**2).sum(axis=1)
        squared = length[:, None] + length - 2 * vectors @ vectors.T
        alike[np.ix_(known, known)] |= squared < ALIKE**2 * length
    found: list[list[bool]] = alike.tolist()
    return found

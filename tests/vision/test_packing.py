"""Descriptions as bytes: what comes back is what went in, at half precision."""

from __future__ import annotations

import numpy as np
import pytest

from hydra_desktop.vision.backbone import CHANNELS, IDENTITY
from hydra_desktop.vision.deviation import DESCRIBED_BY, SCALES, Description, pack, unpack

RANDOM = np.random.default_rng(5)


def some(count: int) -> Description:
    parts = (RANDOM.normal(0, 3, (count, scale.places, scale.channels)).astype(np.float32) for scale in SCALES)
    return Description(RANDOM.normal(0, 1, (count, CHANNELS)).astype(np.float32), tuple(parts))


def test_every_place_comes_back_in_any_order() -> None:
    description = some(4)
    order = [2, 0, 3, 0]
    found = unpack([pack(description, row) for row in order])
    np.testing.assert_allclose(found.pooled, description.pooled[order], rtol=2**-11, atol=2**-24)
    for scale, part, expected in zip(SCALES, found.parts, description.parts, strict=True):
        assert part.shape == (4, scale.places, scale.channels)
        assert part.dtype == np.float32
        np.testing.assert_allclose(part, expected[order], rtol=2**-11, atol=2**-24)


def test_what_was_packed_packs_to_the_same_bytes() -> None:
    """So a model trained on stored features is that trained on the features as they were computed."""
    packed = [pack(some(2), row) for row in range(2)]
    again = unpack(packed)
    assert [pack(again, row) for row in range(2)] == packed


def test_nothing_is_a_description_of_nothing() -> None:
    assert len(unpack([])) == 0
    assert [part.shape[1:] for part in unpack([]).parts] == [(scale.places, scale.channels) for scale in SCALES]


def test_what_was_described_in_another_way_is_refused() -> None:
    pooled, parts = pack(some(1), 0)
    with pytest.raises(ValueError, match="reshape"):
        unpack([(pooled, parts[:-2])])


def test_the_identity_names_the_network_and_the_places() -> None:
    assert DESCRIBED_BY.startswith(f"{IDENTITY}:")
    assert f"{SCALES[0].places * SCALES[0].channels}-" in DESCRIBED_BY

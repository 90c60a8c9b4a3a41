"""What is forgotten by itself: pictures that aren't kept for training with their features, and the feed's past.

Features that were computed with another network or in another way are of no use to anybody.

Verdicts, episodes and alarms stay for ever; they are small.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..database import features, feed, retention
from ..database.connection import Database
from ..database.image_store import ImageStore
from ..vision.deviation import DESCRIBED_BY

PICTURES_FOR = timedelta(days=7)
LOOK_BACK = timedelta(days=7)  # a monitor that was off for longer leaves some pictures behind
FEED_FOR = timedelta(days=2)


def forget(database: Database, images: ImageStore, now: datetime | None = None) -> int:
    """Remove the old part of the feed and old pictures that nobody needs; how many pictures went.

    Raises DatabaseError when the database is away, StorageError when pictures can't be removed.
    """
    now = now or datetime.now(UTC)
    with database.write() as connection:
        feed.prune(connection, now - FEED_FOR)
    more = True
    while more:
        with database.write() as connection:
            more = features.forget_others(connection, DESCRIBED_BY)
    before = now - PICTURES_FOR
    with database.read() as connection:
        hashes = retention.disposable(connection, before - LOOK_BACK, before)
    gone = [content_hash for content_hash in hashes if images.has(content_hash)]
    for start in range(0, len(gone), features.SLICE):  # in short transactions: the monitor writes meanwhile
        some = gone[start : start + features.SLICE]
        with database.write() as connection:
            features.forget(connection, DESCRIBED_BY, some)
        for content_hash in some:
            images.remove(content_hash)
    return len(gone)

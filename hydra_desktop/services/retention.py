"""What is forgotten by itself: pictures that aren't kept for training, and the feed's past.

Verdicts, episodes and alarms stay for ever; they are small.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..database import feed, retention
from ..database.connection import Database
from ..database.image_store import ImageStore

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
    before = now - PICTURES_FOR
    with database.read() as connection:
        hashes = retention.disposable(connection, before - LOOK_BACK, before)
    gone = 0
    for content_hash in hashes:
        if images.has(content_hash):
            images.remove(content_hash)
            gone += 1
    return gone

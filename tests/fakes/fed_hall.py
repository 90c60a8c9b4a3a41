"""A hall whose plots arrive in the database without a network: what is measured then is the wall alone.

python -m tests.fakes.fed_hall DATABASE IMAGES PANELS SECONDS CHUNKS feeds one chunk every so many seconds;
with no chunk it only says every so many seconds that the monitor is alive, until a line comes in.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from hydra_desktop.database import episodes, feed, halls, heartbeats, plots, verdicts, wall
from hydra_desktop.database.connection import Database, open_database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.verdict import Status, Verdict
from hydra_desktop.sources.simulated import SimulatedHall

HALL = "Fed"
SETS = 12  # of pictures, one after the other: a wall that keeps fewer must decode them again
_GOOD = Verdict("Good", 0.97, Status.CONFIRMED, 0.03, {"Good": 0.97, "Bad": 0.03})
_BAD = Verdict("Bad", 0.94, Status.CONFIRMED, 0.94, {"Good": 0.06, "Bad": 0.94})
_EVIDENCE = np.random.default_rng(1).random((14, 20)).astype(np.float32) / 10


class FedHall:
    """Chunks of `panels` plots of 800 x 533 pixels, one in twenty of them Bad."""

    def __init__(self, database: Database, images: Path, panels: int) -> None:
        self._database, self._images, self.panels = database, ImageStore(images), panels
        self._drawn = [plot.picture for plot in SimulatedHall(3).chunk()]
        self._hashes: dict[tuple[int, int], str] = {}
        self.chunks = 0
        with database.write() as c:
            self.id = halls.find_or_create(c, HALL)
            self.names = [f"Detector_{number:03d}" for number in range(panels)]
            for name in self.names:
                halls.ensure_labels(c, self.id, name, ["Good", "Bad"], user="test", comment="")

    def feed(self, age: timedelta = timedelta()) -> None:
        """Store the next chunk, taken an `age` ago, in one transaction."""
        chunk, now = self.chunks, datetime.now(UTC) - age
        self.chunks += 1
        judged = [(name, _BAD if (number + chunk) % 20 == 0 else _GOOD) for number, name in enumerate(self.names)]
        new = [
            NewPlot(PlotName(name, 121453, chunk), self._picture(number, chunk % SETS), now, f"{name} {chunk}")
            for number, name in enumerate(self.names)
        ]
        with self._database.write() as c:
            stored = [plot for plot in plots.add_all(c, self.id, new, live=True) if plot is not None]
            ids = verdicts.add(
                c,
                self.id,
                [
                    verdicts.JudgedPlot(plot.id, plot.name.plot_type, None, verdict, {verdict.label: _EVIDENCE}, {})
                    for plot, (_, verdict) in zip(stored, judged, strict=True)
                ],
            )
            begun = episodes.start(
                c, self.id, [Episode.begun(0, plot, one) for plot, (_, one) in zip(stored, judged, strict=True)]
            )
            wall.update_panels(
                c, self.id, [wall.Shown(*shown) for shown in zip(stored, ids, (one.id for one in begun), strict=True)]
            )
            heartbeats.beat(c, self.id, "monitor", "here", os.getpid())
            feed.publish(c, self.id, "plots", None)

    def live(self) -> None:
        """Say that the monitor is alive."""
        with self._database.write() as c:
            heartbeats.beat(c, self.id, "monitor", "here", os.getpid())

    def _picture(self, number: int, set_: int) -> str:
        if (number, set_) not in self._hashes:
            picture = self._drawn[number % len(self._drawn)].copy()
            picture[:6, :200] = (np.arange(200) * (set_ + 1) + 7 * number).astype(np.uint8)[None, :, None]
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "PNG", compress_level=1)
            self._hashes[number, set_] = self._images.add(file.getvalue())
        return self._hashes[number, set_]


def main() -> None:
    """Feed until the chunks are over or a line comes in."""
    url, images, panels, seconds, chunks = sys.argv[1:6]
    database = open_database(url, upgrade=True)
    hall = FedHall(database, Path(images), int(panels))
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
    if chunks == "0":
        hall.live()
        print("alive", flush=True)
        while not over.wait(float(seconds)):
            hall.live()
    for number in range(int(chunks)):
        hall.feed()
        if number == 0:
            print("fed", flush=True)
        if over.wait(float(seconds)):
            break
    database.close()


if __name__ == "__main__":
    main()

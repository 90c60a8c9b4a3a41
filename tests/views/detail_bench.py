"""A wall with its detail view on a real database: a stream with a history, an alarm, references, training plots."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from hydra_desktop import settings as settings_module
from hydra_desktop.database import (
    alarms,
    episodes,
    given_labels,
    halls,
    heartbeats,
    model_store,
    plots,
    references,
    verdicts,
    wall,
)
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm import Alarm
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.hall import Hall, PlotType
from hydra_desktop.domain.label import Severity, default_label
from hydra_desktop.domain.plot import NewPlot, Plot, PlotName
from hydra_desktop.domain.reference import ReferenceState
from hydra_desktop.domain.verdict import Familiarity, judge
from hydra_desktop.services.detail import DetailService
from hydra_desktop.settings import Settings

LABELS = tuple(map(default_label, ("Good", "Bad", "HotChannel", "NoData")))
TYPES = {name: PlotType(name, group="CDC", labels=LABELS, stale_after_s=1e6) for name in ("CDC", "FDC", "TOF")}
TYPES["CDC"] = PlotType(
    "CDC", group="CDC", labels=LABELS, stale_after_s=1e6, contact="Ann, 4417", guidance="1. Look.\n2. <Call> Ann."
)
THRESHOLDS = {"Good": 0.6, "Bad": 0.72, "HotChannel": 0.5, "NoData": 0.5}
GOOD = {"Good": 0.97, "Bad": 0.02, "HotChannel": 0.005, "NoData": 0.005}
BAD = {"Good": 0.03, "Bad": 0.94, "HotChannel": 0.02, "NoData": 0.01}


@dataclass
class Site:
    """A hall in a database, and short ways to let plots arrive."""

    database: Database
    settings: Settings
    hall_id: int
    models: dict[str, int] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def images(self) -> ImageStore:
        """Its pictures."""
        return ImageStore(self.settings.image_folder)

    def service(self, user: str = "shift") -> DetailService:
        """What a detail view reads with."""
        return DetailService(self.database, self.hall_id, "D", self.images, user, "here")

    def picture(self, seed: int) -> str:
        """The hash of a picture that nothing else has."""
        return self.images.add(_png(seed))

    def arrive(
        self,
        plot_type: str,
        run: int,
        chunk: int,
        chances: dict[str, float],
        age_min: float,
        nearest: tuple[tuple[str, float], ...] = (),
        novelty: float = 0.4,
        unfamiliar: bool = False,
    ) -> tuple[Plot, int]:
        """Let a plot arrive and be judged, as the monitor does; the plot and its verdict's id."""
        at = self.now - timedelta(minutes=age_min)
        new = NewPlot(
            PlotName(plot_type, run, chunk, "A"), self.picture(1000 * run + chunk), at, f"{plot_type} {run} {chunk}"
        )
        verdict = judge(chances, THRESHOLDS, TYPES[plot_type], unfamiliar=unfamiliar)
        maps = {label: np.full((14, 20), 0.1 + p / 2, np.float32) for label, p in chances.items()}
        with self.database.write() as c:
            plot = plots.add(c, self.hall_id, new, live=True)
            assert plot is not None
            familiarity = Familiarity(novelty, nearest, np.zeros(48, np.float32))
            one = verdicts.JudgedPlot(
                plot.id, plot_type, self.models[plot_type], verdict, maps, {}, familiarity, decided_at=datetime.now(UTC)
            )
            (verdict_id,) = verdicts.add(c, self.hall_id, [one])
            (episode,) = episodes.start(c, self.hall_id, [Episode.begun(0, plot, verdict)])
            wall.update_panels(c, self.hall_id, [wall.Shown(plot, verdict_id, episode.id)])
        return plot, verdict_id

    def alarm(self, plot: Plot, verdict_id: int, label: str = "Bad", severity: Severity = Severity.HIGH) -> Alarm:
        """Raise an alarm for a plot."""
        with self.database.write() as c:
            return alarms.raise_alarm(
                c, self.hall_id, plot_type=plot.name.plot_type, pad="", label=label, severity=severity,
                plot_id=plot.id, verdict_id=verdict_id, confidence=0.94, at=datetime.now(UTC), station="here",
                why="Confirmed in 2 of 3 chunks",
            )  # fmt: skip

    def train_on(self, label: str, seed: int) -> str:
        """A labelled plot that isn't live; the hash of its picture."""
        content = self.picture(seed)
        with self.database.write() as c:
            new = NewPlot(PlotName("CDC", 50 + seed, 1, "0"), content, self.now - timedelta(days=90), f"train {seed}")
            plot = plots.add(c, self.hall_id, new, live=False)
            assert plot is not None
            given_labels.give(c, plot.id, label, user="eva", at=self.now)
        return content

    def refer_to(self, chosen: list[Plot], state: ReferenceState, period: str = "A") -> None:
        """Name plots that are normal."""
        with self.database.write() as c:
            references.add(c, self.hall_id, "CDC", period, chosen, state=state, user="eva")


@cache
def _png(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    file = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (60, 80, 3), np.uint8)).resize((320, 240)).save(file, "PNG")
    return file.getvalue()


def make_site(database: Database, home: Path) -> Site:
    """A hall with three plot types that have models."""
    chosen = Settings(
        database.engine.url.render_as_string(hide_password=False), "D", home, station="here", user="shift"
    )
    assert settings_module.Settings is Settings
    with database.write() as c:
        hall_id = halls.find_or_create(c, "D")
        halls.apply(c, hall_id, Hall("D", plot_types=TYPES), user="test")
        site = Site(database, chosen, hall_id)
        for name in TYPES:
            site.models[name] = model_store.add(
                c, hall_id, name, file=b"no model", card={}, thresholds=THRESHOLDS, user="eva"
            )
            model_store.activate(c, site.models[name], user="eva")
        heartbeats.beat(c, hall_id, "monitor", "here", pid=1, queue_length=0)
    return site


Wait = Callable[[Callable[[], object]], None]

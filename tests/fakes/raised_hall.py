"""A hall in a database whose alarms a test raises, moves and ends, as monitor and watch do."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from hydra_desktop.database import alarms, clock, episodes, halls, heartbeats, plots, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.database.image_store import ImageStore
from hydra_desktop.domain.alarm import OF_PLOTS, Alarm, AlarmKind, AlarmStep, Life
from hydra_desktop.domain.alarm_settings import AlarmSettings, SuppressionRule
from hydra_desktop.domain.episode import Episode
from hydra_desktop.domain.hall import Hall, PlotType
from hydra_desktop.domain.label import Severity, default_label
from hydra_desktop.domain.plot import NewPlot, Plot, PlotName
from hydra_desktop.domain.verdict import judge

HALL = "Raised"
LABELS = tuple(map(default_label, ("Good", "Bad", "HotChannel", "NoData")))
TYPES = ("CDC_occupancy", "FCAL_time", "ST_dEdx", "TOF_planes")
RULE = SuppressionRule("beam trip", beam_below_na=5.0, plot_types=("TOF_planes",))


@dataclass
class RaisedHall:
    """Plots of four types, Good until an alarm is raised."""

    database: Database
    images: ImageStore
    id: int = 0
    chunk: int = 0

    @classmethod
    def made(cls, database: Database, image_folder: Path) -> RaisedHall:
        """The hall with one Good plot of each type."""
        types = {
            name: PlotType(
                name, group="CDC", labels=LABELS, stale_after_s=1e6, contact="Ann, 4417", guidance="1. Look.\n2. Call."
            )
            for name in TYPES
        }
        site = cls(database, ImageStore(image_folder))
        with database.write() as c:
            site.id = halls.find_or_create(c, HALL)
            halls.apply(c, site.id, Hall(HALL, plot_types=types, alarms=AlarmSettings(rules=(RULE,))), user="test")
            heartbeats.beat(c, site.id, "monitor", "here", os.getpid())
        for name in TYPES:
            site.arrive(name, "Good")
        return site

    def arrive(self, plot_type: str, label: str) -> tuple[Plot, int]:
        """A plot with a verdict; the plot and its verdict's id."""
        self.chunk += 1
        chances = {one.name: 0.94 if one.name == label else 0.02 for one in LABELS}
        picture = np.random.default_rng(self.chunk).integers(0, 255, (60, 80, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(picture).resize((320, 240)).save(file, "PNG")
        with self.database.write() as c:
            new = NewPlot(
                PlotName(plot_type, 121453, self.chunk), self.images.add(file.getvalue()), clock.now(c),
                f"{plot_type} {self.chunk}",
            )  # fmt: skip
            plot = plots.add(c, self.id, new, live=True)
            assert plot is not None
            verdict = judge(chances, {}, PlotType(plot_type, labels=LABELS))
            maps = {label: np.full((14, 20), 0.3, np.float32)}
            (verdict_id,) = verdicts.add(
                c, self.id, [verdicts.JudgedPlot(plot.id, plot_type, None, verdict, maps, {}, decided_at=clock.now(c))]
            )
            (episode,) = episodes.start(c, self.id, [Episode.begun(0, plot, verdict)])
            wall.update_panels(c, self.id, [wall.Shown(plot, verdict_id, episode.id)])
        return plot, verdict_id

    def alarm(
        self,
        plot_type: str = TYPES[0],
        label: str = "Bad",
        severity: Severity = Severity.HIGH,
        *,
        kind: AlarmKind = AlarmKind.FAULT,
        facts: str = "",
        latches: bool = False,
        ago: timedelta = timedelta(),
    ) -> Alarm:
        """Raise an alarm; one of plots has a plot behind it."""
        plot_id = verdict_id = confidence = None
        if kind in OF_PLOTS:
            plot, verdict_id = self.arrive(plot_type, label)
            plot_id, confidence = plot.id, 0.94
        with self.database.write() as c:
            return alarms.raise_alarm(
                c, self.id, label=label, severity=severity, at=clock.now(c) - ago, station="here",
                why="Confirmed in 2 of 3 chunks" if plot_id else "", kind=kind, plot_type=plot_type, facts=facts,
                latches=latches, plot_id=plot_id, verdict_id=verdict_id, confidence=confidence,
            )  # fmt: skip

    def move(self, alarm_id: int, change: Callable[[Life], Life], why: str = "Good in 3 of 3 chunks") -> Alarm:
        """Move an alarm, as the monitor does."""
        with self.database.write() as c:
            alarm = alarms.get(c, alarm_id)
            moved = alarms.move(
                c, alarm, change(alarm.life), at=clock.now(c), who="monitor", station="here", why=why
            )  # fmt: skip
            assert moved is not None
        return moved

    def end(self, alarm_id: int) -> Alarm:
        """Its condition is over."""
        return self.move(alarm_id, lambda life: life.with_condition(False))

    def now(self, alarm_id: int) -> Alarm:
        """How an alarm stands."""
        with self.database.read() as c:
            return alarms.get(c, alarm_id)

    def log(self, alarm_id: int) -> list[AlarmStep]:
        """All that happened to an alarm."""
        with self.database.read() as c:
            return alarms.log(c, alarm_id)

    def clock(self) -> datetime:
        """The time by the database."""
        with self.database.read() as c:
            return clock.now(c)

"""A hall with a past of alarms: a log, beam trips, stations and people, as days of shifts would leave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa

from hydra_desktop.database import clock, halls
from hydra_desktop.database import tables as t
from hydra_desktop.database.connection import Database
from hydra_desktop.database.naming import plot_type_id
from hydra_desktop.domain.alarm import AlarmKind, AlarmState, Disposition
from hydra_desktop.domain.alarm_performance import begin_of_window
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Severity

TYPES = (
    "CDC_occupancy", "csc_segment_time", "pixel_zphi_layer1", "FDC_wire_timing", "BCAL_occupancy", "RF_TOF_selftiming",
    "clas12_yield", "TOF_self_timing", "TAGH_hits", "FCAL_occupancy", "PS_energy", "ST_timing", "DIRC_hits",
)  # fmt: skip
NORMAL, HEARD, TAKEN = AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED
RETURNED = AlarmState.RETURNED_UNACKNOWLEDGED
MINUTE = timedelta(minutes=1)


@dataclass
class AlarmPast:
    """Puts alarms of any time into a hall; `now` is the database's time at its making."""

    database: Database
    hall_id: int = 0
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        types = {
            name: PlotType(name, alarm_rule=AlarmRule(1, 1) if place % 5 == 1 else AlarmRule(3, 5))
            for place, name in enumerate(TYPES)
        }
        types["CDC_occupancy"] = PlotType(
            "CDC_occupancy", alarm_rule=AlarmRule(3, 5), contact="expert 1", guidance="Look at the high voltage."
        )
        with self.database.write() as c:
            self.hall_id = halls.find_or_create(c, "D")
            halls.apply(c, self.hall_id, Hall("D", plot_types=types), user="test")
            self.now = clock.now(c)

    def alarm(
        self,
        at: datetime,
        plot_type: str = "CDC_occupancy",
        *,
        taken_after_s: float | None = 40.0,
        over_after_s: float | None = 600.0,
        severity: Severity = Severity.HIGH,
        label: str = "Bad",
        kind: AlarmKind = AlarmKind.FAULT,
        disposition: Disposition | None = None,
        comment: str = "",
        station: str = "Control room, left",
        **columns: object,
    ) -> int:
        """An alarm heard at a time, taken and over after others (s), None for not; gives its id."""
        steps = sorted(
            (at + timedelta(seconds=after), what)
            for after, what in ((taken_after_s, "taken"), (over_after_s, "over"))
            if after is not None
        )
        state, lines = HEARD, [(at, NORMAL, HEARD, "monitor", "Confirmed in 3 of 5 chunks")]
        for when, what in steps:
            after = (TAKEN if state is HEARD else NORMAL) if what == "taken" else RETURNED if state is HEARD else NORMAL
            who, why = ("shift", "acknowledged") if what == "taken" else ("monitor", "Good again")
            lines.append((when, state, after, who, why))
            state = after
        values = {
            "state": str(state), "active": over_after_s is None, "annunciated": state is not NORMAL,
            "acknowledged_by": "shift" if taken_after_s is not None else None,
            "acknowledged_at": at + timedelta(seconds=taken_after_s) if taken_after_s is not None else None,
            "changed_at": lines[-1][0], "comment": comment, "disposition": str(disposition or ""),
        }  # fmt: skip
        with self.database.write() as c:
            alarm_id: int = c.execute(
                t.alarms.insert()
                .values(
                    hall_id=self.hall_id, point=f"{kind} {plot_type} {at.timestamp()}", kind=str(kind), pad="",
                    plot_type_id=plot_type_id(c, self.hall_id, plot_type) if plot_type else None, label=label,
                    severity=int(severity), raised_at=at, **(values | columns),
                )
                .returning(t.alarms.c.id)
            ).scalar_one()  # fmt: skip
            for when, former, after, who, why in lines:
                c.execute(
                    t.alarm_log.insert().values(
                        alarm_id=alarm_id, at=when, from_state=str(former), to_state=str(after), who=who, why=why,
                        station=station if who == "shift" else "server", label=label, severity=int(severity),
                        annunciates=after is HEARD, comment=comment if who == "shift" else "",
                    )
                )  # fmt: skip
        return alarm_id

    def beam_off(self, since: datetime, until: datetime | None, arrivals: int = 0) -> None:
        """A beam trip, during which faults made no alarm."""
        with self.database.write() as c:
            c.execute(
                t.suppressions.insert().values(
                    hall_id=self.hall_id, rule="no beam", why="the beam is off", since=since, until=until,
                    arrivals=arrivals,
                )
            )  # fmt: skip

    def station(self, name: str, since: datetime, until: datetime, *, audible: bool = True, user: str = "") -> None:
        """A station that was there, and who was signed in."""
        role = "audible" if audible else "viewer"
        with self.database.write() as c:
            known = sa.select(t.stations.c.id).where(t.stations.c.hall_id == self.hall_id, t.stations.c.name == name)
            if c.scalar(known) is None:
                c.execute(t.stations.insert().values(hall_id=self.hall_id, name=name, role=role, heard_at=until))
            c.execute(
                t.station_presence.insert().values(
                    hall_id=self.hall_id, station=name, role=role, can_sound=audible, since=since, until=until
                )
            )
            if user:
                c.execute(
                    t.sign_ins.insert().values(
                        hall_id=self.hall_id, station=name, user=user, at=since, until=until
                    )
                )  # fmt: skip

    def out_of_service(self, plot_type: str, since: datetime, why: str) -> None:
        """A plot type of which nothing alarms."""
        with self.database.write() as c:
            c.execute(
                t.out_of_service.insert().values(
                    hall_id=self.hall_id, plot_type_id=plot_type_id(c, self.hall_id, plot_type), since=since,
                    user="administrator", station="server", why=why,
                )
            )  # fmt: skip

    def a_week(self, seed: int = 1) -> None:
        """Seven days: calm but for three floods, with beam trips and all that is held."""
        chance = np.random.default_rng(seed)
        begin = self.now - timedelta(days=7)
        trips, floods = [(1.3, 0.35), (4.1, 0.2), (5.8, 0.12)], [(2.15, 23), (4.31, 16), (6.4, 13)]
        for day, length in trips:
            self.beam_off(begin + timedelta(days=day), begin + timedelta(days=day + length), 64)
        severities = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
        shares = 1 / np.arange(1, len(TYPES) + 1)
        for minute in np.sort(chance.uniform(0, 7 * 1440 - 30, 300)):
            at = begin + float(minute) * MINUTE
            if any(day <= minute / 1440 < day + length for day, length in trips):
                continue
            if any(abs(minute / 1440 - day) < 0.02 for day, _ in floods):
                continue
            place = int(chance.choice(len(TYPES), p=shares / shares.sum()))
            severity = severities[int(chance.choice(3, p=[0.1, 0.3, 0.6]))]
            answer = chance.choice([Disposition.REAL, Disposition.WRONG_MODEL, None], p=[0.05, 0.02, 0.93])
            self.alarm(
                at, TYPES[place], taken_after_s=float(chance.exponential(50)), severity=severity,
                over_after_s=float(chance.exponential(900)) + 120, disposition=answer,
                label={Severity.HIGH: "Bad", Severity.MEDIUM: "HotChannel"}.get(severity, "LowStat"),
                station="Control room, left" if chance.random() < 0.6 else "Control room, right",
            )  # fmt: skip
        for day, many in floods:
            for number in range(many):
                at = begin_of_window(begin + timedelta(days=day)) + number * timedelta(seconds=9)
                self.alarm(at, TYPES[number % 3], over_after_s=1200.0)
        for name, audible, hours in (
            ("Control room, left", True, 168), ("Control room, right", True, 167), ("Experts' room", False, 160),
            ("Remote desk", False, 100),
        ):  # fmt: skip
            self.station(name, self.now - timedelta(hours=hours), self.now, audible=audible)
        held = {"shelved_until": self.now + 42 * MINUTE, "held_by": "expert 1", "held_why": "The supply is swapped."}
        self.alarm(
            self.now - 60 * MINUTE, "pixel_zphi_layer1", over_after_s=None, state="shelved",
            **held, comment="The supply is swapped.",
        )  # fmt: skip
        self.alarm(self.now - timedelta(hours=41), "BCAL_occupancy", over_after_s=None, comment="Noisy module.")
        self.alarm(self.now - 9 * MINUTE, "csc_segment_time", taken_after_s=None, over_after_s=None)
        self.out_of_service("PS_energy", self.now - timedelta(days=3), "The detector is out of the beam line.")

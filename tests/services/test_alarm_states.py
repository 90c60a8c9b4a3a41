"""Any sequence of verdicts, people, rules, time, crashes and restarts, through the services and a real database."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hydra_desktop.database import alarms, clock, halls, plots, verdicts, wall
from hydra_desktop.database.connection import Database
from hydra_desktop.domain.alarm import TO_TAKE, Alarm, AlarmState, labels_told
from hydra_desktop.domain.alarm_settings import AlarmSettings
from hydra_desktop.domain.errors import AlarmActError
from hydra_desktop.domain.hall import AlarmRule, Hall, PlotType
from hydra_desktop.domain.label import Label, Role, Severity
from hydra_desktop.domain.plot import NewPlot, PlotName
from hydra_desktop.domain.run import RunState
from hydra_desktop.domain.verdict import judge
from hydra_desktop.domain.who import Who
from hydra_desktop.services import alarms as alarm_service
from hydra_desktop.services.alarm_watch import AlarmWatch
from hydra_desktop.services.streams import Streams
from tests.fakes.upgraded import upgraded

LABELS = (
    Label("Good", Role.GOOD, Severity.NONE, "#A7BCCB", "g"),
    Label("Warm", Role.FAULTY, Severity.LOW, "#DDBE86", "w"),
    Label("Hot", Role.FAULTY, Severity.HIGH, "#B8615A", "h"),
    Label("Dead", Role.FAULTY, Severity.HIGH, "#7A3B3B", "d"),
)
TYPES = {
    name: PlotType(
        name, labels=LABELS, alarm_rule=AlarmRule(1, 1, latches=latches), collect_percent=0.0, stale_after_s=1e9
    )
    for name, latches in (("CDC", False), ("FDC", True))
}
PEOPLE = (Who("ann", "left"), Who("bob", "right"))
BY_A_PERSON = ("acknowledged", "shelved", "out of service")


class Room(RuleBasedStateMachine):
    """One hall, two plot types, two stations, and processes that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hydra-states-"))
        self.database: Database = upgraded(f"sqlite:///{self.folder / 'hall.db'}")
        with self.database.write() as c:
            self.hall_id = halls.find_or_create(c, "D")
            off = AlarmSettings(quiet_after_s=0, unanswered_after_s=0, flood_over=0, canary_every_s=0)
            halls.apply(c, self.hall_id, Hall("D", plot_types=TYPES, alarms=off), user="test")
        self.ahead = timedelta()
        self.chunk = 0
        self.restart()

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @rule()
    def restart(self) -> None:
        """Everything that is in memory is lost."""
        with self.database.read() as c:
            self.streams = Streams(self.hall_id, halls.load(c, self.hall_id), "monitor's")
            self.streams.load(c)
        self.watch = AlarmWatch(self.database, self.hall_id, "left", f"watch {self.chunk} {self.ahead}")
        with self.database.write() as c:
            c.exec_driver_sql("DELETE FROM source_leases")  # that of the dead one ran out

    @rule(name=st.sampled_from(list(TYPES)), labels=st.lists(st.sampled_from(["Warm", "Hot", "Dead"]), min_size=3))
    def judge_faults(self, name: str, labels: list[str]) -> None:
        """One after the other, with nothing between."""
        for label in labels[:5]:
            self.judge(name, label, crashes=False)

    @rule(
        name=st.sampled_from(list(TYPES)), label=st.sampled_from(["Good", "Warm", "Hot", "Dead"]), crashes=st.booleans()
    )
    def judge(self, name: str, label: str, crashes: bool) -> None:
        self.chunk += 1
        verdict = judge({one.name: 0.9 if one.name == label else 0.05 for one in LABELS}, {}, TYPES[name])
        with suppress(ZeroDivisionError), self.database.write() as c:
            self.streams.refresh_alarms(c)
            now = clock.now(c) + self.ahead
            new = NewPlot(PlotName(name, 1, self.chunk), f"{self.chunk:064x}", now, f"{name}/{self.chunk}")
            plot = plots.add(c, self.hall_id, new, live=True)
            assert plot is not None
            (verdict_id,) = verdicts.add(c, self.hall_id, [verdicts.JudgedPlot(plot.id, name, None, verdict)])
            self.streams.follow(c, [wall.PastVerdict(plot, verdict_id, verdict, None)], now)
            if crashes:
                raise ZeroDivisionError
        if crashes:
            self.restart()
            return

        for alarm in self.open():
            if alarm.plot_type == name and alarm.state in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED):
                with self.database.read() as c:
                    assert label in {"Good", *labels_told(alarms.log(c, alarm.id))} or label == "Warm"

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes: int) -> None:
        self.ahead += timedelta(minutes=minutes)
        assert self.watch.look(ahead=self.ahead)

    @rule(beam_on=st.booleans())
    def switch_beam(self, beam_on: bool) -> None:
        with self.database.write() as c:
            halls.set_run_state(c, self.hall_id, RunState(1, beam_on=beam_on))
        self.wait(0)

    @precondition(lambda self: self.open())
    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 9), stale=st.booleans())
    def acknowledge(self, who: Who, which: int, stale: bool) -> None:
        alarm = self.open()[which % len(self.open())]
        seen = alarm.raised_at - timedelta(seconds=1) if stale else alarm.raised_at
        after = alarm_service.acknowledge(self.database, self.hall_id, alarm.id, who=who, seen=seen)
        assert (after.state == alarm.state) or not stale

    @precondition(lambda self: self.open())
    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 9), minutes=st.integers(1, 30))
    def shelve(self, who: Who, which: int, minutes: int) -> None:
        alarm = self.open()[which % len(self.open())]
        with suppress(AlarmActError):
            alarm_service.shelve(
                self.database, self.hall_id, alarm.id, for_s=60.0 * minutes, why="swapped", who=who
            )  # fmt: skip

    @precondition(lambda self: self.open())
    @rule(act=st.sampled_from(["unshelve", "reset", "comment"]), which=st.integers(0, 9))
    def other_acts(self, act: str, which: int) -> None:
        alarm = self.open()[which % len(self.open())]
        if act == "comment":
            alarm_service.comment(self.database, self.hall_id, alarm.id, "look", who=PEOPLE[0])
        else:
            getattr(alarm_service, act)(self.database, self.hall_id, alarm.id, who=PEOPLE[0])

    @rule(name=st.sampled_from(list(TYPES)), out=st.booleans())
    def service(self, name: str, out: bool) -> None:
        with suppress(AlarmActError):
            if out:
                alarm_service.take_out_of_service(self.database, self.hall_id, name, why="gas", who=PEOPLE[1])
            else:
                alarm_service.put_back(self.database, self.hall_id, name, who=PEOPLE[1])

    @rule(latches=st.booleans())
    def configure(self, latches: bool) -> None:
        """An edit of the settings clears nothing."""
        before = [one.id for one in self.open()]
        with self.database.write() as c:
            hall = halls.load(c, self.hall_id)
            rule = AlarmRule(1, 1, latches=latches)
            cdc = PlotType("CDC", labels=LABELS, alarm_rule=rule, collect_percent=0.0, stale_after_s=1e9)
            halls.apply(c, self.hall_id, Hall("D", plot_types={"CDC": cdc}, alarms=hall.alarms), user="test")
            self.streams.hall = halls.load(c, self.hall_id)
        assert [one.id for one in self.open()] == before

    def open(self) -> list[Alarm]:
        with self.database.read() as c:
            return alarms.open_alarms(c, self.hall_id)

    @invariant()
    def state_and_log_agree(self) -> None:
        with self.database.read() as c:
            ids = sorted({row.alarm_id for row in alarms.rows(c, self.hall_id)})
            for alarm in (alarms.get(c, one) for one in ids):
                assert alarm.state is alarm.life.state
                steps = alarms.log(c, alarm.id)
                assert [one.former for one in steps] == [AlarmState.NORMAL, *(one.state for one in steps[:-1])]
                assert steps[-1].state is alarm.state
                owed, severity = False, Severity.NONE
                for place, step in enumerate(steps):
                    goes_on = step.annunciates and step.former in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)
                    assert not goes_on or step.severity > severity or step.label not in labels_told(steps[:place])
                    severity = step.severity
                    owed = step.annunciates or (owed and not step.why.startswith(BY_A_PERSON))
                if owed:
                    assert alarm.state in (*TO_TAKE, AlarmState.SUPPRESSED)
                if alarm.state is AlarmState.UNACKNOWLEDGED:
                    assert owed
                if steps[-1].annunciates:
                    assert alarm.raised_at == steps[-1].at

    @invariant()
    def a_stream_has_one_alarm_and_no_shelf_is_late(self) -> None:
        points = [(one.plot_type, one.pad) for one in self.open()]
        assert len(points) == len(set(points))
        assert self.watch.look(ahead=self.ahead)
        with self.database.read() as c:
            now = clock.now(c) + self.ahead
        for alarm in self.open():
            if alarm.state is AlarmState.SHELVED:
                assert alarm.held_until is not None
                assert alarm.held_until > now - timedelta(seconds=30)


Room.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
test_room = Room.TestCase

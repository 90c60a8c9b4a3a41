"""What people do with training jobs, from any station: ask for some, look at them, stop one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..database import halls, training_jobs
from ..database.connection import Database
from ..domain.training import USUAL, Job, JobState, Options, Stop
from . import lookup


@dataclass(frozen=True)
class TrainingJobs:
    """The jobs of a hall in the eyes of one person at one station."""

    database: Database
    hall_id: int
    user: str
    station: str

    def ask(self, plot_types: Sequence[str], options: Options = USUAL) -> list[Job]:
        """Let plot types be trained, in this order; one that waits already keeps its place, see `answer`.

        Raises SettingsError for a plot type that isn't there any more.
        """
        with self.database.write(durable=True) as c:
            known = halls.load(c, self.hall_id).plot_types
            names = [lookup.plot_type(known, name) for name in plot_types]
            ids = training_jobs.ask(c, self.hall_id, names, options, user=self.user, station=self.station)
            return [training_jobs.get(c, job_id) for job_id in ids]

    def listing(self) -> list[Job]:
        """The one that runs, those that wait, and the last that ended."""
        with self.database.read() as c:
            return training_jobs.listing(c, self.hall_id)

    def stop(self, job_id: int, wish: Stop) -> None:
        """Cancel a job, or let it end with the best so far; on whatever station it runs."""
        with self.database.write(durable=True) as c:
            training_jobs.wish(c, self.hall_id, job_id, wish, user=self.user, station=self.station)

    def answer(self, asked: Sequence[Job], options: Options) -> str:
        """What came of asking for jobs with these options, in words: those of others that wait go on as they are."""
        kept = [job for job in asked if job.user != self.user]
        names = [job.plot_type for job in asked if job.user == self.user]
        lines = []
        if names:
            count = f"{len(names)} job{'' if len(names) == 1 else 's'}"
            lines.append(f"{count} asked for: {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}.")
        for job in kept[:3]:
            line = f"{job.plot_type} waits already, asked for by {job.user} at {job.station}"
            if job.options != options:
                line += f" with other options ({job.options.text}), which hold; cancel that job to use yours"
            lines.append(f"{line}.")
        if len(kept) > 3:
            lines.append(f"So do {len(kept) - 3} more.")
        return " ".join(lines)


def described(job: Job) -> str:
    """A job in one line."""
    state = str(job.state)
    if job.state is JobState.RUNNING:
        state = "its station doesn't answer" if job.silent else f"{job.stage or 'begins'}, {100 * job.fraction:.0f} %"
    elif job.model_id is not None:
        state = f"done, model {job.model_id}"
    where = f"{job.user} at {job.station}" + (
        f", runs on {job.runs_on}" if job.runs_on not in ("", job.station) else ""
    )
    why = f": {job.error}" if job.error else ""
    return f"{job.id:>5}  {job.asked_at:%Y-%m-%d %H:%M} UTC  {job.plot_type}  {where}  {state}{why}"

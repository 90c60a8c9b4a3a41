"""A station without a screen: follows a hall's wall and does what a line of its input says.

python -m tests.fakes.station DATABASE HALL NAME tells each snapshot as a JSON line: alarms by their id, the age of the
stations' last sign of life and of the monitor's by its own clock. ``ack ID`` takes an alarm; an empty line ends it.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from hydra_desktop.database import halls
from hydra_desktop.database.connection import open_database
from hydra_desktop.domain.wall import WallSnapshot
from hydra_desktop.domain.who import Who
from hydra_desktop.services.alarms import acknowledge
from hydra_desktop.services.wall import WallFollower
from hydra_desktop.settings import Settings


def main(url: str, hall: str, name: str) -> None:
    """Be the station until an empty line comes in."""
    stop = threading.Event()

    def tell(snapshot: WallSnapshot) -> None:
        now = datetime.now(UTC)
        said = {
            "alarms": {str(alarm.id): [str(alarm.state), alarm.acknowledged_by] for alarm in snapshot.alarms},
            "alarm_ages_s": [(now - one.raised_at).total_seconds() for one in snapshot.alarms],
            "ages_s": {one.name: (now - one.heard_at).total_seconds() for one in snapshot.stations if one.heard_at},
            "states": {one.name: str(one.state(now)) for one in snapshot.stations},
            "clock": now.isoformat(),
        }
        print(json.dumps(said), flush=True)

    follower = WallFollower(Settings(url, hall, Path(), name, name))
    thread = threading.Thread(target=follower.follow, args=(stop, tell, lambda why: print(why, file=sys.stderr)))
    thread.start()
    database = open_database(url)
    with database.read() as c:
        hall_id = halls.find(c, hall) or 0
    for line in sys.stdin:
        if not line.strip():
            break
        acknowledge(database, hall_id, int(line.split()[1]), who=Who(name, name))
    stop.set()
    thread.join()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

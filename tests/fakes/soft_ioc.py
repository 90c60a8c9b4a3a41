"""A soft IOC with the variables of a run: python -m tests.fakes.soft_ioc; lines "NAME VALUE" on stdin set them."""

from __future__ import annotations

import asyncio
import sys
import threading

from caproto import ChannelType
from caproto.asyncio.server import run
from caproto.server import PVGroup, pvproperty


class Run(PVGroup):
    """What a run control tells."""

    beam = pvproperty(value=0, name="BEAM")
    current = pvproperty(value=0.0, name="CURRENT")
    number = pvproperty(value=0, name="RUN")
    state = pvproperty(
        value="idle", name="STATE", dtype=ChannelType.ENUM, enum_strings=["idle", "configuring", "running"]
    )
    events = pvproperty(value=0.0, name="EVENTS")

    @beam.startup
    async def beam(self, _instance: object, _async_lib: object) -> None:
        """Set what the lines on stdin say."""
        loop = asyncio.get_running_loop()
        by_name = {name: getattr(self, name) for name in ("beam", "current", "number", "state", "events")}

        def read() -> None:
            for line in sys.stdin:
                name, _, value = line.strip().partition(" ")
                made = value if name == "state" else float(value) if name in ("current", "events") else int(value)
                asyncio.run_coroutine_threadsafe(by_name[name].write(made), loop)

        threading.Thread(target=read, daemon=True).start()
        print("ready", flush=True)


if __name__ == "__main__":
    run(Run(prefix="T:").pvdb, interfaces=["127.0.0.1"], log_pv_names=False)

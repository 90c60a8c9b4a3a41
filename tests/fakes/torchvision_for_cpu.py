"""Makes ``import torchvision`` work beside a CPU build of torch, for grad-cam, which imports it.

With the CPU build the operator ``torchvision::nms`` is missing and the import fails; its schema
is enough, as nobody here calls it.
"""

from __future__ import annotations

import sys

import torch

_kept: list[torch.library.Library] = []  # the operators live as long as this does


def install() -> None:
    """Import torchvision, with the missing operators defined where they are missing."""
    if "torchvision" in sys.modules:
        return
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name == "torchvision" or name.startswith("torchvision.")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _kept.append(library)
        import torchvision  # noqa: F401

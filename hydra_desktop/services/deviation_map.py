"""Where a plot deviates from what is normal, computed by a process of its own when somebody asks.

The network's runtime and the statistics are no business of the screen's process, which does
without them: ``python -m hydra_desktop.services.deviation_map`` writes the map to its output.
"""

from __future__ import annotations

import io
import os
import sys

import numpy as np
import numpy.typing as npt

from .. import settings as settings_module
from ..database import halls, model_store, plots
from ..database.connection import Database, open_up_to_date
from ..database.image_store import ImageStore
from ..domain.errors import PictureError, SiteError
from ..settings import Settings
from ..vision import model_file
from ..vision.backbone import Backbone
from ..vision.deviation import SCALES, Maps
from ..vision.opening import read_model
from ..vision.predictor import Predictor
from ..vision.tuned_model import TunedModel
from .features import without_storing
from .normals import Normals

Map = npt.NDArray[np.float32]


def compute(database: Database, images: ImageStore, hall_id: int, plot_id: int, model_id: int) -> tuple[Map, bool]:
    """The deviation of each block of a plot in standard deviations, float32 (28, 40), about 1 where all is normal.

    True with it when what is normal was inherited from another run period. Raises PictureError when
    the plot's picture is gone.
    """
    backbone = Backbone()
    with database.read() as c:
        plot = plots.get(c, plot_id)
        opened = read_model(model_store.file(c, model_id))
        model = model_file.load(opened.first) if isinstance(opened, TunedModel) else opened
        known = Normals(images, backbone).load(c, hall_id, {model.plot_type: model}, {model.plot_type: model_id})
        extracted = without_storing(c, images, [plot.content_hash], backbone)
    if not len(extracted.kept):
        raise PictureError("The plot's picture isn't in the image store any more, so its deviation can't be computed.")
    normal, inherited = Predictor({model.plot_type: model}, backbone, known).normal(model, plot.name.run_period)
    return combined(normal.maps(extracted.description.parts)), inherited


def combined(maps: Maps) -> Map:
    """The strongest of all kinds of places at each block of one plot, as standard deviations, float32 (28, 40).

    `maps` are mean squares, each (1, places). Columns and rows count where they cross.
    """
    by_name = {
        scale.name: np.sqrt(part[0]).reshape(scale.rows, scale.columns)
        for scale, part in zip(SCALES, maps, strict=True)
    }
    blocks = by_name["blocks"]
    height, width = blocks.shape
    cells = by_name["cells"]
    found = np.maximum(blocks, cells.repeat(height // len(cells), 0).repeat(width // cells.shape[1], 1))
    windows = by_name["windows"]  # each covers two by two blocks
    for down in (0, 1):
        for right in (0, 1):
            part = found[down : down + height - 1, right : right + width - 1]
            np.maximum(part, windows, out=part)
    columns = by_name["columns"].reshape(width, -1).max(axis=1)
    rows = by_name["rows"].reshape(height, -1).max(axis=1)
    return np.maximum(found, np.sqrt(rows[:, None] * columns)).astype(np.float32)


def main(settings: Settings, plot_id: int, model_id: int) -> int:
    """Write the map and whether it was inherited as an NPZ file to the standard output; an exit code."""
    try:
        database = open_up_to_date(settings.database_url)
        try:
            with database.read() as c:
                hall_id = halls.find(c, settings.hall) or 0
            found, inherited = compute(database, ImageStore(settings.image_folder), hall_id, plot_id, model_id)
        finally:
            database.close()
    except SiteError as error:
        print(error, file=sys.stderr)  # noqa: T201 for the process that asked
        return 1
    file = io.BytesIO()
    np.savez(file, map=found, inherited=np.array(inherited))
    sys.stdout.buffer.write(file.getvalue())
    return 0


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)
    sys.exit(main(settings_module.load(), int(sys.argv[1]), int(sys.argv[2])))

"""Pictures: decoding whatever arrives, and the one resizer of training and serving."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from ..domain.errors import PictureError

Picture = npt.NDArray[np.uint8]

HEIGHT, WIDTH = 224, 320  # what the network sees
MOST_PIXELS = 50_000_000
Image.MAX_IMAGE_PIXELS = None  # Pillow's limit gives way to ours, which tells the size
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")


def decode(data: bytes | Path) -> Picture:
    """Decode a picture file: uint8 (H, W, 3), transparency on white.

    Raises PictureError for what isn't a picture, is cut off or damaged, or is larger than
    `MOST_PIXELS`, which is told from its header before anything is decoded.
    """
    return np.asarray(_open(data))


def decode_for_network(data: bytes | Path) -> Picture:
    """Decode and resize in one go: uint8 (224, 320, 3), the same as `resize(decode(data))`."""
    return _shrink(_open(data))


def resize(picture: Picture) -> Picture:
    """Resize a picture uint8 (H, W, 3) to what the network sees, uint8 (224, 320, 3).

    The aspect isn't kept: plots of one type have one aspect, and their axes stay aligned.
    """
    return _shrink(Image.fromarray(picture))


def _shrink(image: Image.Image) -> Picture:
    if image.size == (WIDTH, HEIGHT):
        return np.asarray(image)
    shrunk = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX if _much_larger(image) else Image.Resampling.BILINEAR)
    return np.asarray(shrunk)


def _much_larger(image: Image.Image) -> bool:
    # at twice the size and more every pixel is averaged, so thin lines and single hot bins survive
    return image.width >= 2 * WIDTH and image.height >= 2 * HEIGHT


def _open(data: bytes | Path) -> Image.Image:
    if isinstance(data, Path):
        data = _read(data)
    if not data:
        raise PictureError("the file is empty; its writer may have been cut off, write it again")
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise PictureError(
                f"the picture is {image.width} x {image.height} pixels, more than {MOST_PIXELS / 1e6:.0f} megapixels;"
                " save it smaller"
            )
        if image.mode.startswith("I") or image.mode == "F":
            return _from_deep(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            return Image.alpha_composite(white, image).convert("RGB")
        image.load()
        return image if image.mode == "RGB" else image.convert("RGB")
    except UnidentifiedImageError as error:
        raise PictureError("this is no picture, whatever its name says; save it as PNG") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError(
            f"the picture is damaged or only half written ({error}); if it isn't being written any more, save it again"
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} can't be read ({error.strerror}); check its permissions") from error


def _from_deep(image: Image.Image) -> Image.Image:
    """16 and 32 bit grey values, scaled to what 16 bit can hold or to their own maximum."""
    values = np.asarray(image).astype(np.float64)
    top = 65535.0 if image.mode.startswith("I;16") or values.max(initial=0) <= 65535.0 else float(values.max())
    grey = np.clip(values / top * 255.0, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")

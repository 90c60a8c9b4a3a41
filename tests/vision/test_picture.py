from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hydra_desktop.domain.errors import PictureError
from hydra_desktop.vision.picture import HEIGHT, WIDTH, decode, decode_for_network, resize

NOISE = np.random.default_rng(7).integers(0, 255, (80, 120, 3), dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def png_header_only(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"\0" * 100)) + part(b"IEND", b"")


def test_a_png_comes_back_pixel_by_pixel_from_bytes_and_from_a_file(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(NOISE))
    (tmp_path / "a.png").write_bytes(data)
    np.testing.assert_array_equal(decode(data), NOISE)
    np.testing.assert_array_equal(decode(tmp_path / "a.png"), NOISE)


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_other_modes_become_rgb_with_the_same_colours(mode: str) -> None:
    image = Image.fromarray(NOISE).convert(mode)
    np.testing.assert_array_equal(decode(encoded(image)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "WEBP", "GIF"])
def test_other_formats_are_read(kind: str) -> None:
    picture = decode(encoded(Image.fromarray(np.full((50, 70, 3), (200, 30, 30), np.uint8)), kind))
    assert picture.shape == (50, 70, 3)
    assert np.abs(picture.astype(int) - (200, 30, 30)).max() < 6


def test_transparency_is_drawn_on_white() -> None:
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[:2] = (10, 20, 30, 255)
    picture = decode(encoded(Image.fromarray(clear)))
    assert (picture[:2] == (10, 20, 30)).all()
    assert (picture[2:] == 255).all()


def test_a_transparent_palette_colour_is_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([9, 9, 9, 40, 50, 60])
    image.putpixel((0, 0), 1)
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0)
    picture = decode(out.getvalue())
    assert tuple(picture[0, 0]) == (40, 50, 60)
    assert (picture[1:] == 255).all()


def test_sixteen_bit_grey_is_scaled_not_cut() -> None:
    deep = np.array([[0, 32896, 65535]], np.uint16)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(deep)))[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_half_written_png_is_said_to_be_one(share: float) -> None:
    data = encoded(Image.fromarray(NOISE))
    with pytest.raises(PictureError, match=r"half written|no picture"):
        decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [b"just some text, named .png\n", b"<html></html>", bytes(300)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="no picture"):
        decode(data)


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(PictureError, match="empty"):
        decode(b"")


def test_a_missing_file_is_a_picture_error(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="can't be read"):
        decode(tmp_path / "none.png")


def test_a_huge_picture_is_refused_from_its_header() -> None:
    with pytest.raises(PictureError, match="30000 x 30000 pixels, more than 50 megapixels"):
        decode(png_header_only(30_000, 30_000))


def test_a_damaged_file_never_raises_anything_else() -> None:
    chance = random.Random(3)
    kinds = [encoded(Image.fromarray(NOISE).convert(mode)) for mode in ("RGB", "P", "RGBA", "L")]
    kinds += [encoded(Image.fromarray(NOISE), kind) for kind in ("JPEG", "BMP", "WEBP", "GIF")]
    for _ in range(400):
        data = bytearray(chance.choice(kinds))
        for _ in range(chance.randint(1, 5)):
            data[chance.randrange(len(data) if chance.random() < 0.3 else 100)] = chance.randrange(256)
        try:
            assert decode_for_network(bytes(data)).shape == (HEIGHT, WIDTH, 3)
        except PictureError:
            continue


@pytest.mark.parametrize("size", [(1200, 800), (800, 533), (640, 480), (100, 60), (WIDTH, HEIGHT)])
def test_training_and_serving_see_the_same(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    seen = decode_for_network(encoded(Image.fromarray(picture)))
    assert seen.shape == (HEIGHT, WIDTH, 3)
    assert seen.dtype == np.uint8
    np.testing.assert_array_equal(seen, resize(picture))


def test_a_thin_line_survives_the_resizing() -> None:
    picture = np.full((800, 1200, 3), 255, np.uint8)
    picture[:, 601] = 0  # one pixel wide, as a single dead channel may be
    columns = resize(picture)[HEIGHT // 2, :, 0].astype(int)
    assert 255 * (1 - 320 / 1200) - 3 <= columns.min() < 255 - 40
    assert (columns < 250).sum() <= 2

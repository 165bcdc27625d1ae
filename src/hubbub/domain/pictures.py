"""Pictures of users: what may be one, and what it becomes: squares in which nothing is but what one sees."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from hubbub.wire.errors import Refusal, TooLarge, UnsupportedPicture

LARGEST_FILE = 2 * 1024 * 1024  # bytes
LARGEST_AREA = 12_500_000  # pixels, before it is cut: what it takes in memory while it is read, up to 16 bytes each
SMALL, LARGE = SIZES = (64, 256)  # pixels of a side
QUALITY = 82

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is in force twice as high, and warns on standard error


def squares(file: bytes) -> dict[int, bytes]:
    """The middle of a PNG, JPEG or WebP as a WebP of each of `SIZES`, upright, without any metadata.

    Raises `UnsupportedPicture`, and `TooLarge` before anything is unpacked.
    """
    kind = _kind(file)
    if kind is None or len(file) > LARGEST_FILE:
        raise UnsupportedPicture() if kind is None else TooLarge(f"A picture has at most {LARGEST_FILE} bytes.")
    try:
        square = _middle(file, kind)
        return {size: _webp(square.resize((size, size), Image.Resampling.LANCZOS)) for size in SIZES}
    except Refusal:
        raise
    except Exception:  # noqa: BLE001  whatever a decoder stumbles over, it is a file that cannot be read
        raise UnsupportedPicture() from None


def _kind(file: bytes) -> str | None:
    """By the first bytes: neither a name nor a header says what a file is."""
    if file.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if file.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    return "WEBP" if file[:4] == b"RIFF" and file[8:12] == b"WEBP" else None


def _middle(file: bytes, kind: str) -> Image.Image:
    """A square of the larger size. Whole pictures are copied as seldom as can be."""
    with Image.open(BytesIO(file), formats=[kind]) as picture:
        if picture.width * picture.height > LARGEST_AREA:
            raise TooLarge(f"A picture has at most {LARGEST_AREA} pixels.")
        picture.draft("RGB", (2 * LARGE, 2 * LARGE))  # a JPEG is unpacked no larger than needed
        ImageOps.exif_transpose(picture, in_place=True)
        mode = "RGBA" if picture.has_transparency_data else "RGB"
        whole = picture if picture.mode == mode else picture.convert(mode)
        return ImageOps.fit(whole, (LARGE, LARGE), Image.Resampling.LANCZOS)


def _webp(square: Image.Image) -> bytes:
    bare = Image.new(square.mode, square.size)  # without what came along: EXIF, profiles, texts
    bare.paste(square)
    file = BytesIO()
    bare.save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()

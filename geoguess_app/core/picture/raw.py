"""The preview that a camera stores inside a RAW file, read with LibRaw where that is installed."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, TiffImagePlugin

from geoguess_app.core.errors import PhotoError

_SUB_IFDS, _NEW_SUBFILE_TYPE, _DNG_VERSION, _CFA_PATTERN = 330, 254, 50706, 33422
_REDUCED = 1

# LibRaw counts turns in its own way; these are the same ones as EXIF orientations.
_EXIF_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}


@dataclass(frozen=True, slots=True)
class RawPreview:
    """A camera-made JPEG, and the EXIF orientation to use where it does not state its own."""

    jpeg: bytes
    orientation: int


def has_raw_tags(image: Image.Image) -> bool:
    """Tell whether a TIFF is really a RAW file: its first picture is then only a stamp-sized
    preview."""
    tags = getattr(image, "tag_v2", None)
    if not isinstance(tags, TiffImagePlugin.ImageFileDirectory_v2):
        return False
    if _DNG_VERSION in tags or _CFA_PATTERN in tags:
        return True
    subfile = tags.get(_NEW_SUBFILE_TYPE, 0)
    return _SUB_IFDS in tags and isinstance(subfile, int) and bool(subfile & _REDUCED)


def open_raw(data: bytes, name: str) -> RawPreview | Image.Image:
    """The camera's preview, or, where a RAW file holds none, its sensor data made a picture.

    The picture is upright RGB at half size; it is the slow way. Raises PhotoError (code
    no-raw-support) when rawpy is not installed, and LibRaw's own errors for broken files.
    """
    try:
        import rawpy
    except ImportError as problem:
        raise PhotoError(
            f"{name} is a camera RAW file; to read it install rawpy (pip install rawpy), or "
            "export it as JPEG.",
            code="no-raw-support",
        ) from problem
    with rawpy.imread(io.BytesIO(data)) as raw:
        orientation = _EXIF_ORIENTATION_OF_FLIP.get(int(raw.sizes.flip), 1)
        try:
            preview = raw.extract_thumb()
        except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
            preview = None
        if preview is not None and preview.format == rawpy.ThumbFormat.JPEG:
            return RawPreview(bytes(preview.data), orientation)
        # A bitmap preview is seldom more than 160 pixels wide: too little to see a place in.
        return Image.fromarray(raw.postprocess(use_camera_wb=True, half_size=True))

"""Recognition of GeoCLIP's published files in a folder, whatever layout they came in.

- the official release: ``model.safetensors`` (``location_encoder.*``, ``image_encoder.mlp.*``,
  ``logit_scale``) and a gallery, beside CLIP's own weights;
- the Python package ``geoclip``: three ``.pth`` files and a gallery, beside CLIP's own weights;
- split ONNX: ``vision_model*.onnx``, ``location_model*.onnx`` and a gallery.

Files are recognised by what they hold, not by where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.tensors import tensor_names
from geoguess_app.core.errors import BundleError

MOST_FILES = 5_000
"""Of a folder with more nobody would say that it is a model's."""
_HEAD, _PLACES, _SCALE = "image_encoder.mlp.", "location_encoder.", "logit_scale"
_PACKAGE = {
    "head": "image_encoder_mlp_weights.pth",
    "places": "location_encoder_weights.pth",
    "scale": "logit_scale_weights.pth",
}
_VISION = "vision_model."


@dataclass(frozen=True, slots=True)
class GeoclipFiles:
    """The files of one model. ``clip`` holds CLIP's vision tower; ``release`` is the official
    ``model.safetensors``, or None where the package's ``head``, ``places`` and ``scale`` stand for
    it. With ``vision`` and ``location`` (ONNX) none of these is needed. ``gallery``: coordinates.
    """

    gallery: Path | None
    clip: Path | None = None
    release: Path | None = None
    head: Path | None = None
    places: Path | None = None
    scale: Path | None = None
    vision: Path | None = None
    location: Path | None = None

    @property
    def all(self) -> tuple[Path, ...]:
        """Return the files that are there."""
        named = (getattr(self, field.name) for field in fields(self))
        return tuple(file for file in named if file is not None)

    @property
    def is_onnx(self) -> bool:
        """Tell whether the towers are ONNX graphs."""
        return self.vision is not None


def find_files(folder: Path) -> GeoclipFiles:
    """Recognise the files in a folder and those below it.

    Raises BundleError naming what is missing, or which of several to take away.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder.", code="missing")
    files = sorted(_files(folder))
    gallery = _gallery(files)
    vision = _only([f for f in files if _named(f, "vision_model", ".onnx")], "vision model")
    location = _only([f for f in files if _named(f, "location_model", ".onnx")], "location model")
    if vision is not None or location is not None:
        return _onnx(folder, gallery, vision, location)
    tensors = {f: _names(f) for f in files if f.suffix == ".safetensors"}
    release = _only([f for f, names in tensors.items() if _is_release(names)], "GeoCLIP release")
    clip = _only([f for f, names in tensors.items() if _is_clip(names)], "CLIP model")
    if clip is None:
        clip = _only([f for f in files if f.name == "pytorch_model.bin"], "CLIP model")
    package = {
        part: _only([f for f in files if f.name == name], name) for part, name in _PACKAGE.items()
    }
    if release is None and None in package.values():
        missing = next((_PACKAGE[part] for part, file in package.items() if file is None), "")
        some = any(package.values())
        what = (
            missing if some else "neither GeoCLIP's model.safetensors nor its .pth or .onnx files"
        )
        verb = "is missing in" if some else "lie in"
        raise BundleError(f"{what} {verb} {folder}.", code="missing-file")
    if clip is None:
        raise BundleError(
            f"CLIP's own weights are missing in {folder}: put the model.safetensors of "
            "openai/clip-vit-large-patch14 into a folder inside it.",
            code="missing-file",
        )
    if release is not None:
        return GeoclipFiles(gallery, clip, release)
    return GeoclipFiles(gallery, clip, **package)


def _files(folder: Path) -> Iterator[Path]:
    for count, path in enumerate(folder.rglob("*")):
        if count >= MOST_FILES:
            raise BundleError(
                f"{folder} contains more than {MOST_FILES:,} files: name the folder of the model.",
                code="too-many",
            )
        if path.is_file() and not any(part.startswith(".") for part in path.parts[-3:]):
            yield path


def _named(file: Path, stem: str, suffix: str) -> bool:
    return file.suffix == suffix and file.name.startswith(stem)


def _only(found: list[Path], what: str) -> Path | None:
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:4])
        raise BundleError(
            f"There is more than one {what} ({names}): leave one in the folder.", code="ambiguous"
        )
    return found[0] if found else None


def _names(file: Path) -> frozenset[str]:
    """The names of the tensors in a safetensors file, of which only the header is read."""
    with file.open("rb") as stream:
        return tensor_names(stream, file.name)


def _is_release(names: frozenset[str]) -> bool:
    return _SCALE in names and any(name.startswith(_PLACES) for name in names)


def _is_clip(names: frozenset[str]) -> bool:
    return any(name.startswith(_VISION) for name in names)


def _onnx(
    folder: Path, gallery: Path | None, vision: Path | None, location: Path | None
) -> GeoclipFiles:
    if vision is None or location is None:
        missing = "vision_model.onnx" if vision is None else "location_model.onnx"
        raise BundleError(f"{missing} is missing in {folder}.", code="missing-file")
    return GeoclipFiles(gallery, vision=vision, location=location)


def _gallery(files: list[Path]) -> Path | None:
    """The table of the gallery's coordinates."""
    named = [f for f in files if "coordinates" in f.name.lower()]
    for suffix in (".csv", ".json"):  # the same places, where there are both
        if tables := [f for f in named if f.suffix == suffix]:
            return _only(tables, "gallery of coordinates")
    # The official release may call it as it likes.
    return _only([f for f in files if f.suffix == ".csv"], "gallery of coordinates")


def split_release(
    tensors: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], float]:
    """The image head, the location encoder and log(scale) of the official release's tensors."""
    head = {name.removeprefix(_HEAD): a for name, a in tensors.items() if name.startswith(_HEAD)}
    places = {
        name.removeprefix(_PLACES): a for name, a in tensors.items() if name.startswith(_PLACES)
    }
    return head, places, float(np.asarray(tensors[_SCALE]).reshape(-1)[0])

"""The program's own files, the same in a checkout, an installed wheel and a frozen app, and its
folder for what can be made again."""

import os
from pathlib import Path


def resource_dir() -> Path:
    """The folder ``resources/``: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def docs_dir() -> Path:
    """The folder of the documents that Help shows: in the package when installed, ``docs/`` in a
    checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "docs"
    return inside if inside.is_dir() else package.parent / "docs"


def cache_dir() -> Path:
    """The folder for things that can be made again; ``GEOGUESS_CACHE_DIR`` overrides."""
    override = os.environ.get("GEOGUESS_CACHE_DIR")
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_cache_dir("geoguess", appauthor=False))


def starter_bundle_dir() -> Path:
    """The model that comes with the program."""
    return resource_dir() / "models" / "starter"

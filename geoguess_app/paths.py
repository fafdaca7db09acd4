"""The program's own files, the same in a checkout, an installed wheel and a frozen app."""

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


def starter_bundle_dir() -> Path:
    """The model that comes with the program."""
    return resource_dir() / "models" / "starter"

"""The manifest of a folder of parts: by which model, with which options, from which shards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from geoguess_app import __version__
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.common.errors import TrainError
from trainer.data.shard_index import ShardRecord

MANIFEST_NAME = "manifest.json"
_WORDS = {
    "kind": "command",
    "program": "program version",
    "model_sha256": "model",
    "crops": "number of crops",
    "split": "split",
    "shards": "set of shards",
}


@dataclass(frozen=True, slots=True)
class PartsManifest:
    """The manifest: all that decides about the rows, the same for every rank."""

    kind: Literal["locate", "scenes"]
    model: str
    """Name and version; ``model_sha256`` is the bundle's ``digest``."""
    model_sha256: str
    crops: int
    split: str
    """Of which split the shards are; empty for all."""
    shards: tuple[ShardRecord, ...]
    program: str = __version__
    format: Literal["geoguess-parts"] = "geoguess-parts"
    format_version: Literal[1] = 1

    @staticmethod
    def part(folder: Path, shard: ShardRecord) -> Path:
        """Return where a shard's part lies."""
        return folder / f"{Path(shard.name).stem}.parquet"

    @property
    def digest(self) -> str:
        """SHA-256 of the file: a part names it, so that none of another set is taken for it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The file's bytes, the same for equal manifests."""
        return (json.dumps(encode(self), indent=1, ensure_ascii=False) + "\n").encode()

    def claim(self, folder: Path) -> None:
        """Make the folder this manifest's. Raises TrainError where it is another's."""
        make_folder(folder)
        if (folder / MANIFEST_NAME).exists():
            self.require_same(folder, read_manifest(folder))
        else:
            replace_file(folder / MANIFEST_NAME, self.to_bytes())

    def require_same(self, folder: Path, found: PartsManifest) -> None:
        """Raise TrainError, naming what differs, unless the folder's manifest equals this one."""
        differing = [
            _WORDS[field.name]
            for field in fields(self)
            if field.name in _WORDS and getattr(self, field.name) != getattr(found, field.name)
        ]
        if differing:
            raise TrainError(
                f"{folder}: its parts are of another {' and another '.join(differing)} "
                f"(geoguess-train parts {found.kind}, {found.model}, {found.crops} crops, "
                f"{len(found.shards):,} shards); go on as they were begun, or use another folder.",
                code="other-parts",
            )


def read_manifest(folder: Path) -> PartsManifest:
    """Read a folder's manifest. Raises TrainError."""
    path = folder / MANIFEST_NAME
    try:
        return decode(PartsManifest, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise TrainError(
            f"{folder}: no folder of parts; geoguess-train parts locate or parts scenes make one.",
            code="missing",
        ) from error
    except (OSError, ValueError) as error:
        raise TrainError(f"{path}: damaged ({error}).", code="damaged") from error

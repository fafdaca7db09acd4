"""Files as the Places365 project published them: torch.save of the time, run by Python 2.

Written here by hand, not by today's torch.save: keys and names are byte strings, an OrderedDict is
rebuilt from a list of pairs, tensors by the first ``_rebuild_tensor``, on the GPU they came from.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Protocol 2 with Python 2's byte strings for texts."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=2)
        self.storages: dict[str, Tensor] = {}

    def save_text(self, text: str) -> None:
        data = text.encode("ascii")
        self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        self.memoize(text)

    dispatch[str] = save_text

    def persistent_id(self, value: object) -> object:
        if not isinstance(value, _Storage):
            return None
        key = str(94000000 + len(self.storages))
        self.storages[key] = value.tensor
        kind = torch.cuda.FloatStorage if value.location.startswith("cuda") else torch.FloatStorage
        return ("storage", kind, key, value.location, value.tensor.numel(), None)

    def reducer_override(self, value: object) -> Any:
        if isinstance(value, Tensor):
            tensor = value.contiguous()
            size, stride = tuple(tensor.shape), tensor.stride()
            storage = _Storage(tensor, "cuda:0")
            return torch._utils._rebuild_tensor, (storage, 0, size, stride)
        if isinstance(value, OrderedDict):
            return OrderedDict, ([[key, item] for key, item in value.items()],)
        return NotImplemented


class _Storage:
    def __init__(self, tensor: Tensor, location: str) -> None:
        self.tensor, self.location = tensor, location


def write_official(path: Path, state: Mapping[str, Tensor], arch: str = "resnet50") -> Path:
    """The file of a network with this torchvision state dict."""
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    content = {
        "epoch": 90,
        "arch": arch,
        "state_dict": OrderedDict((f"module.{name}", state[name]) for name in names),
        "best_prec1": 54.65 + 0.1,
    }
    system = {
        "protocol_version": _PROTOCOL,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    with path.open("wb") as stream:
        for value in (_MAGIC, _PROTOCOL):
            stream.write(pickle.dumps(value, protocol=2))
        _dump(stream, system)
        storages = _dump(stream, content)
        _dump(stream, sorted(storages))
        for key in sorted(storages):
            values = storages[key].detach().numpy().astype("<f4").tobytes()
            stream.write(struct.pack("<q", len(values) // 4) + values)
    return path


def _dump(stream: io.BufferedWriter, value: object) -> dict[str, Tensor]:
    buffer = io.BytesIO()
    pickler = _Pickler(buffer)
    pickler.dump(value)
    stream.write(buffer.getvalue())
    return pickler.storages

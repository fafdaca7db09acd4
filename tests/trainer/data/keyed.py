"""What a decoding process of a test makes of a photo: apart from the tests, so that the process
loads no more than it needs."""

from __future__ import annotations

import torch

from trainer.data.shard_stream import StreamItem


def keyed(item: StreamItem) -> tuple[str, torch.Tensor]:
    """A sample that needs the picture."""
    return item.row["file_name"], torch.tensor(item.image(min_side=32).size)

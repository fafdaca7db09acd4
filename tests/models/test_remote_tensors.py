"""A part of the tensors of a remote file: the right bytes, a valid file, and no more than that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from geoguess_app.core.cancel import CancelToken
from geoguess_app.models.download import RemoteFile, fetch_files
from geoguess_app.models.remote_tensors import TensorPart, plan_part
from geoguess_app.models.web import DownloadError, Patience
from tests.models.host import Host, cut_after, sends, status, without_ranges

PATH = "/clip/model.safetensors"
QUICK = Patience(stall_s=0.4, tries=2, pause_s=0.01)
WANTED = ("vision_model.", "visual_projection.weight")


def clip_file() -> tuple[dict[str, np.ndarray], bytes]:
    """Tensors named as CLIP's, with what is wanted in two places of the file."""
    random = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return random.normal(size=shape).astype(np.float32)

    tensors = {
        "logit_scale": some(1),
        "text_model.embeddings.weight": some(200, 100),
        "text_projection.weight": some(10, 20),
        "vision_model.embeddings.position_ids": np.arange(17)[None],
        "vision_model.encoder.weight": some(100, 30),
        "vision_model.post_layernorm.bias": some(100),
        "visual_projection.weight": some(12, 100),
    }
    return tensors, save(tensors, {"format": "pt"})


def plan(host: Host, size: int, prefixes: tuple[str, ...] = WANTED) -> TensorPart:
    found = plan_part(host.base + PATH, prefixes, size, cancel=CancelToken(), patience=QUICK)
    assert found is not None
    return found


def fetch(host: Host, part: TensorPart, target: Path) -> None:
    file = RemoteFile(host.base + PATH, target, part.size_bytes, head=part.head, spans=part.spans)
    for _ in fetch_files([file], cancel=CancelToken(), patience=QUICK):
        pass


def test_only_the_wanted_tensors_are_fetched(host: Host, tmp_path: Path) -> None:
    tensors, content = clip_file()
    host.files[PATH] = content
    part = plan(host, len(content))
    fetch(host, part, tmp_path / "vision.safetensors")
    found = load_file(tmp_path / "vision.safetensors")
    assert set(found) == {name for name in tensors if name.startswith("vis")}
    for name, array in found.items():
        assert np.array_equal(array, tensors[name])
    spans = [span for span in host.ranges(PATH) if span]
    assert len(spans) == len(host.asked)
    assert part.size_bytes < len(content) / 3
    assert host.ranges(PATH)[:2] == ["bytes=0-7", f"bytes=8-{7 + header_bytes(content)}"]


def header_bytes(content: bytes) -> int:
    return int.from_bytes(content[:8], "little")


def test_a_part_goes_on_after_a_cut(host: Host, tmp_path: Path) -> None:
    tensors, content = clip_file()
    host.files[PATH] = content
    part = plan(host, len(content))
    target = tmp_path / "vision.safetensors"
    host.answers[PATH] = [cut_after(50), *[status(503)] * 2]
    with pytest.raises(DownloadError, match=r"\(503\)"):
        fetch(host, part, target)
    fetch(host, part, target)
    assert np.array_equal(
        load_file(target)["vision_model.encoder.weight"], tensors["vision_model.encoder.weight"]
    )


def test_a_host_that_stops_sending_ranges_costs_time_but_nothing_else(
    host: Host, tmp_path: Path
) -> None:
    tensors, content = clip_file()
    host.files[PATH] = content
    part = plan(host, len(content))
    host.answers[PATH] = [without_ranges] * 4
    fetch(host, part, tmp_path / "vision.safetensors")
    found = load_file(tmp_path / "vision.safetensors")
    assert np.array_equal(found["visual_projection.weight"], tensors["visual_projection.weight"])


def test_a_file_that_changed_between_two_parts_is_not_mixed(host: Host, tmp_path: Path) -> None:
    _, content = clip_file()
    host.files[PATH] = content
    part = plan(host, len(content))
    host.answers[PATH] = [cut_after(50), *[status(503)] * 2]
    with pytest.raises(DownloadError):
        fetch(host, part, tmp_path / "vision.safetensors")
    host.files[PATH] = bytes(len(content))
    with pytest.raises(DownloadError, match=r"changed at 127\.0\.0\.1 while it was fetched"):
        fetch(host, part, tmp_path / "vision.safetensors")
    assert not (tmp_path / "vision.safetensors").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff" * 200, "something else than a safetensors file"),
        (b"\x02" + bytes(7) + b"[]" + bytes(100), "something else than a safetensors file"),
        (b"\x05" + bytes(7) + b"{nope" + bytes(100), "something else than a safetensors file"),
        (save({"other": np.zeros(100, np.float32)}), "no tensors named vision_model"),
    ],
)
def test_other_files_are_refused(host: Host, content: bytes, words: str) -> None:
    host.files[PATH] = content
    with pytest.raises(DownloadError, match=words):
        plan(host, len(content))


def test_hostile_offsets_are_refused(host: Host) -> None:
    header = (
        b'{"vision_model.a":{"dtype":"F32","shape":[1],"data_offsets":[0,400000]},'
        b'"visual_projection.weight":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}'
    )
    host.files[PATH] = content = len(header).to_bytes(8, "little") + header + bytes(100)
    with pytest.raises(DownloadError, match="something else"):
        plan(host, len(content))


def test_a_host_that_sends_only_whole_files_is_named(host: Host) -> None:
    host.files[PATH] = content = clip_file()[1]
    host.answers[PATH] = [without_ranges]
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1 sends files only as a whole"):
        plan(host, len(content))
    host.answers[PATH] = [sends(b"x" * 100)]
    with pytest.raises(DownloadError, match="only as a whole"):
        plan(host, len(content))

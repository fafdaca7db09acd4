"""What counts as a photo, and in which order photos come out."""

from __future__ import annotations

import os
import shutil
import time
from itertools import islice
from pathlib import Path

import pytest

from geoguess_app.core.cancel import CancelToken
from geoguess_app.paths import resource_dir
from geoguess_app.photos.scan import natural_key, scan

CHINA = resource_dir() / "samples" / "china.jpg"


def put(path: Path, content: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        shutil.copyfile(CHINA, path)
    else:
        path.write_bytes(content)
    return path


def below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in scan([folder])]


def test_order_is_natural_and_files_come_before_subfolders(tmp_path: Path) -> None:
    for name in ("IMG_10.jpg", "img_2.JPG", "b/1.jpg", "a10/1.jpg", "a2/1.jpg", "a2/z/y/x.jpg"):
        put(tmp_path / name)
    assert below(tmp_path) == [
        "img_2.JPG",
        "IMG_10.jpg",
        "a2/1.jpg",
        "a2/z/y/x.jpg",
        "a10/1.jpg",
        "b/1.jpg",
    ]


def test_natural_key_orders_numbers_words_and_mixtures() -> None:
    names = ["10", "9", "a", "A1", "a01", "1a", "", "a1b2", "a1b10", "٣", "²"]
    ordered = sorted(names, key=natural_key)
    assert ordered.index("9") < ordered.index("10")
    assert ordered.index("a1b2") < ordered.index("a1b10")


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    put(tmp_path / "no suffix")
    put(tmp_path / "picture.dat")
    put(tmp_path / "notes.txt", b"BMW for sale")
    put(tmp_path / "film.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(40))
    put(tmp_path / "broken.jpg", b"lost")
    put(tmp_path / "empty.heic", b"")
    assert below(tmp_path) == ["broken.jpg", "empty.heic", "no suffix", "picture.dat"]


def test_hidden_ones_are_left_out_unless_named(tmp_path: Path) -> None:
    hidden = put(tmp_path / ".hidden.jpg")
    put(tmp_path / ".thumbnails" / "1.jpg")
    put(tmp_path / "seen.jpg")
    assert below(tmp_path) == ["seen.jpg"]
    assert list(scan([hidden])) == [hidden]
    assert len(list(scan([tmp_path / ".thumbnails"]))) == 1


def test_named_files_come_out_whatever_they_are(tmp_path: Path) -> None:
    named = [tmp_path / "gone.jpg", put(tmp_path / "notes.txt", b"words"), Path("a\0b")]
    assert list(scan(named)) == named


def test_folders_and_files_keep_the_order_given(tmp_path: Path) -> None:
    first = put(tmp_path / "z.jpg")
    inside = put(tmp_path / "folder" / "1.jpg")
    last = put(tmp_path / "a.jpg")
    assert list(scan([first, tmp_path / "folder", last])) == [first, inside, last]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "ring.jpg").symlink_to(tmp_path / "ring.jpg")
    (tmp_path / "linked.jpg").symlink_to(tmp_path / "a" / "1.jpg")
    # Links that lead nowhere are named, because a photo must not vanish silently.
    assert below(tmp_path) == ["dead.jpg", "linked.jpg", "ring.jpg", "a/1.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert below(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no POSIX users")
def test_a_closed_folder_comes_out_itself(tmp_path: Path) -> None:
    closed = put(tmp_path / "closed" / "1.jpg").parent
    put(tmp_path / "open.jpg")
    tmp_path.chmod(0o755)
    # pytest's own folders are private; a worker (pytest-xdist) has one more of them.
    for parent in list(tmp_path.parents)[: 3 if "PYTEST_XDIST_WORKER" in os.environ else 2]:
        parent.chmod(0o755)
    closed.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        assert below(tmp_path) == ["open.jpg", "closed"]
    finally:
        os.seteuid(user)
        closed.chmod(0o755)


def test_deep_nesting(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    put(folder / "1.jpg")
    assert len(below(tmp_path)) == 1


def test_cancelling_stops_the_search(tmp_path: Path) -> None:
    for number in range(20):
        put(tmp_path / f"{number}.jpg", b"x")
    token = CancelToken()
    found = scan([tmp_path], token)
    assert next(found).name == "0.jpg"
    token.cancel()
    assert list(found) == []


@pytest.mark.long
def test_fifty_thousand_files_stream(tmp_path: Path) -> None:
    """Half of them have a telling suffix, half must be looked into."""
    for number in range(50_000):
        name = tmp_path / (f"{number}.jpg" if number % 2 else f"{number}.dat")
        name.touch()
    started = time.monotonic()
    found = scan([tmp_path])
    first = list(islice(found, 100))
    first_s = time.monotonic() - started
    assert [path.name for path in first[:3]] == ["1.jpg", "3.jpg", "5.jpg"]
    assert sum(1 for _ in found) == 24_900
    # Generous, since other work may share the machine; what grows with the square takes minutes.
    assert first_s < 30
    assert time.monotonic() - started < 90

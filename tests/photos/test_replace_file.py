"""A file is replaced as a whole or not at all, and keeps all that is not its content."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.core.errors import WriteError
from geoguess_app.photos.formats.edits import Edit, EditedCopy
from geoguess_app.photos.replace_file import (
    FileIdentity,
    change_file,
    create_file,
    remove_leftovers,
)
from geoguess_app.photos.write_plan import WriteMode
from tests.data import FLOWER
from tests.photos.saving import CHINA, copies, hashes, plan_for, saved, undone

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX files")
EDIT = [Edit(1, b"", b"new")]


def nothing(part: Path, copied: EditedCopy) -> None:
    """No check."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return copies([CHINA], tmp_path / "photos")[0]


def only_file(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@posix
def test_times_permissions_and_attributes_stay(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    file.chmod(0o640)
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(file, "user.rating", b"5")
        except OSError:
            pytest.skip("no extended attributes here")
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    os.utime(file, ns=(1_000_000_001, 2_000_000_003))
    before = file.stat()

    change_file(file, EDIT, FileIdentity.of(file), nothing)

    after = file.stat()
    assert file.read_bytes() == b"anewbc"
    for fact in ("st_mtime_ns", "st_atime_ns", "st_mode", "st_uid", "st_gid"):
        # Reading just now set the time of the last access.
        if fact != "st_atime_ns":
            assert getattr(after, fact) == getattr(before, fact), fact
    if hasattr(os, "getxattr"):
        assert os.getxattr(file, "user.rating") == b"5"


@posix
@pytest.mark.skipif(shutil.which("setfacl") is None, reason="setfacl is not installed")
def test_access_lists_stay(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    subprocess.run(["setfacl", "-m", "u:1234:rw", str(file)], check=True)
    change_file(file, EDIT, FileIdentity.of(file), nothing)
    listed = subprocess.run(
        ["getfacl", "-n", str(file)], capture_output=True, text=True, check=True
    )
    assert "user:1234:rw-" in listed.stdout


def test_a_file_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    identity = FileIdentity.of(file)
    file.write_bytes(b"other")
    with pytest.raises(WriteError, match="changed by another program"):
        change_file(file, EDIT, identity, nothing)
    assert file.read_bytes() == b"other"
    assert only_file(tmp_path) == ["a"]


def test_a_file_changed_while_the_copy_is_made_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")

    def meddle(part: Path, copied: EditedCopy) -> None:
        file.write_bytes(b"someone else's work")

    with pytest.raises(WriteError, match="changed by another program"):
        change_file(file, EDIT, FileIdentity.of(file), meddle)
    assert file.read_bytes() == b"someone else's work"
    assert only_file(tmp_path) == ["a"]


@posix
def test_a_locked_file_is_left_alone(tmp_path: Path) -> None:
    import fcntl

    file = tmp_path / "a"
    file.write_bytes(b"abc")
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(WriteError, match="being written by another program"):
            change_file(file, EDIT, FileIdentity.of(file), nothing)
    assert file.read_bytes() == b"abc"


def test_a_write_protected_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    file.chmod(stat.S_IRUSR)
    with pytest.raises(WriteError, match="write-protected"):
        change_file(file, EDIT, FileIdentity.of(file), nothing)
    assert file.read_bytes() == b"abc"


def test_a_write_protected_file_is_found_while_planning(tmp_path: Path) -> None:
    photo, scan = copies([CHINA], tmp_path / "a")[0], tmp_path / "a" / "scan.png"
    with Image.open(CHINA) as image:
        image.save(scan)
    sidecar = tmp_path / "a" / "scan.png.xmp"
    saved(plan_for([scan]), tmp_path / "j")
    for file in (photo, sidecar):
        file.chmod(stat.S_IRUSR)
    plan = plan_for([photo, scan])
    # A photo that may not be changed gets a sidecar, as any that cannot be embedded.
    assert plan.summary() == "1 JPEG as sidecar, 1 skipped: write-protected"
    assert plan.items[0].reason == "it is write-protected"
    assert [item.target.name for item in plan.writes] == ["china.jpg.xmp"]


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    identity = FileIdentity.of(file)
    file.unlink()
    with pytest.raises(WriteError, match="it no longer exists, or its drive was removed"):
        change_file(file, EDIT, identity, nothing)


def test_a_drive_that_vanishes_in_the_middle(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    file = folder / "a"
    file.write_bytes(b"abc")

    def pull_out(part: Path, copied: EditedCopy) -> None:
        folder.rename(tmp_path / "elsewhere")

    with pytest.raises(WriteError, match="it no longer exists, or its drive was removed"):
        change_file(file, EDIT, FileIdentity.of(file), pull_out)
    assert (tmp_path / "elsewhere" / "a").read_bytes() == b"abc"


def test_a_new_file_never_replaces_one_that_appeared(tmp_path: Path) -> None:
    def race(part: Path, copied: EditedCopy) -> None:
        (tmp_path / "a.xmp").write_text("first")

    with pytest.raises(WriteError, match="was created in the meantime"):
        create_file(tmp_path / "a.xmp", b"second", race, like=CHINA)
    assert (tmp_path / "a.xmp").read_text() == "first"
    assert only_file(tmp_path) == ["a.xmp"]


@posix
def test_leftovers_go_but_not_those_of_a_running_program(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / ".geoguess-part-dead.jpg").write_bytes(b"x")
    alive = tmp_path / ".geoguess-part-alive.jpg"
    alive.write_bytes(b"x")
    (tmp_path / ".other").write_bytes(b"x")
    with alive.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert remove_leftovers(tmp_path) == 1
    assert only_file(tmp_path) == [".geoguess-part-alive.jpg", ".other"]


@posix
def test_links_are_followed_and_stay_links(photo: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    plan = plan_for([link, photo])
    assert [item.how for item in plan.items] == [WriteMode.EMBED, WriteMode.SKIP]
    written, failures, _ = saved(plan)
    assert (len(written), failures) == (1, [])
    assert link.is_symlink()
    assert link.read_bytes() == photo.read_bytes() != CHINA.read_bytes()


@posix
def test_hard_links_are_not_parted(photo: Path) -> None:
    other = photo.with_name("same.jpg")
    os.link(photo, other)
    plan = plan_for([photo])
    assert plan.items[0].how is WriteMode.SIDECAR
    assert "hard links" in plan.items[0].reason
    saved(plan)
    assert photo.stat().st_ino == other.stat().st_ino
    assert photo.read_bytes() == CHINA.read_bytes()


SAVE = """
import os, resource, signal, sys
from pathlib import Path
from tests.photos.saving import plan_for, saved
{setup}
plan = plan_for(sorted(Path(sys.argv[1]).iterdir()))
for item in plan.items:
    if item.how == "skip":
        print("skip", item.target.name, item.reason)
{between}
written, failures, _ = saved(plan, Path(sys.argv[2]))
print(len(written))
for failure in failures:
    print(failure.code, failure.message)
"""


def run_save(folder: Path, journal: Path, setup: str, between: str = "") -> list[str]:
    root = Path(__file__).resolve().parents[2]
    script = SAVE.format(setup=setup, between=between)
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(journal)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    return run.stdout.splitlines()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux limits")
def test_a_file_that_cannot_grow_on_a_full_disk(photo: Path, tmp_path: Path) -> None:
    # No file may become larger than the photo is now: its copy with a position does not fit.
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({photo.stat().st_size},) * 2)"
    lines = run_save(photo.parent, tmp_path / "j", f"signal.signal(25, signal.SIG_IGN); {limit}")
    assert lines[0] == "0"
    assert lines[1].startswith("disk-full china.jpg was not written: the disk is full")
    assert hashes(photo.parent) == {"china.jpg": hashes(CHINA.parent)["china.jpg"]}


def mounted(target: Path, options: str) -> bool:
    target.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(target)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    target = tmp_path / "disk"
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    if not mounted(target, "size=1m"):
        pytest.skip("mounting is not allowed here")
    yield target
    subprocess.run(["umount", "-l", str(target)], check=True)


def test_a_disk_that_fills_up(small_disk: Path, tmp_path: Path) -> None:
    size = CHINA.stat().st_size
    count = (1 << 20) // size  # the last one has no room for a copy beside it
    files = [small_disk / f"{index}.jpg" for index in range(count)]
    for file in files:
        shutil.copyfile(CHINA, file)
    before = hashes(small_disk)
    room = (1 << 20) - count * size
    (small_disk / "filler").write_bytes(bytes(max(0, room - size // 2)))

    written, failures, _ = saved(plan_for(files), tmp_path / "j")

    assert written == []
    assert {failure.code for failure in failures} == {"disk-full"}
    (small_disk / "filler").unlink()
    assert hashes(small_disk) == before


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@posix
def test_a_folder_that_may_not_be_written(open_folder: Path) -> None:
    photo = copies([CHINA], open_folder / "photos")[0]
    photo.chmod(0o666)
    # Root may write everywhere, so the save runs as nobody, who cannot import from root's home.
    imports = "import pyexiv2; from PIL import Image; Image.init(); "
    nobody = "os.setgid(65534); os.setuid(65534)" if os.geteuid() == 0 else ""
    photo.parent.chmod(0o555)
    lines = run_save(photo.parent, open_folder / "j", f"{imports}{nobody}")
    assert lines == ["skip china.jpg in a write-protected folder", "0"]
    photo.parent.chmod(0o755)
    # The same if it is protected only after the plan was made.
    protect = f"os.chmod({str(photo.parent)!r}, 0o555); {nobody}"
    lines = run_save(photo.parent, open_folder / "k", imports, protect)
    photo.parent.chmod(0o755)
    assert lines == [
        "0",
        "read-only china.jpg was not written: you have no permission to write to the folder "
        "photos.",
    ]
    assert photo.read_bytes() == CHINA.read_bytes()


def test_undo_leaves_a_file_alone_that_somebody_changed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    files = copies([CHINA], folder) + copies([FLOWER], folder)
    before = hashes(folder)
    saved(plan_for(files), tmp_path / "j")
    with files[0].open("ab") as stream:
        stream.write(b"edited")
    changed = hashes(folder)["china.jpg"]

    results = undone(tmp_path / "j")

    assert sorted(type(result).__name__ for result in results) == ["RestoredFile", "UnrestoredFile"]
    left = next(result for result in results if type(result).__name__ == "UnrestoredFile")
    assert left.message == "china.jpg was changed since it was written; it was left unchanged."
    assert hashes(folder) == before | {"china.jpg": changed}

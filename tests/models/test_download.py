"""Fetching files from a host that may do anything: whole and right, or one sentence.

GEOGUESS_KILLS sets how often a download is killed (default 1).
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geoguess_app.core.cancel import CancelToken
from geoguess_app.models import room
from geoguess_app.models.download import DownloadProgress, RemoteFile, fetch_files, part_of
from geoguess_app.models.web import DownloadError, Patience
from tests.models.host import (
    Answer,
    Host,
    cut_after,
    git_blob,
    sends,
    silent_after,
    slowly,
    status,
    trickle,
    without_ranges,
)

CONTENT = random.Random(1).randbytes(600_000)
PATH = "/repository/weights.bin"
KILLS = int(os.environ.get("GEOGUESS_KILLS", "1"))
QUICK = Patience(stall_s=0.4, least_bytes=1000, tries=3, pause_s=0.01)


@pytest.fixture
def remote(host: Host, tmp_path: Path) -> RemoteFile:
    """A file at the host, and what it must be."""
    host.files[PATH] = CONTENT
    digest = hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile(host.base + PATH, tmp_path / "got" / "weights.bin", len(CONTENT), digest)


def fetch(*files: RemoteFile, patience: Patience = QUICK) -> list[DownloadProgress]:
    return list(fetch_files(files, cancel=CancelToken(), patience=patience))


def refusal(*files: RemoteFile, patience: Patience = QUICK) -> str:
    """The one sentence, or two, with which a download ends."""
    with pytest.raises(DownloadError) as caught:
        fetch(*files, patience=patience)
    text = str(caught.value)
    assert "\n" not in text
    assert re.search(r"[.?]$", text)
    return text


def leftovers(file: RemoteFile) -> list[str]:
    return sorted(path.name for path in file.target.parent.iterdir())


def test_a_file_arrives_whole_with_progress_and_is_not_fetched_twice(
    host: Host, remote: RemoteFile
) -> None:
    host.answers[PATH] = [slowly(6, 0.06)]
    told = fetch(remote)
    assert remote.target.read_bytes() == CONTENT
    assert leftovers(remote) == ["weights.bin"]
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)
    assert len(told) >= 3
    assert any(progress.seconds_left for progress in told)
    assert {progress.host for progress in told} == {"127.0.0.1"}
    assert [p.done_bytes for p in fetch(remote)] == [len(CONTENT)]
    assert len(host.asked) == 1
    assert host.headers[0]["User-Agent"].startswith("GeoGuess/")


def test_a_cut_goes_on_where_it_ended(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [cut_after(200_000), cut_after(100_000)]
    fetch(remote)
    assert remote.target.read_bytes() == CONTENT
    assert host.ranges(PATH) == [None, "bytes=200000-", "bytes=300000-"]
    assert host.headers[1]["If-Range"] == f'"{remote.sha256}"'


def test_a_host_without_ranges_begins_again(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [cut_after(200_000), without_ranges]
    fetch(remote)
    assert remote.target.read_bytes() == CONTENT


def test_another_content_at_the_host_is_not_mixed_in(host: Host, remote: RemoteFile) -> None:
    newer = random.Random(2).randbytes(len(CONTENT))
    host.answers[PATH] = [cut_after(200_000), *[status(503)] * 3]
    assert "has trouble answering (503)" in refusal(remote)
    host.files[PATH] = newer
    newest = replace(remote, sha256=hashlib.sha256(newer).hexdigest())
    fetch(newest)
    assert remote.target.read_bytes() == newer
    assert host.ranges(PATH)[-1] is None


def test_without_a_checksum_the_hosts_own_name_tells_that_it_changed(
    host: Host, remote: RemoteFile
) -> None:
    plain = replace(remote, sha256=None)
    host.answers[PATH] = [cut_after(200_000), *[status(500)] * 3]
    refusal(plain)
    host.files[PATH] = newer = random.Random(2).randbytes(len(CONTENT))
    fetch(plain)
    assert remote.target.read_bytes() == newer
    assert host.ranges(PATH)[-1] == "bytes=200000-"  # asked, and answered with all of it


def test_small_files_are_checked_by_gits_name(host: Host, remote: RemoteFile) -> None:
    fetch(replace(remote, sha256=None, git_blob=git_blob(CONTENT)))
    remote.target.unlink()
    wrong = replace(remote, sha256=None, git_blob=git_blob(b"other"))
    assert "its checksum differs" in refusal(wrong)


def test_wrong_bytes_are_never_kept(host: Host, remote: RemoteFile) -> None:
    host.files[PATH] = bytes(len(CONTENT))
    said = refusal(remote)
    assert "weights.bin from 127.0.0.1 is not the file" in said
    assert leftovers(remote) == []


def test_a_damaged_part_is_fetched_anew(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [cut_after(200_000), *[status(503)] * 3]
    refusal(remote)
    part_of(remote.target).write_bytes(bytes(200_000))
    fetch(remote)
    assert remote.target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([status(404)], "no longer has the file (404)"),
        ([status(403)], "refuses the file (403)"),
        ([status(418)], "an error (418)"),
        ([status(429, Retry_After="0")] * 3, "asks to wait (429)"),
        ([status(502)] * 3, "has trouble answering (502)"),
        ([cut_after(0)] * 3, "broke off"),
        ([silent_after(0)] * 3, "sent nothing"),
        ([trickle] * 3, "hardly anything"),
        ([sends(CONTENT[:1000], 1000)], "wants to send 1 KB"),
        ([sends(CONTENT + b"!", len(CONTENT) + 1)], "but says that it has 600 KB"),
        ([sends(CONTENT + b"!")], "sends more than the 600 KB"),
        ([sends(b"<html>", 6, "text/html")], "a web page instead of weights.bin"),
        ([status(302, Location="http://example.org/x")], "only addresses that begin with https"),
        ([status(302, Location="file:///etc/passwd")], "sends on in circles, or to an address"),
        ([status(302, Location=PATH)] * 20, "sends on in circles"),
    ],
)
def test_every_trouble_is_one_sentence_and_the_next_time_it_goes_on(
    host: Host, remote: RemoteFile, answers: list[Answer], words: str
) -> None:
    host.answers[PATH] = list(answers)
    said = refusal(remote)
    assert words in said
    assert not remote.target.exists()
    host.released.set()
    host.answers.clear()
    fetch(remote)
    assert remote.target.read_bytes() == CONTENT


def test_what_had_arrived_is_named_and_kept(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [cut_after(250_000), *[status(503)] * 3]
    said = refusal(remote)
    assert said.endswith(
        "250 KB of 600 KB of weights.bin are kept; the next try goes on from there."
    )
    assert len(host.asked) == QUICK.tries
    fetch(remote)
    assert host.ranges(PATH)[-1] == "bytes=250000-"


def test_the_host_that_sends_is_named(host: Host, remote: RemoteFile) -> None:
    host.files["/elsewhere"] = CONTENT
    host.answers[PATH] = [status(302, Location=f"{host.other_base}/elsewhere")]
    assert {progress.host for progress in fetch(remote)} == {"localhost"}
    assert remote.target.read_bytes() == CONTENT


def test_hosts_that_are_not_there(tmp_path: Path) -> None:
    with socket.socket() as reserved:  # nobody listens there
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}/x"
        assert "127.0.0.1 cannot be reached" in refusal(RemoteFile(address, tmp_path / "x", 10))
    nowhere = RemoteFile("https://no-such-host.invalid/x", tmp_path / "x", 10)
    assert "is this computer connected to the internet?" in refusal(nowhere)
    for address in ("http://example.org/x", "ftp://example.org/x", "file:///etc/passwd", "x"):
        assert "https://" in refusal(RemoteFile(address, tmp_path / "x", 10))


def test_cancel_works_at_once_also_while_the_host_is_silent(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [silent_after(100_000)]
    cancel = CancelToken()
    patient = Patience(stall_s=20.0)
    for progress in fetch_files([remote], cancel=cancel, patience=patient):
        if progress.done_bytes:
            break
    told = fetch_files([remote], cancel=cancel, patience=patient)
    cancel.cancel()
    before = time.monotonic()
    assert list(told) == []
    assert time.monotonic() - before < 0.5
    assert not remote.target.exists()


def test_cancel_while_waiting_for_the_next_bytes(host: Host, remote: RemoteFile) -> None:
    host.answers[PATH] = [silent_after(100_000)]
    cancel = CancelToken()
    timer = threading.Timer(0.3, cancel.cancel)
    timer.start()
    before = time.monotonic()
    for _ in fetch_files([remote], cancel=cancel, patience=Patience(stall_s=20.0)):
        pass
    assert time.monotonic() - before < 1.5
    assert part_of(remote.target).stat().st_size == 100_000
    host.released.set()
    fetch(remote)
    assert host.ranges(PATH)[-1] == "bytes=100000-"
    assert remote.target.read_bytes() == CONTENT


CHILD = """
import sys
from pathlib import Path
from geoguess_app.core.cancel import CancelToken
from geoguess_app.models.download import RemoteFile, fetch_files
address, target, size, digest = sys.argv[1:]
for progress in fetch_files(
    [RemoteFile(address, Path(target), int(size), digest)], cancel=CancelToken()
):
    print(progress.done_bytes, flush=True)
"""


def child(remote: RemoteFile, code: str = CHILD) -> list[str]:
    digest = remote.sha256 or ""
    size = str(remote.size_bytes)
    return [sys.executable, "-c", code, remote.address, str(remote.target), size, digest]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.timeout(120 + 3 * KILLS)
def test_a_killed_download_goes_on(host: Host, remote: RemoteFile) -> None:
    chance = random.Random(3)
    for _ in range(KILLS):
        host.answers[PATH], before = [slowly(60, 0.1)], len(host.ranges(PATH))
        wanted = chance.randrange(1, 30_000)
        with subprocess.Popen(child(remote), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            while int(process.stdout.readline()) < wanted:
                pass
            process.send_signal(signal.SIGKILL)
        assert not remote.target.exists()
        kept = part_of(remote.target).stat().st_size
        told = fetch(remote)
        assert remote.target.read_bytes() == CONTENT
        assert host.ranges(PATH)[before + 1 :] == ([f"bytes={kept}-"] if kept else [None])
        assert told[-1].done_bytes == len(CONTENT)
        remote.target.unlink()


NAPPING = CHILD.replace(
    "cancel=CancelToken()",
    "cancel=CancelToken(), patience=Patience(stall_s=1.0, least_bytes=100_000, pause_s=0.1)",
).replace("fetch_files\n", "fetch_files\nfrom geoguess_app.models.web import Patience\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_download_goes_on_after_the_machine_slept(host: Host, remote: RemoteFile) -> None:
    awake = threading.Event()
    awake.set()
    pieces = slowly(60, 0.04)

    def answer(handler: Any, content: bytes) -> None:
        """Send, but nothing while the machine sleeps."""
        write = handler.wfile.write
        handler.wfile.write = lambda piece: awake.wait() and write(piece)
        pieces(handler, content)

    host.answers[PATH] = [answer]
    with subprocess.Popen(child(remote, NAPPING), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for awake_s in (0.1, 0.3):
            time.sleep(awake_s)
            awake.clear()
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.3)
            process.send_signal(signal.SIGCONT)
            awake.set()
        process.stdout.read()
    assert process.returncode == 0
    assert remote.target.read_bytes() == CONTENT


FULL = (
    """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
from geoguess_app.models.web import DownloadError
try:
"""
    + "".join(f"    {line}\n" for line in CHILD.strip().splitlines())
    + """
except DownloadError as problem:
    print("ended:", problem)
"""
)


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_full_disk_keeps_what_had_arrived(host: Host, remote: RemoteFile) -> None:
    ran = subprocess.run(child(remote, FULL), capture_output=True, text=True, check=True)
    said = ran.stdout.splitlines()[-1]
    assert said.startswith(f"ended: {remote.target.parent}: the disk is full.")
    assert "of 600 KB of weights.bin are kept" in said
    fetch(remote)
    assert remote.target.read_bytes() == CONTENT
    assert host.ranges(PATH)[-1] == "bytes=150000-"


def test_room_on_the_disk_is_looked_at_first(
    host: Host, remote: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MARGIN_BYTES", 1 << 60)
    said = refusal(remote)
    assert "the disk has room for" in said
    assert host.asked == []


def test_a_proxy_of_the_system_is_used(
    host: Host, remote: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", host.base)
    monkeypatch.setenv("no_proxy", "")
    fetch(replace(remote, address=f"http://localhost:1{PATH}"))  # nobody listens there
    assert remote.target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (407, "The proxy asks for a name and password"),
        (403, "The proxy does not let this computer connect to models.example (403)."),
    ],
)
def test_a_proxy_that_refuses_says_so(
    host: Host, remote: RemoteFile, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    monkeypatch.setenv("https_proxy", host.base)
    monkeypatch.setenv("no_proxy", "")
    host.answers["models.example:443"] = [status(code)]
    assert words in refusal(replace(remote, address=f"https://models.example{PATH}"))
    assert host.asked == [("models.example:443", None)]


def test_files_after_one_another(host: Host, remote: RemoteFile, tmp_path: Path) -> None:
    host.files["/second"] = b"abc"
    second = RemoteFile(f"{host.base}/second", tmp_path / "got" / "below" / "second", 3)
    names: Iterable[str] = dict.fromkeys(progress.file for progress in fetch(remote, second))
    assert list(names) == ["weights.bin", "second"]
    assert second.target.read_bytes() == b"abc"

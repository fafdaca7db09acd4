"""What a host offers, compared with what was published."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from geoguess_app.core.cancel import CancelToken
from geoguess_app.models.offer import Offer, look_up
from geoguess_app.models.published import MIRROR, PUBLISHED, PublishedVariant
from geoguess_app.models.web import DownloadError, Patience, read_small
from tests.models.host import COMMIT, Host, sends, status

QUICK = Patience(stall_s=0.4, tries=2, pause_s=0.01)
SPLIT = "Xenova/geoclip-large-patch14"
FILES = {
    "onnx/vision_model_quantized.onnx": bytes(9000),
    "onnx/location_model.onnx": bytes(5000),
    "gps_gallery/coordinates_100K.json": b"[[1, 2]]",
    "config.json": b"{}",
    "preprocessor_config.json": b"{}",
    "README.md": b"#",
}


@pytest.fixture
def split(host: Host, monkeypatch: pytest.MonkeyPatch) -> PublishedVariant:
    """The split files at the host; the first name of the image tower is missing there."""
    monkeypatch.setenv(MIRROR, host.base)
    host.add_repository(SPLIT, FILES)
    return PUBLISHED["geoclip"].variants[0]


def asked(variant: PublishedVariant, folder: Path) -> Offer:
    offer = look_up(variant, folder, CancelToken(), QUICK)
    assert offer is not None
    return offer


def test_the_commit_is_pinned_and_every_file_stated(
    host: Host, split: PublishedVariant, tmp_path: Path
) -> None:
    offer = asked(split, tmp_path)
    source = offer.sources[0]
    assert (source.revision, source.licence_word) == (COMMIT, "mit")
    assert [file.name for file in source.files] == [name for name in FILES if name != "README.md"]
    assert all(f"/resolve/{COMMIT}/" in file.remote.address for file in source.files)
    large, small = source.files[0].remote, source.files[-1].remote
    assert large.sha256
    assert not large.git_blob
    assert small.git_blob
    assert not small.sha256
    assert offer.size_bytes == sum(len(c) for n, c in FILES.items() if n != "README.md")
    assert list(offer.surprises()) == []
    assert [path for path, _ in host.asked] == [
        f"/api/models/{SPLIT}",
        f"/api/models/{SPLIT}/tree/{COMMIT}",
    ]


def test_another_licence_or_size_is_a_surprise(
    host: Host, split: PublishedVariant, tmp_path: Path
) -> None:
    host.add_repository(SPLIT, FILES, licence="other")
    assert "now names the licence “other”; it was “mit”" in "".join(
        asked(split, tmp_path).surprises()
    )
    host.add_repository(SPLIT, FILES, licence=None)
    assert "now names no licence" in "".join(asked(split, tmp_path).surprises())
    tree = json.loads(host.files[f"/api/models/{SPLIT}/tree/{COMMIT}"])
    tree[1]["size"] = tree[1]["lfs"]["size"] = 900_000_000
    host.files[f"/api/models/{SPLIT}/tree/{COMMIT}"] = json.dumps(tree).encode()
    said = list(asked(split, tmp_path).surprises())
    assert "now has 900 MB instead of about 349 MB" in said[0]


def test_what_is_no_answer_of_the_host_is_one_sentence(
    host: Host, split: PublishedVariant, tmp_path: Path
) -> None:
    api = f"/api/models/{SPLIT}"
    good = host.files[api]
    for content in (b"<html>log in</html>", b"[]", b'{"sha": 5}', b'{"sha": "main"}', b"\xff"):
        host.files[api] = content
        with pytest.raises(DownloadError, match="does not answer as expected"):
            asked(split, tmp_path)
    host.files[api] = good
    host.answers[api] = [status(401)]
    with pytest.raises(DownloadError, match=r"refuses the file \(401\)"):
        asked(split, tmp_path)
    host.answers[api] = [sends(bytes(9_000_000))]
    with pytest.raises(DownloadError, match="sends more than it should"):
        asked(split, tmp_path)
    host.answers[api] = [sends(b"{", 500)] * 2
    with pytest.raises(DownloadError, match="broke off"):
        asked(split, tmp_path)
    host.add_repository(SPLIT, {"README.md": b"#"})
    with pytest.raises(DownloadError, match=r"no longer has onnx/vision_model_int8\.onnx"):
        asked(split, tmp_path)


def test_a_mirror_must_be_reached_safely(
    split: PublishedVariant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MIRROR, "http://mirror.example.org")
    with pytest.raises(DownloadError, match="only addresses that begin with https"):
        asked(split, tmp_path)


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at what arrives."""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_companys_certificate_counts_once_the_system_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(words.split(), check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), _Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    address = f"https://127.0.0.1:{server.server_address[1]}/"
    try:
        with pytest.raises(DownloadError, match="does not trust the certificate of 127"):
            read_small(address, most_bytes=10, cancel=CancelToken(), patience=QUICK)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found = read_small(address, most_bytes=10, cancel=CancelToken(), patience=QUICK)
        assert found == b"hello"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_gallery_of_another_name_is_found_and_odd_names_are_not(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(MIRROR, host.base)
    release = {"config.json": b"{}", "model.safetensors": b"x"}
    names = ("../../evil.csv", "sub/other.csv", ".hidden.csv", "gallery.csv")
    host.add_repository("VicenteVivanco/geoclip-geolocation", release | dict.fromkeys(names, b"x"))
    official = PUBLISHED["geoclip"].variant("official")
    assert official is not None
    first = PublishedVariant("official", "", official.sources[:1])
    found = [file.name for file in asked(first, tmp_path).sources[0].files]
    assert found == ["config.json", "model.safetensors", "gallery.csv"]


def test_a_card_with_anything_else_in_it_does_not_matter(
    host: Host, split: PublishedVariant, tmp_path: Path
) -> None:
    about = json.loads(host.files[f"/api/models/{SPLIT}"])
    about["cardData"] = {"license": "mit", "widget": [{"text": "a\u200db\x07", "n": 1e400}]}
    host.files[f"/api/models/{SPLIT}"] = json.dumps(about).encode()
    assert asked(split, tmp_path).sources[0].licence_word == "mit"

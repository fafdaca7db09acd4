"""What a drop holds, told apart by content."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from geoguess_app.ui.shell.drops import offer_of
from geoguess_app.ui.work.bundle_files import looks_like_bundle


def test_bundles_are_known_by_their_content(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    assert not looks_like_bundle(folder)
    (folder / "bundle.json").write_text("{}")
    assert looks_like_bundle(folder)
    assert looks_like_bundle(folder / "bundle.json")
    packed = tmp_path / "renamed.bin"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bundle.json", "{}")
    assert looks_like_bundle(packed)
    other = tmp_path / "holiday.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.jpg", "x")
    assert not looks_like_bundle(other)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    assert not looks_like_bundle(broken)
    named = tmp_path / "broken.geomodel"
    named.write_bytes(b"")
    assert looks_like_bundle(named), "refused later, with a reason"
    assert not looks_like_bundle(tmp_path / "gone")


def test_browser_drag_counts_as_a_picture(qapp: object) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/a.jpg")])
    mime.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    offer = offer_of(mime)
    assert offer.image
    assert offer.web == 1
    assert offer.invitation == "Drop the image to locate it"


def test_local_files_go_before_pixels(tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.jpg"))])
    mime.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    assert not offer_of(mime).image


def test_text_is_an_offer_only_if_every_line_is_a_path(tmp_path: Path) -> None:
    photo = tmp_path / "a b.jpg"
    photo.write_bytes(b"x")
    mime = QMimeData()
    mime.setText(f'"{photo}"\n\n{tmp_path}')
    assert offer_of(mime).paths == (photo, tmp_path)
    for text in (f"{photo}\nhello", "hello", "a.jpg", "\0", "x" * 100_000):
        mime = QMimeData()
        mime.setText(text)
        assert not offer_of(mime).acceptable

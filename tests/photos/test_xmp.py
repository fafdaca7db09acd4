"""Sidecars: found by both names, merged and never replaced, taken back exactly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geoguess_app.photos.formats.edits import apply_edits
from geoguess_app.photos.formats.xmp import (
    DC,
    EXIF,
    Packet,
    PacketChanges,
    PropertyName,
    XmpError,
    new_packet,
)
from geoguess_app.photos.sidecars import SidecarNaming, Sidecars
from geoguess_app.photos.undo import RestoredFile
from geoguess_app.photos.write_plan import HAS_GPS, WriteMode, WriteOptions, make_plan
from tests.photos.saving import CHINA, copies, exiftool, plan_for, requests, saved, undone

LATITUDE, SUBJECT = PropertyName(EXIF, "GPSLatitude"), PropertyName(DC, "subject")

DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
   exif:DateTimeOriginal="2019:05:04 10:11:12"
   xmp:Rating="3"
   darktable:xmp_version="5">
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:params="gz12&quot;eJx&gt;"/>
    </rdf:Seq>
   </darktable:history>
   <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def test_a_sidecar_of_darktable_is_merged_and_comes_back(tmp_path: Path) -> None:
    photo = copies([CHINA], tmp_path / "photos")[0]
    sidecar = photo.with_name("china.jpg.xmp")
    sidecar.write_bytes(DARKTABLE)
    options = WriteOptions(embed_kinds=frozenset(), with_place=True, with_keywords=True)
    plan = plan_for([photo], options)
    assert plan.items[0].target == sidecar
    saved(plan)
    content = sidecar.read_bytes()
    # Every line of theirs is still there, as it was.
    for line in DARKTABLE.splitlines():
        if b"dc:subject" not in line or b"xmlns" in line:
            assert line in content.splitlines(), line
    row = exiftool([sidecar], "-n", "-XMP:all")["china.jpg.xmp"]
    assert row["Subject"] == ["holiday", "urban", "tower"]
    assert row["Rating"] == 3
    assert row["GPSLatitude"] == pytest.approx(48.85837)
    assert isinstance(undone()[0], RestoredFile)
    assert sidecar.read_bytes() == DARKTABLE


def test_a_position_in_a_sidecar_counts_as_gps(tmp_path: Path) -> None:
    photo = copies([CHINA], tmp_path / "photos")[0]
    sidecar = photo.with_name("china.xmp")
    sidecar.write_bytes(
        new_packet({LATITUDE: "10,0.0N", PropertyName(EXIF, "GPSLongitude"): "20,30.0W"}, {})
    )
    item = make_plan(requests([photo], replace_gps=False), WriteOptions()).items[0]
    assert (item.how, item.reason) == (WriteMode.SKIP, HAS_GPS)
    assert item.known is not None
    assert item.known.coordinate is not None
    assert item.known.coordinate.longitude_deg == -20.5
    # With permission it is replaced where it stands, not contradicted elsewhere.
    item = plan_for([photo]).items[0]
    assert (item.how, item.target) == (WriteMode.SIDECAR, sidecar)


def test_names_of_sidecars(tmp_path: Path) -> None:
    for name in ("A.CR2", "A.JPG", "B.heic", "C.png", "C.xmp", "D.nef", "D.NEF.XMP"):
        (tmp_path / name).write_bytes(b"")
    full, adobe = SidecarNaming.FULL, SidecarNaming.ADOBE
    sidecars = Sidecars()

    def place(name: str, naming: SidecarNaming) -> str:
        return sidecars.place(tmp_path / name, naming).name

    assert place("B.heic", full) == "B.heic.xmp"
    assert place("B.heic", adobe) == "B.xmp"
    # An existing one wins over the setting.
    assert place("C.png", full) == "C.xmp"
    assert place("D.nef", adobe) == "D.NEF.XMP"
    # Of a RAW file and its JPEG, the short name means the RAW file.
    assert place("A.CR2", adobe) == "A.xmp"
    assert place("A.JPG", adobe) == "A.JPG.xmp"


def test_attributes_and_nested_names() -> None:
    data = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF '
        b'xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="uuid:1" '
        b"xmlns:e='http://ns.adobe.com/exif/1.0/' e:GPSLatitude='1,2N' e:Odd='a>b'>"
        b'<e:Box r:parseType="Resource"><e:GPSLatitude>3</e:GPSLatitude></e:Box>'
        b"</r:Description></r:RDF></x:xmpmeta>"
    )
    packet = Packet(data)
    assert packet.value(LATITUDE) == "1,2N"
    changed = apply_edits(packet.edits(PacketChanges({LATITUDE: "5,6S"})), data)
    assert Packet(changed).value(LATITUDE) == "5,6S"
    assert Packet(changed).value(PropertyName(EXIF, "Odd")) == "a>b"
    assert b"<e:GPSLatitude>3</e:GPSLatitude>" in changed
    assert b'rdf:about="uuid:1"' in changed


def test_what_is_added_can_be_taken_out() -> None:
    data = new_packet({}, {SUBJECT: ["a"]})
    added = apply_edits(Packet(data).edits(PacketChanges(items={SUBJECT: ["a", "b & c"]})), data)
    assert Packet(added).texts(SUBJECT) == ["a", "b & c"]
    taken = apply_edits(
        Packet(added).edits(PacketChanges(remove_items={SUBJECT: ["b & c"]})), added
    )
    assert taken == data
    emptied = apply_edits(Packet(data).edits(PacketChanges(remove_items={SUBJECT: ["a"]})), data)
    assert Packet(emptied).is_empty


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<x", "not valid XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ("<a/>".encode("utf-16"), "not in UTF-8"),
    ],
)
def test_what_cannot_be_changed_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(XmpError, match=reason):
        Packet(data)


def test_a_broken_sidecar_is_never_touched(tmp_path: Path) -> None:
    photo = copies([CHINA], tmp_path / "photos")[0]
    sidecar = photo.with_name("china.jpg.xmp")
    sidecar.write_text("<x:xmpmeta>cut")
    for options in (WriteOptions(), WriteOptions(embed_kinds=frozenset())):
        plan = plan_for([photo], options)
        saved(plan)
        assert sidecar.read_text() == "<x:xmpmeta>cut"
    assert photo.read_bytes() == CHINA.read_bytes()


def test_two_raw_files_of_one_name_get_a_sidecar_each(tmp_path: Path) -> None:
    photos = [tmp_path / "A.dng", tmp_path / "A.nef"]
    for photo in photos:
        photo.write_bytes(CHINA.read_bytes())
    options = WriteOptions(embed_kinds=frozenset(), naming=SidecarNaming.ADOBE)
    written, failures, _ = saved(plan_for(photos, options))
    assert [one.item.target.name for one in written] == ["A.xmp", "A.nef.xmp"]
    assert failures == []


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_linked_sidecar_is_changed_where_it_lies(tmp_path: Path) -> None:
    photo = copies([CHINA], tmp_path / "photos")[0]
    real = tmp_path / "real.xmp"
    real.write_bytes(DARKTABLE)
    link = photo.with_name("china.jpg.xmp")
    link.symlink_to(real)
    saved(plan_for([photo], WriteOptions(embed_kinds=frozenset())))
    assert link.is_symlink()
    assert b"GPSLatitude" in real.read_bytes()
    undone()
    assert real.read_bytes() == DARKTABLE

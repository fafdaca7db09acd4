"""Which positions the trainer learns from: every true one, and none of our own estimates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.cli import main as tag_main
from geoguess_app.ui.train.report import read_report
from tests.trainer.data.test_photos_command import EVERYTHING, dropped, photos, rows_of

KYOTO = (
    *("-XMP-exif:GPSLatitude=35.0116", "-XMP-exif:GPSLongitude=135.7681"),
    "-overwrite_original",
)


def test_nothing_is_learned_from_our_own_estimates_and_every_true_position_counts(
    tmp_path: Path,
) -> None:
    """Four photos tagged by the program; four with true positions, each said in another way."""
    folder = tmp_path / "album"
    folder.mkdir()
    pictures = sorted((Path(__file__).parents[2] / "data" / "monuments").glob("*.webp"))[:9]
    for number, picture in enumerate(pictures):
        with Image.open(picture) as image:
            image.convert("RGB").save(folder / f"{number}.jpg", quality=95)
    names = [folder / f"{number}.jpg" for number in range(9)]
    tagged = tag_main(
        [
            "tag",
            *map(str, names[:4]),
            "--include-uncertain",
            "--no-cache",
            "--journal",
            str(tmp_path / "j"),
            "--device",
            "cpu",
        ]
    )
    assert tagged == 0
    exif = ("-GPSLatitude=35.0116", "-GPSLatitudeRef=N")
    exif += ("-GPSLongitude=135.7681", "-GPSLongitudeRef=E", "-overwrite_original")
    for arguments in (
        [*exif, names[4]],
        [*KYOTO, names[5]],
        [*KYOTO, folder / "6.jpg.xmp"],
        [*KYOTO, folder / "7.xmp"],
    ):
        subprocess.run(["exiftool", "-q", *map(str, arguments)], check=True)
    assert photos(folder, "--out", tmp_path / "a.csv", "--keep", "duplicate") == 0
    kept = rows_of(tmp_path / "a.csv")
    assert sorted(row["file_name"] for row in kept) == ["4.jpg", "5.jpg", "6.jpg", "7.jpg"]
    for row in kept:
        assert float(row["latitude"]) == pytest.approx(35.0116, abs=1e-4)
        assert float(row["longitude"]) == pytest.approx(135.7681, abs=1e-4)
    estimates = {f"{number}.jpg": "estimate" for number in range(4)}
    assert dropped(tmp_path / "a-report") == {**estimates, "8.jpg": "no-gps"}
    # A sidecar that comes later is seen, although the photo did not change; the switch is obeyed.
    subprocess.run(["exiftool", "-q", *KYOTO, str(folder / "8.jpg.xmp")], check=True)
    assert photos(folder, "--out", tmp_path / "a.csv", *EVERYTHING, "--keep", "estimate") == 0
    assert len(rows_of(tmp_path / "a.csv")) == 9


def test_what_a_folder_holds_besides_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thumbnails of a NAS are no photos to learn from, and a PSD does not vanish without a word."""
    folder = tmp_path / "album"
    (folder / "@eaDir").mkdir(parents=True)
    picture = sorted((Path(__file__).parents[2] / "data" / "monuments").glob("*.webp"))[0]
    with Image.open(picture) as image:
        for name in ("a.jpg", "@eaDir/SYNOPHOTO_THUMB_XL.jpg"):
            image.convert("RGB").save(folder / name)
    subprocess.run(["exiftool", "-q", *KYOTO, str(folder / "a.jpg")], check=True)
    (folder / "b.psd").write_bytes(b"8BPS\0\1" + bytes(20))
    assert photos(folder, "--out", tmp_path / "a.csv") == 0
    told = [
        "1 photo in thumbnail and recycle folders of a NAS left out.",
        "1 file of a kind that GeoGuess cannot read (1 PSD).",
    ]
    said = capsys.readouterr().out
    assert all(sentence in said for sentence in told)
    report = read_report(tmp_path / "a.csv", tmp_path / "a-report")
    assert report.kept == 1
    assert list(report.notes) == told

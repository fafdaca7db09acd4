"""The field's test sets as they are handed round: their columns, and how ids name the photos."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run.evaluate import evaluate

SCENES = "S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban"
# Header, how a row ends, and (id, file below the folder) of three photos: Flickr's
# <photo>_<secret>_<server>_<owner>.jpg; a folder per beginning of a hash; the photo's number alone.
LAYOUTS = {
    "im2gps_places365": (
        f"IMG_ID,AUTHOR,LAT,LON,{SCENES}",
        "2,14,333,0.01,0.09,0.9",
        [
            ("104123223_7410c654ba_19_85976035@N00.jpg", None),
            ("1075204462_94a2a0b5f5_1109_7604447@N06.jpg", None),
            ("299825067_7f3a2b1c3d_118_49502978765@N01.jpg", None),
        ],
    ),
    "im2gps3k_places365": (
        f"IMG_ID,AUTHOR,LAT,LON,{SCENES}",
        "1,7,5,0.1,0.8,0.1",
        [
            ("1000269685_e60e9cdfb4_1125_78841376@N00.jpg", "im2gps3ktest"),
            ("1003531258_21b9d1d0f1_1136_45093094@N00.jpg", "im2gps3ktest"),
            ("100653188_c8ff3fd6d5_32_34022876@N00.jpg", "im2gps3ktest"),
        ],
    ),
    "yfcc25600_places365": (
        f"IMG_ID,AUTHOR,LAT,LON,{SCENES}",
        "0,1,2,0.8,0.1,0.1",
        [
            ("be/83/3152122985.jpg", None),
            ("41/94/4194301234.jpg", None),
            ("be/84/5.jpg", None),
        ],
    ),
    "yfcc4k": (
        "IMG_ID,OwnerNSID,LAT,LON",
        None,
        [("10201275523.jpg", None), ("25935894.jpg", "yfcc4k"), ("3986437.jpg", None)],
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_set_in_its_published_layout_is_located_photo_by_photo(
    name: str, predictor: Predictor, album: Path, tmp_path: Path
) -> None:
    header, ending, photos = LAYOUTS[name]
    images, lines = tmp_path / "images", [header]
    source = next(path for path in sorted(album.rglob("*.jpg")) if path.stat().st_size > 5000)
    for number, (photo, folder) in enumerate(photos):
        target = images / (folder or "") / photo
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        cells = [photo, "78841376@N00", f"{48.5 + number}", f"-{2.25 + number}"]
        lines.append(",".join([*cells, *([ending] if ending else [])]))
    table = tmp_path / f"{name}.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = evaluate(predictor, table, images, tmp_path / "report", report=False)
    assert [answer.row.file for answer in found.answers] == [photo for photo, _ in photos]
    assert [answer.row.latitude_deg for answer in found.answers] == [48.5, 49.5, 50.5]
    assert [answer.row.longitude_deg for answer in found.answers] == [-2.25, -3.25, -4.25]
    scenes = {answer.row.scene for answer in found.answers}
    expected = {"im2gps_places365": "urban", "im2gps3k_places365": "natural"}
    assert scenes == {expected.get(name, "indoor" if ending else "")}
    written = (tmp_path / "report" / "predictions.csv").read_text(encoding="utf-8").splitlines()
    assert len(written) == 4
    assert written[1].startswith(photos[0][0])

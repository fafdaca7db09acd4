"""What belongs together stays together, and no spot is on both sides of a split by place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from s2sphere import CellId, LatLng

from trainer.local.divide import PhotoRecords, assign_folds, divide_photos, spot_level
from trainer.local.recipe import SplitChoice

COUNT = 120


def photos(seed: int = 1) -> PhotoRecords:
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**63, COUNT, dtype=np.uint64)
    return PhotoRecords(
        names=tuple(f"{number}.jpg" for number in range(COUNT)),
        latitude_deg=48.0 + 0.01 * random.random(COUNT),
        longitude_deg=11.0 + 0.01 * random.random(COUNT),
        taken=np.array("2024-05-01T08:00:00", dtype="datetime64[s]")
        + (np.arange(COUNT) * 3600).astype("timedelta64[s]"),
        camera=np.zeros(COUNT, dtype=np.int64),
        perceptual=hashes,
        difference=hashes,
        hashed=np.ones(COUNT, dtype=np.bool_),
    )


def test_no_spot_lies_on_both_sides_of_a_split_by_place() -> None:
    sample = photos()
    parted = divide_photos(sample, SplitChoice(by="place"))
    level = spot_level(sample.latitude_deg, sample.longitude_deg)
    spots = [
        CellId.from_lat_lng(LatLng.from_degrees(lat, lon)).parent(level).id()
        for lat, lon in zip(sample.latitude_deg, sample.longitude_deg, strict=True)
    ]
    test = {spot for spot, put_aside in zip(spots, parted.test, strict=True) if put_aside}
    kept = {spot for spot, put_aside in zip(spots, parted.test, strict=True) if not put_aside}
    assert test
    assert not test & kept
    assert f"level {level}" in parted.words
    assert parted.test.sum() == pytest.approx(0.2 * COUNT, abs=6)


@pytest.mark.parametrize("by", ["random", "place"])
def test_a_burst_and_its_near_copies_stay_together(by: str) -> None:
    sample = photos()
    taken, hashes = sample.taken.copy(), sample.perceptual.copy()
    latitude, longitude = sample.latitude_deg.copy(), sample.longitude_deg.copy()
    # 0, 1, 2: one burst at one spot. 3, 4: taken far apart, but pictures that differ in 3 bits.
    for number in (1, 2):
        taken[number] = taken[0] + np.timedelta64(60 * number, "s")
        latitude[number], longitude[number] = latitude[0] + 1e-4, longitude[0]
    hashes[4] = hashes[3] ^ np.uint64(0b10101)
    tied = replace(
        sample,
        taken=taken,
        perceptual=hashes,
        difference=hashes,
        latitude_deg=latitude,
        longitude_deg=longitude,
    )
    for seed in range(6):
        parted = divide_photos(tied, SplitChoice(by=by, seed=seed))  # type: ignore[arg-type]
        assert len(set(parted.test[:3])) == 1
        assert parted.test[3] == parted.test[4]
        assert len(set(parted.group[:3])) == 1
        fold = assign_folds(parted.group, tied.names, 5, seed)
        assert len(set(fold[:3])) == 1
        assert np.bincount(fold, minlength=5).min() > 0


def test_another_camera_or_another_place_is_no_burst() -> None:
    sample = photos()
    taken = np.repeat(sample.taken[:1], COUNT)
    far = divide_photos(replace(sample, taken=taken), SplitChoice(by="random", burst_m=0.0))
    other = divide_photos(
        replace(sample, taken=taken, camera=np.arange(COUNT)),
        SplitChoice(by="random", burst_m=1e6),
    )
    assert len(set(far.group)) == COUNT
    assert len(set(other.group)) == COUNT


def test_the_order_of_the_photos_decides_nothing() -> None:
    sample = photos()
    order = np.random.default_rng(5).permutation(COUNT)
    arrays = {
        name: getattr(sample, name)[order]
        for name in ("latitude_deg", "longitude_deg", "taken", "camera", "perceptual", "difference")
    }
    turned = replace(sample, names=tuple(sample.names[i] for i in order.tolist()), **arrays)
    for by in ("random", "place"):
        first, second = (
            divide_photos(sample, SplitChoice(by=by)),
            divide_photos(turned, SplitChoice(by=by)),
        )  # type: ignore[arg-type]
        assert np.array_equal(first.test[order], second.test)

"""What can be fetched, and that the page about it says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoguess_app.core.format import data_size, plain_spaces
from geoguess_app.models.getting import built_path, download_folder
from geoguess_app.models.published import MIRROR, PUBLISHED, PublishedVariant

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
VARIANTS = [(model, variant) for model in PUBLISHED.values() for variant in model.variants]


@pytest.mark.parametrize(("model", "variant"), VARIANTS, ids=lambda entry: entry.name)
def test_the_page_names_every_variant_with_host_size_and_licence(
    model: object, variant: PublishedVariant
) -> None:
    for source in variant.sources:
        assert source.host_address.startswith("https://")
        assert source.host_address.removeprefix("https://") in PAGE
        assert source.licence in PAGE
        if source.is_repository:
            assert f"`{source.place}`" in PAGE
    number, unit = plain_spaces(data_size(variant.about_bytes)).split()
    rounded = f"{round(float(number), -1):.0f}" if float(number) > 100 else number
    assert f"{rounded} {unit}" in PAGE


def test_the_page_tells_the_published_accuracy_and_the_mirror() -> None:
    for share in PUBLISHED["geoclip"].published_accuracy.values():
        assert f"{100 * share:.1f}%" in PAGE
    assert f"`{MIRROR}=" in PAGE


def test_variants_lie_apart() -> None:
    places = [(built_path(m, v), download_folder(m, v)) for m, v in VARIANTS]
    assert len({path for pair in places for path in pair}) == 2 * len(VARIANTS)


def test_the_location_tower_is_never_reduced() -> None:
    """Half precision or eight bits would keep nothing of degrees times 256."""
    for _, variant in VARIANTS:
        names = [name for s in variant.sources for file in s.files for name in file.names]
        assert not [n for n in names if "location_model" in n and n != "onnx/location_model.onnx"]

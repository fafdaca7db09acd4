"""The model card of a trained bundle: what it is, what it learned from, what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.format import distance, plain_spaces, threshold
from trainer.common.licences import photos_in_bundle
from trainer.common.recipe_sections import ModelDescription

_DISTANCES = ("1", "25", "200", "750", "2500")


def card_text(model: ModelDescription, manifest: Manifest, facts: Mapping[str, Any]) -> str:
    """Markdown; every figure comes from the manifest."""
    sections = [
        f"# {manifest.title}\n\n{manifest.description}\n\nIntended area: {manifest.intended_area}",
        f"## Intended use and limitations\n\n{model.uses.strip()}",
        _training_section(facts),
    ]
    if "photos" in manifest.evaluation:
        sections.append(_measured_section(manifest.evaluation))
    rows = [f"| {p.name} | {p.photos} | {p.license} |" for p in manifest.provenance]
    bank = manifest.retrieval
    held = photos_in_bundle(thumbnails=bank is not None and bank.thumbnails is not None)
    sections.append(
        f"## Made from\n\n{held}\n\n"
        "| source | photos | licence |\n|---|---|---|\n" + "\n".join(rows)
    )
    return "\n\n".join(sections) + "\n"


def _training_section(facts: Mapping[str, Any]) -> str:
    lines = [f"- {name.replace('_', ' ')}: {_plain(value)}" for name, value in facts.items()]
    return "## Training\n\n" + "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return str(value)


def _measured_section(figures: Mapping[str, Any]) -> str:
    accuracy = figures["accuracy"]
    # A local model is judged at metres instead.
    distances = [km for km in _DISTANCES if km in accuracy] or list(accuracy)
    shares = " | ".join(f"{100 * accuracy[km]:.1f}" for km in distances)
    names = " | ".join(_distance(km) for km in distances)
    bars = "|".join("---" for _ in distances)
    text = (
        f"## Measured\n\n{figures['photos']} test photos, none of which was used to train, "
        "choose or calibrate the model.\n\n"
        f"| % within | {names} |\n|---|{bars}|\n| this model | {shares} |\n\n"
        f"Mean error {_length(figures['mean_m'])}, median {_length(figures['median_m'])}."
    )
    floor = figures.get("floor_mean_point")
    if floor:
        text += (
            " Answering every photo with the centre of the training photos: mean "
            f"{_length(floor['mean_m'])}, median {_length(floor['median_m'])}."
        )
    return text + _of_a_local_model(figures)


def _of_a_local_model(figures: Mapping[str, Any]) -> str:
    """How the photos were divided, whether the radii hold, and what it says to strangers."""
    other, inside = figures.get("other_split"), figures.get("inside_50_80_95")
    if not inside:
        return ""
    count, ceiling = figures["photos"], figures.get("ceiling_nearest_photo")
    text = ""
    if ceiling:
        text += (
            " Placing each photo at the nearest training photo, the best that memory alone can "
            f"do: mean {_length(ceiling['mean_m'])}, median {_length(ceiling['median_m'])}."
        )
    text += (
        "\n\nThe true position was within the 50%, 80% and 95% radius for "
        f"{inside[0]}, {inside[1]} and {inside[2]} of the {count} photos."
    )
    if other:
        text += (
            f" Split {figures['split']}. Divided the other way ({other['split']}), with a new "
            f"choice of settings: mean {_length(other['mean_m'])}, median "
            f"{_length(other['median_m'])}."
        )
    elsewhere = figures.get("elsewhere")
    if not elsewhere:
        return text + (
            f'\n\nIt answered "cannot tell" to {figures["cannot_tell"]} of its {count} test '
            "photos. "
            "How well it recognises photos from elsewhere was not measured: there were none."
        )
    return text + (
        f'\n\nOf {elsewhere["photos"]} photos from elsewhere it answered "cannot tell" to '
        f"{elsewhere['cannot_tell']}, and to {figures['cannot_tell']} of its {count} test photos."
    )


def _distance(km: str) -> str:
    return plain_spaces(threshold(float(km)))


def _length(metres: float) -> str:
    return plain_spaces(distance(metres / 1000))

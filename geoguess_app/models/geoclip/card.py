"""The model card of a GeoCLIP bundle."""

from __future__ import annotations

from collections.abc import Sequence

from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.format import percent, threshold
from geoguess_app.models.geoclip.expected import PUBLISHED

DESCRIPTION = (
    "Compares a photo with 100,000 places of the Earth: a model of the whole world that learned "
    "from 4.72 million photos of Flickr. It recognises regions better than single sights."
)
INTENDED_AREA = "The world, where photographers go."

_CARD = """# {title}

GeoCLIP by Vivanco Cepeda, Nayak and Shah (NeurIPS 2023), on CLIP ViT-L/14 by OpenAI (2021), made
into a GeoGuess model from the published files: {files}. Licence: MIT (both).

## What it is

A photo's embedding is compared with those of {places:,} places. The similarities become
probabilities, are corrected for how densely the gallery lies, and are gathered into
{levels} ({cells} cells). The answer is the place around which most of the probability lies.

## What was published

On IM2GPS3k, by its authors: {published}.

## How far to trust it

**Not calibrated on photos of yours.** Until it is, what is said about confidence and radii is what
was published on average, not a measurement. Calibrate it on 300 or more of your own located photos
(`geoguess-train calibrate`).

- A softmax over a gallery is no probability until it is calibrated.
- A disturbance of the pixels that nobody sees (2/255) can move such a model's answer to a place of
  an attacker's choice, in more than nine cases of ten. Never take an answer as evidence.
- It learned from Flickr: it knows where people with cameras went, and least where they did not.

## Training data

MP-16: 4.72 million geotagged photos of Flickr, for the alignment with places; 400 million pairs of
pictures and texts from the web, for CLIP. None of them is in this model.
"""


def model_card(manifest: Manifest, files: Sequence[str]) -> str:
    """The card of a new GeoCLIP bundle, in Markdown."""
    assert manifest.gallery is not None
    shares = [f"{percent(share)} within {threshold(km)}" for km, share in PUBLISHED.items()]
    number = len(manifest.partitions)
    return _CARD.format(
        title=manifest.title,
        files=", ".join(files),
        places=manifest.gallery.count,
        levels=f"{number} partitions" if number > 1 else "one partition",
        cells=" / ".join(f"{entry.cells:,}" for entry in manifest.partitions),
        published=", ".join(shares),
    )

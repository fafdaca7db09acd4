"""Trials of matching on changed photos: what still finds its place, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from geoguess_app.core.matching import describe, strongest_rivals, trust, verify
from geoguess_app.core.matching.same_place import TrustModel
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import Predictor
from trainer.matching.fitting import pair_chances
from trainer.matching.pairs import cached_features, embedding_of, same_burst
from trainer.matching.stages import CANDIDATES, MatchingData

Change = Callable[[Image.Image], Image.Image]


def _dusk(picture: Image.Image) -> Image.Image:
    """Dark, blue, with little contrast and some noise."""
    dark = np.asarray(ImageEnhance.Contrast(picture).enhance(0.6), dtype=np.float64)
    noise = np.random.default_rng(5).normal(0.0, 6.0, dark.shape)
    return Image.fromarray(
        np.clip(dark * np.array([0.25, 0.3, 0.42]) + noise, 0, 255).astype(np.uint8)
    )


def _crop(picture: Image.Image, kept: float) -> Image.Image:
    wide, high = picture.size
    left, top = (1.0 - kept) / 2 * wide, (1.0 - kept) / 2 * high
    return picture.crop((int(left), int(top), int(left + kept * wide), int(top + kept * high)))


CHANGES: Mapping[str, Change] = {
    "as it is": lambda picture: picture,
    "black and white": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "dusk": _dusk,
    "another camera (small, sharpened)": lambda picture: picture.resize(
        (picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.BILINEAR
    ).filter(ImageFilter.UnsharpMask(2, 150)),
    "scan with a white border, tilted by 2°": lambda picture: ImageOps.expand(
        picture, picture.width // 12, "white"
    ).rotate(2, Image.Resampling.BICUBIC, fillcolor=(235, 230, 220)),
    "cropped to 70% of each side": lambda picture: _crop(picture, 0.7),
    "cropped to 50% of each side": lambda picture: _crop(picture, 0.5),
    "turned by 90°": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def trial_table(
    predictor: Predictor, data: MatchingData, model: TrustModel, count: int, seed: int = 4
) -> str:
    """Write a Markdown table: of ``count`` photos that find their place as they are, the share
    that still do when changed; with candidates chosen anew, and with those of the plain photo."""
    asked = data.within_area.take(data.within_area.rank < CANDIDATES).with_rivals(data.area)
    verified = np.unique(asked.query[pair_chances(asked, model.weights) >= model.verified_from])
    chosen = np.random.default_rng(seed).permutation(verified)[:count].tolist()
    similarity = data.area.embeddings @ data.area.embeddings.T
    burst = same_burst(data.area, similarity)
    lines = ["| change | found | found among the plain photo's candidates |", "|---|---|---|"]
    for words, change in CHANGES.items():
        found = np.array(
            [_found(predictor, data, model, query, change, burst[query]) for query in chosen]
        )
        anew, plain = found.mean(axis=0)
        lines.append(f"| {words} | {100 * anew:.0f} | {100 * plain:.0f} |")
    return "\n".join(lines) + "\n"


def _found(
    predictor: Predictor,
    data: MatchingData,
    model: TrustModel,
    query: int,
    change: Change,
    burst: np.ndarray,
) -> tuple[bool, bool]:
    picture = change(open_upright(data.area.files[query]))
    vector = embedding_of(predictor, predictor.prepare_image(picture))
    similarity = np.where(burst, -1.0, data.area.embeddings @ vector)
    plain_similarity = np.where(burst, -1.0, data.area.embeddings @ data.area.embeddings[query])
    features = describe(picture)

    def is_verified(similar: np.ndarray) -> bool:
        rows = np.argsort(-similar)[:CANDIDATES]
        matches = [verify(features, cached_features(data.area.files[row])) for row in rows]
        rivals = strongest_rivals(
            np.array([match.n_inliers for match in matches]),
            data.area.latitude_deg[rows],
            data.area.longitude_deg[rows],
        )
        return any(
            trust(match, float(similarity[row]), int(rival), model).verified
            for match, row, rival in zip(matches, rows, rivals, strict=True)
        )

    return is_verified(similarity), is_verified(plain_similarity)

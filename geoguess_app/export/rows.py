"""One photo's result as plain values, the same for JSON lines and GeoJSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.types import (
    Candidate,
    CluesUsed,
    Conflict,
    FailedPhoto,
    LocatedPhoto,
    ReferenceMatch,
    SceneProbabilities,
)

if TYPE_CHECKING:
    from geoguess_app.core.reading.photo_text import PhotoText

_DEGREE_DIGITS = 7  # a centimetre: rounding must not hide what really differs
_KM_DIGITS = 3
_PROBABILITY_DIGITS = 6
_TOP_CATEGORIES = 5


def as_json(result: LocatedPhoto | FailedPhoto, top: int) -> dict[str, Any]:
    """The documented object of one photo, with at most ``top`` candidates."""
    if isinstance(result, FailedPhoto):
        return {"file": str(result.path), "status": "error", "error": result.message}
    answer, place = result.prediction, result.place
    radii = answer.radii
    return {
        "file": str(result.path),
        "status": "ok",
        "latitude": degrees(answer.coordinate.latitude_deg),
        "longitude": degrees(answer.coordinate.longitude_deg),
        "radius_km": {
            "50": kilometres(radii.r50_km),
            "80": kilometres(radii.r80_km),
            "95": kilometres(radii.r95_km),
        },
        "confidence": probability(answer.confidence),
        "level": answer.level.value,
        "place": {
            "city": place.city,
            "region": place.region,
            "country": place.country,
            "country_code": place.country_code,
        },
        "scene": scene_json(answer.scene),
        "network": answer.network,
        "candidates": [candidate_json(candidate) for candidate in answer.candidates[:top]],
        "conflict": conflict_json(answer.conflict),
        "model": answer.model,
        "reference": reference_json(result.reference),
        **clues_json(result.clues),
        **text_json(result.text),
    }


def clues_json(clues: CluesUsed | None) -> dict[str, Any]:
    """The key ``clues``, only where some were used."""
    if clues is None:
        return {}
    return {
        "clues": {
            "used": list(clues.clues),
            "probability_left": probability(clues.probability_left),
            "contradict": clues.contradict,
        }
    }


def text_json(text: PhotoText | None) -> dict[str, Any]:
    """The key ``text``, only where it was read; corners in pixels of the upright photo."""
    if text is None:
        return {}
    return {
        "text": {
            "lines": [
                {
                    "text": line.text,
                    "corners": [list(corner) for corner in line.corners],
                    "confidence": probability(line.confidence),
                }
                for line in text.lines
            ],
            "clues": [{"clue": str(found.clue), "text": found.text} for found in text.clues],
            "places": [
                {
                    "city": found.place.city,
                    "region": found.place.region,
                    "country_code": found.place.country_code,
                    "latitude": degrees(found.coordinate.latitude_deg),
                    "longitude": degrees(found.coordinate.longitude_deg),
                    "text": found.text,
                    "clue": str(found.clue),
                    "score": round(found.score, 2),
                }
                for found in text.places
            ],
        }
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """One candidate as JSON values: cell token, degrees, calibrated probability, raw weight."""
    return {
        "cell": candidate.cell,
        "latitude": degrees(candidate.coordinate.latitude_deg),
        "longitude": degrees(candidate.coordinate.longitude_deg),
        "probability": probability(candidate.probability),
        "weight": probability(candidate.weight),
    }


def conflict_json(conflict: Conflict | None) -> dict[str, Any] | None:
    """Describe both hypotheses, or give null when coarse and fine agree."""
    if conflict is None:
        return None
    return {"coarse": candidate_json(conflict.coarse), "fine": candidate_json(conflict.fine)}


def reference_json(reference: ReferenceMatch | None) -> dict[str, Any] | None:
    """Describe the reference photo that an answer rests on, or give null; ``matches`` is 0 where
    it only looks alike."""
    if reference is None:
        return None
    return {
        "file": str(reference.file),
        "latitude": degrees(reference.coordinate.latitude_deg),
        "longitude": degrees(reference.coordinate.longitude_deg),
        "taken": reference.taken.isoformat() if reference.taken is not None else None,
        "matches": reference.matches,
        "probability": probability(reference.probability),
    }


def scene_json(scene: SceneProbabilities | None) -> dict[str, Any] | None:
    """All of the 3 and 16 groups, and the five likeliest of the 365 categories."""
    if scene is None:
        return None
    table = scene_table()
    best = scene.s365.argsort()[::-1][:_TOP_CATEGORIES]
    return {
        "s3": _by_name(table.s3_names, scene.s3.tolist()),
        "s16": _by_name(table.s16_names, scene.s16.tolist()),
        "s365": [
            {"label": table.labels[index], "probability": probability(float(scene.s365[index]))}
            for index in best.tolist()
        ],
    }


def _by_name(names: tuple[str, ...], values: list[float]) -> dict[str, float | None]:
    return {name: probability(value) for name, value in zip(names, values, strict=True)}


def degrees(value: float) -> float:
    """Latitude or longitude to a centimetre; never "-0.0"."""
    return round(value, _DEGREE_DIGITS) + 0.0


def kilometres(value: float) -> float | None:
    """A radius to a metre; None where it is not finite, which JSON cannot say."""
    return round(value, _KM_DIGITS) if math.isfinite(value) else None


def probability(value: float) -> float | None:
    """A probability to six digits."""
    return round(value, _PROBABILITY_DIGITS) if math.isfinite(value) else None

"""A result in plain words, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoguess_app.core.clues.clue import describe
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.format import (
    calendar_day,
    count,
    distance,
    percent,
    plain_spaces,
    threshold,
)
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import (
    CONFIDENCE_KM,
    MEMBER,
    Candidate,
    CluesUsed,
    Conflict,
    Coordinate,
    FailedPhoto,
    Level,
    LocatedPhoto,
    Place,
    Prediction,
    ReferenceMatch,
    SceneProbabilities,
    is_uncalibrated,
)

if TYPE_CHECKING:
    from geoguess_app.core.reading.photo_text import PhotoText

LEVEL_WORDS = {
    Level.SAME_PLACE: "precise enough to find the spot",
    Level.FINE: "precise enough to name a town",
    Level.MIDDLE: "precise enough to name a region, but not a town",
    Level.COARSE: "precise enough to name a part of the world only",
    Level.CANNOT_TELL: "cannot tell: the model does not recognise the place",
}


def as_text(result: LocatedPhoto | FailedPhoto, top: int) -> str:
    """A few lines about one photo, ending in a line break."""
    name = printable(str(result.path))
    if isinstance(result, FailedPhoto):
        return f"{name}\n  error: {result.message}\n"
    answer = result.prediction
    lines = [
        place_line(result.place),
        f"{decimal(answer.coordinate)}, within {distance(answer.radii.r80_km)}, 80% confidence",
        f"{LEVEL_WORDS[answer.level]} ({_confidence(answer)})",
    ]
    if answer.level is Level.CANNOT_TELL:
        lines[0] = f"best guess: {lines[0]}"
    if result.reference is not None:
        lines.insert(0, reference_line(result.reference))
    if result.clues is not None:
        lines.append(clues_line(result.clues))
    if result.text is not None:
        lines += text_lines(result.text)
    if answer.scene is not None:
        lines.append(f"scene: {scene_line(answer.scene)}")
    if answer.conflict is not None:
        lines.append(conflict_line(answer.conflict))
    if result.known is not None:
        lines.append(known_line(result.known, answer.coordinate))
    lines += [candidate_line(candidate) for candidate in answer.candidates[:top]]
    by_photos = answer.neighbours and not answer.cell_probabilities
    how = "look-alikes" if by_photos else _speaker(answer.network)
    lines.append(f"model: {answer.model}, {how}")
    return "\n  ".join([name, *map(plain_spaces, lines)]) + "\n"


def _speaker(network: str) -> str:
    return network if network.startswith(MEMBER) else f"network {network}"


def _confidence(answer: Prediction) -> str:
    doubt = ", not calibrated on photos of yours" if is_uncalibrated(answer.model) else ""
    return f"{percent(answer.confidence)} confidence within {threshold(CONFIDENCE_KM)}{doubt}"


def printable(text: str) -> str:
    """A file name that can do nothing to a terminal: control characters become "�"."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def place_line(place: Place) -> str:
    """Town, region and country, each once."""
    parts = [part for part in (place.city, place.region, place.country) if part]
    return ", ".join(dict.fromkeys(parts)) or "open sea or unnamed place"


def clues_line(clues: CluesUsed) -> str:
    """``only where they fit: drives on the left; 12% of the probability lies there``."""
    words = ", ".join(clues.words)
    share = percent(clues.probability_left)
    if clues.contradict:
        fits = f"{share} of the probability fits"
        if clues.probability_left == 0:
            fits = "nothing fits, so they are ignored"
        return f"clues and picture contradict each other: {words}; {fits}"
    return f"only where this fits: {words}; {share} of the probability lies there"


def text_lines(text: PhotoText) -> list[str]:
    """The lines on the photo, the clues that they offer and the places that they may name."""
    if not text.lines and not text.clues:
        return ["no text found on the photo"]
    lines = [f"text: {' · '.join(printable(line.text) for line in text.lines)}"]
    for found in text.clues:
        source = f"“{printable(found.text)}”" if found.text else "the look of the letters"
        said = _quoted(str(found.clue))
        lines.append(f"clue offered: --clue {said} ({describe(found.clue)}), from {source}")
    for place in text.places:
        said = f"“{printable(place.text)}”"
        lines.append(f"place offered: --clue {_quoted(str(place.clue))}, from {said}")
    return lines


def _quoted(clue: str) -> str:
    return f'"{clue}"' if " " in clue else clue


def reference_line(reference: ReferenceMatch) -> str:
    """``Same place as IMG_2041.jpg (12 May 2019), 84 matching points``; for one that only looks
    alike, how often such ones are right."""
    name = printable(reference.file.name)
    if reference.taken is not None:
        name += f" ({calendar_day(reference.taken)})"
    if reference.is_verified:
        points = count(reference.matches, "matching point", "matching points")
        return f"Same place as {name}, {points}"
    share = percent(reference.probability)
    return f"Looks like {name}: {share} of such look-alikes were taken within {threshold(1.0)}"


def scene_line(scene: SceneProbabilities) -> str:
    """The likeliest label at each granularity."""
    table = scene_table()
    names = ((table.s3_names, scene.s3), (table.s16_names, scene.s16), (table.labels, scene.s365))
    return " · ".join(
        f"{labels[int(values.argmax())]} {percent(float(values.max()))}" for labels, values in names
    )


def candidate_line(candidate: Candidate) -> str:
    """One candidate on a line: rank, probability, position and cell token."""
    share = percent(candidate.probability)
    return (
        f"{candidate.rank}. {share:>7}  {decimal(candidate.coordinate, 4)}  cell {candidate.cell}"
    )


def conflict_line(conflict: Conflict) -> str:
    """Two hypotheses, side by side."""
    coarse, fine = (
        f"{decimal(one.coordinate, 2)} ({percent(one.probability)})"
        for one in (conflict.coarse, conflict.fine)
    )
    return f"in doubt: coarse cells favour {coarse}, fine cells {fine}"


def known_line(known: Coordinate, answer: Coordinate) -> str:
    """Return how far the answer lies from the photo's own GPS position."""
    km = great_circle_km(
        known.latitude_deg, known.longitude_deg, answer.latitude_deg, answer.longitude_deg
    )
    return f"GPS position in the file: {decimal(known)}, {distance(float(km))} from this estimate"

"""The report of one photo as a single page: no script, no address, nothing of this machine."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from geoguess_app import __version__
from geoguess_app.core.bundle.bank_photos import BankPhotos, bank_photos
from geoguess_app.core.cells import areas_km2
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.core.decision.heatmap import cells_to_draw
from geoguess_app.core.errors import GeoGuessError, PhotoError
from geoguess_app.core.format import calendar_day, data_size, distance, percent
from geoguess_app.core.geo.coordinates import decimal, dms
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import COMBINED, Coordinate, FloatArray, Level, Neighbour
from geoguess_app.evaluation.figures.thumbnails import data_uri, thumbnail
from geoguess_app.export.text import LEVEL_WORDS, reference_line
from geoguess_app.paths import resource_dir
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.report import map_picture, wording
from geoguess_app.report.facts import ReportSubject, file_digest, repeating_command
from geoguess_app.report.model_card import model_card

PICTURE_PX = 1000
"""The longer side of the photo in a report, at most."""
ALTERNATIVES, LOOK_ALIKES = 5, 3
_DRAWN_MASS, _MOST_CELLS = 0.95, 400


def report_page(subject: ReportSubject, *, created: datetime | None = None) -> str:
    """The whole page as text; ``created`` is when it was made, now if None.

    Raises PhotoError for a photo that cannot be read any more.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resource_dir() / "report"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made = (created or datetime.now(UTC)).astimezone(UTC)
    located = subject.located
    page = environment.get_template("photo.html").render(
        css=(folder / "photo.css").read_text(encoding="utf-8"),
        name=subject.shown_name,
        created=f"{calendar_day(made)}, {made:%H:%M} UTC",
        version=__version__,
        estimate=wording.ESTIMATE,
        headline=wording.headline(located),
        sentences=wording.answer_sentences(located),
        picture=_picture(subject),
        answer_facts=list(_answer_facts(subject)),
        alternatives=_alternatives(subject),
        maps=_maps(subject),
        cannot_tell=located.prediction.level is Level.CANNOT_TELL,
        clues=_clues(subject),
        reference=_reference(subject),
        look_alikes=_look_alikes(subject),
        file_facts=list(_file_facts(subject)),
        model=model_card(subject.bundle.manifest),
        run_facts=list(_run_facts(subject)),
        command=repeating_command(subject),
        only_in_window=wording.why_only_in_window(subject),
    )
    # A byte of a file name that is no text is shown by its number: no page can carry it.
    return page.encode(errors="backslashreplace").decode()


def _picture(subject: ReportSubject) -> str:
    """The photo without its metadata as a data address; empty without it."""
    if not subject.settings.with_picture:
        return ""
    from geoguess_app.core.picture.preprocess import open_upright

    image = open_upright(subject.path, min_side=PICTURE_PX, cut_too=True)
    image.thumbnail((PICTURE_PX, PICTURE_PX))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=85)
    return data_uri(buffer.getvalue(), "image/jpeg")


def _answer_facts(subject: ReportSubject) -> Iterator[tuple[str, str]]:
    located = subject.located
    answer = located.prediction
    radii = answer.radii
    yield "Position", f"{decimal(answer.coordinate)} ({dms(answer.coordinate)}), WGS 84"
    yield (
        "Radius",
        f"{distance(radii.r50_km)} with 50% confidence, {distance(radii.r80_km)} with 80%, "
        f"{distance(radii.r95_km)} with 95%",
    )
    if answer.level is not Level.CANNOT_TELL:
        yield "Level", f"{answer.level.value}: {LEVEL_WORDS[answer.level]}"
    if located.known is not None:
        apart = _apart(located.known, answer.coordinate)
        yield "Position in the file", f"{decimal(located.known)}, {apart} from this estimate"
    if subject.placed is not None:
        apart = _apart(subject.placed, answer.coordinate)
        yield "Placed by a person", f"{decimal(subject.placed)}, {apart} from this estimate"


def _apart(one: Coordinate, other: Coordinate) -> str:
    km = great_circle_km(
        one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
    )
    return distance(float(km))


def _alternatives(subject: ReportSubject) -> list[dict[str, str]]:
    answer = subject.located.prediction
    candidates = answer.candidates[:ALTERNATIVES]
    places = PlaceFinder().at_many([candidate.coordinate for candidate in candidates])
    return [
        {
            "rank": str(candidate.rank),
            "place": wording.place_name(place),
            "position": decimal(candidate.coordinate),
            "probability": percent(candidate.probability),
            "apart": _apart(candidate.coordinate, answer.coordinate) if number else "the answer",
        }
        for number, (candidate, place) in enumerate(zip(candidates, places, strict=True))
    ]


def _maps(subject: ReportSubject) -> dict[str, Any]:
    located = subject.located
    answer = located.prediction
    drawn = map_picture.DrawnAnswer(
        point=answer.coordinate,
        r80_km=answer.radii.r80_km,
        certain=answer.level is not Level.CANNOT_TELL,
        cells=_cells(subject),
        others=[candidate.coordinate for candidate in answer.candidates[1:ALTERNATIVES]],
        known=located.known,
    )
    return {
        "overview": map_picture.overview(drawn),
        "close_up": map_picture.close_up(drawn),
        "cells": bool(drawn.cells),
        "mass": percent(_DRAWN_MASS),
        "colours": map_picture.heat_colours(),
        "radius": distance(answer.radii.r80_km),
        "known": located.known is not None,
    }


def _cells(subject: ReportSubject) -> list[tuple[FloatArray, float]]:
    values = subject.located.prediction.cell_probabilities.get(COMBINED)
    partitions = tuple(subject.bundle.partitions)
    if values is None or not partitions or len(values) != partitions[-1].size:
        return []
    chosen, shares = cells_to_draw(values, _DRAWN_MASS, _MOST_CELLS)
    ids = partitions[-1].cell_ids[chosen]
    return list(zip(cell_rings(ids), (shares / areas_km2(ids)).tolist(), strict=True))


def _clues(subject: ReportSubject) -> dict[str, Any] | None:
    used = subject.located.clues
    if used is None and not subject.area and not subject.unused_clues:
        return None
    rows = [
        {
            "words": each.words,
            "share": percent(each.share),
            "option": option,
            "source": each.source or "given by the user",
        }
        for each, option in zip(subject.clue_shares, used.clues if used else (), strict=True)
    ]
    before = ""
    if subject.whole is not None:
        whole = subject.whole
        before = f"{wording.headline(whole)} ({decimal(whole.prediction.coordinate)})"
    return {
        "rows": rows,
        "sentence": wording.clues_sentence(used) if used is not None else "",
        "unused": [
            {
                "words": each.words,
                "source": each.source,
                "state": "dismissed by the user" if each.dismissed else "nobody decided about it",
            }
            for each in subject.unused_clues
        ],
        "area": subject.area,
        "before": before,
    }


def _reference(subject: ReportSubject) -> dict[str, str] | None:
    found = subject.located.reference
    if found is None:
        return None
    with_picture = subject.settings.with_picture
    return {
        "sentence": f"{reference_line(found)}.",
        "position": decimal(found.coordinate),
        "probability": percent(found.probability),
        "picture": (thumbnail(found.file) or "") if with_picture else "",
        "name": found.file.name,
    }


def _look_alikes(subject: ReportSubject) -> list[dict[str, str]]:
    neighbours: Sequence[Neighbour] = subject.located.prediction.neighbours[:LOOK_ALIKES]
    if not neighbours:
        return []
    try:
        bank = bank_photos(subject.bundle)
    except GeoGuessError:
        bank = None  # what the model says of its photos is not worth the report
    places = PlaceFinder().at_many([neighbour.coordinate for neighbour in neighbours])
    return [
        {
            "place": wording.place_name(place),
            "position": decimal(neighbour.coordinate),
            "similarity": f"{neighbour.similarity:.2f}",
            "apart": _apart(neighbour.coordinate, subject.located.prediction.coordinate),
            **_bank_facts(bank, neighbour.bank_index),
        }
        for neighbour, place in zip(neighbours, places, strict=True)
    ]


def _bank_facts(bank: BankPhotos | None, index: int) -> dict[str, str]:
    if bank is None or not 0 <= index < len(bank.author):
        return {"source": "", "picture": ""}
    photo = bank.photo(index)
    named = [photo.author, photo.source.name if photo.source is not None else ""]
    picture = data_uri(photo.thumbnail, "image/webp") if photo.thumbnail else ""
    return {"source": ", ".join(part for part in named if part), "picture": picture}


def _file_facts(subject: ReportSubject) -> Iterator[tuple[str, str]]:
    digest, size_bytes = file_digest(subject.path)
    yield "Name", subject.shown_name
    yield "SHA-256", digest
    yield "Size", f"{data_size(size_bytes)} ({size_bytes:,} bytes)"
    try:
        said = read_metadata(subject.path)
    except PhotoError:
        yield "Metadata", "could not be read"
        return
    if said.width_px:
        yield "Picture", f"{said.width_px:,} × {said.height_px:,} pixels"
    yield "Camera", said.camera or "the file does not say"
    if said.taken is None:
        yield "Taken", "the file does not say"
    else:
        clock = "local time"
        if said.utc_offset is not None:
            minutes = round(said.utc_offset.total_seconds() / 60)
            clock = (
                f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
            )
        yield "Taken", f"{calendar_day(said.taken)}, {said.taken:%H:%M:%S} ({clock})"


def _run_facts(subject: ReportSubject) -> Iterator[tuple[str, str]]:
    settings, answer = subject.settings, subject.located.prediction
    yield "Program", f"GeoGuess {__version__}"
    yield "Network", answer.network
    yield "Crops", f"{settings.crops} for each photo"
    yield "Computed on", wording.DEVICES.get(settings.device, settings.device)
    yield "Reference photos", "asked" if settings.references else "not asked"
    yield "Search area", subject.area or "the whole world"

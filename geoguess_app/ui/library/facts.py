"""Facts of a model in words, as the library shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from geoguess_app.core.format import count, data_size
from geoguess_app.models.library import LibraryModel
from geoguess_app.models.published import PublishedModel
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

DISTANCES_KM = ("1", "25", "200", "750")
"""Those of the bars, as a bundle names them."""


@dataclass(frozen=True, slots=True)
class AccuracyFigures:
    """Shares of photos (0…1) within so many km, and the two between which they lie."""

    shares: Mapping[str, float]
    note: str
    """Of which photos, and by whom."""
    measured: bool = False
    """By GeoGuess, not by the model's authors."""
    floor: Mapping[str, float] = field(default_factory=dict)
    ceiling: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the heading above them."""
        return tr("Measured accuracy") if self.measured else tr("Published accuracy")


def kind_words(kind: str) -> str:
    """Return what a model does to answer, in a few words."""
    return {
        "cells": tr("Predicts cells of the Earth"),
        "regression": tr("Predicts coordinates"),
        "retrieval": tr("Finds look-alikes"),
        "gallery": tr("Compares photos with a gallery of places"),
        "ensemble": tr("Pools several models"),
        "scenes": tr("Labels scenes, locates nothing"),
    }.get(kind, kind)


def accuracy_figures(model: LibraryModel) -> AccuracyFigures:
    """Return what a model measured, or else what its authors published; empty without either."""
    evaluation = model.manifest.evaluation
    if model.accuracy:
        photos = evaluation.get("photos")
        tested = words.photos(photos) if isinstance(photos, int) else tr("its own test photos")
        if model.manifest.kind == "gallery" and model.calibration == "photos":
            note = tr("Share placed within the distance, of the {photos} it was calibrated on.")
        else:
            note = tr("Share placed within the distance, of {photos} it had not seen.")
        note = note.format(photos=tested)
        return AccuracyFigures(model.accuracy, note, True, model.floor, model.ceiling)
    published = evaluation.get("published")
    if isinstance(published, Mapping):
        shares = {str(km): float(share) for km, share in published.items()}
        return AccuracyFigures(shares, _by_authors(str(evaluation.get("published_on", ""))))
    return AccuracyFigures({}, "")


def published_figures(model: PublishedModel) -> AccuracyFigures:
    """Return what the authors of a model say that it reaches."""
    return AccuracyFigures(dict(model.published_accuracy), _by_authors(model.measured_on))


def _by_authors(measured_on: str) -> str:
    return tr(
        "Share placed within the distance, by its authors on {photos}; not measured by GeoGuess."
    ).format(photos=measured_on or tr("photos of their choice"))


def calibration_words(model: LibraryModel) -> str:
    """Return what a model's confidences and radii rest on."""
    if model.calibration == "photos":
        photos = model.manifest.calibration.get("photos", model.manifest.evaluation.get("photos"))
        if isinstance(photos, int):
            return tr("Calibrated on {photos}").format(photos=words.photos(photos))
        return tr("Calibrated on located photos")
    if model.calibration == "published":
        return tr("Not calibrated on photos of yours: confidence follows published averages")
    return tr("Not calibrated: its confidence says little")


def library_facts(model: LibraryModel, pace: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known of a model; empty values are left out."""
    manifest = model.manifest
    yield tr("Kind"), kind_words(manifest.kind)
    yield tr("Intended area"), manifest.intended_area
    yield tr("Trained on"), _trained_on(model)
    if model.locates:
        yield tr("Confidence"), calibration_words(model)
        yield tr("Pace here"), pace or tr("Not measured yet in this session")
    yield tr("Licence"), manifest.license
    yield tr("Size on disk"), data_size(model.size_bytes)
    yield tr("Fetched from"), _fetched(model)
    where = tr("Comes with the program") if model.place == "program" else str(model.path)
    yield tr("Location"), where


def published_facts(model: PublishedModel) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known of a model that is not here."""
    if model.builder == "geoclip":
        yield tr("Area"), model.area
    yield tr("Trained on"), model.trained_on
    sizes = [f"{data_size(variant.about_bytes)} ({variant.what})" for variant in model.variants]
    yield tr("Download"), "; ".join(sizes)
    hosts = dict.fromkeys(host for variant in model.variants for host in variant.hosts)
    yield tr("From"), ", ".join(hosts)
    licences = dict.fromkeys(s.licence for variant in model.variants for s in variant.sources)
    yield tr("Licence"), ", ".join(licences)
    yield tr("Paper"), model.paper


def _trained_on(model: LibraryModel) -> str:
    sources = model.manifest.provenance
    if not sources:
        return ""
    largest = max(sources, key=lambda source: source.photos)
    if len(sources) == 1:
        return tr("{photos}: {source}").format(
            photos=words.photos(model.photos), source=largest.name
        )
    return tr("{photos} from {sources}, most of them from {source}").format(
        photos=words.photos(model.photos),
        sources=count(len(sources), tr("source"), tr("sources")),
        source=largest.name,
    )


def _fetched(model: LibraryModel) -> str:
    if model.origin is None:
        return ""
    addresses = ", ".join(source.address for source in model.origin.sources)
    return tr("{address}, {date}").format(address=addresses, date=model.origin.fetched[:10])

"""One self-contained page about an evaluation: tables, figures, photos and offline maps.

Nothing in it refers to anything outside: pictures are data URIs, scripts and styles stand in the
page, and its security policy forbids loading. Texts from tables and photos are escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geoguess_app.evaluation.figures.thumbnails import data_uri
from geoguess_app.evaluation.report import study_view
from geoguess_app.evaluation.report.error_map import error_maps
from geoguess_app.evaluation.report.set_view import set_view
from geoguess_app.evaluation.study.types import Study
from geoguess_app.paths import resource_dir


@dataclass(frozen=True)
class DrawnFigures:
    """The figures (PNG) of a set by name, for light and for dark pages."""

    light: Mapping[str, bytes]
    dark: Mapping[str, bytes]

    def pictures(self) -> dict[str, dict[str, str]]:
        """Give both as addresses that stand in the page, by name."""
        return {
            name: {
                "light": data_uri(image, "image/png"),
                "dark": data_uri(self.dark[name], "image/png"),
            }
            for name, image in self.light.items()
        }


def build_report(
    study: Study,
    drawn: Sequence[DrawnFigures],
    beside: DrawnFigures | None = None,
    *,
    created: datetime | None = None,
) -> str:
    """The whole page as text. ``drawn`` holds the figures of each set, ``beside`` those of both."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resource_dir() / "report"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
    keys = ("main", "external")
    mapped = {
        key: found.evaluation
        for key, found in zip(keys, study.sets, strict=False)
        if found.evaluation.answers
    }
    views = [
        set_view(key, found, pictures.pictures())
        for key, found, pictures in zip(keys, study.sets, drawn, strict=False)
    ]
    return environment.get_template("report.html").render(
        title=f"How well {study.main.evaluation.model.name} locates photos",
        created=f"{created:%Y-%m-%d %H:%M}" if created else "",
        css=(folder / "report.css").read_text(encoding="utf-8"),
        main=views[0],
        external=views[1] if len(views) > 1 else None,
        beside=study_view.beside_table(study) if len(views) > 1 else None,
        beside_figure=_beside(beside) if beside else None,
        scale=study.main.evaluation.scale,
        spot=f"{study.main.evaluation.scale.spot_deg:.2g}",
        maps=error_maps(mapped),
        footer=(
            "Created by GeoGuess on this computer; the page loads nothing from the internet. Map "
            "drawn with Leaflet (BSD 2-clause); land and borders: Natural Earth (public domain)."
        ),
    )


def _beside(drawn: DrawnFigures) -> dict[str, str]:
    caption = "Share of photos within each distance, for both sets."
    return {**drawn.pictures()["beside"], "caption": caption, "name": "both sets"}

"""The whole evaluation: models, tables of photos with known positions, a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, TableError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.answers.answered import AnsweredModel
from geoguess_app.evaluation.answers.collect import (
    EvaluatedAnswer,
    EvaluatedPredictor,
    MissingAnswer,
    collect,
)
from geoguess_app.evaluation.answers.table import PhotoTable, read_table
from geoguess_app.evaluation.answers.variant_predictor import variant_predictor
from geoguess_app.evaluation.metrics.scale import Scale
from geoguess_app.evaluation.run.output import write
from geoguess_app.evaluation.run.prediction_rows import PREDICTION_COLUMNS
from geoguess_app.evaluation.study.ablation import ablate
from geoguess_app.evaluation.study.comparison import compare
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.evaluation.study.file_names import (
    EXTERNAL_FOLDER,
    METRICS_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
)
from geoguess_app.evaluation.study.judgement import judge
from geoguess_app.evaluation.study.model_facts import model_facts
from geoguess_app.evaluation.study.run_facts import write_run_facts
from geoguess_app.evaluation.study.types import PhotoSet, SetStudy, Study, StudyRequest
from geoguess_app.files.atomic import make_folder
from geoguess_app.locating.stream import Refine

if TYPE_CHECKING:
    from geoguess_app.core.predictor import Predictor

__all__ = [
    "METRICS_FILE",
    "PREDICTIONS_FILE",
    "PREDICTION_COLUMNS",
    "REPORT_FILE",
    "Progress",
    "evaluate",
    "run_study",
]

Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""
Load = Callable[[Path], "Predictor"]
"""Opens another bundle to compare with."""


def evaluate(
    predictor: Predictor,
    table_path: Path,
    image_dir: Path,
    out_dir: Path,
    *,
    where: Sequence[str] | str | None = None,
    swapped: bool = False,
    batch_size: int | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
    report: bool = True,
    seed: int = 0,
) -> Evaluation:
    """Locate a table's photos, judge the answers, and write the results into ``out_dir``.

    ``run_study`` without anything beside it.
    """
    filters = (where,) if isinstance(where, str) else tuple(where or ())
    request = StudyRequest(PhotoSet(table_path, image_dir, filters, swapped))
    study = run_study(
        predictor,
        request,
        out_dir,
        batch_size=batch_size,
        token=token,
        progress=progress,
        report=report,
        seed=seed,
    )
    return study.main.evaluation


def run_study(
    predictor: Predictor | AnsweredModel,
    request: StudyRequest,
    out_dir: Path,
    *,
    load: Load | None = None,
    batch_size: int | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
    report: bool = True,
    seed: int = 0,
    refine: Refine | None = None,
) -> Study:
    """Measure what is asked for and write the results into ``out_dir``.

    Writes metrics.json, run.json, the CSV files and, with ``report``, the figures (PNG) and
    report.html; each file replaces an older one only when it is complete. A photo that cannot be
    located is listed and does not stop the rest. ``load`` opens the bundles to compare
    with; the network runs once per crop for all variants of a model. ``refine`` changes the answers
    of the model that is measured, not of those beside it. An ``AnsweredModel`` is asked for the
    answers that it holds, and for no second set and no variants. Raises TableError for an
    unusable table or folder, and GeoGuessError when cancelled (nothing is written then).
    """
    photo_sets = [request.main] + ([request.external] if request.external else [])
    # Read first: a mistyped external table should not cost the measuring of the main one.
    tables = [_read(photo_set) for photo_set in photo_sets]
    make_folder(out_dir)
    runner = _StudyRunner(PlaceFinder(), batch_size, token, progress, seed)
    scale = request.scale or model_facts(predictor).scale
    locators: list[EvaluatedPredictor | AnsweredModel] = [predictor for _ in photo_sets]
    varied = None
    if request.ablation and not isinstance(predictor, AnsweredModel):
        varied = variant_predictor(predictor)
    if varied is not None:
        locators[0] = varied
    sets = [
        SetStudy(runner.measure(locator, photo_set, table, scale, refine))
        for locator, photo_set, table in zip(locators, photo_sets, tables, strict=True)
    ]
    others: list[list[Evaluation]] = [[] for _ in photo_sets]
    for path in request.compare:
        if load is None:
            raise ValueError("comparing needs a way to load other bundles")
        other = load(path)
        for number, (photo_set, table) in enumerate(zip(photo_sets, tables, strict=True)):
            others[number].append(runner.measure(other, photo_set, table, scale))
    finished = [
        SetStudy(
            found.evaluation,
            ablate(found.evaluation, varied.variants, seed=seed) if varied and not number else (),
            tuple(compare(found.evaluation, other, seed=seed) for other in others[number]),
        )
        for number, found in enumerate(sets)
    ]
    study = Study(finished[0], finished[1] if len(finished) > 1 else None)
    write(study, out_dir, report=report)
    for photo_set, folder in zip(photo_sets, (out_dir, out_dir / EXTERNAL_FOLDER), strict=False):
        write_run_facts(folder, photo_set)
    return study


def _read(photo_set: PhotoSet) -> PhotoTable:
    table = read_table(photo_set.table, where=photo_set.where, swapped=photo_set.swapped)
    if not photo_set.images.is_dir():
        raise TableError(f"{photo_set.images}: no such folder of photos.", code="missing-folder")
    return table


@dataclass(frozen=True)
class _StudyRunner:
    """How sets are run, the same for all of a study."""

    places: PlaceFinder
    batch_size: int | None
    token: CancelToken | None
    progress: Progress | None
    seed: int

    def measure(
        self,
        predictor: EvaluatedPredictor | AnsweredModel,
        photo_set: PhotoSet,
        table: PhotoTable,
        scale: Scale,
        refine: Refine | None = None,
    ) -> Evaluation:
        """One model on one set."""
        answers: list[EvaluatedAnswer] = []
        misses: list[MissingAnswer] = []
        outcomes = (
            predictor.collect(table, photo_set.images)
            if isinstance(predictor, AnsweredModel)
            else collect(
                predictor,
                table,
                photo_set.images,
                token=self.token,
                batch_size=self.batch_size,
                places=self.places,
                refine=refine,
            )
        )
        for done, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, EvaluatedAnswer):
                answers.append(outcome)
            else:
                misses.append(outcome)
            if self.progress is not None:
                self.progress(done, len(table))
        if self.token is not None and self.token.cancelled:
            raise GeoGuessError(
                "The evaluation was cancelled; nothing was written.", code="cancelled"
            )
        return judge(
            model_facts(predictor, scale),
            table,
            answers,
            misses,
            where=photo_set.where,
            country_codes=_true_countries(answers, self.places),
            seed=self.seed,
        )


def _true_countries(answers: Sequence[EvaluatedAnswer], places: PlaceFinder) -> list[str]:
    """Country of each true position: the table's word, or else what the gazetteer says."""
    codes = [answer.row.country_code for answer in answers]
    unknown = [index for index, code in enumerate(codes) if not code]
    positions = [
        Coordinate(answers[index].row.latitude_deg, answers[index].row.longitude_deg)
        for index in unknown
    ]
    for index, place in zip(unknown, places.at_many(positions), strict=True):
        codes[index] = place.country_code
    return codes

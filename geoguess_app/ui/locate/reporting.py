"""The report of the photo that is shown, as a page or as a PDF file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.format import Units, units
from geoguess_app.core.types import COMBINED, LocatedPhoto
from geoguess_app.ui.kit.choose import ask_to_save, show_in_folder
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.area_answers import AreaAnswer
from geoguess_app.ui.locate.area_search import AreaSearch
from geoguess_app.ui.locate.photo_list import PhotoList
from geoguess_app.ui.locate.photo_row import PhotoRow
from geoguess_app.ui.work.jobs import Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.clues.found import FoundClue
    from geoguess_app.report.facts import ClueShare, ReportSubject, RunSettings, UnusedClue
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.export.printing import PagePrinter
    from geoguess_app.ui.work.outcome import LocatingOutcome
    from geoguess_app.ui.work.workers import LoadedModel


@dataclasses.dataclass(frozen=True, slots=True)
class ReportedRow:
    """A row of the list as it is shown, to be turned into a report in a worker."""

    row: PhotoRow
    outcome: LocatingOutcome
    """Of the model alone."""
    inside: AreaAnswer | None
    """The answer inside the search area or under the clues, if there are any."""
    used: tuple[FoundClue, ...]
    """The clues that the answer inside is kept to."""
    unused: tuple[UnusedClue, ...]
    area: str


class PhotoReports(QObject):
    """The writer of reports of single photos; one at a time."""

    def __init__(
        self, services: Services, photos: PhotoList, areas: AreaSearch, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services, self._photos, self._areas = services, photos, areas
        self._printer: PagePrinter | None = None

    def choose(self, *, with_picture: bool = True) -> None:
        """Ask where to, and write the report of the current photo."""
        row = self._photos.current()
        if row is None or row.outcome is None:
            return
        if not self._areas.settled(row):
            self._services.notice.tell(tr("Still searching the area; try again in a moment."))
            return
        target = ask_to_save(
            self._services.host,
            tr("Report of this photo"),
            f"{Path(row.name).stem}-report.html",
            [(tr("Web page"), (".html",)), (tr("PDF"), (".pdf",))],
            self._services.window_state,
        )
        if target is not None:
            self.write(row, target, with_picture=with_picture)

    def write(self, row: PhotoRow, target: Path, *, with_picture: bool = True) -> None:
        """Write the report of a located row to a file, as the command line would."""
        model, outcome = self._services.locator.model, row.outcome
        if model is None or outcome is None:
            return
        if target.exists() and row.path.exists() and target.samefile(row.path):
            self._failed(target, tr("it is the photo itself"))
            return
        areas = self._areas
        shown = _reported(row, outcome, areas)

        def made(page: str) -> None:
            if target.suffix.lower() == ".pdf":
                self._print(page, target)
            else:
                self._keep(target, page.encode())

        work = _page_work(shown, model, target.name, with_picture=with_picture)
        self._services.locator.run_on_files(work, made, lambda e: self._failed(target, sentence(e)))

    def _print(self, page: str, target: Path) -> None:
        from geoguess_app.ui.map.export.printing import PagePrinter

        printer = self._printer = PagePrinter(self)

        def printed(content: bytes) -> None:
            printer.close()
            self._printer = None
            if content:
                self._keep(target, content)
            else:
                self._failed(target, tr("the PDF could not be made; choose a web page instead"))

        printer.finished.connect(printed)
        printer.start(page)

    def _keep(self, target: Path, content: bytes) -> None:
        def done(_size: int) -> None:
            self._services.notice.tell(
                tr("Wrote the report to {file}.").format(file=target),
                action=(tr("Show in folder"), lambda: show_in_folder(target)),
            )

        self._services.locator.run_on_files(
            _writing(target, content), done, lambda e: self._failed(target, sentence(e))
        )

    def _failed(self, target: Path, why: str) -> None:
        self._services.tell_error(
            tr("Could not write {file}: {why}.").format(file=target, why=why.rstrip("."))
        )

    def close(self) -> None:
        """Give up a report that is being printed."""
        if self._printer is not None:
            self._printer.close()
            self._printer = None


def _reported(row: PhotoRow, outcome: LocatingOutcome, areas: AreaSearch) -> ReportedRow:
    from geoguess_app.core.clues.clue import describe
    from geoguess_app.report.facts import UnusedClue, source_words

    known, photo = areas.photos, row.path
    restriction, dismissed = areas.restriction_of(row), known.choices(photo).dismissed
    clues = restriction.clues if restriction is not None else ()
    left = [known.source_of(photo, clue) for clue in dismissed]
    left += [found for found in known.open(photo) if found.clue not in clues]
    unused = (
        UnusedClue(describe(found.clue), source_words(found), found.clue in dismissed)
        for found in left
    )
    used = tuple(known.source_of(photo, clue) for clue in clues)
    return ReportedRow(row, outcome, areas.answer_of(row), used, tuple(unused), areas.own_name)


def _writing(target: Path, content: bytes) -> Work:
    def work(_token: CancelToken) -> Iterator[int]:
        from geoguess_app.files.atomic import replace_file

        replace_file(target, content)
        yield len(content)

    return work


def _page_work(shown: ReportedRow, model: LoadedModel, output: str, *, with_picture: bool) -> Work:
    """Yield the page of a row, as text."""

    def work(_token: CancelToken) -> Iterator[str]:
        from geoguess_app.report.page import report_page

        settings = _settings(model, output, with_picture=with_picture)
        yield report_page(_subject(shown, model, settings))

    return work


def _settings(model: LoadedModel, output: str, *, with_picture: bool) -> RunSettings:
    from geoguess_app.paths import starter_bundle_dir
    from geoguess_app.references.collection import ReferenceCollection
    from geoguess_app.report.facts import RunSettings

    is_starter = model.path.resolve() == starter_bundle_dir().resolve()
    return RunSettings(
        output=output,
        crops=model.predictor.crops,
        device=model.predictor.engine.device.type,
        references=ReferenceCollection.exists(),
        model_file=None if is_starter else model.path.name,
        with_picture=with_picture,
        miles=units() is Units.MILES,
    )


def _subject(shown: ReportedRow, model: LoadedModel, settings: RunSettings) -> ReportSubject:
    from geoguess_app.report.facts import ReportSubject

    bundle = model.predictor.bundle
    whole, located = _with_cells(shown.outcome, bundle), None
    shares: tuple[ClueShare, ...] = ()
    if shown.inside is not None:
        found = shown.inside
        located = whole if found.inside is None else _with_cells(found.inside, bundle)
        located = dataclasses.replace(located, clues=found.used)
        shares = _shares(whole, shown, model)
    row = shown.row
    return ReportSubject(
        located if located is not None else whole,
        bundle,
        settings,
        whole=whole if located is not None else None,
        clue_shares=shares,
        unused_clues=shown.unused,
        area=shown.area,
        placed=row.position.coordinate if row.position is not None else None,
        name=row.label,
    )


def _shares(whole: LocatedPhoto, shown: ReportedRow, model: LoadedModel) -> tuple[ClueShare, ...]:
    from geoguess_app.core.clues.apply import clue_shares
    from geoguess_app.report.facts import ClueShare, source_words

    facts = shown.row.facts
    day = facts.taken.date() if facts is not None and facts.taken is not None else None
    clues = [found.clue for found in shown.used]
    with model.atlas.use() as atlas:
        shares = clue_shares(whole.prediction, clues, atlas, day)
    return tuple(
        ClueShare(words, share, source_words(found))
        for (words, share), found in zip(shares, shown.used, strict=True)
    )


def _with_cells(outcome: LocatingOutcome, bundle: Bundle) -> LocatedPhoto:
    """The located photo with the probabilities of the cells that the map has of it."""
    import numpy as np

    located, partitions = outcome.located, tuple(bundle.partitions)
    layer = outcome.map_state.layers.get(COMBINED)
    if layer is None or not partitions:
        return located
    cells = np.zeros(partitions[-1].size)
    indices, shares = layer
    cells[indices] = shares
    prediction = dataclasses.replace(located.prediction, cell_probabilities={COMBINED: cells})
    return dataclasses.replace(located, prediction=prediction)

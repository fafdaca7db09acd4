"""Commands of Locate, which menus, keys and buttons call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.choose import ask_to_save, show_in_folder
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.export import export_work, results_of
from geoguess_app.ui.locate.photo_row import PhotoRow, RowState
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode


class LocateCommands:
    """The commands of a LocateMode; hold no state of their own."""

    def __init__(self, mode: LocateMode) -> None:
        self._mode, self._services = mode, mode.services

    def copy_coordinates(self) -> None:
        """Copy those of the current photo in the usual form."""
        row = self._mode.list.current()
        if row is not None and row.position is not None:
            self._mode.detail.placed.copy.copy()
        elif row is not None and row.outcome is not None:
            self._mode.detail.answer.copy.copy()

    def locate_again(self) -> None:
        """Locate the selected photos anew."""
        paths = [row.path for row in self._mode.selected()]
        self._mode.model.set_waiting(paths)
        self._mode.locate(paths)

    def resume(self) -> None:
        """Go on with what was stopped."""
        paths = [row.path for row in self._mode.model.rows() if row.state is RowState.STOPPED]
        self._mode.model.set_waiting(paths)
        self._mode.locate(paths)

    def cancel(self) -> None:
        """Stop after the photos at work."""
        self._services.locator.cancel()
        self._mode.model.set_stopped()

    def remove_selected(self) -> None:
        """Take photos off the list; no file is touched."""
        positions = sorted(index.row() for index in self._mode.list.selected())
        rows = self._mode.model.rows()
        gone = [(at, rows[at]) for at in positions]
        if gone:
            self._mode.steps.do(
                tr("remove {photos}").format(photos=words.photos(len(gone))),
                lambda: self._take_off(gone),
                lambda: self._put_back(gone),
            )

    def _take_off(self, gone: Sequence[tuple[int, PhotoRow]]) -> None:
        mode = self._mode
        rows = mode.list.view.selectionModel().selectedRows()
        first = min((index.row() for index in rows), default=0)
        indexes = [mode.model.find(row.path) for _, row in gone]
        self._services.locator.discard(mode.model.remove(indexes))
        if mode.model.rowCount():
            mode.list.select_row(first)
        else:
            mode.show_row(None)

    def _put_back(self, gone: Sequence[tuple[int, PhotoRow]]) -> None:
        """List photos again; answers come from the memory, decisions from the review."""
        mode = self._mode
        paths = mode.model.put_back(gone)
        if paths:
            mode.list.select(paths[0])
            mode.photosListed.emit(paths)
            mode.locate(paths)

    def clear(self) -> None:
        """Empty the list; the notice brings it back."""
        gone = list(enumerate(self._mode.model.rows()))
        if not gone:
            self._empty()
            return
        take_back = self._mode.steps.do(tr("clear list"), self._empty, lambda: self._put_back(gone))
        self._services.notice.tell(
            tr("Removed {photos} from the list.").format(photos=words.photos(len(gone))),
            action=(tr("Undo"), take_back),
        )

    def _empty(self) -> None:
        self._services.locator.cancel()
        self._mode.model.clear()

    def view_photo(self) -> None:
        """Show the current photo large; once more: put it away."""
        mode = self._mode
        row = mode.list.current()
        if mode.viewer.isVisible() or row is None:
            mode.viewer.close_()
            return
        mode.viewer.show_photo(row.path, mode.caption())
        mode.viewer.open()

    def review(self) -> None:
        """Review the selected photos, or all where only one is selected."""
        selected, everything = self._mode.selected(), self._mode.model.rows()
        wanted = selected if len(selected) > 1 else everything
        paths = [row.path for row in wanted if not row.label]  # pasted pictures have no file
        if paths:
            self._mode.reviewWanted.emit(paths)

    def review_current(self) -> None:
        """Show the current photo in the review."""
        row = self._mode.list.current()
        if row is not None and not row.label:
            self._mode.reviewWanted.emit([row.path])

    def search(self) -> None:
        """Give the keyboard to the search of the list."""
        self._mode.list.bar.search.setFocus()
        self._mode.list.bar.search.selectAll()

    def overview(self) -> None:
        """Show all listed photos on the map; once more: the answer of one again."""
        self._mode.overview.turn(on=not self._mode.overview.is_on)

    def point_at(self, rank: int) -> None:
        """Choose a possible place by its rank."""
        self._mode.detail.candidates.choose(rank)

    def show_evidence(self) -> None:
        """Show the current photo beside the reference photos most like it."""
        row = self._mode.list.current()
        if row is not None and row.outcome is not None:
            located = row.outcome.located
            self._mode.evidence.open(located.path, located.prediction.embedding)

    def check_privacy(self) -> None:
        """Show how precisely the current photo could be placed, and offer a copy that tells
        less."""
        from geoguess_app.ui.privacy.dialog import PrivacyDialog

        services = self._services
        row, model = self._mode.list.current(), services.locator.model
        if row is not None and model is not None:
            PrivacyDialog(row.path, model, services.theme, services.pools, services.host).show()

    def export(self, form: str) -> None:
        """Ask for a file and write all answers of the list to it."""
        target = ask_to_save(
            self._services.host,
            tr("Export results"),
            f"photos.{form}",
            [(form.upper(), (f".{form}",))],
            self._services.window_state,
        )
        if target is not None:
            self.export_to(target, form)

    def export_to(self, target: Path, form: str) -> None:
        """Write all answers of the list to ``target``, as the command line would."""
        services = self._services

        def done(count: int) -> None:
            services.notice.tell(
                tr("Wrote {photos} to {file}.").format(photos=words.photos(count), file=target),
                action=(tr("Show in folder"), lambda: show_in_folder(target)),
            )

        def failed(error: Exception) -> None:
            why = error.strerror if isinstance(error, OSError) else sentence(error)
            services.tell_error(tr("Could not write {file}: {why}.").format(file=target, why=why))

        results = results_of(self._mode.model.rows(), self._mode.areas.asked_of)
        work = export_work(results, form, target, services.locator)
        services.locator.run_on_files(work, done, failed)

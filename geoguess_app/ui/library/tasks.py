"""The long work of the model library, one at a time: fetching, building, copying, calibrating."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.format import data_size
from geoguess_app.models.download import DownloadProgress
from geoguess_app.models.library import LibraryModel
from geoguess_app.models.offer import Offer
from geoguess_app.models.published import PublishedModel, PublishedVariant
from geoguess_app.models.trainer_command import TrainerCommand
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.library import work
from geoguess_app.ui.train.process import TrainerProcess
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.pools import TaskPool

_OF = re.compile(r"(\d+)/(\d+)")
_END_MS = 3_000


class LibraryTasks(QObject):
    """The one long work that runs, if any; every signal arrives on the GUI thread."""

    told = Signal(str, str, float)
    """What is being done, the step, and the share that is done (0…1; below 0: unknown)."""
    surprised = Signal(object, object)
    """The host has something else than was shown: sentences, and what goes on if agreed."""
    done = Signal(object, str)
    """The path of a model that has come, changed or gone, and a sentence."""
    failed = Signal(str)
    """Why it ended early, in one sentence."""
    cancelled = Signal(str)
    """What the user's cancel has left, in one or two sentences."""
    connected = Signal(str)
    """The hosts that the program is connected to for a download; empty once it is not."""
    ended = Signal()
    """Nothing runs any more; after ``done`` or ``failed``."""

    _stepped = Signal(str)

    def __init__(self, pool: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._job: Job | None = None
        self._process: TrainerProcess | None = None
        self._title = ""
        self._cancelled = False
        self._left = ""
        self._fetched: dict[str, int] = {}
        self._hosts = ""
        self._stepped.connect(self._building)
        self.ended.connect(lambda: self._connect(""))

    @property
    def busy(self) -> bool:
        """Tell whether something runs, or has not yet come to its end."""
        return self._job is not None or self._process is not None

    def get(self, model: PublishedModel, variant: PublishedVariant) -> None:
        """Ask the hosts, fetch and build; only after the user has agreed."""
        hosts = words.listed(list(variant.hosts))
        self._title = tr("Getting {model} from {hosts}").format(model=model.title, hosts=hosts)
        self._connect(hosts)
        self._begin(
            work.look_up_work(model, variant),
            partial(self._offered, model),
            tr("Asking {hosts} for its files…").format(hosts=hosts),
        )
        self._left = _download_kept()

    def build(self, folder: Path) -> None:
        """Build a model from files in a folder."""
        self._title = tr("Building a model from {folder}").format(folder=folder.name)
        self._begin(work.build_work(folder, self._stepped.emit), self._built, tr("Reading files…"))

    def add(self, source: Path) -> None:
        """Copy a model into the library."""
        self._title = tr("Adding {name}").format(name=source.name)
        said = tr("{name} is in the library.").format(name=source.name)
        self._begin(work.add_work(source), lambda p: self.done.emit(p, said), tr("Checking it…"))

    def remove(self, model: LibraryModel) -> None:
        """Delete a model of the library."""
        title = model.manifest.title
        self._title = tr("Removing {name}").format(name=title)
        said = tr("{name} was removed.").format(name=title)
        self._begin(work.remove_work(model), lambda path: self.done.emit(path, said), "")

    def calibrate(
        self, trainer: TrainerCommand, model: LibraryModel, photos: Path, device: str
    ) -> None:
        """Let the trainer, a process of its own, calibrate a model on located photos."""
        title = model.manifest.name
        self._title = tr("Calibrating {name} on {folder}").format(name=title, folder=photos.name)
        self._cancelled = False
        words_ = ["calibrate", str(model.path), "--photos", str(photos), "--device", device]
        process = self._process = TrainerProcess(trainer, words_, self)
        process.overwritten.connect(self._calibrating)
        process.finished.connect(lambda code: self._calibrated(process, model.path, code))
        self.told.emit(self._title, tr("Starting the trainer…"), -1.0)
        process.start()

    def cancel(self) -> None:
        """End what runs; what had arrived of a download stays."""
        if self._job is not None:
            self._job.cancel()
        self._cancelled = True
        if self._process is not None:
            self._process.kill()  # a model is replaced whole or not at all

    def close(self) -> bool:
        """End with the window; the pool waits for the job."""
        process = self._process
        self.cancel()
        return process is None or process.end(_END_MS)

    # --- jobs -----------------------------------------------------------------------------

    def _begin(self, steps: Work, came: Callable[[object], object], first: str) -> None:
        self._left = _nothing_changed()
        job = self._job = Job(steps, self)
        job.item.connect(came)
        job.failed.connect(partial(self._job_failed, job))
        job.finished.connect(partial(self._job_finished, job))
        self.told.emit(self._title, first, -1.0)
        job.start(self._pool)

    def _job_failed(self, job: Job, error: Exception) -> None:
        if not job.token.cancelled:
            self.failed.emit(sentence(error))

    def _job_finished(self, job: Job, complete: bool) -> None:
        if job is not self._job:
            return  # the next step of the same work has begun
        self._job = None
        if job.token.cancelled:
            self.cancelled.emit(self._left)
        self.ended.emit()

    def _offered(self, model: PublishedModel, offer: object) -> None:
        assert isinstance(offer, Offer)
        surprises = list(offer.surprises())
        if surprises:
            self.surprised.emit(surprises, partial(self._fetch, model, offer))
        elif self._job is not None and not self._job.token.cancelled:
            self._fetch(model, offer)

    def _fetch(self, model: PublishedModel, offer: Offer) -> None:
        self._fetched = {}
        hosts = words.listed(list(offer.variant.hosts))
        self._title = tr("Getting {model} from {hosts}").format(model=model.title, hosts=hosts)
        self._connect(hosts)
        self._begin(
            work.get_work(model, offer, self._stepped.emit),
            partial(self._fetching, offer),
            tr("Connecting…"),
        )
        self._left = _download_kept()

    def _fetching(self, offer: Offer, item: object) -> None:
        if isinstance(item, Path):
            self._built(item)
            return
        assert isinstance(item, DownloadProgress)
        self._fetched[item.file] = item.done_bytes
        hosts = dict.fromkeys([*offer.variant.hosts, item.host])  # large files come from others
        self._connect(words.listed(list(hosts)))
        number = len(self._fetched)
        step = tr("File {n} of {all}, {name}: {done} of {size}").format(
            n=number,
            all=len(offer.files),
            name=item.file,
            done=data_size(item.done_bytes),
            size=data_size(item.size_bytes),
        )
        if item.seconds_left is not None:
            left = tr("{time} left").format(time=words.duration(item.seconds_left))
            step = f"{step}, {left}"
        share = sum(self._fetched.values()) / max(1, offer.size_bytes)
        self.told.emit(self._title, step, min(share, 1.0))

    def _building(self, step: str) -> None:
        self._connect("")
        self.told.emit(self._title, step, -1.0)

    def _built(self, path: object) -> None:
        assert isinstance(path, Path)
        self.done.emit(path, tr("{name} is in the library.").format(name=path.stem))

    def _connect(self, hosts: str) -> None:
        if hosts != self._hosts:
            self._hosts = hosts
            self.connected.emit(hosts)

    # --- the trainer ----------------------------------------------------------------------

    def _calibrating(self, line: str) -> None:
        step, named, _ = line.partition(":")
        if not named:
            return  # the bar alone, before the first step
        step = step.strip()
        found = _OF.search(line)
        share, shown = -1.0, step
        if found and int(found[2]):
            share = int(found[1]) / int(found[2])
            shown = tr("{step}: {n} of {all}").format(step=step, n=found[1], all=found[2])
        self.told.emit(self._title, shown[:1].upper() + shown[1:], share)

    def _calibrated(self, process: TrainerProcess, path: Path, code: int) -> None:
        self._process = None
        if code == 0:
            self.done.emit(path, process.output.strip())
        elif self._cancelled:
            self.cancelled.emit(_nothing_changed())
        else:
            self.failed.emit(process.last_words)
        self.ended.emit()


def _nothing_changed() -> str:
    return tr("Cancelled. Nothing was changed.")


def _download_kept() -> str:
    return tr("Cancelled. What had arrived is kept; Get goes on from there.")

"""The predictor, from photos to answers: one object that holds a bundle's networks on a device.

Importing this module costs no torch; making a ``Predictor`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.bundle.checks import SCENE_HEAD
from geoguess_app.core.bundle.manifest import CELL_KINDS
from geoguess_app.core.decision.decide import BASE, DecisionModel, RawOutputs, decide, route
from geoguess_app.core.decision.decide import scene_probabilities as scene_of
from geoguess_app.core.decision.local import LocalModel, decide_by_neighbours, decide_by_regression
from geoguess_app.core.decision.model import decision_model
from geoguess_app.core.decision.retrieval import photo_vector
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.errors import BundleError
from geoguess_app.core.picture.decode import PhotoSource, open_upright
from geoguess_app.core.picture.preprocess import CROP_COUNTS, crop_images, load_crops, to_array
from geoguess_app.core.types import Prediction, SceneProbabilities
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    from geoguess_app.core.network.backend import EngineRun, TorchEngine

PhotoInput = Image.Image | np.ndarray
"""An upright RGB picture, or its crops (k, 3, size, size) float32 as ``prepare`` gives them."""


class Predictor:
    """A bundle at work: locates photos, or labels their scenes.

    ``crops`` 1, 3, 5 or 10 overrides the bundle's own number. ``prepare`` may run in any thread;
    ``predict`` belongs to one thread at a time. Raises DeviceError, BundleError, or ValueError for
    an impossible number of crops.
    """

    def __init__(self, bundle: Bundle, device: str = "auto", crops: int | None = None) -> None:
        # Torch takes a second to import and is needed only from here on.
        from geoguess_app.core.network.backend import TorchEngine

        if crops is not None and crops not in CROP_COUNTS:
            raise ValueError(f"crops must be one of {CROP_COUNTS}, not {crops}")
        self.bundle = bundle
        self.crops = crops or bundle.manifest.preprocessing.crops
        self.engine: TorchEngine = TorchEngine(bundle, device)
        self._model = decision_model(bundle)

    @property
    def device_name(self) -> str:
        """Name the device that computes: "CPU", "NVIDIA …", "Apple GPU"."""
        return self.engine.device_name

    @property
    def model_name(self) -> str:
        """Name and version of the bundle."""
        return self._model.name

    @property
    def decision_model(self) -> DecisionModel:
        """Return what the decision knows of the bundle: cells, bank, calibration."""
        return self._model

    @property
    def comparer(self) -> Predictor | None:
        """Return what compares photos in it, itself or a member; None where nothing does."""
        return self if self.bundle.manifest.embedding is not None else None

    def warm_up(self) -> None:
        """Load the networks and run once, so that the first photo is as quick as the others."""
        self.engine.warm_up()

    def prepare(self, photo: PhotoSource) -> np.ndarray:
        """The crops (k, 3, size, size) of a picture file or of what one holds, decoded and scaled.

        Safe in any thread. Raises PhotoError for a photo that cannot be read.
        """
        return np.asarray(load_crops(photo, self.bundle.manifest.preprocessing, self.crops))

    def predict(self, images: Sequence[PhotoInput]) -> list[Prediction]:
        """One answer per photo, in order; the same whatever photos come together.

        Raises BundleError for a model that only labels scenes.
        """
        if self.bundle.manifest.kind == "scenes":
            raise _no_places(self.bundle)
        if not images:
            return []
        crops = [self._crops(image) for image in images]
        run = self.engine.run(np.concatenate(crops))
        ends = np.cumsum([len(array) for array in crops])
        rows = [np.arange(end - len(a), end) for end, a in zip(ends, crops, strict=True)]
        outputs = (self.raw_outputs(run, photo) for photo in rows)
        return [_with_vector(self.answer(raw), raw) for raw in outputs]

    def label_scenes(self, images: Sequence[PhotoInput]) -> list[SceneProbabilities]:
        """The scene of each photo, in order, without locating it; the same as in ``predict``.

        Raises BundleError for a model without scene labels.
        """
        name = self.bundle.manifest.scene_network
        if name is None:
            raise _no_scenes(self.bundle)
        crops = [_distinct(self._crops(image)) for image in images]
        if not crops:
            return []
        logits = self.engine.run(np.concatenate(crops)).logits(name)
        ends = np.cumsum([len(array) for array in crops])[:-1]
        parts = np.split(logits[SCENE_HEAD], ends)
        found = (scene_of(RawOutputs({name: {SCENE_HEAD: part}}), self._model) for part in parts)
        return [scene for scene in found if scene is not None]

    def predict_paths(self, paths: Sequence[Path]) -> list[Prediction]:
        """``predict`` of files; raises PhotoError at the first that cannot be read."""
        return self.predict([self.prepare(path) for path in paths])

    def raw_outputs(
        self, run: EngineRun, rows: np.ndarray, *, every_network: bool = False
    ) -> RawOutputs:
        """The logits and embeddings of one photo's crops (rows of the run) that its answer needs.

        Networks that the routing does not ask for are not run, unless ``every_network``.
        """
        manifest = self.bundle.manifest
        logits = {}
        if every_network:
            logits = {network: run.logits(network, rows) for network in manifest.networks}
            return RawOutputs(logits, run.embeddings(rows) if manifest.embedding else None)
        if manifest.scene_network is not None:
            logits[manifest.scene_network] = run.logits(manifest.scene_network, rows)
        if AREA in manifest.networks:
            logits[AREA] = run.logits(AREA, rows)
        if manifest.kind in ("cells", "regression"):
            scene = scene_of(RawOutputs(logits), self._model)
            asked = route(scene, self._model) if manifest.kind == "cells" else {BASE: 1.0}
            for network in asked:
                logits.setdefault(network, run.logits(network, rows))
        return RawOutputs(logits, run.embeddings(rows) if manifest.embedding else None)

    def answer(
        self, raw: RawOutputs, model: DecisionModel | None = None, kind: str | None = None
    ) -> Prediction:
        """The answer that one photo's outputs give.

        ``model`` and ``kind`` replace the bundle's own, to ask what it would say with a part less
        or decided in another way; ``raw`` must hold what they need.
        """
        decision = self._model if model is None else model
        kind = kind or self.bundle.manifest.kind
        if kind in CELL_KINDS:
            return decide(raw, decision)
        local = self._local(decision, scene_of(raw, decision))
        decide_locally = decide_by_regression if kind == "regression" else decide_by_neighbours
        return decide_locally(raw, local)

    def _local(self, decision: DecisionModel, scene: SceneProbabilities | None) -> LocalModel:
        return LocalModel(
            decision=decision,
            regression=self.bundle.manifest.regression,
            temperature=decision.neighbour_temperature,
            scene=scene,
        )

    def prepare_image(self, image: Image.Image) -> np.ndarray:
        """The crops (k, 3, size, size) of an upright RGB picture."""
        spec = self.bundle.manifest.preprocessing
        return np.asarray(to_array(crop_images(image, spec, self.crops), spec))

    def _crops(self, image: PhotoInput) -> np.ndarray:
        return image if isinstance(image, np.ndarray) else self.prepare_image(image)


class EnsemblePredictor(Predictor):
    """Several bundles at work together: every member looks at a photo in its own way.

    What ``prepare`` gives holds the crops of each member, in their order.
    """

    def __init__(self, bundle: Bundle, device: str = "auto", crops: int | None = None) -> None:
        super().__init__(bundle, device, crops)
        self.members = {
            name: Predictor(member, device, crops) for name, member in bundle.members.items()
        }

    @property
    def comparer(self) -> Predictor | None:
        """The member with a bank, else the first that compares photos with a gallery."""
        name = comparing_member(self.bundle)
        return self.members[name] if name is not None else None

    def warm_up(self) -> None:
        """Load all members' networks and run once."""
        for member in self.members.values():
            member.warm_up()

    def prepare(self, photo: PhotoSource) -> np.ndarray:
        """The crops of every member, as an array (members) of arrays (k, 3, size, size)."""
        return self._crops(self.open(photo))

    def open(self, photo: PhotoSource) -> Image.Image:
        """The upright RGB picture, as large as the members need it. Raises PhotoError."""
        side = max(m.bundle.manifest.preprocessing.size for m in self.members.values())
        return open_upright(photo, min_side=2 * side, cut_too=True)

    def predict(self, images: Sequence[PhotoInput]) -> list[Prediction]:
        """One answer per photo, in order."""
        crops = [self._crops(image) for image in images]
        raw = [self.raw_of(photo) for photo in crops]
        name = comparing_member(self.bundle)
        return [
            _with_vector(decide(photo, self._model), photo.members[name] if name else photo)
            for photo in raw
        ]

    def outputs(self, photo: PhotoSource) -> RawOutputs:
        """The outputs of all members that a photo's answer needs. Raises PhotoError."""
        return self.raw_of(self.prepare(photo))

    def raw_of(self, crops: np.ndarray) -> RawOutputs:
        """The outputs of all members, given what ``prepare`` gives."""
        found = {}
        for (name, member), own in zip(self.members.items(), crops, strict=True):
            run = member.engine.run(own)
            found[name] = member.raw_outputs(run, np.arange(len(own)))
        return RawOutputs({}, members=found)

    def _crops(self, image: PhotoInput) -> np.ndarray:
        if isinstance(image, np.ndarray) and image.dtype == object:
            return image
        if isinstance(image, np.ndarray):
            raise TypeError("an ensemble takes pictures, or what its prepare gives")
        packed = np.empty(len(self.members), dtype=object)
        for index, member in enumerate(self.members.values()):
            packed[index] = member.prepare_image(image)
        return packed


def make_predictor(bundle: Bundle, device: str = "auto", crops: int | None = None) -> Predictor:
    """A predictor for an open bundle of any kind; raises as ``Predictor``."""
    kind = EnsemblePredictor if bundle.manifest.ensemble else Predictor
    return kind(bundle, device, crops)


def comparing_member(bundle: Bundle) -> str | None:
    """Name the member of an ensemble that compares photos: one with a bank, else one with a
    gallery; None where none does, and for any other bundle."""
    manifests = [(name, member.manifest) for name, member in bundle.members.items()]
    with_bank = [name for name, manifest in manifests if manifest.retrieval is not None]
    others = [name for name, manifest in manifests if manifest.gallery is not None]
    return next(iter([*with_bank, *others]), None)


def _with_vector(answer: Prediction, raw: RawOutputs) -> Prediction:
    if raw.embedding is None:
        return answer
    return replace(answer, embedding=photo_vector(raw.embedding))


def _distinct(crops: np.ndarray) -> np.ndarray:
    """One crop where all are the same, as those of a square photo are: fusing them says no more."""
    return crops[:1] if all(np.array_equal(crop, crops[0]) for crop in crops[1:]) else crops


def _no_places(bundle: Bundle) -> BundleError:
    return BundleError(
        f"The model {bundle.name} only labels scenes and cannot locate photos: choose another "
        "model (this one is for geoguess evaluate and geoguess-train scenes).",
        code="scenes-only",
    )


def _no_scenes(bundle: Bundle) -> BundleError:
    return BundleError(
        f"The model {bundle.name} has no scene labels: choose another model.", code="no-scenes"
    )


def load_predictor(
    path: Path | str | None = None,
    device: str = "auto",
    crops: int | None = None,
    *,
    for_scenes: bool = False,
) -> Predictor:
    """A predictor for a bundle folder or ``.geomodel`` file; without one, the starter model.

    ``for_scenes`` asks for ``label_scenes`` instead of ``predict``. Raises BundleError, before
    torch is loaded, for a model that cannot do what is asked.
    """
    bundle = open_bundle(Path(path) if path else starter_bundle_dir())
    if for_scenes and bundle.manifest.scene_network is None:
        raise _no_scenes(bundle)
    if not for_scenes and bundle.manifest.kind == "scenes":
        raise _no_places(bundle)
    return make_predictor(bundle, device, crops)

"""Checks whether the parts of a manifest fit one another. Torch-free; opens no file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from geoguess_app.core.bundle.fields import MANIFEST_FILE, refuse
from geoguess_app.core.bundle.networks import check_network, check_trunks
from geoguess_app.core.bundle.trunk_designs import ONNX
from geoguess_app.core.records.faults import quote

if TYPE_CHECKING:
    from geoguess_app.core.bundle.manifest import Manifest

BASE_NETWORK = "base"
SCENE_HEAD = "places365"
SCENE_CLASSES = 365
COORDINATES_HEAD = "coordinates"
CONTEXT_SCENES = ("indoor", "natural", "urban")
SUFFIXES = (".csv", ".safetensors", ".onnx", ".json", ".md", ".txt", ".png", ".svg")
"""What a bundle may hold: data, text and graphs of known operators, nothing that any program would
run or unpickle."""

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".npy", ".npz")


def file_problem(name: str) -> str | None:
    """Say why a file name must not stand in a bundle, or None.

    Names are relative, with forward slashes, and mean the same on every system: no "..", no
    drive, no backslash, no Windows device name, none ending in a dot.
    """
    parts = name.split("/")
    for part in parts:
        if not _PART.fullmatch(part) or part.endswith(".") or _WINDOWS_DEVICES.fullmatch(part):
            return "is not a plain relative path inside the model"
    if len(parts) > 4 or len(name) > 200:
        return "is nested too deeply in the model"
    if name.lower().endswith(_PICKLES):
        return "could run code when loaded (a pickle), which is not allowed in a model"
    if not name.endswith(SUFFIXES):
        return f"is of a type that is not allowed in a model ({', '.join(SUFFIXES)} only)"
    return None


def colliding_name(names: Iterable[str]) -> str | None:
    """A name that equals another one where upper and lower case are the same, or None.

    A file that another name uses as a folder collides too.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        folded = name.casefold()
        above = {folded[:i] for i, c in enumerate(folded) if c == "/"}
        if folded in seen or folded in folders or above & seen:
            return name
        seen.add(folded)
        folders |= above
    return None


def check_manifest(manifest: Manifest) -> None:
    """Raise BundleError, naming the key, unless all parts fit one another."""
    _check_files(manifest)
    _check_partitions(manifest)
    check_trunks(manifest.trunks, manifest.preprocessing.size)
    for name, network in manifest.networks.items():
        check_network(network, f"networks.{name}", manifest.trunks)
    _check_gallery(manifest)
    _check_ensemble(manifest)
    _check_answering_networks(manifest)
    _check_scenes(manifest)
    _check_scenes_only(manifest)
    _check_retrieval(manifest)


def _check_files(manifest: Manifest) -> None:
    for name in manifest.files:
        problem = file_problem(name) if name != MANIFEST_FILE else "cannot contain its own hash"
        if problem:
            refuse(f"the file {quote(name)} {problem}.")
    twice = colliding_name([*manifest.files, MANIFEST_FILE])
    if twice:
        refuse(f"the file {quote(twice)} differs from another file name only in case.")
    for name in sorted(manifest.referenced_files()):
        if name not in manifest.files:
            refuse(f"the file {quote(name)} is used but has no hash under files.")
    for entry in manifest.partitions:
        if not entry.file.endswith(".csv"):
            refuse(f"the partition {entry.name} must be a .csv file, not {quote(entry.file)}.")
    bank_table = manifest.retrieval.photos if manifest.retrieval else None
    if bank_table is not None and not bank_table.endswith(".csv"):
        refuse(f"retrieval.photos must be a .csv file, not {quote(bank_table)}.")
    tables = {entry.file for entry in manifest.partitions} | {bank_table}
    graphs = {t.weights for t in manifest.trunks.values() if t.architecture == ONNX}
    for name in sorted(manifest.referenced_files() - tables):
        if name in graphs and not name.endswith(".onnx"):
            refuse(f"the graph of a trunk must be an .onnx file, not {quote(name)}.")
        if name not in graphs and not name.endswith(".safetensors"):
            refuse(f"the weights must be .safetensors files, not {quote(name)}.")
    for name in sorted(set(manifest.files) - graphs):
        if name.endswith(".onnx"):
            refuse(f"no trunk names the graph {quote(name)}.")


def _check_partitions(manifest: Manifest) -> None:
    names = [entry.name for entry in manifest.partitions]
    if len(set(names)) < len(names):
        refuse("two partitions have the same name.")
    if manifest.has_cells and not names:
        refuse(f"partitions must not be empty in a model of kind {manifest.kind}.")


def _check_answering_networks(manifest: Manifest) -> None:
    """The base network and every Context-Specific Network give what the kind needs."""
    answering = {BASE_NETWORK, *manifest.context_networks.values()}
    if manifest.kind in ("retrieval", "gallery", "ensemble", "scenes"):
        needed, answering = {}, set()
    elif manifest.kind == "regression":
        needed = {COORDINATES_HEAD: 2}
    else:
        needed = {entry.name: entry.cells for entry in manifest.partitions}
    for name in sorted(answering):
        network = manifest.networks.get(name)
        if network is None:
            refuse(f"networks.{name} is missing.")
        for head, size in needed.items():
            found = network.heads.get(head)
            if found != size:
                refuse(
                    f"networks.{name}.heads.{head} must be {size}, "
                    f"not {'missing' if found is None else found}."
                )


def _check_scenes(manifest: Manifest) -> None:
    scene = manifest.scene_network
    if scene is not None:
        network = manifest.networks.get(scene)
        if network is None or network.heads.get(SCENE_HEAD) != SCENE_CLASSES:
            refuse(f"scene_network must name a network with a head {SCENE_HEAD} of 365 classes.")
    if manifest.context_networks:
        if sorted(manifest.context_networks) != sorted(CONTEXT_SCENES):
            refuse("context_networks must be empty or name indoor, natural and urban.")
        if scene is None:
            refuse("context_networks need a scene_network to choose among them.")


def _check_scenes_only(manifest: Manifest) -> None:
    """A model of kind scenes is its scene network and nothing else."""
    if manifest.kind != "scenes":
        return
    if manifest.scene_network is None:
        refuse("scene_network is missing in a model of kind scenes.")
    if set(manifest.networks) != {manifest.scene_network}:
        refuse("networks must hold the scene network alone in a model of kind scenes.")
    for key in ("partitions", "context_networks", "retrieval"):
        if getattr(manifest, key):
            refuse(f"{key} must be empty in a model of kind scenes, which locates nothing.")


def _check_retrieval(manifest: Manifest) -> None:
    retrieval = manifest.retrieval
    if retrieval is None:
        if manifest.kind == "retrieval":
            refuse("retrieval is missing in a model of kind retrieval.")
    else:
        check_network(retrieval.projection, "retrieval", manifest.trunks)
        size = retrieval.projection.output_size(manifest.trunks[retrieval.trunk].feature_size)
        if size != retrieval.size:
            refuse(f"retrieval.size is {retrieval.size}, but its trunk and layers give {size}.")
        if retrieval.thumbnails is not None and retrieval.photos is None:
            refuse("retrieval.thumbnails needs retrieval.photos, the table of what they show.")
    if (manifest.kind == "regression") != (manifest.regression is not None):
        refuse("regression must be given in a model of kind regression, and only there.")


def _check_gallery(manifest: Manifest) -> None:
    gallery = manifest.gallery
    if (manifest.kind == "gallery") != (gallery is not None):
        refuse("gallery must be given in a model of kind gallery, and only there.")
    if gallery is None:
        return
    for key in ("retrieval", "context_networks"):
        if getattr(manifest, key):
            refuse(f"{key} must be empty in a model of kind gallery.")
    check_network(gallery.projection, "gallery", manifest.trunks)
    size = gallery.projection.output_size(manifest.trunks[gallery.trunk].feature_size)
    if size != gallery.size:
        refuse(f"gallery.size is {gallery.size}, but its trunk and layers give {size}.")


def _check_ensemble(manifest: Manifest) -> None:
    """An ensemble is its members and partitions, and nothing else answers in it."""
    members = manifest.ensemble
    if (manifest.kind == "ensemble") != bool(members):
        refuse("ensemble must be given in a model of kind ensemble, and only there.")
    if not members:
        return
    if len({member.name for member in members}) < len(members) or len(members) < 2:
        refuse("ensemble must name two or more members, each by a name of its own.")
    for key in ("trunks", "networks", "retrieval", "context_networks", "scene_network"):
        if getattr(manifest, key):
            refuse(f"{key} must be empty in a model of kind ensemble.")
    for member in members:
        if f"{member.prefix}{MANIFEST_FILE}" not in manifest.files:
            refuse(f"the member {member.name} has no {MANIFEST_FILE}.")

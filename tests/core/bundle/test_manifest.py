"""`bundle.json`: read strictly, written deterministically, every refusal one sentence."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoguess_app.core.bundle.manifest import Manifest, RegressionConfig
from geoguess_app.core.bundle.manifest_reader import from_json, parse_manifest
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.errors import BundleError
from tests.core.tiny_bundle import make_manifest, make_partitions, shared_parts

HASH = "0" * 64
MISSING = object()
NEW = "weights/new.safetensors"


def listed(manifest: Manifest) -> Manifest:
    """With made-up hashes for every file it names."""
    names = {*manifest.referenced_files(), "card.md"}
    return manifest.with_files(dict.fromkeys(names, HASH))


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """A sound manifest as JSON."""
    return listed(shared_parts().manifest).to_json()


def changed(good: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one value replaced, added or (MISSING) taken away; path parts joined by /."""
    data = copy.deepcopy(good)
    *above, last = path.split("/")
    place: Any = data
    for part in above:
        place = place[int(part) if isinstance(place, list) else part]
    key: Any = int(last) if isinstance(place, list) else last
    if value is MISSING:
        del place[key]
    else:
        place[key] = value
    return data


def refusal(value: object) -> str:
    """The sentence with which a manifest is refused."""
    with pytest.raises(BundleError) as caught:
        from_json(value)
    return one_sentence(str(caught.value))


def one_sentence(message: str) -> str:
    assert message.startswith("bundle.json: ")
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_a_manifest_survives_the_way_to_json_and_back(good: dict[str, Any]) -> None:
    manifest = listed(shared_parts().manifest)
    assert from_json(good) == manifest
    assert parse_manifest(manifest.to_bytes()) == manifest
    assert parse_manifest(manifest.to_bytes()).to_bytes() == manifest.to_bytes()
    assert manifest.title == "Tiny 0.1"


def test_the_order_of_keys_does_not_change_the_file() -> None:
    manifest = listed(shared_parts().manifest)
    turned = dict(reversed(list(manifest.networks.items())))
    files = dict(reversed(list(manifest.files.items())))
    other = Manifest(**{**vars(manifest), "networks": turned, "files": files})
    assert other.to_bytes() == manifest.to_bytes()


def test_numbers_that_are_not_finite_are_not_written() -> None:
    broken = Manifest(**{**vars(shared_parts().manifest), "evaluation": {"x": float("nan")}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.to_bytes()


def test_a_newer_format_is_named_as_such(good: dict[str, Any]) -> None:
    message = refusal(changed(good, "format_version", 2))
    assert "made by a newer version of GeoGuess" in message
    assert "update GeoGuess" in message
    # A newer format may look quite different otherwise: say so rather than complain about that.
    assert "newer version" in refusal({"format": "geoguess-bundle", "format_version": 9})


@pytest.mark.parametrize(
    "key",
    [
        "format",
        "format_version",
        *(f.name for f in fields(Manifest) if f.name not in ("gallery", "ensemble")),
    ],
)
def test_every_key_is_needed(good: dict[str, Any], key: str) -> None:
    assert f"{key} is missing" in refusal(changed(good, key, MISSING))


@pytest.mark.parametrize("wrong", [17.5, "x\x00y", [["deep"]], {"a": {"b": 1}}, True])
def test_no_key_takes_values_of_any_type(good: dict[str, Any], wrong: object) -> None:
    free = {"calibration", "evaluation"} if isinstance(wrong, dict) else set()
    for key in good.keys() - free:
        assert key in refusal(changed(good, key, wrong))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("format", "zip", 'format must be "geoguess-bundle"'),
        ("format_version", 0, "format_version must be a whole number from 1"),
        ("format_version", True, "format_version must be a whole number"),
        ("kind", "magic", "kind must be one of cells, regression, retrieval"),
        ("name", "", "name must be a text of 1 to 80 characters"),
        ("name", "a" * 81, "name must be a text of 1 to 80 characters"),
        ("name", "red\x1b[31m", "without control characters"),
        ("created", "yesterday", "created must be a date such as"),
        ("colour", 1, "colour is not a known key"),
        ("trunks/main/colour", 1, "trunks.main.colour is not a known key"),
        ("trunks/main/architecture", "vit_huge", "trunks.main.architecture must be one of"),
        ("trunks/main/feature_size", 65, "feature_size is 65, but efficientnet_lite_tiny"),
        ("trunks/main/pooling", "median", "trunks.main.pooling must be one of"),
        ("trunks/main/gem_p", 0.5, "trunks.main.gem_p must be a number from 1 to 64"),
        ("trunks/main/weights", None, "trunks.main.weights is missing"),
        ("trunks/../evil", {}, "trunks"),
        ("preprocessing/size", 100_000, "preprocessing: input size 100000 lies outside 16..1024"),
        ("preprocessing/std", [1, 1, 0], "preprocessing.std[2] must be a number from 1e-06 to"),
        ("preprocessing/mean", [1, 1], "preprocessing.mean must be a list of 3 items"),
        ("preprocessing/crops", 7, "preprocessing: crops must be one of"),
        ("preprocessing/resize", "stretch", "preprocessing.resize must be one of"),
        ("preprocessing/resize_to", 20, "preprocessing: resize_to 20"),
        ("partitions/0/cells", 10**7, "partitions[0].cells must be a whole number"),
        ("partitions/0/cells", 5, "networks.base.heads.coarse must be 5, not"),
        ("partitions/1/name", "coarse", "two partitions have the same name"),
        ("partitions/1/file", "weights/trunk.safetensors", "must be a .csv file"),
        ("partitions", [], "partitions must not be empty"),
        ("networks/base/trunk", "other", "networks.base.trunk is other, which is not among"),
        ("networks/base/layers", [{"type": "lambda"}], "networks.base.layers[0].type must be"),
        ("networks/base/layers", [{"type": "relu", "in": 3}], "layers[0].in is not a known key"),
        (
            "networks/base/layers",
            [{"type": "linear", "in": 63, "out": 64}],
            "networks.base.layers[0] takes 63 values, but gets 64",
        ),
        (
            "networks/indoor/layers/1/size",
            47,
            "networks.indoor.layers[1] takes 47 values, but gets 48",
        ),
        ("networks/base/layers", [{"type": "dropout", "p": 1.5}], "layers[0].p must be a number"),
        ("networks/base/layers", [{"type": "relu"}] * 33, "a list of at most 32 items"),
        ("networks/base/heads/fine", 1, "networks.base.heads.fine must be"),
        ("networks/base/heads/fine", -1, "networks.base.heads.fine must be a whole number"),
        ("networks/base/heads/fine", 10**9, "networks.base.heads.fine must be a whole number"),
        ("networks/urban/heads/fine", MISSING, "networks.urban.heads.fine must be"),
        ("networks/base/heads/a b", 3, 'heads has the unusable name "a b"'),
        ("networks/base/weights", None, "networks.base.weights is missing"),
        ("networks/base/weights", "weights/base.pt", "could run code|used but has no hash"),
        ("networks/base", MISSING, "networks.base is missing"),
        ("networks/scene/heads/places365", 364, "scene_network must name a network"),
        ("scene_network", "base", "scene_network must name a network"),
        ("scene_network", None, "context_networks need a scene_network"),
        ("context_networks/indoor", MISSING, "must be empty or name indoor, natural and urban"),
        ("context_networks/indoor", "nowhere", "networks.nowhere is missing"),
        ("routing", "soft", "routing must be one of hard, mix"),
        ("retrieval/size", 17, "retrieval.size is 17, but its trunk and layers give 16"),
        ("retrieval/trunk", "other", "retrieval.trunk is other"),
        ("retrieval/projection_weights", None, "retrieval.weights is missing"),
        ("retrieval/temperature", 0, "retrieval.temperature must be a number"),
        ("retrieval/count", 0, "retrieval.count must be a whole number"),
        ("regression", {"mean": [0, 0], "std": [1, 1]}, "regression must be given in a model of"),
        ("provenance/0/photos", -1, "provenance[0].photos must be a whole number"),
        ("evaluation/x", 10**400, "evaluation.x must be a finite number"),
        ("files/card.md", "abc", "must be a SHA-256"),
        ("files/card.md", HASH.replace("0", "G"), "must be a SHA-256"),
        ("files/weights~1base.safetensors", MISSING, "is used but has no hash"),
    ],
)
def test_each_mistake_is_named(good: dict[str, Any], path: str, value: object, words: str) -> None:
    if "~1" in path:  # a file name with a slash in it
        data = copy.deepcopy(good)
        del data["files"][path.split("/")[1].replace("~1", "/")]
    elif ".." in path:
        data = changed(good, "trunks", {**good["trunks"], "../evil": {}})
    else:
        data = changed(good, path, value)
    message = refusal(data)
    assert any(word in message for word in words.split("|")), message


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "/etc/passwd.txt",
        "C:/evil.csv",
        "C:evil.csv",
        "a\\b.csv",
        "a//b.csv",
        "./a.csv",
        "a/./b.csv",
        "a/",
        "",
        ".hidden.csv",
        "con.csv",
        "weights/LPT1.csv",
        "trailing.csv.",
        "new\nline.csv",
        "null\0.csv",
        "ünï.csv",
        "a/b/c/d/e.csv",
        "weights/evil.pt",
        "weights/evil.PKL",
        "weights/evil.npy",
        "run.exe",
        "run.py",
        "noextension",
        "x" * 90 + ".csv",
        "bundle.json",
        "BUNDLE.json",
        "CARD.md",
        "card.md/x.md",
    ],
)
def test_unsafe_file_names_are_refused(good: dict[str, Any], name: str) -> None:
    assert "the file" in refusal(changed({**good}, "files", {**good["files"], name: HASH}))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"PK\x03\x04", "not valid JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[1, 2]", "the file must be an object, not a list"),
        (b"null", "the file must be an object"),
        (b'{"format": NaN}', "NaN, which is not a finite number"),
        (b'{"format": -Infinity}', "-Infinity"),
        (b'{"a": 1, "a": 2}', 'the key "a" appears twice'),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "a number that cannot be read"),
        (b'{"format": "geoguess-bundle", "format_version": 1e999}', "format_version must be"),
        (b" " * 4_000_001, "larger than 4 MB"),
        (b'{"format": "\\ud800"}', "format must be"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else None,
)
def test_files_that_are_no_manifest(data: bytes, words: str) -> None:
    with pytest.raises(BundleError) as caught:
        parse_manifest(data)
    assert words in one_sentence(str(caught.value))


def test_free_parts_are_bounded_too(good: dict[str, Any]) -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    assert "nested too deeply" in refusal(changed(good, "calibration", {"x": deep}))
    assert "control characters" in refusal(changed(good, "evaluation", {"a\x07": 1}))
    assert "control characters" in refusal(changed(good, "evaluation", {"a": ["\ud800"]}))
    huge = json.dumps(changed(good, "evaluation", {"x": 1})).replace('"x": 1', '"x": 1e400')
    with pytest.raises(BundleError, match=r"evaluation\.x must be a finite number"):
        parse_manifest(huge.encode())


def test_blocks_are_shared_with_a_trunk_that_fits(good: dict[str, Any]) -> None:
    tail = {
        "architecture": "efficientnet_lite_tiny",
        "pooling": "avg",
        "feature_size": 64,
        "weights": "weights/trunk.safetensors",
        "shared_blocks": {"trunk": "main", "count": 4},
    }
    data = changed(good, "trunks/tail", tail)
    manifest = from_json(data)
    assert manifest.trunks["tail"].first_block == 4
    assert from_json(manifest.to_json()) == manifest
    pooled = {**tail, "weights": None, "pooling": "gem", "gem_p": 4.5}
    pooled["shared_blocks"] = {"trunk": "main", "count": 6}
    again = from_json(changed(good, "trunks/tail", pooled))
    assert again.trunks["tail"].gem_p == 4.5
    assert from_json(again.to_json()) == again
    for path, value, words in (
        ("trunks/tail/shared_blocks/trunk", "tail", "must name a trunk of the same"),
        ("trunks/tail/shared_blocks/trunk", "none", "must name a trunk of the same"),
        ("trunks/tail/shared_blocks/count", 7, "but efficientnet_lite_tiny has 6 blocks"),
        ("trunks/tail/shared_blocks/count", 0, "count must be a whole number"),
        ("trunks/tail/architecture", "resnet18", "feature_size is 64"),
        ("trunks/tail/weights", None, "trunks.tail.weights is missing"),
    ):
        assert words in refusal(changed(data, path, value))


def bare_manifest(kind: str, **others: Any) -> Manifest:
    """A manifest without partitions."""
    trunks = {"main": TrunkConfig("resnet18", "avg", 512, "weights/t.safetensors")}
    manifest = make_manifest((), trunks, others.pop("networks", {}), None)
    return Manifest(**{**vars(manifest), "kind": kind, **others})


def test_local_models_need_what_their_kind_needs() -> None:
    head = {"base": NetworkConfig("main", (), {"coordinates": 2}, "weights/b.safetensors")}
    scale = RegressionConfig((37.0, -122.0), (0.01, 0.02))
    sound = listed(bare_manifest("regression", networks=head, regression=scale))
    assert parse_manifest(sound.to_bytes()) == sound
    for broken, words in (
        (bare_manifest("regression", networks=head), "regression must be given"),
        (bare_manifest("regression", regression=scale), "networks.base is missing"),
        (bare_manifest("retrieval"), "retrieval is missing"),
        (bare_manifest("cells", networks=head), "partitions must not be empty"),
    ):
        assert words in refusal(listed(broken).to_json())
    bank = shared_parts().manifest.retrieval
    kept = Manifest(**{**vars(shared_parts().manifest), "kind": "retrieval", "partitions": ()})
    alone = listed(Manifest(**{**vars(kept), "networks": {}, "scene_network": None}))
    alone = Manifest(**{**vars(alone), "context_networks": {}, "retrieval": bank})
    assert parse_manifest(alone.to_bytes()) == alone


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), value=json_values)
def test_any_value_anywhere_is_read_or_refused(data: st.DataObject, value: object) -> None:
    tree = json.loads(listed(shared_parts().manifest).to_bytes())
    place: Any = tree
    while True:
        keys = range(len(place)) if isinstance(place, list) else sorted(place)
        key = data.draw(st.sampled_from(list(keys)))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = value
    try:
        manifest = from_json(tree)
    except BundleError as error:
        one_sentence(str(error))
    else:
        assert from_json(manifest.to_json()) == manifest


def test_partitions_of_the_tiny_bundle_nest() -> None:
    # What the other tests build on.
    sizes = [p.size for p in make_partitions()]
    assert sizes == sorted(sizes)
    assert sizes[0] > 5

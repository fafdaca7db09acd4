"""Networks of the Places365 project become scene models that compute the same, or are refused."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import models, transforms

from geoguess_app import cli as app
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.predictor import load_predictor
from geoguess_app.paths import resource_dir
from tests.data import FLOWER
from tests.trainer.places_file import write_official
from trainer import cli

CHINA = resource_dir() / "samples" / "china.jpg"
# As published with the networks; Resize takes width and height, so the shape is not kept.
OFFICIAL = transforms.Compose(
    [
        transforms.Resize((256, 256)),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


def network(name: str, classes: int = 365) -> nn.Module:
    """Random weights with norms that have seen something, so that each of their parts matters."""
    torch.manual_seed(7)
    module: nn.Module = getattr(models, name)(num_classes=classes)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.2, 0.2)
            nn.init.uniform_(part.running_var, 0.6, 1.4)
            nn.init.uniform_(part.weight, 0.5, 1.0)
            nn.init.uniform_(part.bias, -0.2, 0.2)
    return module.eval()


@pytest.fixture(scope="module")
def resnet50() -> nn.Module:
    return network("resnet50")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, resnet50: nn.Module) -> Path:
    """The imported ResNet-50."""
    folder = tmp_path_factory.mktemp("places")
    path = write_official(folder / "resnet50_places365.pth.tar", resnet50.state_dict())
    out = folder / "scene.geomodel"
    assert cli.main(["import-places365", str(path), "--out", str(out)]) == 0
    return out


def logits_of(module: nn.Module, photo: Path) -> np.ndarray:
    with torch.inference_mode():
        image = OFFICIAL(Image.open(photo).convert("RGB"))
        found: np.ndarray = module(image[None])[0].numpy()
    return found


def ours(path: Path, photo: Path) -> np.ndarray:
    predictor = load_predictor(path, "cpu", for_scenes=True)
    logits: np.ndarray = predictor.engine.run(predictor.prepare(photo)).logits("scene")["places365"]
    assert logits.shape == (1, 365)
    return logits[0]


def test_an_imported_resnet50_computes_what_torchvision_does(
    model: Path, resnet50: nn.Module
) -> None:
    for photo in (CHINA, FLOWER):
        theirs = logits_of(resnet50, photo)
        assert np.abs(theirs).max() > 0.5
        assert ours(model, photo) == pytest.approx(theirs, abs=1e-4)


def test_labels_are_softmax_in_the_projects_order(model: Path, resnet50: nn.Module) -> None:
    predictor = load_predictor(model, "cpu", for_scenes=True)
    (label,) = predictor.label_scenes([predictor.prepare(CHINA)])
    theirs = torch.from_numpy(logits_of(resnet50, CHINA)).double().softmax(0).numpy()
    assert label.s365 == pytest.approx(theirs, abs=1e-5)
    assert scene_table().categories[0] == "airfield"
    assert scene_table().categories[364] == "zen_garden"


def test_a_resnet18_goes_the_same_way(tmp_path: Path) -> None:
    module = network("resnet18")
    path = write_official(tmp_path / "resnet18.pth.tar", module.state_dict(), "resnet18")
    out = tmp_path / "small.geomodel"
    assert cli.main(["import-places365", str(path), "--out", str(out), "--name", "Mine"]) == 0
    assert ours(out, CHINA) == pytest.approx(logits_of(module, CHINA), abs=1e-4)
    assert open_bundle(out).manifest.title == "Mine 1"


def test_files_of_todays_torch_save_and_bare_tables_are_read_too(
    tmp_path: Path, resnet50: nn.Module, model: Path
) -> None:
    state = {f"module.{name}": value for name, value in resnet50.state_dict().items()}
    for name, content in (("new.pth", {"state_dict": state}), ("bare.pth", state)):
        torch.save(content, tmp_path / name)
        out = tmp_path / f"{name}.geomodel"
        assert cli.main(["import-places365", str(tmp_path / name), "--out", str(out)]) == 0
        first, second = open_bundle(out), open_bundle(model)
        for file in ("weights/trunk.safetensors", "weights/scene.safetensors"):
            assert first.read_file(file) == second.read_file(file)


def test_the_program_says_what_the_model_is_and_what_it_is_not(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(tmp_path))
    assert app.main(["info", str(model)]) == 0
    told = capsys.readouterr().out
    for words in ("Places365 ResNet-50 1, labels scenes only", "CC BY", "resnet50", "224 × 224"):
        assert words in told
    assert app.main(["locate", str(CHINA), "--model", str(model)]) == 2
    refusal = capsys.readouterr()
    assert refusal.out == ""
    assert "only labels scenes and cannot locate photos" in refusal.err
    assert refusal.err.count("\n") == 1
    table = tmp_path / "labelled.csv"
    table.write_text(f"file,category\n{CHINA},palace\n{FLOWER},botanical_garden\n")
    judged = ["evaluate", "--model", str(model), "--photos", str(table)]
    assert app.main([*judged, "--images", str(CHINA.parent), "--out", str(tmp_path / "out")]) == 0
    assert "scenes of 2 labelled photos" in capsys.readouterr().out


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(["import-places365", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    assert len(told.err) < 500
    return told.err


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_file_that_would_run_code_is_refused_and_runs_nothing(
    tmp_path: Path, resnet50: nn.Module, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "ran"
    content = {"state_dict": resnet50.state_dict(), "best_prec1": Hostile(mark)}
    writers = {
        "zip.pth": lambda path: torch.save(content, path),
        "old.pth": lambda path: torch.save(content, path, _use_new_zipfile_serialization=False),
        "plain.pth": lambda path: path.write_bytes(pickle.dumps(Hostile(mark))),
        "evil.pth": lambda path: path.write_bytes(
            b"\x80\x02cos\nsystem\nU%ctouch %b\x85R." % (6 + len(str(mark)), str(mark).encode())
        ),
    }
    for name, write in writers.items():
        write(tmp_path / name)
        out = tmp_path / "out.geomodel"
        told = refused([str(tmp_path / name), "--out", str(out)], capsys)
        assert name in told
        assert "could run code" in told or "damaged" in told
        assert not mark.exists()
        assert not out.exists()
    assert "system" in told


def without(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if key != name}


def test_other_networks_are_refused_by_what_is_wrong(
    tmp_path: Path, resnet50: nn.Module, capsys: pytest.CaptureFixture[str]
) -> None:
    state = dict(resnet50.state_dict())
    small = network("resnet18")
    cases: dict[str, tuple[object, str]] = {
        "imagenet": ({"state_dict": network("resnet18", 1000).state_dict()}, "1,000 categories"),
        "headless": ({"state_dict": without(state, "fc.bias")}, "last layer (fc) is missing"),
        "cut": ({"state_dict": without(state, "layer3.2.conv2.weight")}, "is missing"),
        "shape": ({**state, "conv1.weight": torch.zeros(64, 3, 3, 3)}, "(64, 3, 3, 3) instead of"),
        "extra": ({**state, "layer1.0.conv9.weight": torch.zeros(1)}, "is an unexpected tensor"),
        "head": ({**state, "fc.weight": torch.zeros(365, 512)}, "does not fit 2048 features"),
        "text": ({"state_dict": {"conv1.weight": "none"}}, "is not a plain tensor"),
        "list": ([1, 2], "expected a table of weights"),
        "nan": ({**state, "bn1.bias": torch.full((64,), torch.nan)}, "finite"),
        "wide": ({"state_dict": small.state_dict(), "arch": "wideresnet18"}, "only plain ResNets"),
        "meta": ({**state, "bn1.bias": torch.zeros(64, device="meta")}, "hold plain numbers"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / f"{name}.pth"
        torch.save(content, path)
        assert words in refused([str(path), "--out", str(tmp_path / "out.geomodel")], capsys)
    assert not (tmp_path / "out.geomodel").exists()


def test_files_that_are_none_are_refused(
    tmp_path: Path, resnet50: nn.Module, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_official(tmp_path / "whole.pth", resnet50.state_dict()).read_bytes()
    for name, data in (
        ("empty", b""),
        ("text", b"hello"),
        ("half", whole[: len(whole) // 2]),
        ("start", whole[:700]),
        ("photo", CHINA.read_bytes()),
    ):
        path = tmp_path / f"{name}.pth"
        path.write_bytes(data)
        assert "damaged" in refused([str(path), "--out", str(tmp_path / "o.geomodel")], capsys)
    told = refused([str(tmp_path / "gone.pth"), "--out", str(tmp_path / "o.geomodel")], capsys)
    assert "No such file" in told


def test_the_order_of_the_categories_is_compared(
    tmp_path: Path, some_tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = network("resnet18")
    path = write_official(tmp_path / "resnet18.pth.tar", module.state_dict(), "resnet18")
    official = some_tables / "places365" / "categories_places365.txt"
    place = [str(path), "--out", str(tmp_path / "out.geomodel")]
    assert cli.main(["import-places365", *place, "--categories", str(official)]) == 0
    card = open_bundle(tmp_path / "out.geomodel").read_file("MODEL_CARD.md").decode()
    assert "compared with ours" in card
    lines = official.read_text().splitlines()
    other = tmp_path / "categories.txt"
    other.write_text("\n".join([lines[1], lines[0], *lines[2:]]))
    assert "category 0 is 'airplane_cabin'" in refused([*place, "--categories", str(other)], capsys)
    other.write_text("\n".join(lines[:100]))
    assert "lists 100 categories" in refused([*place, "--categories", str(other)], capsys)

"""Dispatch, help, `info` and `evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geoguess_app import __version__
from geoguess_app.core.bundle import write_bundle
from geoguess_app.settings import Settings, save_settings
from geoguess_app.ui.shell.headless import has_display
from tests.commands.conftest import SAMPLES, Geoguess
from tests.core.tiny_bundle import shared_parts
from tests.data import FLOWER

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def test_help_names_every_command(geoguess: Geoguess) -> None:
    ran = geoguess("--help")
    assert ran.status == 0
    for command in ("locate", "report", "info", "evaluate", "--self-check", "--version"):
        assert command in ran.out


@pytest.mark.parametrize("command", ["locate", "report", "info", "evaluate"])
def test_every_command_has_help(geoguess: Geoguess, command: str) -> None:
    ran = geoguess(command, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"usage: geoguess {command}")
    assert max(map(len, ran.out.splitlines())) <= 100


def test_a_misspelt_command_is_noticed(geoguess: Geoguess, tmp_path: Path) -> None:
    ran = geoguess("lcoate", tmp_path)
    assert ran.status == 2
    assert "did you mean 'locate'?" in ran.err


def test_version(geoguess: Geoguess) -> None:
    ran = geoguess("--version")
    assert (ran.status, ran.out) == (0, f"GeoGuess {__version__}\n")


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Linux without a screen."""
    monkeypatch.setattr("sys.platform", "linux")
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("variable", DISPLAYS)
def test_a_display_is_seen_by_its_variables(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    assert not has_display()
    monkeypatch.setenv(variable, ":0")
    assert has_display()


@pytest.mark.usefixtures("no_display")
def test_without_a_display_photos_are_located_in_the_terminal(
    geoguess: Geoguess, tiny_model: Path
) -> None:
    save_settings(Settings(model=str(tiny_model), device="cpu"))
    ran = geoguess(SAMPLES / "china.jpg", FLOWER)
    assert ran.status == 0
    assert ran.err == "geoguess: no display found; locating in the terminal instead.\n"
    assert ran.out.count("80% confidence") == 2


@pytest.mark.usefixtures("no_display")
def test_without_a_display_and_photos_there_is_nothing_to_do(geoguess: Geoguess) -> None:
    ran = geoguess()
    assert ran.status == 2
    assert ran.out == ""
    assert "geoguess locate PATH" in ran.err
    assert ran.err.count("\n") == 1


def test_info_says_what_a_bundle_is(geoguess: Geoguess, tiny_model: Path) -> None:
    ran = geoguess("info", tiny_model)
    assert ran.status == 0
    assert ran.out.startswith("Tiny 0.1, ")
    for fact in ("CC0-1.0", "nowhere — “Ænd”", "efficientnet_lite_tiny", "fine:", "dice"):
        assert fact in ran.out


def test_info_says_what_of_the_training_photos_is_in_the_bundle(
    geoguess: Geoguess, tmp_path: Path
) -> None:
    parts = shared_parts()
    weights = parts.manifest.retrieval.weights
    for digits, said in ((2, "rounded to 0.01°"), (12, "not rounded")):
        bank = dict(parts.tensors[weights])
        for name in ("latitude_deg", "longitude_deg"):
            bank[name] = np.round(np.linspace(1.0, 7.123456, len(bank[name])), digits)
        bundle = write_bundle(
            tmp_path / str(digits),
            parts.manifest,
            parts.partitions,
            {**parts.tensors, weights: bank},
            parts.extra_files,
        )
        out = geoguess("info", bundle).out
        assert f"no photos or file names; the positions of {len(bank['latitude_deg'])}" in out
        assert said in out


def test_info_as_json_is_the_manifest(geoguess: Geoguess, tiny_model: Path) -> None:
    manifest = json.loads(geoguess("info", tiny_model, "--json").out)
    assert manifest["format"] == "geoguess-bundle"
    assert manifest["name"] == "Tiny"
    assert manifest["preprocessing"]["size"] == 64


def test_info_refuses_what_is_no_bundle(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.geomodel"
    cut.write_bytes(tiny_model.read_bytes()[:5000])
    for path in (SAMPLES / "china.jpg", tmp_path, tmp_path / "gone.geomodel", cut):
        ran = geoguess("info", path)
        assert ran.status == 2
        assert ran.out == ""
        assert ran.err.count("\n") == 1
        assert path.name in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--photos", "gone.csv", "--images", ".", "--out", "out", "--model", "{model}"),
        ("--photos", "{photo}", "--images", ".", "--out", "{folder}", "--model", "{model}"),
        ("--photos", "{photo}", "--images", ".", "--out", "{folder}", "--model", "gone"),
    ],
)
def test_evaluate_refuses_wrong_usage(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    names = {"model": tiny_model, "photo": SAMPLES / "china.jpg", "folder": tmp_path / "out"}
    ran = geoguess("evaluate", *(argument.format(**names) for argument in arguments))
    assert ran.status == 2
    assert ran.err.startswith("usage:") or ran.err.count("\n") == 1


@pytest.mark.parametrize("option", [(), ("-v",)])
def test_a_defect_gives_a_traceback_only_when_asked(
    geoguess: Geoguess, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("geoguess_app.photos.scan.scan", broken)
    ran = geoguess("locate", SAMPLES / "china.jpg", "--model", tiny_model, *option)
    assert ran.status == 1
    assert "unexpected ZeroDivisionError: a defect" in ran.err
    assert ("Traceback" in ran.err) == bool(option)

"""Settings survive: round trips, nonsense, newer programs, interrupted writing."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from geoguess_app.core.errors import SettingsError
from geoguess_app.settings import (
    Settings,
    config_dir,
    load_settings,
    save_settings,
    settings_path,
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config" / "geoguess"
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(folder))
    return folder


def test_defaults_without_a_file(own_folder: Path) -> None:
    assert load_settings() == Settings()
    assert not own_folder.exists()  # reading must not write


def test_round_trip(own_folder: Path) -> None:
    settings = replace(Settings(), model="/models/größer.geomodel", crops=5, theme="dark")
    save_settings(settings)
    assert load_settings() == settings
    assert [path.name for path in own_folder.iterdir()] == ["settings.json"]
    assert "größer" in settings_path().read_text(encoding="utf-8")


def test_without_the_variable_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEOGUESS_CONFIG_DIR")
    assert config_dir().name == "geoguess"


def test_unknown_keys_and_a_newer_version_are_kept(own_folder: Path) -> None:
    own_folder.mkdir(parents=True)
    settings_path().write_text('{"version": 7, "theme": "dark", "hologram": {"depth": [1, 2]}}')
    settings = load_settings()
    assert settings.theme == "dark"
    save_settings(replace(settings, theme="light"))
    written = json.loads(settings_path().read_text())
    assert written["hologram"] == {"depth": [1, 2]}
    assert written["version"] == 7
    assert written["theme"] == "light"


@pytest.mark.parametrize("content", ["{", "[]", "", "\x00\x01", '"x"', "[" * 100_000])
def test_a_broken_file_is_set_aside(
    own_folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    own_folder.mkdir(parents=True)
    settings_path().write_text(content)
    with caplog.at_level(logging.WARNING):
        assert load_settings() == Settings()
    assert "broken" in caplog.text
    assert (own_folder / "settings.broken.json").read_text() == content
    assert not settings_path().exists()


def test_not_even_text(own_folder: Path) -> None:
    own_folder.mkdir(parents=True)
    settings_path().write_bytes(b"\xff\xfe\x00garbage")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("crops", 4),
        ("crops", True),
        ("theme", "pink"),
        ("theme", []),
        ("device", 3),
        ("device", ""),
        ("model", 5),
        ("coordinate_format", None),
        ("version", 0),
    ],
)
def test_one_value_without_meaning_costs_only_itself(
    own_folder: Path, key: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    own_folder.mkdir(parents=True)
    other = "model" if key != "model" else "device"
    settings_path().write_text(json.dumps({key: value, other: "mine"}))
    settings = load_settings()
    assert getattr(settings, key) == getattr(Settings(), key)
    assert getattr(settings, other) == "mine"
    assert key in caplog.text


def test_a_folder_that_cannot_be_written_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be saved") as caught:
        save_settings(Settings(), tmp_path / "file" / "settings.json")
    assert caught.value.code == "unwritable"

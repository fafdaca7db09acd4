"""The window's list of models: kept for the commands too, taken over from earlier versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from geoguess_app.models import known
from geoguess_app.ui.shell.known_models import take_over


def test_the_list_of_an_earlier_version_is_taken_over_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    model = tmp_path / "mine.geomodel"
    model.write_bytes(b"")
    entries = [
        {"name": "Mine", "path": str(model), "accuracy": {"25": 0.4}},
        {"name": "Gone", "path": str(tmp_path / "gone"), "accuracy": {}},
    ]
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    state.setValue("models/known", json.dumps(entries))
    take_over(state)
    assert [(one.name, dict(one.accuracy)) for one in known.known_models()] == [
        ("Mine", {"25": 0.4})
    ]
    assert not state.contains("models/known")
    known.note_model("Newer", model, {})
    state.setValue("models/known", "nonsense")
    take_over(state)
    assert [one.name for one in known.known_models()] == ["Newer"]

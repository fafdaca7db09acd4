"""What tests of the model library share: a host on this machine, folders of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.host import Host, running_host


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of models that does as it is told."""
    with running_host() as found:
        yield found


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the models and settings of whoever runs it, or asks their proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"

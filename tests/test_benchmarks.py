"""Figures of benchmarks: what was saved is what the documents show, and names no machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.results import FOLDER, Figure, Figures, Machine, Run, cells, in_turn, saved_runs
from benchmarks.tables import PROJECT, filled, pages

RUN = Run(
    "Speed of nothing.",
    "2030-01-31",
    "abc1234",
    0.5,
    is_quick=False,
    machine=Machine("Abacus", 2, "Linux", "2.0"),
    figures=(Figure("beads moved", 12.5, "beads/s", 1.4, "by hand", least=1.5, short=True),),
)


@pytest.mark.parametrize("page", pages({}))
def test_the_tables_are_what_was_measured(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert filled(text, pages(saved_runs())[page]) == text, "run python -m benchmarks.tables"


def test_every_saved_run_is_of_a_benchmark_and_names_no_path() -> None:
    for path in FOLDER.glob("*.json"):
        assert (FOLDER.parent / f"bench_{path.stem}.py").is_file()
        assert not re.search(r'"[^"]*/(work|home|tmp|root)\b', path.read_text(encoding="utf-8"))


def test_a_missed_target_is_said_in_both_tables() -> None:
    found = pages({"beads": RUN})
    row = "| beads moved | 12.5 beads/s | 1.4× by hand | ≥ 1.5× | no |"
    assert row in found["docs/benchmarks.md"]
    assert "12.5 beads/s, 1.4× by hand (target ≥ 1.5× missed)" in found["README.md"]
    assert "Abacus, 2 cores, no graphics card, Linux" in found["docs/benchmarks.md"]


def test_a_target_is_for_the_ratio_where_there_is_one() -> None:
    assert Figure("a", 9.0, "ms", most=10.0).met
    assert Figure("a", 9.0, "ms", ratio=11.0, most=10.0).met is False
    assert Figure("a", 9.0, "ms").met is None
    assert cells(Figure("a", 1234.0, "ms", most=20.0))[1:4] == ("1,234 ms", "", "≤ 20 ms")


def test_figures_are_saved_with_the_day_and_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.results.FOLDER", tmp_path)
    figures = Figures("somewhere/bench_beads.py", "Speed of\nnothing.\n\nMore.")
    taken_s = in_turn({"one": lambda: None, "two": lambda: None}, rounds=3)
    figures.add("a turn", 1000 * taken_s["one"], "ms", most=1000.0)
    assert "a turn" in capsys.readouterr().out
    figures.save()
    run = saved_runs(tmp_path)["beads"]
    assert run.about == "Speed of nothing."
    assert run.machine.cores > 0
    assert run.figures[0].met


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "beads.json").write_text(json.dumps({"about": 3}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"beads\.json"):
        saved_runs(tmp_path)

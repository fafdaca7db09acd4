"""Tables of figures in the documents, made from `benchmarks/results`.

Run as `python -m benchmarks.tables`; `make bench` does it at its end.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.results import Figure, Machine, Run, cells, markdown_table, saved_runs
from benchmarks.scale import plans
from geoguess_app.files.atomic import replace_file

PROJECT = Path(__file__).parents[1]
_BEGIN, _END = "<!-- figures: python -m benchmarks.tables -->", "<!-- /figures -->"


def main() -> int:
    """Write all tables."""
    runs = saved_runs()
    for page, table in pages(runs).items():
        path = PROJECT / page
        replace_file(path, filled(path.read_text(encoding="utf-8"), table).encode())
    return 0


def pages(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return what stands between the marks of each page."""
    return {
        "docs/benchmarks.md": _long(runs),
        "README.md": _short(runs),
        "docs/scale.md": plans(runs),
    }


def filled(page: str, table: str) -> str:
    """Return the page with another table. Raises ValueError where the marks are missing."""
    head, begin, rest = page.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"the page has no {_BEGIN} … {_END}")
    return f"{head}{begin}\n{table}{end}{tail}"


def _long(runs: Mapping[str, Run]) -> str:
    parts = []
    for name, run in runs.items():
        heads = ("measured", "value", "beside", "target", "met")
        parts += [f"\n## {name}\n", f"\n{run.about}\n", f"\n{_when(run)}\n\n"]
        parts.append(markdown_table(heads, map(cells, run.figures)))
    return "".join(parts) + "\n"


def _short(runs: Mapping[str, Run]) -> str:
    chosen = [(run, figure) for run in runs.values() for figure in run.figures if figure.short]
    rows = ((figure.name, _brief(figure), run.date) for run, figure in chosen)
    return f"\n{markdown_table(('what', 'measured', 'day'), rows)}\n"


def _brief(figure: Figure) -> str:
    _, value, ratio, target, met = cells(figure)
    text = f"{value}, {ratio}" if ratio else value
    return f"{text} (target {target} missed)" if met == "no" else text


def _when(run: Run) -> str:
    quick = "; quick run, not to quote" if run.is_quick else ""
    return f"{run.date}, commit {run.commit}, {_machine(run.machine)}; load {run.load:g}{quick}."


def _machine(machine: Machine) -> str:
    graphics = machine.accelerator or "no graphics card"
    return (
        f"{machine.processor}, {machine.cores} cores, {graphics}, {machine.system}, "
        f"torch {machine.torch}"
    )


if __name__ == "__main__":
    sys.exit(main())

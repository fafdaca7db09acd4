"""`python -m benchmarks [NAME…]`: runs every benchmark, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

from geoguess_app.core.openmp import set_passive_openmp_wait


def main(names: list[str]) -> int:
    """Run the named benchmarks ("cells" for bench_cells.py), or all; the worst exit status."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    chosen = [f"bench_{name}" for name in names] or found
    unknown = sorted(set(chosen) - set(found))
    if unknown:
        sys.stderr.write(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(found)}\n")
        return 2
    set_passive_openmp_wait()  # as the program does; the processes below inherit it
    worst = 0
    for name in chosen:
        sys.stdout.write(f"\n## {name.removeprefix('bench_')}\n\n")
        sys.stdout.flush()
        worst = max(worst, subprocess.call([sys.executable, "-m", f"benchmarks.{name}"]))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

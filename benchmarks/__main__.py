"""`python -m benchmarks [--quick] [NAME…]`: runs every benchmark, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import geoguess_app  # noqa: F401 - sets how idle threads wait, here and in the processes below


def main(names: list[str]) -> int:
    """Run the named benchmarks ("cells" for bench_cells.py), or all; the worst exit status."""
    if "--quick" in names:
        os.environ["GEOGUESS_BENCH_QUICK"] = "1"
        names = [name for name in names if name != "--quick"]
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    chosen = [f"bench_{name}" for name in names] or found
    unknown = sorted(set(chosen) - set(found))
    if unknown:
        sys.stderr.write(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(found)}\n")
        return 2
    worst = 0
    for name in chosen:
        sys.stdout.write(f"\n## {name.removeprefix('bench_')}\n\n")
        sys.stdout.flush()
        worst = max(worst, subprocess.call([sys.executable, "-m", f"benchmarks.{name}"]))
    return max(worst, subprocess.call([sys.executable, "-m", "benchmarks.tables"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.fuzz [NAME…] --minutes M`: fuzzes parsers, one after the other, with atheris.

Needs the extra `fuzz`. Inputs that are answered by an error that the parser does not document, take
longer than 10 s or more than 3 GB are left in ``--findings``, beside a text that says why; those
that led to new code are kept there as well, so that the next run begins with them.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import traceback
from pathlib import Path

SEEDS = Path(__file__).with_name("seeds")


def main() -> int:
    """Fuzz the named parsers, or all; 1 where there was a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--minutes", type=float, default=60.0, help="for each parser")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        fuzz(arguments.one, arguments.minutes, arguments.findings)
    from tests.fuzz.harnesses import HARNESSES

    unknown = sorted(set(arguments.names) - set(HARNESSES))
    if unknown:
        parser.error(f"no such parser: {', '.join(unknown)}; there are {', '.join(HARNESSES)}")
    found = 0
    for name in arguments.names or HARNESSES:
        options = ["--minutes", str(arguments.minutes), "--findings", str(arguments.findings)]
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--one", name, *options],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        (arguments.findings / name / "log.txt").write_text(ran.stderr)
        faults = sorted((arguments.findings / name).glob("fault-*.txt"))
        crashed = sorted((arguments.findings / name).glob("*-[0-9a-f]*[0-9a-f]"))
        last = [line for line in ran.stderr.splitlines() if "DONE" in line or "ERROR" in line][-1:]
        sys.stdout.write(f"{name}: {len(faults)} faults, status {ran.returncode} {last}\n")
        for fault in faults:
            sys.stdout.write(f"    {fault.read_text().splitlines()[-1]}\n")
        sys.stdout.flush()
        found += len(faults) + len(crashed) + (ran.returncode != 0)
    return min(found, 1)


def fuzz(name: str, minutes: float, findings: Path) -> None:
    """Fuzz one parser and leave; libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["geoguess_app", "trainer", "gpxpy", "pmtiles"]):
        from tests.fuzz.harnesses import HARNESSES
    harness = HARNESSES[name]
    corpus = findings / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in harness.beginnings():
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    known: set[str] = set()

    def one(data: bytes) -> None:
        try:
            harness(data)
        except Exception as fault:  # noqa: BLE001 - any is a finding
            where = [
                f"{frame.name}:{frame.lineno}"
                for frame in traceback.extract_tb(fault.__traceback__)
            ]
            kind = f"{type(fault).__name__} {where[-3:]}"
            if kind not in known and len(known) < 50:
                known.add(kind)
                at = findings / name / f"fault-{len(known)}"
                at.write_bytes(data)
                at.with_suffix(".txt").write_text("".join(traceback.format_exception(fault)))

    flags = [
        f"-max_total_time={round(minutes * 60)}",
        "-timeout=10",
        "-rss_limit_mb=3000",
        f"-artifact_prefix={findings / name}/",
        "-print_final_stats=1",
    ]
    folders = [str(folder) for folder in (corpus, SEEDS / name) if folder.is_dir()]
    atheris.Setup([sys.argv[0], *flags, *folders], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())

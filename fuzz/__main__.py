"""Run the fuzzer: on one target in this process, or on one after the other in processes of their own."""

from __future__ import annotations

import argparse
import hashlib
import subprocess  # noqa: TID251 - libFuzzer ends its process; each target gets one
import sys
from collections.abc import Callable
from pathlib import Path

MOST_SECONDS, MOST_MEGABYTES = 2, 300
"""What one input may take: the promise of the reader for small hostile files."""

_OWN_MEGABYTES = 500  # the interpreter with instrumentation, tables and seeds
_LONGEST = 16_384
_CORPUS = Path(".cache/fuzz")


def main() -> int:
    """The exit status: 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", help="one target; all of them otherwise")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target is fed")
    asked = parser.parse_args()
    if asked.target:
        return _fuzz(asked.target, asked.seconds)
    import fuzz.targets  # noqa: PLC0415 - a process that fuzzes must import it under atheris, first of all

    status = 0
    for name in fuzz.targets.TARGETS:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", "fuzz", name, "--seconds", str(asked.seconds)]
        status |= subprocess.run(command, check=False).returncode
    return 1 if status else 0


def _fuzz(name: str, seconds: int) -> int:
    """Feed one target; the process ends in here when something is found or time is up."""
    import atheris  # noqa: PLC0415 - a dependency of this command alone

    with atheris.instrument_imports(include=["truewheel"]):
        from fuzz.seeds import seeds  # noqa: PLC0415 - instrumented while they are imported
        from fuzz.targets import TARGETS  # noqa: PLC0415

    folder = _CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(name):
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES + _OWN_MEGABYTES}",
        f"-malloc_limit_mb={MOST_MEGABYTES}",
        f"-max_len={_LONGEST}",
        f"-artifact_prefix={_CORPUS}/{name}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], _keeping(name, TARGETS[name]))
    atheris.Fuzz()
    return 0


def _keeping(name: str, target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The target, which writes an input down before its defect ends the process: libFuzzer comes too late at times."""

    def run(data: bytes) -> None:
        try:
            target(data)
        except BaseException:
            find = _CORPUS / f"{name}-find-{hashlib.sha256(data).hexdigest()[:16]}"
            find.write_bytes(data)
            print(f"found: {find}", flush=True)
            raise

    return run


sys.exit(main())

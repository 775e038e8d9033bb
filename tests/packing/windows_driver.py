"""Run by Windows' Python: starts processes as asked for in a file, and writes into another what came of them."""

import json
import os
import signal
import subprocess  # noqa: TID251 - it starts programs, as the tests do
import sys

_CONTROL_C = 0


def _ended(words: "list[str]", stdin: bytes) -> "tuple[int, str, str]":
    with subprocess.Popen(words, stdin=-1, stdout=-1, stderr=-1) as process:
        output, errors = process.communicate(stdin)
        return process.returncode, output.hex(), errors.hex()


def _interrupted(words: "list[str]") -> "tuple[int, str, str]":
    with subprocess.Popen(words, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        os.kill(0, _CONTROL_C)  # to all processes of the console
        output, errors = first + process.stdout.read(), process.stderr.read()
        return process.wait(60), output.hex(), errors.hex()


def main(order: str, answer: str) -> None:
    """Do what stands in the file `order`."""
    with open(order, encoding="utf-8") as file:  # noqa: PTH123 - no more modules than needed
        asked = json.load(file)
    if asked["console"]:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        told = [_interrupted(words) for words in asked["calls"]]
    else:
        told = [_ended(words, asked["stdin"].encode()) for words in asked["calls"]]
    with open(answer, "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
        json.dump(told, file)


if __name__ == "__main__":
    main(*sys.argv[1:])

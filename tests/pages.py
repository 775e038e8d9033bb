"""The examples on the pages: run, and written as they come out.

README.md and docs/*.md hold fenced blocks. The words behind the fence say what a block is:

``console``
    Lines that begin with ``$ `` are commands, the lines below each its output. Known are ``truewheel``, with
    variables before it, and two words of the shell: ``echo $?`` and ``ls FOLDER``.
``console demo``
    What ``make demo`` prints.
``pycon``
    A Python session.
``python``
    A program; the page's sessions see what it defines.
``toml pyproject.toml``, ``text LICENSE``, ``python module.py``
    A file of that name.

The blocks of a page run one after the other, in a folder that holds the published wheels they name, the packages of
npm (`tests.packages`), archives of zig (`tests.pack.zig`), and the wheels that are taken apart for examples of a repair
(`tests.unrepaired`). All others are only shown. ``python -m tests.pages`` (``make docs``) writes the outputs anew.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from tests import packages
from tests.corpus import ROOT, ROWS, Corpus, cache_folder
from tests.pack import zig
from tests.unrepaired import UNREPAIRED, take_apart
from truewheel.cli import _group

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BLOCK = re.compile(r"^```(?P<kind>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_WIDTH = 78  # what click makes of a terminal of 80 columns
SHOWN = {"json", "text", "toml", "yaml"}
FILES = {"python", "text", "toml"}
"""Kinds of blocks that become a file, if a name stands behind."""
_OUR_VARIABLES = (
    *("SOURCE_DATE_EPOCH", "NO_COLOR", "AUDITWHEEL_PLAT", "AUDITWHEEL_LD_LIBRARY_PATH", "LD_LIBRARY_PATH"),
    "MACOSX_DEPLOYMENT_TARGET",
)
_DEMO = ROOT / "scripts" / "demo.sh"


class PageError(Exception):
    """An example that can't be run as it stands."""


class Block(NamedTuple):
    """A fenced block: the words behind the fence, and the lines up to the next one."""

    kind: str
    text: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(*match.group("kind", "text")) for match in _BLOCK.finditer(text)]


def refreshed(text: str, corpus: Corpus) -> str:
    """The page with the outputs that its examples have now."""
    examples = [
        block.text if block.kind != "console demo" else _DEMO.read_text(encoding="utf-8") for block in runnable(text)
    ]
    with scene(corpus, "".join(examples)) as here:
        return _BLOCK.sub(lambda match: f"```{match['kind']}\n{here.play(match['kind'], match['text'])}```", text)


def runnable(text: str) -> list[Block]:
    """The blocks that are run."""
    return [block for block in blocks(text) if block.kind not in SHOWN]


@contextmanager
def scene(corpus: Corpus, text: str) -> Iterator[Scene]:
    """A scene in a folder of its own, with the wheels that the text names."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name in ROWS:
                if name in text and name not in UNREPAIRED:
                    Path(name).write_bytes(corpus(name).read_bytes())
            for package, row in packages.ROWS.items():
                if row.file in text:
                    Path(row.file).write_bytes(packages.npm(package).read_bytes())
            for platform in zig.RELEASES:
                if (name := f"zig-{platform}-{zig.VERSION}.tar.xz") in text:  # the suffix doesn't count
                    zig.released(corpus, platform, Path.cwd()).rename(name)
            for name in UNREPAIRED:
                if name in text:
                    take_apart(name, corpus, Path.cwd())
            yield Scene(Path.cwd())
        finally:
            os.chdir(before)


class Scene:
    """A folder with wheels, a shell and a Python session, as the examples of one page find them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, object] = {"__name__": "__page__"}
        self._status = 0

    def play(self, kind: str, text: str) -> str:
        """Run a block; what it should look like."""
        if kind == "console":
            return self._console(text)
        if kind == "console demo":
            return self._demo()
        if kind == "pycon":
            return self._session(text)
        if kind == "python":
            exec(compile(text, "<page>", "exec"), self._names)  # noqa: S102 - to run what our pages show is the point
        elif kind.partition(" ")[0] in FILES and " " in kind:
            Path(kind.partition(" ")[2]).write_text(text, encoding="utf-8")
        elif kind not in SHOWN:
            raise PageError(f"a block of the unknown kind {kind!r}")
        return text

    def _console(self, text: str) -> str:
        commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        if not text.startswith("$ "):
            raise PageError(f"the block begins without a command: {text[:60]!r}")
        return "\n".join(f"$ {command}\n{self.run(command)}" for command in commands)

    def run(self, command: str) -> str:
        """The output of a command line."""
        if command == "echo $?":
            return f"{self._status}\n"
        words = shlex.split(command)
        if words[0] == "ls":
            return "".join(f"{path.name}\n" for path in sorted(Path(words[1]).iterdir()))
        environment: dict[str, str | None] = dict.fromkeys(_OUR_VARIABLES)
        while _ASSIGNMENT.fullmatch(words[0]):
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        if words[0] != "truewheel":
            raise PageError(f"the command {words[0]!r} is not known here")
        result = CliRunner().invoke(
            _group, words[1:], prog_name="truewheel", env=environment, catch_exceptions=False, terminal_width=_WIDTH
        )
        self._status = result.exit_code
        return self._portable(result.output)

    def _portable(self, output: str) -> str:
        """The output without the folder's own path, as on a system whose paths have slashes."""
        output = output.replace(f"{self._folder}{os.sep}", "")
        for path in sorted(self._folder.rglob("*"), reverse=True):
            here = str(path.relative_to(self._folder))
            for spelled in (here, here.replace("\\", "\\\\")):
                output = output.replace(spelled, here.replace(os.sep, "/"))
        return output

    def _session(self, text: str) -> str:
        lines = []
        for example in doctest.DocTestParser().get_examples(text):
            source = example.source.removesuffix("\n").split("\n")
            lines += [f"{'...' if number else '>>>'} {line}".rstrip() for number, line in enumerate(source)]
            lines += self._evaluated(example.source).splitlines()
        return "".join(f"{line}\n" for line in lines)

    def _evaluated(self, source: str) -> str:
        with redirect_stdout(io.StringIO()) as output:
            try:
                exec(compile(source, "<page>", "single"), self._names)  # noqa: S102 - as above
            except Exception as error:  # noqa: BLE001 - a session shows every error
                last = "".join(traceback.format_exception_only(type(error), error))
                print(f"Traceback (most recent call last):\n  ...\n{last}", end="")  # noqa: T201 - caught above
        return self._portable(output.getvalue())

    def _demo(self) -> str:
        """What scripts/demo.sh prints: its ``say``, ``run`` and ``finds`` are understood, the wheel is there."""
        text = _DEMO.read_text(encoding="utf-8")
        variables = dict(re.findall(r"^(\w+)=(\S+\.whl)$", text, re.MULTILINE))
        return "".join(self._steps(text, variables)).removeprefix("\n")

    def _steps(self, text: str, variables: dict[str, str]) -> Iterator[str]:
        for line in text.splitlines():
            if match := re.fullmatch(r"(\w+)=\$\(echo (\S+)\)", line):
                variables[match[1]] = self._expanded(match[2])
            verb, _, rest = line.partition(" ")
            if verb not in {"say", "run", "finds"}:
                continue
            plain = re.sub(r"\$(\w+)", lambda match: variables[match[1]], rest)
            words = [self._expanded(word) for word in shlex.split(plain)]
            if verb == "say":
                yield from (f"\n# {word}\n" for word in words)
                continue
            yield f"\n$ {' '.join(words)}\n{self.run(' '.join(words))}"
            if self._status != (verb == "finds"):
                raise PageError(f"{plain!r} ended with status {self._status}")

    def _expanded(self, word: str) -> str:
        """The one file that a pattern of the shell stands for; other words as they are."""
        if "*" not in word:
            return word
        found = [path.as_posix() for path in Path().glob(word)]
        if len(found) != 1:
            raise PageError(f"{word} stands for {len(found)} files")
        return found[0]


def main() -> None:
    """Write the outputs on every page anew."""
    corpus = Corpus(cache_folder())
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = refreshed(before, corpus)
        if after != before:
            page.write_text(after, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{page.relative_to(ROOT)}: written anew\n")


if __name__ == "__main__":
    main()

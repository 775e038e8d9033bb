"""Stand-ins for Apple's tools that LLVM's make possible, so that delocate runs where there is no Mac.

delocate asks otool, install_name_tool, lipo and codesign, in a few fixed ways, and reads what they print. Each stand-in
is a shell script of a few lines: LLVM's own names and words differ a little from Apple's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.corpus import ROOT
from tests.tools import need

TOOLS = ("llvm-install-name-tool-19", "llvm-lipo-19", "llvm-objdump-19")
"""What has to be installed."""

# llvm-otool shows one slice of a fat file alone, so objdump, which it is built upon, is asked for all of them. It ends
# well where it is given a file that it can't read, and says so as otool does.
_OTOOL = """\
for file; do :; done
for word; do
  case "$word" in
    -L) what=--dylibs-used ;;
    -D) what=--dylib-id ;;
    -l) what=--private-headers ;;
    -arch|all|-m|"$file") ;;
    *) echo "otool: $word is more than this one knows" >&2; exit 1 ;;
  esac
done
exec "{llvm-objdump-19}" --macho --arch=all "$what" "$file"
"""

_INSTALL_NAME_TOOL = """\
exec "{llvm-install-name-tool-19}" "$@"
"""

_LIPO = """\
said=$("{llvm-lipo-19}" "$@" 2>&1) && {{ printf '%s\\n' "$said"; exit 0; }}
case "$said" in
  *"not recognized as a valid object file"*)
    file=${{said#*\\'}}; echo "fatal error: lipo: can't figure out the architecture type of: ${{file%%\\'*}}" >&2 ;;
  *) printf '%s\\n' "$said" >&2 ;;
esac
exit 1
"""

_CODESIGN = """\
PYTHONPATH="{root}" exec "{python}" -S -m tests.macho.codesign "$@"
"""

SCRIPTS = {"otool": _OTOOL, "install_name_tool": _INSTALL_NAME_TOOL, "lipo": _LIPO, "codesign": _CODESIGN}
"""The programs by the names that delocate calls."""


def delocate_environment(folder: Path) -> dict[str, str]:
    """The environment in which delocate finds the stand-ins, which are put into `folder`.

    It lacks what delocate looks at besides; ``delocate-wheel`` and its kin of the running Python are found, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {tool: str(path) for tool, path in zip(TOOLS, need(*TOOLS), strict=True)}
    for name, text in SCRIPTS.items():
        script = folder / name
        filled = text.format(**paths, root=ROOT, python=sys.executable)
        script.write_text(f"#!/bin/sh\n{filled}", encoding="utf-8")
        script.chmod(0o755)
    own = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DYLD_", "MACOSX_"))}
    return kept | {"PATH": os.pathsep.join((str(folder), own, os.environ["PATH"])), "LC_ALL": "C"}

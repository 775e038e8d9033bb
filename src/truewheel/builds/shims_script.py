"""The text of the compilers' stand-ins: small scripts for any POSIX shell, which starts in a millisecond.

A path of a folder gets into debug information, ``__FILE__`` and panic messages. Compilers replace a prefix of paths
where they are told which, and the random folders of builds are known only when the compiler runs: so a script tells it.

The order of the replacements matters: of those that match, gcc takes the last given (seen with 12.2), clang too from 16
on (seen with 22.1), and clang 14 the longest wherever it stands. So outer folders come first, and inner ones later.
"""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

SOURCE = "/src"
"""What the folder of the sources is called."""

Maps = Sequence[tuple[str, str]]
"""Folders, and what they are called instead."""

_HEAD = """\
#!/bin/sh
# {name} of truewheel: {real}, told to write other names for folders that differ from build to build.
real={quoted} here={here} state={state} kind={kind}
"""

_MARK = """\
[ -e {mark} ] || : 2>/dev/null >{mark}
"""

_PATH = """\
# A launcher such as ccache must find the real compiler, and not this one again.
PATH=:$PATH:
while :; do case $PATH in *:"$here":*) PATH=${PATH%%:"$here":*}:${PATH#*:"$here":} ;; *) break ;; esac done
PATH=${PATH#:} PATH=${PATH%:}
export PATH
"""

_QUERY = """\
case ${1-} in -cc1*) exec "$real" "$@" ;; esac
"""

_OPTION = """\
# gcc before 8 and clang before 10 know debug information alone.
if [ -e "$state.file" ]; then option=-ffile-prefix-map=
elif [ -e "$state.debug" ]; then option=-fdebug-prefix-map=
elif [ -e "$state.none" ]; then exec "$real" "$@"
elif "$real" -ffile-prefix-map=/a=/b -S -x "$kind" -o /dev/null /dev/null >/dev/null 2>&1; then
    option=-ffile-prefix-map= && : >"$state.file"
elif "$real" -fdebug-prefix-map=/a=/b -S -x "$kind" -o /dev/null /dev/null >/dev/null 2>&1; then
    option=-fdebug-prefix-map= && : >"$state.debug"
else
    : >"$state.none"
    exec "$real" "$@"
fi
"""

_SYSROOT = """\
option=--remap-path-prefix=
if [ -e "$state.sysroot" ]; then read -r sysroot <"$state.sysroot"
else sysroot=$("$1" --print sysroot 2>/dev/null) && printf '%s\\n' "$sysroot" >"$state.sysroot"
fi
"""

_FOLDERS = """\
known={known}
temporary=${{TMPDIR:-/tmp}} temporary=${{temporary%/}}
case $temporary in '' | / | [!/]* | *=*) temporary=/tmp ;; esac
root() {{  # $root: the folder straight below a temporary one that holds $1, or nothing
    case $1 in
        "$temporary"/*/*) root=${{1#"$temporary"/}} root=$temporary/${{root%%/*}} ;;
        /private"$temporary"/*/*) root=${{1#/private"$temporary"/}} root=/private$temporary/${{root%%/*}} ;;
        /tmp/*/* | /var/tmp/*/* | /private/tmp/*/* | /private/var/tmp/*/*)
            root=${{1#*/tmp/}} root=${{1%%/tmp/*}}/tmp/${{root%%/*}} ;;
        *) root= ;;
    esac
}}
fixed() {{  # $old and $new: the known folder that holds $1, and its other name; or nothing
    old=
    case $1 in
        {cases}
    esac
}}
inner= outer=
case $PWD/ in
    {inside}) ;;
    *)
        root "$PWD/"
        outer=${{root:-$PWD}}
        case $outer in /*/*) ;; *) outer= ;; esac ;;
esac
"""

_INSIDE = """\
case $PWD/ in {source}/*) inner=${{PWD#{source}/}} inner=${{inner%%/*}}
    case $inner in
        .*-????????|tmp????????) named={new}/${{inner%????????}} inner={source}/$inner ;;
        *) inner= ;;
    esac ;;
esac
"""

_SCAN = """\
outside() {  # Whether the way $1, up and down again, tells where this folder lies: $from is its start, $to its new name
    rest=$1 place=$PWD way=
    while :; do case $rest in ../*) rest=${rest#../} place=${place%/*} way=$way../ ;; *) break ;; esac done
    fixed "$place/"
    [ -z "$old" ] || return 1
    root "$place/$rest"
    fixed "$place/$rest"
    case $root in ''|*=*) ;; "$place"/*)
        [ -n "$old" ] || { from=$way${root#"$place"/} to=/build/up; return 0; } ;;
    esac
    case $old in "$place"/*) from=$way${old#"$place"/} to=$new ;; *) return 1 ;; esac
}
seen=:$outer: count=0 dashes=
for word do
    case $word in
        --) dashes=there; continue ;;
        -f*-prefix-map=* | --remap-path-prefix=*) continue ;;
        ../* | -[!-]*../*) outside "../${word#*../}" && set -- "$@" "$option$from=$to"; continue ;;
        */*) ;;
        *) continue ;;
    esac
    root "/${word#*/}"
    case $root in ''|*=*) continue ;; esac
    case $seen in *":$root:"*) continue ;; esac
    seen=$seen$root:
    case $known in
        *":$root:"*) continue ;;
        *":$root/"*) set -- "$@" "$option$root=/work" ;;
        *) count=$((count + 1)) && set -- "$@" "$option$root=/build/$count" ;;
    esac
done
case $outer in ''|*=*) ;; *) set -- "$@" "$option$outer=/build" ;; esac
"""

_TAIL = """\
case $inner in ''|*=*) ;; *) set -- "$@" "$option$inner=$named" ;; esac
"""

_DASHES = """\
# What stands behind -- is a file for clang: there, our options go before the words that were given.
while [ "$dashes" ] && [ "$given" -gt 0 ]; do set -- "$@" "$1"; shift; given=$((given - 1)); done
"""


def compiler(name: str, real: str, here: str, maps: Maps, mark: str | None = None) -> str:
    """The script in the place of `real`, in the folder ``here``.

    ``mark`` is a file that it leaves to say that it was used.
    """
    kind = "f95" if _fortran(name) else "c"
    head = _HEAD.format(
        name=name,
        real=real.replace("\n", " "),
        quoted=quote(real),
        here=quote(here),
        state=quote(f"{here}/.{name}"),
        kind=kind,
    )
    run = 'exec "$real" "$@"\n'
    return "".join((head, _marked(mark), _PATH, _QUERY, _OPTION, "given=$#\n", _folders(maps), _DASHES, run))


def rust(here: str, maps: Maps, mark: str | None = None) -> str:
    """The script for RUSTC_WRAPPER, which is given rustc's path as the first word."""
    head = _HEAD.format(
        name="rustc", real="the given one", quoted="rustc", here=quote(here), state=quote(f"{here}/.rustc"), kind="rust"
    )
    home = 'cargo=${CARGO_HOME:-${HOME:-/nonexistent}/.cargo}\nset -- "$@" "$option$cargo=/cargo"\n'
    sysroot = 'case $sysroot in /*) set -- "$@" "$option$sysroot=/rust" ;; esac\n'
    return "".join((head, _marked(mark), _SYSROOT, _folders(maps, more=home + sysroot), 'exec "$@"\n'))


def marker(name: str, here: str, mark: str) -> str:
    """The script of a program that is only taken note of: the next one of its name on PATH does the work."""
    return (
        f"#!/bin/sh\n# {name} of truewheel: takes note that it was used\n{_marked(mark)}"
        f"IFS=:\nset -f\nfor folder in $PATH; do\n"
        f'    [ "$folder" != {quote(here)} ] && [ -x "$folder"/{quote(name)} ] && [ ! -d "$folder"/{quote(name)} ] &&\n'
        f'        unset IFS && exec "$folder"/{quote(name)} "$@"\ndone\n'
        f"echo {quote(name + ': not found')} >&2\nexit 127\n"
    )


def _fortran(name: str) -> bool:
    return any(part in name for part in ("gfortran", "f77", "f90", "f95", "flang"))


def _marked(mark: str | None) -> str:
    return _MARK.format(mark=quote(mark)) if mark else ""


def _folders(maps: Maps, more: str = "") -> str:
    """The lines that add the replacements to the words of the command, outer folders before inner ones."""
    fixed = sorted(((old, new) for old, new in maps if "=" not in old), key=lambda pair: (len(pair[0]), pair))
    known = ":" + "".join(f"{old}:" for old, _ in fixed)
    sources = [old for old, new in fixed if new == SOURCE]
    inside = " | ".join(f"{quote(old)}/*" for old, _ in fixed) or "''"
    # The first that fits holds: inner folders before outer ones.
    cases = "\n        ".join(f"{quote(old)}/*) old={quote(old)} new={quote(new)} ;;" for old, new in reversed(fixed))
    lines = [_FOLDERS.format(known=quote(known), inside=inside, cases=cases)]
    lines += [_INSIDE.format(source=quote(old), new=SOURCE) for old in sources]
    lines += ['set -- "$@" "$option$temporary=/tmp"\n', _SCAN, more]
    lines += [f'set -- "$@" "$option"{quote(f"{old}={new}")}\n' for old, new in fixed]
    return "".join((*lines, _TAIL))

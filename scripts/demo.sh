#!/bin/sh
# The main job on a real wheel: fetch one that is published, tell the truth about it, and make it right.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
demo=$root/.cache/demo
rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

say() {
    printf '\n# %s\n' "$@"
}
run() {
    printf '\n$ %s\n' "$*"
    "$@"
}
# A command that reports findings ends with status 1. Here it has to find some.
finds() {
    status=0
    run "$@" || status=$?
    test "$status" -eq 1
}

wheel=protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl
say "Fetching $wheel (pip checks its sha256) into .cache/demo"
python -m pip --disable-pip-version-check -qq download --no-deps --require-hashes --only-binary :all: \
    --implementation cp --python-version 3.10 --abi abi3 --platform macosx_10_9_universal2 \
    --dest . -r "$root/requirements/demo.txt"

say "Its name says macOS 10.9 and newer. What do the binaries say?"
run truewheel show "$wheel"

say "What is wrong with it? (Exit status 1: there are findings.)"
finds truewheel check "$wheel"

say "Give it the true tag, in its name and inside."
run truewheel retag --auto -w wheelhouse "$wheel"
retagged=$(echo wheelhouse/*.whl)
run truewheel check "$retagged"

say "Or keep the tag, and write the one canonical wheel of these contents: the same bytes from every machine."
run truewheel normalize -w canonical "$wheel"

say "The payload digest shows that no file has changed: only the tag, and how the zip is written."
run truewheel digest "$wheel" "$retagged" canonical/*.whl

#!/bin/sh
# The main job on a real wheel: fetch one that is published, tell the truth about it, and make it right.
set -eu
cd "$(dirname "$0")/.."

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

demo=.cache/demo
rm -rf "$demo" && mkdir -p "$demo"

echo "protobuf's wheel for macOS says that it runs from macOS 10.9 on. Let us look (pip checks its sha256)."
run python -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --only-binary :all: \
    --implementation cp --python-version 3.10 --abi abi3 --platform macosx_10_9_universal2 \
    --dest "$demo" -r requirements/demo.txt
wheel=$(echo "$demo"/protobuf-*.whl)

run truewheel show "$wheel"
finds truewheel check "$wheel"
echo "Exit status 1: there are findings."

run truewheel retag --auto -w "$demo/wheelhouse" "$wheel"
retagged=$(echo "$demo"/wheelhouse/protobuf-*.whl)
run truewheel normalize -w "$demo/canonical" "$retagged"
canonical=$(echo "$demo"/canonical/protobuf-*.whl)

echo
echo "The payload digest is the same before and after: only the tag, and how the zip is written, have changed."
run truewheel digest "$wheel" "$retagged" "$canonical"

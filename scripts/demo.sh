#!/bin/sh
# The main job on real wheels: fetch three that are published, tell the truth about them, and make them right.
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

# Fetch the wheel of a project that its requirement pins, for whatever machine it is.
fetch() {
    grep "^$1==" "$root/requirements/demo.txt" >requirement.txt
    shift
    python -m pip --disable-pip-version-check -qq download --no-deps --require-hashes --only-binary :all: \
        --implementation cp --dest . -r requirement.txt "$@"
    rm requirement.txt
}

wheel=protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl
musl=greenlet-3.5.6-cp311-cp311-musllinux_1_2_x86_64.whl
mac=pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl
say "Fetching $wheel, $musl and $mac (pip checks their sha256) into .cache/demo"
fetch protobuf --python-version 3.10 --abi abi3 --platform macosx_10_9_universal2
fetch greenlet --python-version 3.11 --abi cp311 --platform musllinux_1_2_x86_64
fetch pyzmq --python-version 3.12 --abi abi3 --platform macosx_10_15_universal2

say "The name of the first says macOS 10.9 and newer. What do the binaries say?"
run truewheel show "$wheel"

say "Give it the true tag, in its name and inside."
run truewheel retag --auto -w wheelhouse "$wheel"
retagged=$(echo wheelhouse/protobuf*.whl)
run truewheel check "$retagged"

say "The second says musl 1.2, and crashes with musl 1.2.0 to 1.2.3. What is wrong with it? (Status 1: there are findings.)"
finds truewheel check --ignore PATH,ZIP "$musl"

say "Repair it, on whatever machine this is."
run truewheel repair -w wheelhouse "$musl"
repaired=$(echo wheelhouse/greenlet*.whl)
run truewheel check --ignore PATH "$repaired"

say "The third, for macOS, searches a folder in /tmp for libraries: whoever can write there decides what is loaded."
finds truewheel check --ignore ZIP "$mac"

say "Repair goes without a Mac, its code signatures included."
run truewheel repair -w wheelhouse "$mac"
run truewheel check wheelhouse/"$mac"

say "Or keep the tag of the first, and write the one canonical wheel of its contents: the same bytes from every machine."
run truewheel normalize -w canonical "$wheel"

say "The payload digest shows that no file has changed: only the tag, and how the zip is written."
run truewheel digest "$wheel" "$retagged" canonical/*.whl

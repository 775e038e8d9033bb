"""Names of grafts and links in headers without much room: which forms are tried, and in which order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.fakes import Disk
from tests.ops.mach_fakes import MAC, edits, graft_of, links, mach, module, planned, repaired, slices
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import SliceChanges, room_left
from truewheel.errors import BinaryError
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name, shorter_names
from truewheel.ops.macho_names import Library, Sheet, fitted

MEMBER = "pkg/sub/_x.so"
OLD = "/a.dylib"
LONG = "libsomething.with.a.long.name.1.2.3.dylib"
WAY = "@loader_path/../.dylibs"
DIGITS = "0123abcd" * 8
ROOMS = range(0, 161, 8)


def named(room: int, *, own: int = 1024, count: int = 1, taken: tuple[str, ...] = ()) -> tuple[dict[str, str], ...]:
    """The links of a module with some room, to `count` libraries with `own` room, and the names of these."""
    libraries = [
        Library(f"{number}{LONG}" if number else LONG, str(number) * 2 + DIGITS[2:]) for number in range(count)
    ]
    olds = [f"/{number}.dylib" for number in range(count)]
    (part,) = read_macho(module(*olds, room=room)).slices
    sheets = [Sheet(MEMBER, part, "pkg/sub", grafts=dict(zip(olds, libraries, strict=True)))]
    for library in libraries:
        (lib,) = read_macho(mach(id="x", room=own)).slices
        sheets.append(Sheet(library.name, lib, "pkg/.dylibs", own=library))
    found = fitted(sheets, libraries, (), taken, "pkg/.dylibs")
    changes = found.changes[MEMBER, "arm64"]
    for sheet in sheets:
        change = found.changes.get(sheet.key, SliceChanges())
        assert room_left(sheet.part, change, signs=True) >= 0
    return dict(changes.dylibs), {library.name: name for library, name in found.names.items()}


def name_with(room: int, *taken: str) -> str | None:
    """The name of one library where a module has some room; None if there is too little."""
    try:
        return named(room, taken=taken)[1][LONG]
    except BinaryError:
        return None


class TestForms:
    def test_where_there_is_room_the_names_are_the_usual_ones(self) -> None:
        dylibs, names = named(256)
        usual = grafted_name(LONG, "00" + DIGITS[2:])
        assert dylibs == {"/0.dylib": f"{WAY}/{usual}"}
        assert names == {LONG: usual}

    def test_they_get_shorter_with_the_room(self) -> None:
        found = dict.fromkeys(name for room in reversed(ROOMS) if (name := name_with(room)))
        sha256 = "00" + DIGITS[2:]
        forms = [grafted_name(LONG, sha256), *shorter_names(LONG, sha256)]
        assert list(found) == [form for form in forms if form in found]
        assert {forms[0], forms[1], "0023abcd", "0023"} <= found.keys()

    def test_several_share_a_run_path(self) -> None:
        dylibs, names = named(8 * 48, count=8)
        assert set(dylibs.values()) == {f"@rpath/{name}" for name in names.values()}
        assert all(len(name) > len(LONG) for name in names.values())

    def test_a_run_path_that_is_there_is_shared(self) -> None:
        (part,) = read_macho(module("/0.dylib", rpaths=[WAY], room=56)).slices
        library = Library(LONG, DIGITS)
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts={"/0.dylib": library}, rpaths=(WAY,))
        changes = fitted([sheet], [library], (), (), "pkg/.dylibs").changes[sheet.key]
        assert changes == SliceChanges(dylibs={"/0.dylib": f"@rpath/{grafted_name(LONG, DIGITS)}"})

    def test_names_that_the_wheel_has_are_not_taken(self) -> None:
        sha256 = "00" + DIGITS[2:]
        forms = [grafted_name(LONG, sha256), *shorter_names(LONG, sha256)]
        seen = {name_with(room, LONG.upper(), "0023abcd") for room in ROOMS}
        assert seen == {None, forms[0], forms[1], forms[-1]}

    def test_two_files_share_no_name(self) -> None:
        one, two = Library("libx.dylib", DIGITS), Library("libx.dylib", DIGITS[:8] + "f" * 56)
        (part,) = read_macho(module("/1.dylib", "/2.dylib", room=48)).slices
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts={"/1.dylib": one, "/2.dylib": two})
        with pytest.raises(BinaryError, match="no room"):
            fitted([sheet], [one, two], (), (), "pkg/.dylibs")

    @pytest.mark.parametrize("room", [48, 1024], ids=["shared run path", "directly"])
    def test_a_library_of_two_names_is_loaded_by_two(self, room: int) -> None:
        """Names are compared as they are written by dyld of macOS 15, which takes none twice from one file."""
        library = Library(LONG, DIGITS)
        olds = ("/a/z.dylib", "/b/z.dylib", "@rpath/z.dylib")
        (part,) = read_macho(module(*olds, rpaths=[WAY], room=room)).slices
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts=dict.fromkeys(olds, library), rpaths=(WAY,))
        found = fitted([sheet], [library], (), (), "pkg/.dylibs")
        start, way = ("@rpath", "@rpath/") if room == 48 else ("@loader_path", f"{WAY}/")
        rest = f"{way}{found.names[library]}".removeprefix(f"{start}/")
        names = [f"{start}/{rest}", f"{start}/./{rest}", f"{start}/././{rest}"]
        assert [found.changes[sheet.key].dylibs[old] for old in olds] == names

    def test_thousands_of_names_of_a_library_cost_nothing(self) -> None:
        library = Library("lib.dylib", DIGITS)
        olds = [f"/{number}.dylib" for number in range(3000)]
        (part,) = read_macho(module(*olds, room=1 << 18)).slices
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts=dict.fromkeys(olds, library))
        names = fitted([sheet], [library], [library], (), "pkg/.dylibs").changes[sheet.key].dylibs
        assert len(set(names.values())) == 16
        assert max(map(len, names.values())) < 100

    def test_a_name_that_is_there_comes_no_second_time(self) -> None:
        new = f"{WAY}/lib.dylib"
        library = Library("lib.dylib", DIGITS)
        (part,) = read_macho(module(OLD, new, "/b.dylib")).slices
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts={OLD: library}, links={new: new, "/b.dylib": new})
        changes = fitted([sheet], [library], [library], (), "pkg/.dylibs").changes[sheet.key]
        assert changes.dylibs == {
            OLD: "@loader_path/./../.dylibs/lib.dylib",
            "/b.dylib": "@loader_path/././../.dylibs/lib.dylib",
        }

    def test_what_keeps_its_name_gets_no_shorter_one(self) -> None:
        library = Library(LONG, DIGITS)
        (part,) = read_macho(module("/0.dylib", room=256)).slices
        sheet = Sheet(MEMBER, part, "pkg/sub", grafts={"/0.dylib": library})
        assert fitted([sheet], [library], [library], (), "pkg/.dylibs").names == {library: LONG}


class TestOwnNames:
    """What a graft is called in its own header."""

    @pytest.mark.parametrize(
        ("old", "name"),
        [
            (f"/opt/homebrew/opt/something/lib/{LONG}", f"@rpath/{grafted_name(LONG, DIGITS)}"),
            (f"libsomething/{LONG}", grafted_name(LONG, DIGITS)),
            ("/opt/libabc.dylib", "0123abcd"),
            ("/x", "0123"),
            ("libabc.dylib", None),
        ],
    )
    def test_the_first_that_fits(self, old: str, name: str | None) -> None:
        library = Library(LONG, DIGITS)
        (part,) = read_macho(mach(id=old, room=0)).slices
        found = fitted([Sheet("x", part, "pkg/.dylibs", own=library)], [library], (), (), "pkg/.dylibs")
        assert found.changes.get(("x", "arm64"), SliceChanges()).install_name == name

    def test_a_path_of_the_build_machine_never_stays(self) -> None:
        library = Library(LONG, DIGITS)
        (part,) = read_macho(mach(id="/x", room=0)).slices
        found = fitted([Sheet("x", part, "pkg/.dylibs", own=library)], [library], (), (), "pkg/.dylibs")
        assert found.changes["x", "arm64"].install_name


class TestNoRoom:
    def test_the_error_tells_how_much_lacks(self) -> None:
        with pytest.raises(BinaryError) as caught:
            named(0)
        assert caught.value.what == (
            "the header of the arm64 slice has no room for the names of the libraries that come into the wheel: "
            "16 bytes lack for the shortest ones"
        )
        assert caught.value.where.member == MEMBER
        assert "-headerpad_max_install_names" in caught.value.hint
        assert named(16)

    def test_the_first_file_by_path_is_named(self) -> None:
        files = {f"pkg/{name}.so": module("/a.dylib", room=0) for name in "cab"}
        with pytest.raises(BinaryError) as caught:
            planned(files, {"/lib/a.dylib": mach(id="/a.dylib")})
        assert caught.value.where.member == "pkg/a.so"

    def test_dead_run_paths_make_room(self) -> None:
        files = {MEMBER: module(OLD, room=0, rpaths=["/Users/somebody/build/of/a/library/with/a/long/path/lib"])}
        made = planned(files, {"/lib/a.dylib": mach(id=OLD)})
        assert edits(made, MEMBER).dylibs
        assert links(bytes(repaired(files, {"/lib/a.dylib": mach(id=OLD)}).by_name[MEMBER].read()))


@given(
    st.dictionaries(st.sampled_from(["pkg/a.so", "pkg/b/c.so", "pkg/d.so"]), st.sampled_from(list(ROOMS)), min_size=1)
)
def test_everything_fits_or_it_is_said(rooms: Mapping[str, int]) -> None:
    """What is planned can be carried out, however much room there is, and then nothing is left to do."""
    outside = {"/lib/a.dylib": mach("/b.dylib", id="/a.dylib", room=24), "/lib/b.dylib": mach(id="/b.dylib", room=0)}
    files = {member: module("/a.dylib", "/b.dylib", room=room) for member, room in rooms.items()}
    try:
        wheel = repaired(files, outside)
    except BinaryError:
        with pytest.raises(BinaryError, match="no room"):
            planned(files, outside)
        return
    again = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
    assert not planned(again)


def test_other_files_keep_their_long_names() -> None:
    """Only the libraries that a full header names get shorter ones."""
    outside = {"/o/a.dylib": mach(id="/o/a.dylib"), "/lib/libb.1.2.dylib": mach(id="/lib/libb.1.2.dylib")}
    files = {"pkg/a.so": module("/o/a.dylib", room=16), "pkg/b.so": module("/lib/libb.1.2.dylib")}
    made = planned(files, Disk(outside, folders=()), name=MAC)
    short, usual = graft_of(made, "/o/a.dylib"), graft_of(made, "/lib/libb.1.2.dylib")
    assert len(short.member) < len("pkg/.dylibs/a-0123abcd.dylib")
    assert usual.member == f"pkg/.dylibs/{grafted_name('libb.1.2.dylib', sha256_of(usual.file))}"
    wheel = repaired(files, Disk(outside, folders=()))
    assert slices(bytes(wheel.by_name["pkg/a.so"].read()))["arm64"].dylibs[0].name.startswith("@loader_path/.dylibs/")

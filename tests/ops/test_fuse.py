"""Fuse: what becomes fat, what has to be equal, which tag comes out, and what is refused."""

from __future__ import annotations

import hashlib
import itertools
import re
from base64 import urlsafe_b64encode

import pytest

from tests.binary.archives import archive as archive_of
from tests.binary.test_wasm import HEAD as WASM_HEAD
from tests.binary.test_wasm import MEMORY, custom
from tests.ops.builds import (
    APPLE,
    INTEL,
    MODULE,
    SHARED,
    apple,
    archive,
    fused,
    graft,
    intel,
    mach,
    name_for,
    needing,
    of,
)
from tests.strategies.macho import ARM64, I386, OBJECT, PPC, X86_64, fat
from tests.support import record_text, wheel_members, zip_bytes
from truewheel.binary import read_macho
from truewheel.binary.macho import is_fat_archive
from truewheel.errors import BinaryError, RequestError, TruewheelError, WheelError
from truewheel.ops import Examination, Patterns, Verdict, examine, joining
from truewheel.ops.fuse import Request
from truewheel.wheel import Wheel, WheelName, read, verify_record

GRAFTS = "pkg/.dylibs/"
WHEEL = "Wheel-Version: 1.0\nGenerator: {}\nRoot-Is-Purelib: {}\nTag: cp312-cp312-{}\n"
INFO = "pkg-1.0.dist-info"


def first(*globs: str) -> Request:
    return Request(Patterns(globs))


def slices(wheel: Wheel, member: str) -> dict[str, bytes]:
    """The bytes of each slice of a member."""
    data = bytes(wheel.by_name[member].read())
    return {part.arch: data[part.offset : part.offset + part.size] for part in read_macho(data).slices}


def test_native_files_become_fat_and_the_rest_stays() -> None:
    done = fused(intel(), apple())
    assert str(done.wheel.name) == name_for("macosx_10_9_universal2")
    assert done.tags.verdict is Verdict.EXACT
    assert slices(done.wheel, MODULE) == {"x86_64": mach(X86_64), "arm64": mach(ARM64)}
    assert [(joined.member, joined.archs) for joined in done.joined] == [(MODULE, ("x86_64", "arm64"))]
    assert {name: done.wheel.by_name[name].read() for name in SHARED} == SHARED
    assert b"\nTag: cp312-cp312-macosx_10_9_universal2\n" in done.wheel.info("WHEEL").read()
    assert (done.alone, done.taken, done.notes) == ((), (), ())
    assert verify_record(done.wheel, contents=True) == ()


def test_the_order_of_the_wheels_has_no_meaning() -> None:
    builds = (
        intel({"pkg/x.dat": b"x", "pkg/_y.abi3.so": mach(X86_64)}),
        apple({"pkg/a.dat": b"a", "pkg/_y.abi3.so": mach(ARM64)}),
        of("macosx_10_6_i386", {MODULE: mach(I386, (10, 6)), "pkg/_y.abi3.so": mach(I386, (10, 6))}),
    )
    results = {archive(fused(*order).wheel) for order in itertools.permutations(builds)}
    assert len(results) == 1
    assert str(fused(*builds).wheel.name) == name_for("macosx_10_6_i386.macosx_10_9_universal2")


def test_static_libraries_of_equal_alignment_are_sorted_whatever_comes_first() -> None:
    builds = [
        of(f"macosx_10_5_{name}", {MODULE: mach(cpu, (10, 5)), "pkg/libx.a": archive_of(mach(cpu, filetype=OBJECT))})
        for name, cpu in (("i386", I386), ("ppc", PPC))
    ]
    assert archive(fused(*builds).wheel) == archive(fused(*builds[::-1]).wheel)


@pytest.mark.parametrize(
    ("x86_64", "arm64", "minos", "platforms"),
    [
        ("macosx_10_9_x86_64", "macosx_11_0_arm64", ((10, 9), (11, 0)), "macosx_10_9_universal2"),
        ("macosx_10_13_x86_64", "macosx_11_0_arm64", ((10, 9), (11, 0)), "macosx_10_13_universal2"),
        ("macosx_10_9_x86_64", "macosx_12_0_arm64", ((10, 9), (11, 0)), "macosx_10_9_x86_64.macosx_12_0_universal2"),
        ("macosx_10_9_x86_64", "macosx_11_0_arm64", ((10, 12), (12, 0)), "macosx_10_12_x86_64.macosx_12_0_universal2"),
        ("macosx_10_9_x86_64.macosx_11_0_x86_64", "macosx_11_0_arm64", ((10, 9), (11, 0)), "macosx_10_9_universal2"),
    ],
    ids=["as-claimed", "x86_64-claims-more", "arm64-claims-more", "binaries-need-more", "two-claims"],
)
def test_the_tag_is_what_is_needed_and_no_lower_than_what_was_claimed(
    x86_64: str, arm64: str, minos: tuple[tuple[int, int], tuple[int, int]], platforms: str
) -> None:
    done = fused(
        of(x86_64, {MODULE: mach(X86_64, minos[0])}),
        of(arm64, {MODULE: mach(ARM64, minos[1])}),
    )
    assert ".".join(done.wheel.name.platforms) == platforms
    assert not done.tags.false


# --- what differs
class TestWhatDiffers:
    FILES = ({"pkg/a.json": b"1", "pkg/b.json": b"1"}, {"pkg/a.json": b"2", "pkg/b.json": b"2"})

    def test_is_refused_by_name(self) -> None:
        with pytest.raises(
            RequestError, match=r"^2 members differ from wheel to wheel: pkg/a.json; pkg/b.json$"
        ) as caught:
            fused(intel(self.FILES[0]), apple(self.FILES[1]))
        assert "--take-first" in caught.value.hint
        x86_64, arm64 = ({f"pkg/{n}.py": b"%d" % k for n in range(9)} for k in (0, 1))
        with pytest.raises(RequestError, match=r"^9 members differ .*: pkg/0.py; pkg/1.py; pkg/2.py; and 6 more$"):
            fused(intel(x86_64), apple(arm64))

    @pytest.mark.parametrize("glob", ["*.json", "pkg/[ab].json"])
    def test_is_the_first_wheels_where_that_is_asked_for(self, glob: str) -> None:
        one, other = intel(self.FILES[0]), apple(self.FILES[1])
        done = fused(one, other, request=first(glob))
        assert done.taken == ("pkg/a.json", "pkg/b.json")
        assert done.wheel.by_name["pkg/a.json"].read() == b"1"
        assert fused(other, one, request=first(glob)).wheel.by_name["pkg/a.json"].read() == b"2"
        assert verify_record(done.wheel, contents=True) == ()
        with pytest.raises(RequestError, match=r"a member differs from wheel to wheel: pkg/b.json$"):
            fused(one, other, request=first("*/a.*"))

    def test_a_glob_without_use_is_told(self) -> None:
        done = fused(intel(), apple(), request=first("*.json", "*"))
        assert done.notes == tuple(f"--take-first {glob} means nothing that differs" for glob in ("*.json", "*"))

    def test_native_files_are_fused_whatever_is_to_be_taken(self) -> None:
        assert fused(intel(), apple(), request=first("*")).taken == ()

    def test_native_files_with_code_for_one_processor_in_common(self) -> None:
        both = [fat(mach(X86_64, contents=c), mach(ARM64, contents=c)) for c in (b"1", b"2")]
        one, other = (make({"pkg/_y.abi3.so": data}) for make, data in zip((intel, apple), both, strict=True))
        with pytest.raises(RequestError, match=r"a member differs from wheel to wheel: pkg/_y.abi3.so \(.*\)$"):
            fused(one, other)
        done = fused(one, other, request=first("*/_y.*"))
        assert done.wheel.by_name["pkg/_y.abi3.so"].read() == both[0]
        assert done.taken == ("pkg/_y.abi3.so",)

    def test_metadata_is_one_for_all(self) -> None:
        text = b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\nRequires-Dist: x\n"
        for request in (Request(), first("*")):
            with pytest.raises(RequestError, match="one for all processors") as caught:
                fused(intel({f"{INFO}/METADATA": text}), apple(), request=request)
            assert caught.value.where.member == f"{INFO}/METADATA"

    def test_the_headers_of_the_wheel_are_one_but_for_tags_and_generator(self) -> None:
        def made(generator: str, pure: str) -> list[Examination]:
            texts = [WHEEL.format("a 1", "false", INTEL), WHEEL.format(generator, pure, APPLE)]
            return [make({f"{INFO}/WHEEL": text.encode()}) for make, text in zip((intel, apple), texts, strict=True)]

        assert fused(*made("a 1", "false")).notes == ()
        done = fused(*made("b 2", "false"))
        assert done.notes == ("Generator stays a 1; elsewhere it is b 2",)
        assert b"\nGenerator: a 1\n" in done.wheel.info("WHEEL").read()
        with pytest.raises(RequestError, match="more than tags and Generator"):
            fused(*made("a 1", "true"))

    def test_hashes_of_other_kinds_are_no_difference(self) -> None:
        one, other = intel(), apple()
        text = bytes(other.wheel.info("RECORD").read())
        value = urlsafe_b64encode(hashlib.sha512(SHARED["pkg/data.txt"]).digest()).rstrip(b"=")
        text = re.sub(rb"pkg/data.txt,[^,]+,", b"pkg/data.txt,sha512=" + value + b",", text)
        again = apple({f"{INFO}/RECORD": text})
        assert verify_record(again.wheel, contents=True) == ()
        assert archive(fused(one, again).wheel) == archive(fused(one, other).wheel)

    def test_an_executable_bit_is_no_difference(self) -> None:
        one = of(INTEL, {MODULE: mach(X86_64)}, executable=["pkg/data.txt", MODULE, f"{INFO}/METADATA"])
        done = fused(one, apple())
        assert done.wheel.by_name["pkg/data.txt"].executable
        assert done.wheel.by_name[MODULE].executable
        assert done.notes == ("executable, as in one of the wheels: pkg/data.txt",)
        assert archive(done.wheel) == archive(fused(apple(), one).wheel)


def test_files_that_are_fat_already_and_equal_stay() -> None:
    both = {"pkg/_y.abi3.so": fat(mach(X86_64), mach(ARM64))}
    done = fused(intel(both), apple(both))
    assert done.wheel.by_name["pkg/_y.abi3.so"].read() == both["pkg/_y.abi3.so"]
    assert [joined.member for joined in done.joined] == [MODULE]


def test_objects_become_fat_too() -> None:
    done = fused(intel({"pkg/x.o": mach(X86_64, filetype=OBJECT)}), apple({"pkg/x.o": mach(ARM64, filetype=OBJECT)}))
    assert set(slices(done.wheel, "pkg/x.o")) == {"x86_64", "arm64"}


def test_static_libraries_become_fat_too() -> None:
    thin = [archive_of(mach(cpu, filetype=OBJECT)) for cpu in (X86_64, ARM64)]
    one, other = (make({"pkg/libx.a": data}) for make, data in zip((intel, apple), thin, strict=True))
    done = fused(one, other)
    made = bytes(done.wheel.by_name["pkg/libx.a"].read())
    assert is_fat_archive(made)
    assert all(data in made for data in thin)
    assert [(joined.member, joined.archs) for joined in done.joined] == [
        (MODULE, ("x86_64", "arm64")),
        ("pkg/libx.a", ("x86_64", "arm64")),
    ]
    assert archive(done.wheel) == archive(fused(other, one).wheel)


@pytest.mark.parametrize(
    ("x86_64", "arm64", "why"),
    [
        (archive_of(mach(ARM64)), archive_of(mach(ARM64, contents=b"1")), "two slices for arm64"),
        (archive_of(mach(X86_64)), archive_of(b"bitcode"), "for 0 processors"),
        (archive_of(mach(X86_64)), archive_of(mach(ARM64))[:-3], "needs"),
        (archive_of(mach(X86_64)), fat(archive_of(mach(ARM64)), cpus=[ARM64]), None),
        (archive_of(mach(X86_64)), mach(ARM64, filetype=OBJECT), None),
    ],
)
def test_static_libraries_that_do_not_fit_are_members_that_differ(x86_64: bytes, arm64: bytes, why: str | None) -> None:
    with pytest.raises(RequestError, match=r"a member differs from wheel to wheel: pkg/libx\.a") as caught:
        fused(intel({"pkg/libx.a": x86_64}), apple({"pkg/libx.a": arm64}))
    assert caught.value.what.endswith("libx.a") if why is None else why in caught.value.what


def test_large_files_are_made_when_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    small = fused(intel(), apple()).wheel
    monkeypatch.setattr(joining, "_KEPT", 0)
    large = fused(intel(), apple()).wheel
    content = large.by_name[MODULE].content
    assert isinstance(content, joining.Fat)
    assert content.size == len(content.read())
    assert all(content.head(count) == content.read()[:count] for count in (0, 8, 64, 65, 10_000_000))
    assert archive(large) == archive(small)


# --- what one wheel alone holds
class TestAlone:
    def test_members_are_kept_and_told(self) -> None:
        done = fused(intel({"pkg/x86.txt": b"x"}), apple({"pkg/arm.txt": b"a"}))
        assert [(alone.member, alone.wheels) for alone in done.alone] == [("pkg/arm.txt", (1,)), ("pkg/x86.txt", (0,))]
        assert done.wheel.by_name["pkg/x86.txt"].read() == b"x"

    def test_libraries_that_one_processor_alone_loads_leave_the_tag_true(self) -> None:
        files = {
            MODULE: needing(X86_64, "@loader_path/.dylibs/libz-aaaa.dylib"),
            f"{GRAFTS}libz-aaaa.dylib": graft(X86_64, (10, 12)),
        }
        done = fused(of(INTEL, files), apple())
        assert str(done.wheel.name) == name_for("macosx_10_12_universal2")
        assert done.tags.verdict is Verdict.EXACT
        other = {
            MODULE: needing(ARM64, "@loader_path/.dylibs/libz-bbbb.dylib"),
            f"{GRAFTS}libz-bbbb.dylib": graft(ARM64),
        }
        assert str(fused(of(INTEL, files), of(APPLE, other)).wheel.name) == name_for("macosx_10_12_universal2")

    @pytest.mark.parametrize(
        ("member", "data"),
        [
            ("pkg/_y.cpython-312-darwin.so", mach(X86_64)),
            ("pkg/_y.abi3.so", mach(X86_64)),
            (f"{GRAFTS}plugin.dylib", graft(X86_64)),  # nothing loads it by name, so something opens it
            ("pkg-1.0.data/scripts/tool", mach(X86_64, filetype=2)),
        ],
    )
    def test_a_wheel_that_lacks_a_file_for_a_processor_is_refused(self, member: str, data: bytes) -> None:
        with pytest.raises(
            RequestError, match=r"^.*: it has no code for arm64, so the wheel can't be for it$"
        ) as caught:
            fused(intel({member: data}), apple())
        assert caught.value.where.member == member

    def test_a_module_of_another_name_serves_its_processor(self) -> None:
        done = fused(of(INTEL, {"pkg/_x.abi3.so": mach(X86_64)}), of(APPLE, {MODULE: mach(ARM64)}))
        assert done.wheel.name.platforms == ("macosx_10_9_universal2",)

    def test_members_in_each_others_way(self) -> None:
        with pytest.raises(WheelError, match="same file where case") as caught:
            fused(intel({"pkg/Extra.txt": b"x"}), apple({"pkg/extra.txt": b"x"}))
        assert (caught.value.where.member, caught.value.where.offset) == ("pkg/extra.txt", None)
        with pytest.raises(WheelError, match="one is a file where the other needs a folder"):
            fused(intel({"pkg/extra": b"x"}), apple({"pkg/extra/x.txt": b"x"}))


# --- which wheels
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("pkg-1.1-cp312-cp312-macosx_11_0_arm64.whl", "they don't have one version"),
        ("other-1.0-cp312-cp312-macosx_11_0_arm64.whl", "they don't have one project"),
        ("pkg-1.0-1-cp312-cp312-macosx_11_0_arm64.whl", "they don't have one build number"),
        ("pkg-1.0-cp311-cp312-macosx_11_0_arm64.whl", "they don't have one python tag"),
        ("pkg-1.0-cp312-abi3-macosx_11_0_arm64.whl", "they don't have one abi tag"),
        (name_for("manylinux_2_17_aarch64"), "is not for macOS alone"),
        (name_for("any"), "is not for macOS alone"),
        (name_for("ios_13_0_arm64_iphoneos"), "is not for macOS alone"),
        (name_for("macosx_11_0_arm64.linux_aarch64"), "is not for macOS alone"),
        (name_for("macosx_10_13_x86_64"), "two of them are for x86_64"),
        (name_for("macosx_10_9_universal2"), "two of them are for x86_64"),
    ],
)
def test_wheels_that_do_not_belong_together(name: str, problem: str) -> None:
    stranger = of("", {MODULE: mach(ARM64)}, name=name)
    for order in itertools.permutations((intel(), stranger)):
        with pytest.raises(RequestError, match=problem):
            fused(*order)


def test_folders_of_one_name() -> None:
    name = name_for(APPLE)
    members = {
        path.replace(INFO, "Pkg-1.0.dist-info"): data
        for path, data in wheel_members({MODULE: mach(ARM64)}, name=name).items()
    }
    del members["Pkg-1.0.dist-info/RECORD"]
    members["Pkg-1.0.dist-info/RECORD"] = record_text(members, "Pkg-1.0.dist-info/RECORD")
    with pytest.raises(RequestError, match=r"one name of the \.dist-info folder"):
        fused(intel(), examine(read(zip_bytes(members), WheelName.parse(name))))


def test_a_file_whose_platform_is_in_no_tag() -> None:
    side = WASM_HEAD + custom(b"dylink.0", MEMORY)
    with pytest.raises(RequestError, match=r"the platform can't be computed: pkg/_side\.so"):
        fused(intel({"pkg/_side.so": side}), apple({"pkg/_side.so": side}))


def test_one_wheel_alone() -> None:
    with pytest.raises(RequestError, match="nothing to fuse"):
        fused(intel())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (mach(ARM64, platform=2), "no file that is loaded is for macOS on arm64"),
        (mach(ARM64, platform=0, minos=(0, 0)), "no file that is loaded is for macOS on arm64"),
        (mach(ARM64, filetype=OBJECT), "no file that is loaded is for macOS on arm64"),
    ],
    ids=["ios", "unknown", "object"],
)
def test_files_that_are_not_what_their_tag_says(data: bytes, problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        fused(intel(), apple({MODULE: data}))


def test_wheels_without_native_code() -> None:
    with pytest.raises(RequestError, match="no binary in the wheels asks for a platform"):
        fused(of(INTEL, {}), of(APPLE, {}))


@pytest.mark.parametrize("file", ["RECORD.jws", "RECORD.p7s"])
@pytest.mark.parametrize("number", [0, 1])
def test_signatures_of_record_go_only_where_that_is_allowed(file: str, number: int) -> None:
    signed = {f"{INFO}/{file}": b"{}"}
    builds = [intel(signed if number == 0 else {}), apple(signed if number == 1 else {})]
    with pytest.raises(WheelError, match=f"makes .*/{file} invalid") as caught:
        fused(*builds)
    assert "--drop-signatures" in caught.value.hint
    done = fused(*builds, request=Request(drop_signatures=True))
    assert archive(done.wheel) == archive(fused(intel(), apple()).wheel)


def test_a_file_that_can_not_be_fused_is_named() -> None:
    strange = fat(mach(ARM64), align=16)
    with pytest.raises(BinaryError, match="aligned to") as caught:
        fused(intel(), of(APPLE, {MODULE: strange}))
    assert caught.value.where.member == MODULE


@pytest.mark.parametrize("at", range(0, len(mach(ARM64)), 7))
def test_damaged_files_are_refused_or_harmless(at: int) -> None:
    """Whatever byte of a file is wrong, only our own errors come, and what is made holds the very bytes."""
    damaged = bytearray(mach(ARM64))
    damaged[at] ^= 0x5A
    try:
        done = fused(intel(), of(APPLE, {MODULE: bytes(damaged)}))
    except TruewheelError:
        return
    assert slices(done.wheel, MODULE) == {"x86_64": mach(X86_64), "arm64": bytes(damaged)}

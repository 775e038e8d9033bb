"""`normalize`, `retag` and `digest` on files: what is written, what is left alone, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.run import document, run
from tests.corpus import Corpus
from tests.support import SAMPLE, wheel_bytes, write_wheel

PROTOBUF = "protobuf-7.36.2-cp310-abi3-macosx_10_9_universal2.whl"


def test_normalize_writes_one_wheel_per_input_and_is_idempotent(tmp_path: Path) -> None:
    source = write_wheel(tmp_path)
    first = document("normalize", "-w", tmp_path / "one", source)["wheels"][0]
    assert first["changed"]
    assert first["path"] == str(tmp_path / "one" / SAMPLE)
    second = document("normalize", "-w", tmp_path / "two", tmp_path / "one" / SAMPLE)["wheels"][0]
    assert not second["changed"]
    assert (tmp_path / "one" / SAMPLE).read_bytes() == (tmp_path / "two" / SAMPLE).read_bytes()
    assert first["sha256"] == second["sha256"]


def test_in_place_replaces_what_is_not_canonical_and_touches_nothing_else(tmp_path: Path) -> None:
    path = write_wheel(tmp_path)
    assert run("normalize", "--check", path).exit_code == 1
    assert "written to" in run("normalize", "--in-place", path).stdout
    os.utime(path, ns=(1, 1))
    before = path.stat()
    assert "canonical already, left as it is" in run("normalize", "--in-place", path).stdout
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert run("normalize", "--check", path).exit_code == 0
    assert [p.name for p in tmp_path.iterdir()] == [SAMPLE]


@pytest.mark.skipif(os.name == "nt", reason="making links takes rights on Windows")
def test_in_place_through_a_link_replaces_what_it_leads_to(tmp_path: Path) -> None:
    real = write_wheel(tmp_path)
    link = tmp_path / "link" / SAMPLE
    link.parent.mkdir()
    link.symlink_to(real)
    assert run("normalize", "--in-place", link).exit_code == 0
    assert link.is_symlink()
    assert run("normalize", "--check", real).exit_code == 0


def test_a_result_never_takes_the_place_of_its_source_unasked(tmp_path: Path) -> None:
    path = write_wheel(tmp_path)
    result = run("normalize", "-w", tmp_path, path)
    assert result.exit_code == 2
    assert "--in-place" in result.stderr
    assert path.read_bytes() == wheel_bytes()


def test_two_wheels_of_one_name_do_not_fit_into_one_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = write_wheel(tmp_path / "a"), write_wheel(tmp_path / "b")
    result = run("normalize", "-w", tmp_path / "out", tmp_path / "a" / "*.whl", tmp_path / "b" / "*.whl")
    assert result.exit_code == 2
    assert f"{two}: the result would take the place of {tmp_path / 'out' / SAMPLE}" in result.stderr
    assert run("normalize", "-w", tmp_path / "b", one, two).exit_code == 2
    assert two.read_bytes() == wheel_bytes()


def test_retagged_wheels_do_not_take_each_others_place(tmp_path: Path) -> None:
    names = [f"sample-1.0-py3-none-manylinux_2_{minor}_x86_64.whl" for minor in (17, 28)]
    paths = [write_wheel(tmp_path, name=name) for name in names]
    result = run("retag", "--plat", "manylinux_2_34_x86_64", "-w", tmp_path / "out", *paths)
    assert result.exit_code == 2
    assert "would take the place of" in result.stderr
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="making links takes rights on Windows")
def test_a_link_in_the_folder_of_results_is_replaced_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / SAMPLE).symlink_to(precious)
    assert run("normalize", "-w", tmp_path / "out", write_wheel(tmp_path)).exit_code == 0
    assert precious.read_text() == "mine"
    assert not (tmp_path / "out" / SAMPLE).is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="making links takes rights on Windows")
def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    loop = tmp_path / SAMPLE
    loop.symlink_to(loop)
    result = run("normalize", "--in-place", loop)
    assert result.exit_code == 2
    assert "can't be opened" in result.stderr


def test_a_failed_run_leaves_no_folders(tmp_path: Path) -> None:
    bad = tmp_path / SAMPLE
    bad.write_bytes(wheel_bytes()[:-1])
    assert run("normalize", "-w", tmp_path / "a" / "b" / "c", bad).exit_code == 2
    assert not (tmp_path / "a").exists()


def test_check_says_what_differs(tmp_path: Path) -> None:
    found = document("normalize", "--check", write_wheel(tmp_path), status=1)["wheels"][0]
    assert any("another time" in str(words) for words in found["differences"])  # type: ignore[attr-defined]


def test_source_date_epoch_is_the_time_of_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_wheel(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run("normalize", "-w", tmp_path / "out", source)
    assert run("normalize", "--check", tmp_path / "out" / SAMPLE).exit_code == 0
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert run("normalize", "--check", tmp_path / "out" / SAMPLE).exit_code == 1
    # A common time is somebody's SOURCE_DATE_EPOCH: `check` finds nothing wrong with it.
    assert run("check", "--strict", "--select", "ZIP", tmp_path / "out" / SAMPLE).exit_code == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert run("normalize", "-w", tmp_path / "more", source).exit_code == 2


def test_keep_compression(tmp_path: Path) -> None:
    source = write_wheel(tmp_path, {"sample/data.txt": b"text " * 1000})
    for index, more in enumerate(([], ["--no-verify"])):
        result = run("normalize", "--keep-compression", *more, "-w", tmp_path / str(index), source)
        assert result.exit_code == 0
    assert (tmp_path / "0" / SAMPLE).read_bytes() == (tmp_path / "1" / SAMPLE).read_bytes()


@pytest.mark.parametrize("command", [["normalize", "-w", "out"], ["retag", "--plat", "any", "-w", "out"], ["digest"]])
def test_a_wrong_record_is_never_made_right(
    tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = b"sample/__init__.py,sha256=AAAA,0\nsample-1.0.dist-info/RECORD,,\n"
    path = tmp_path / SAMPLE
    path.write_bytes(wheel_bytes({"sample/__init__.py": b"x = 1\n", "sample-1.0.dist-info/RECORD": wrong}))
    result = run(*command, path)
    if command[0] != "digest":
        assert result.exit_code == 2
        assert "RECORD" in result.stderr
        assert not (tmp_path / "out").exists()
    found = document("check", path, status=1)["wheels"][0]["findings"]
    assert {"REC001", "REC003"} <= {finding["rule"] for finding in found}  # type: ignore[attr-defined]


def test_retag_auto_tells_the_truth_in_name_and_wheel(tmp_path: Path, corpus: Corpus) -> None:
    result = document("retag", "--auto", "-w", tmp_path, corpus(PROTOBUF))["wheels"][0]
    new = Path(str(result["path"]))
    assert new.name == "protobuf-7.36.2-cp310-abi3-macosx_12_0_universal2.whl"
    shown = document("show", new)["wheels"][0]
    assert shown["tags"]["verdict"] == "exact"  # type: ignore[index]
    assert run("check", "--select", "TAG,REC,ZIP", "--strict", new).exit_code == 0
    before, after = (document("digest", path)["wheels"][0] for path in (corpus(PROTOBUF), new))
    assert before["payload_digest"] == after["payload_digest"]
    assert before["sha256"] != after["sha256"]
    assert (before["profile"], after["profile"]) == (None, "ld1")


def test_retag_refuses_a_promise_that_the_binaries_do_not_keep(tmp_path: Path, corpus: Corpus) -> None:
    result = run("retag", "--plat", "macosx_11_0_universal2", "-w", tmp_path, corpus(PROTOBUF))
    assert result.exit_code == 2
    assert "would promise too much" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert run("retag", "--plat", "macosx_13_0_universal2", "-w", tmp_path, corpus(PROTOBUF)).exit_code == 0
    assert run("retag", "--plat", "macosx_12_7_universal2", "-w", tmp_path, corpus(PROTOBUF)).exit_code == 2


def test_retag_of_a_true_wheel_leaves_it_alone(tmp_path: Path) -> None:
    path = write_wheel(tmp_path)
    result = run("retag", "--auto", path)
    assert result.exit_code == 0
    assert "nothing to change" in result.stdout
    assert path.read_bytes() == wheel_bytes()
    assert [p.name for p in tmp_path.iterdir()] == [SAMPLE]


def test_rename_only_keeps_every_byte_and_needs_a_wheel_that_agrees(tmp_path: Path) -> None:
    name = "sample-1.0-py3-none-manylinux_2_17_x86_64.whl"
    wheel = b"Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    (tmp_path / name).write_bytes(wheel_bytes({"sample/a.py": b"", "sample-1.0.dist-info/WHEEL": wheel}, name=name))
    result = run("retag", "--plat", "any", "--rename-only", "-w", tmp_path / "out", tmp_path / name)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / SAMPLE).read_bytes() == (tmp_path / name).read_bytes()
    refused = run("retag", "--plat", "win_amd64", "--rename-only", "-w", tmp_path / "out", write_wheel(tmp_path))
    assert refused.exit_code == 2
    assert "disagree" in refused.stderr


def test_derive_modes_gives_programs_their_bit(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {"sample/tool.sh": b"#!/bin/sh\n", "sample/text.txt": b"x"})
    run("normalize", "--derive-modes", "-w", tmp_path / "out", path)
    import zipfile  # noqa: PLC0415, TID251  # a reader that is not ours

    with zipfile.ZipFile(tmp_path / "out" / SAMPLE) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["sample/tool.sh"] == 0o100755
    assert modes["sample/text.txt"] == 0o100644


def test_signatures_stop_a_change_of_record(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {"sample/z.py": b"", "sample/a.py": b"", "sample-1.0.dist-info/RECORD.jws": b"{}"})
    assert {f["rule"] for f in document("check", "--select", "REC", path)["wheels"][0]["findings"]} == {"REC005"}  # type: ignore[attr-defined]
    result = run("normalize", "-w", tmp_path / "out", path)
    assert result.exit_code == 2
    assert "--drop-signatures" in result.stderr
    assert run("normalize", "--drop-signatures", "-w", tmp_path / "out", path).exit_code == 0

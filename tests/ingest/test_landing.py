"""A delivery is put in its place whole or not at all, and a former one is kept."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.ingest import landing
from pipeline.ingest.files import data_files
from pipeline.ingest.landing import land

FIRST = b"Q1,Q2\n1,2\n3,4\n"
SECOND = b"Q1,Q2\n1,2\n3,4\n5,6\n"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def export(folder: Path, content: bytes, name: str = "export.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for the sidecar."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".delivery.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_delivery_is_copied_whole_under_its_own_name_with_hash_and_number_of_records(tmp_path: Path):
    landed = land(export(tmp_path / "in", FIRST), tmp_path / "raw" / "2021")
    assert (landed.sha256, landed.records, landed.already_there) == (sha(FIRST), 2, False)
    assert everything(tmp_path / "raw") == {"2021/export.csv": FIRST}
    assert (tmp_path / "in" / "export.csv").read_bytes() == FIRST


def test_the_sidecar_tells_hash_size_and_time(tmp_path: Path):
    land(export(tmp_path / "in", FIRST), tmp_path / "raw" / "2021")
    noted = json.loads((tmp_path / "raw" / "2021" / ".delivery.json").read_text())
    assert set(noted) == {"export.csv"}
    assert noted["export.csv"]["sha256"] == sha(FIRST)
    assert noted["export.csv"]["size_bytes"] == 14
    assert noted["export.csv"]["added_at"].endswith("+00:00")


def test_the_same_bytes_again_change_nothing_and_say_so(tmp_path: Path):
    file, wave = export(tmp_path / "in", FIRST), tmp_path / "raw" / "2021"
    land(file, wave)
    before = {path: path.stat().st_mtime_ns for path in wave.rglob("*")}
    landed = land(file, wave)
    assert landed.already_there
    assert landed.superseded == ()
    assert {path: path.stat().st_mtime_ns for path in wave.rglob("*")} == before


@pytest.mark.parametrize("name", ["export.csv", "corrected.csv"])
def test_a_corrected_delivery_sets_the_former_aside_under_its_hash(tmp_path: Path, name: str):
    wave = tmp_path / "raw" / "2021"
    land(export(tmp_path / "in", FIRST), wave)
    landed = land(export(tmp_path / "in", SECOND, name), wave)
    assert landed.superseded == ("export.csv",)
    assert everything(wave) == {name: SECOND, f".superseded/{sha(FIRST)}/export.csv": FIRST}
    assert data_files(wave) == [wave / name]
    assert set(json.loads((wave / ".delivery.json").read_text())) == {name}


def test_going_back_to_the_first_delivery_keeps_both(tmp_path: Path):
    wave = tmp_path / "raw" / "2021"
    for content in (FIRST, SECOND, FIRST):
        land(export(tmp_path / "in", content), wave)
    assert everything(wave) == {
        "export.csv": FIRST,
        f".superseded/{sha(FIRST)}/export.csv": FIRST,
        f".superseded/{sha(SECOND)}/export.csv": SECOND,
    }


def test_files_that_the_study_file_lists_stay_beside_each_other(tmp_path: Path):
    wave, declared = tmp_path / "raw" / "2021", ("a.csv", "b.csv")
    land(export(tmp_path / "in", FIRST, "a.csv"), wave, declared)
    landed = land(export(tmp_path / "in", SECOND, "b.csv"), wave, declared)
    assert landed.superseded == ()
    assert data_files(wave, declared) == [wave / "a.csv", wave / "b.csv"]
    corrected = land(export(tmp_path / "in", FIRST, "b.csv"), wave, declared)
    assert corrected.superseded == ("b.csv",)
    assert everything(wave) == {"a.csv": FIRST, "b.csv": FIRST, f".superseded/{sha(SECOND)}/b.csv": SECOND}


def test_a_file_that_the_study_file_does_not_list_is_refused(tmp_path: Path):
    with pytest.raises(DeliveryError, match=r"is not one of the wave's files\n  expected: a\.csv, b\.csv"):
        land(export(tmp_path / "in", FIRST, "c.csv"), tmp_path / "raw" / "2021", ("a.csv", "b.csv"))
    assert not (tmp_path / "raw").exists()


UNSOUND = {
    "cut short": (b"Q1,Q2\n1,2\n3", "line 3: the record is cut short"),
    "unclosed quote": (b'Q1,Q2\n1,2\n3,"4\n', "line 3: the record that begins here"),
    "header only": (b"Q1,Q2\n", "has headers but no answers"),
    "empty": (b"", "is empty"),
    "wrong byte far down": (b"Q1,Q2\n" + b"two,sides\n" * 400_000 + b"1,caf\xe9\n", "line 400002: is not UTF-8 text"),
    "zero bytes far down": (b"Q1,Q2\n" + b"answer,answer\n" * 400_000 + b"1,a\x00b\n", "line 400002: is not text"),
    "cut in the middle of a letter": ("Q1,Q2\n1,caf\u00e9".encode()[:-1], "line 2: is not UTF-8 text"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNSOUND)
def test_an_unsound_correction_leaves_the_former_delivery_in_place(tmp_path: Path, kind: str):
    """Also where the fault lies in a column that no study file declares."""
    content, reason = UNSOUND[kind]
    wave = tmp_path / "raw" / "2021"
    land(export(tmp_path / "in", FIRST), wave)
    before = everything(tmp_path / "raw")
    with pytest.raises(DeliveryError, match=reason):
        land(export(tmp_path / "in", content), wave)
    assert everything(tmp_path / "raw") == before


@pytest.mark.parametrize("kind", UNSOUND)
def test_an_unsound_first_delivery_leaves_no_wave(tmp_path: Path, kind: str):
    with pytest.raises(DeliveryError):
        land(export(tmp_path / "in", UNSOUND[kind][0]), tmp_path / "raw" / "2021")
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_copy_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
):
    wave = tmp_path / "raw" / "2021"
    land(export(tmp_path / "in", FIRST), wave)
    before = everything(tmp_path / "raw")

    def broken(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"Q1,")
        raise failure

    monkeypatch.setattr(landing.shutil, "copyfile", broken)
    corrected = export(tmp_path / "in", SECOND)
    expected = DeliveryError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        land(corrected, wave)
    with pytest.raises(expected):
        land(corrected, tmp_path / "raw" / "2022")
    assert everything(tmp_path / "raw") == before
    assert not (tmp_path / "raw" / "2022").exists()


def test_what_a_killed_copy_left_goes_with_the_next_delivery_and_that_of_a_running_one_stays(tmp_path: Path):
    wave = tmp_path / "raw" / "2021"
    gone, running = f".export.csv.{2**22 + 1}.tmp", f".export.csv.{os.getppid()}.tmp"
    for name in (gone, running):
        export(wave, b"Q1,", name)
    land(export(tmp_path / "in", FIRST), wave)
    assert everything(wave) == {"export.csv": FIRST, running: b"Q1,"}


def test_a_file_that_changes_during_the_copy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    copy = shutil.copyfile

    def late(source: Path, target: Path) -> None:
        Path(source).write_bytes(SECOND)
        copy(source, target)

    monkeypatch.setattr(landing.shutil, "copyfile", late)
    with pytest.raises(DeliveryError, match="was changed while it was copied"):
        land(export(tmp_path / "in", FIRST), tmp_path / "raw" / "2021")
    assert everything(tmp_path) == {"in/export.csv": SECOND}


def test_a_missing_file_names_the_nearest_and_a_folder_is_told_apart(tmp_path: Path):
    file = export(tmp_path / "in", FIRST)
    with pytest.raises(DeliveryError, match=r"there is no such file\n  nearest: export\.csv"):
        land(tmp_path / "in" / "exprt.csv", tmp_path / "raw" / "2021")
    with pytest.raises(DeliveryError, match="is a folder"):
        land(file.parent, tmp_path / "raw" / "2021")
    with pytest.raises(DeliveryError, match="there is no such file"):
        land(tmp_path / "nowhere" / "x.csv", tmp_path / "raw" / "2021")
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("name", ["export.docx", "export", ".export.csv"])
def test_a_file_that_is_no_data_file_by_its_name_is_refused(tmp_path: Path, name: str):
    with pytest.raises(DeliveryError, match=r"is no data file\n  expected: a name ending in \.csv, \.tsv, \.txt"):
        land(export(tmp_path / "in", FIRST, name), tmp_path / "raw" / "2021")


def test_a_packed_export_is_to_be_unpacked_first(tmp_path: Path):
    with pytest.raises(DeliveryError, match="do: unzip it, and add the file in it"):
        land(export(tmp_path / "in", FIRST, "export.ZIP"), tmp_path / "raw" / "2021")


def test_a_link_is_followed_and_its_content_kept(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.csv").symlink_to(export(tmp_path / "elsewhere", FIRST))
    landed = land(tmp_path / "in" / "link.csv", tmp_path / "raw" / "2021")
    assert not landed.path.is_symlink()
    assert landed.path.read_bytes() == FIRST


def test_a_link_to_nowhere_is_no_file(tmp_path: Path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(DeliveryError, match="there is no such file"):
        land(tmp_path / "link.csv", tmp_path / "raw" / "2021")


def test_a_file_where_the_wave_folder_should_be_is_named(tmp_path: Path):
    export(tmp_path / "raw", FIRST, "2021")
    with pytest.raises(DeliveryError, match=r"(Not a directory|File exists)"):
        land(export(tmp_path / "in", SECOND), tmp_path / "raw" / "2021")
    assert (tmp_path / "raw" / "2021").read_bytes() == FIRST


def test_a_name_as_long_as_the_file_system_takes_is_kept_or_refused_clearly(tmp_path: Path):
    short = export(tmp_path / "in", FIRST, "x" * 200 + ".csv")
    assert land(short, tmp_path / "raw" / "2021").path.read_bytes() == FIRST
    longest = export(tmp_path / "in", FIRST, "x" * (os.pathconf(tmp_path, "PC_NAME_MAX") - 4) + ".csv")
    with pytest.raises(DeliveryError, match="File name too long"):
        land(longest, tmp_path / "raw" / "2022")
    with pytest.raises(DeliveryError, match=r"File name too long|no such file"):
        land(tmp_path / "in" / ("x" * 300 + ".csv"), tmp_path / "raw" / "2022")
    assert not (tmp_path / "raw" / "2022").exists()


def test_adding_the_file_that_lies_in_the_wave_folder_already_changes_nothing(tmp_path: Path):
    file = export(tmp_path / "raw" / "2021", FIRST)
    assert land(file, tmp_path / "raw" / "2021").already_there
    assert everything(tmp_path / "raw") == {"2021/export.csv": FIRST}


# -- which files are a wave's delivery


def test_several_unlisted_files_are_an_error_that_says_what_to_write(tmp_path: Path):
    for name in ("b.csv", "a.csv"):
        export(tmp_path / "2021", FIRST, name)
    with pytest.raises(DeliveryError, match="holds several data files") as caught:
        data_files(tmp_path / "2021")
    assert caught.value.details["do"] == "under waves, 2021: {files: [a.csv, b.csv]}"


def test_hidden_files_folders_and_other_formats_are_no_delivery(tmp_path: Path):
    wave = tmp_path / "2021"
    for name in (".hidden.csv", "notes.docx", ".superseded/abc/old.csv", "folder.csv/inner.csv"):
        export((wave / name).parent, FIRST, Path(name).name)
    with pytest.raises(DeliveryError, match=r"holds no data file(\n.*)*found: folder.csv, notes.docx"):
        data_files(wave)
    export(wave, FIRST, "Export.CSV")
    assert data_files(wave) == [wave / "Export.CSV"]


def test_a_wave_without_folder_says_how_to_add_it(tmp_path: Path):
    with pytest.raises(DeliveryError, match=r"no such wave folder\n  do: survey add tiny 2021 FILE"):
        data_files(tmp_path / "tiny" / "2021")


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        (("a.csv", "c.csv"), r"c.csv: the study file lists this file.*(\n.*)*found: a.csv, b.csv"),
        (("a.csv", "b.csv", "a.csv"), "lists a.csv twice"),
        (("a.csv",), r"does not list\n  found: b.csv"),
        (("../2022/a.csv", "a.csv", "b.csv"), "not in the wave's folder"),
        (("..", "a.csv", "b.csv"), "not in the wave's folder"),
        (("", "a.csv", "b.csv"), "not in the wave's folder"),
    ],
)
def test_listed_files_and_found_files_must_be_the_same(tmp_path: Path, declared: tuple[str, ...], problem: str):
    for wave in ("2021", "2022"):
        export(tmp_path / wave, FIRST, "a.csv")
    export(tmp_path / "2021", FIRST, "b.csv")
    with pytest.raises(DeliveryError, match=problem):
        data_files(tmp_path / "2021", declared)

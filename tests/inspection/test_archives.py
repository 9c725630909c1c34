"""Archives are unpacked into their folder and nowhere else, whatever their members are called."""

from __future__ import annotations

import contextlib
import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.errors import NotAModelError
from matrix.inspection import archives
from matrix.inspection.archives import is_archive, unpack
from matrix.inspection.result import InspectionLimits

Writer = Callable[[Path, list[tuple[str, bytes]]], None]


def write_tar(path: Path, members: list[tuple[str, bytes]], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def write_zip(path: Path, members: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, content)


WRITERS = [write_tar, write_zip]
pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")


def unpacked(path: Path, limits: InspectionLimits | None = None) -> dict[str, bytes]:
    """What an archive unpacks to."""
    folder = path.with_name("unpacked")
    folder.mkdir()
    unpack(path, folder, limits)
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def whole_tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


MODEL = [("model/model.pkl", b"\x80\x04N."), ("./notes.bin", b"x" * 2000), ("empty", b"")]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar_archives_of_all_forms_are_unpacked(tmp_path: Path, mode: str, form: int) -> None:
    path = tmp_path / "a.bin"
    long = "d" * 90 + "/" + "f" * 60
    with tarfile.open(path, mode, format=form) as archive:  # type: ignore[call-overload]
        for name, content in [*MODEL, (long, b"1")]:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert is_archive(path)
    assert unpacked(path) == {
        "model/model.pkl": b"\x80\x04N.",
        "notes.bin": b"x" * 2000,
        "empty": b"",
        long: b"1",
    }


def test_zip_archives_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_zip(path, [*MODEL, ("__MACOSX/x", b"1"), ("model/._model.pkl", b"1")])
    assert is_archive(path)
    assert sorted(unpacked(path)) == ["empty", "model/model.pkl", "notes.bin"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04N.",
        gzip.compress(b"\x80\x04N."),
        gzip.compress(b"x" * 4000),
        b"BZh9 not bzip2",
        b"",
        bytes(1024),
        b"PK\x03\x04 no zip archive",
    ],
    ids=["pickle", "gzip of a pickle", "gzip of text", "bzip2", "empty", "zeros", "zip"],
)
def test_other_files_are_no_archives(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert not is_archive(tmp_path / "a")


@pytest.mark.parametrize("members", [["schema.json", "a"], ["a.npy"], ["x/data.pkl"], ["a.csv"]])
def test_a_zip_archive_of_another_format_is_none(tmp_path: Path, members: list[str]) -> None:
    write_zip(tmp_path / "a", [(name, b"1") for name in members])
    assert not is_archive(tmp_path / "a")


BAD_NAMES = [
    *("../out", "a/../../out", "/etc/out", "C:/out", "a\\..\\out", "a/..", "x\x1b[2J", "con"),
    *("a/nul.txt", "a:stream", "trailing.", "trailing /x", "a\nb", "z" * 300, "d/" * 40 + "x"),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_out_or_is_unusual_is_refused(
    tmp_path: Path, write: Writer, name: str
) -> None:
    path = tmp_path / "inner" / "a.bin"
    path.parent.mkdir()
    write(path, [("model.pkl", b"1"), (name, b"evil")])
    before = whole_tree(tmp_path)
    with pytest.raises(NotAModelError, match="is an archive with") as raised:
        unpacked(path)
    assert str(raised.value).isprintable() or "\n" in str(raised.value)
    assert whole_tree(tmp_path) - before <= {"inner/unpacked", "inner/unpacked/model.pkl"}


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["..", ".", "", "a", "A", "b", "/", "\\", "é", "C:", "a.", "~", "\x01"]
            ),
            min_size=1,
            max_size=5,
        ).map("/".join),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(WRITERS),
)
def test_no_names_write_anything_outside(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], write: Writer
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    path = outside / "a.bin"
    try:
        write(path, [("first.pkl", b"1"), *((name, b"2") for name in names)])
    except (ValueError, OSError):
        return
    folder = outside / "unpacked"
    folder.mkdir()
    try:
        unpack(path, folder)
    except NotAModelError:
        pass
    else:
        files = [one for one in folder.rglob("*") if one.is_file()]
        assert len(files) == 1 + sum(not name.endswith("/") for name in names if name)
    inside = PurePosixPath("unpacked")
    assert {
        one for one in whole_tree(outside) if not PurePosixPath(one).is_relative_to(inside)
    } == {"a.bin"}
    for one in folder.rglob("*"):
        assert stat.S_ISREG(one.lstat().st_mode) or stat.S_ISDIR(one.lstat().st_mode)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.GNUTYPE_SPARSE, "a special file"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, words: str) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("model.pkl")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(NotAModelError, match=words):
        unpacked(path)
    assert not any((tmp_path / "unpacked").iterdir())


def test_a_link_in_a_zip_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("model.pkl")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(NotAModelError, match="a link or a special file"):
        unpacked(tmp_path / "a.zip")


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], ["a", "a/b"], ["a/b", "a"]])
def test_a_name_twice_is_refused(tmp_path: Path, write: Writer, names: list[str]) -> None:
    write(tmp_path / "a.bin", [("m.pkl", b"1"), *((name, b"2") for name in names)])
    with pytest.raises(NotAModelError, match="a name that it has twice"):
        unpacked(tmp_path / "a.bin")


@pytest.mark.parametrize("write", WRITERS)
def test_more_members_than_the_limit_are_refused(
    tmp_path: Path, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 3)
    write(tmp_path / "a.bin", [(f"m{number}.pkl", b"1") for number in range(4)])
    with pytest.raises(NotAModelError, match="more than 3 members, the limit"):
        unpacked(tmp_path / "a.bin")


def test_a_bomb_ends_at_the_limit(tmp_path: Path) -> None:
    limits = InspectionLimits(unpacked=10 * 2**20)
    write_tar(tmp_path / "a.bin", [("m.pkl", bytes(4 * 2**20)), ("n.pkl", bytes(8 * 2**20))])
    assert (tmp_path / "a.bin").stat().st_size < 2**16
    with pytest.raises(NotAModelError, match="unpacks to more than the limit"):
        unpacked(tmp_path / "a.bin", limits)


def test_a_size_that_a_zip_archive_understates_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m.pkl", bytes(2**20))
    data = bytearray(path.read_bytes())
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(NotAModelError):
        unpacked(path)
    written = sum(one.stat().st_size for one in (tmp_path / "unpacked").iterdir())
    assert written <= 100


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(min_size=1, max_size=8), st.integers(0, 3000), st.sampled_from(WRITERS))
def test_altered_archives_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, new: bytes, place: int, write: Writer
) -> None:
    folder = tmp_path_factory.mktemp("altered")
    if write is write_tar:
        write_tar(folder / "a", MODEL, mode="w")
    else:
        write(folder / "a", MODEL)
    data = bytearray((folder / "a").read_bytes())
    place %= len(data)
    data[place : place + len(new)] = new
    (folder / "a").write_bytes(data)
    if is_archive(folder / "a"):
        with contextlib.suppress(NotAModelError):
            unpacked(folder / "a")
    assert {one.split("/")[0] for one in whole_tree(folder)} <= {"a", "unpacked"}

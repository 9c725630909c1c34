"""Bytecode is shared only where Python would use it for the same source."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.environments import bytecode
from matrix.environments.bytecode import BytecodeFormat, share_bytecode
from matrix.environments.environment_store import EnvironmentStore, environment_key
from matrix.environments.records import Record, lock_digest, metadata_folders, write_record
from matrix.model import EnvInfo, Interpreter, Lock

VERSION = ".".join(map(str, sys.version_info[:3]))
LOCK = Lock(
    interpreter=Interpreter(path=Path(sys.executable), version=VERSION),
    pins={"scikit-learn": "1.5.2"},
    as_of=None,
)
OTHER = Lock(interpreter=LOCK.interpreter, pins={"scikit-learn": "1.5.2", "new": "1"}, as_of=None)
FORMAT = BytecodeFormat(tag=str(sys.implementation.cache_tag), magic=importlib.util.MAGIC_NUMBER)


def site_of(store: EnvironmentStore, lock: Lock) -> Path:
    return store.virtualenv(environment_key(lock)) / "site-packages"


def bytecode_of(site: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(site / "package/module.py")))


@pytest.fixture
def store(envs: Path, monkeypatch: pytest.MonkeyPatch) -> EnvironmentStore:
    """A complete environment with bytecode, and a new one with the same wheel without it."""
    store = EnvironmentStore(envs)
    old, new = site_of(store, LOCK), site_of(store, OTHER)
    (old / "package").mkdir(parents=True)
    (old / "package/module.py").write_text("VALUE = 1\n")
    info = old / "package-1.dist-info"
    info.mkdir()
    lines = [
        "package/module.py,sha256=abc,10",
        "../../bin/tool.py,sha256=def,3",
        "a line of no use",
    ]
    (info / "RECORD").write_text("\n".join(lines))
    shutil.copytree(old, new)
    py_compile.compile(str(old / "package/module.py"))
    record = Record(
        digest=lock_digest(LOCK),
        info=EnvInfo(
            python=VERSION, platform="Linux", executable=Path(sys.executable), packages={}
        ),
        site=old,
        installed=metadata_folders(old),
    )
    write_record(store.record_file(environment_key(LOCK)), LOCK, record)
    monkeypatch.setattr(bytecode, "_probe", lambda *_: (new, FORMAT))
    return store


def share(store: EnvironmentStore) -> int:
    return share_bytecode(store, environment_key(OTHER), Path(sys.executable), OTHER)


def test_bytecode_of_the_same_wheel_is_linked(store: EnvironmentStore) -> None:
    assert share(store) == 1
    old, new = (bytecode_of(site_of(store, lock)) for lock in (LOCK, OTHER))
    assert old.samefile(new)
    assert share(store) == 0, "what is there already stays"


def test_python_uses_what_was_linked(
    store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the file for its own, and names the new source in tracebacks."""
    share(store)
    site = site_of(store, OTHER)
    before = bytecode_of(site).stat()
    spec = importlib.util.spec_from_file_location("module", site / "package/module.py")
    assert spec is not None
    assert spec.loader is not None
    compiled: list[object] = []
    monkeypatch.setattr(
        type(spec.loader), "source_to_code", lambda *args, **_: compiled.append(args)
    )
    code = spec.loader.get_code("module")  # type: ignore[attr-defined]
    assert not compiled
    assert code.co_filename == str(site / "package/module.py")
    assert bytecode_of(site).stat() == before


@pytest.mark.parametrize("version", ["1", "2.0.1"])
def test_bytecode_of_the_same_text_gets_the_time_of_the_new_source(
    store: EnvironmentStore, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions of a wheel have many files in common, with other times."""
    old, new = site_of(store, LOCK), site_of(store, OTHER)
    (new / "package-1.dist-info").rename(new / f"package-{version}.dist-info")
    _later(old, new)
    before = bytecode_of(old).read_bytes()
    assert share(store) == 1
    assert bytecode_of(old).read_bytes() == before
    assert not bytecode_of(old).samefile(bytecode_of(new))
    test_python_uses_what_was_linked(store, monkeypatch)


def test_the_nearest_versions_are_looked_through(tmp_path: Path) -> None:
    wheel = tmp_path / "new/package-1.8.0.dist-info"
    for name in ("1.3.2", "1.9.1", "1.7.2", "1.8.0", "1.8.2"):
        (tmp_path / name / f"package-{name}.dist-info").mkdir(parents=True)
    found = bytecode._same_project(wheel, sorted(tmp_path.glob("1.*")))
    assert [one.parent.name for one in found] == ["1.8.0", "1.8.2", "1.9.1", "1.7.2"]


def test_where_links_do_not_work_bytecode_is_copied(
    store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    assert share(store) == 1
    old, new = (bytecode_of(site_of(store, lock)) for lock in (LOCK, OTHER))
    assert not old.samefile(new)
    assert old.read_bytes() == new.read_bytes()


def _later(_: Path, new: Path) -> None:
    os.utime(new / "package/module.py", (1_000_000_000, 1_000_000_000))


def _another_text(old: Path, new: Path) -> None:
    """As when somebody edits an installed file: the wheel still says what it installed."""
    _later(old, new)
    (old / "package/module.py").write_text("VALUE = 2\n")
    py_compile.compile(str(old / "package/module.py"))


def _longer(_: Path, new: Path) -> None:
    status = (new / "package/module.py").stat()
    (new / "package/module.py").write_text("VALUE = 1 # longer\n")
    os.utime(new / "package/module.py", ns=(status.st_atime_ns, status.st_mtime_ns))


def _another_wheel(_: Path, new: Path) -> None:
    (new / "package-1.dist-info/RECORD").write_text("package/module.py,sha256=other,10")


def _another_magic(old: Path, _: Path) -> None:
    data = bytecode_of(old).read_bytes()
    bytecode_of(old).write_bytes(b"\0\0\r\n" + data[4:])


def _checked_by_hash(old: Path, _: Path) -> None:
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(old / "package/module.py"), invalidation_mode=mode)


def _cut_short(old: Path, _: Path) -> None:
    bytecode_of(old).write_bytes(bytecode_of(old).read_bytes()[:12])


def _incomplete(old: Path, _: Path) -> None:
    (old.parents[1] / "record.json").unlink()


@pytest.mark.parametrize(
    "change",
    [
        _another_text,
        _longer,
        _another_wheel,
        _another_magic,
        _checked_by_hash,
        _cut_short,
        _incomplete,
    ],
)
def test_bytecode_that_does_not_fit_is_not_used(
    change: Callable[[Path, Path], None], store: EnvironmentStore
) -> None:
    change(site_of(store, LOCK), site_of(store, OTHER))
    assert share(store) == 0
    assert not bytecode_of(site_of(store, OTHER)).exists()


def test_the_header_of_python_3_6_has_no_flags() -> None:
    status = Path(__file__).stat()
    short = int(status.st_mtime).to_bytes(4, "little") + status.st_size.to_bytes(4, "little")
    old = BytecodeFormat(tag="cpython-36", magic=b"3\r\r\n", has_flags=False)
    assert old.fits(b"3\r\r\n" + short + b"code", status)
    assert not FORMAT.fits(FORMAT.magic + short + b"code", status)
    assert FORMAT.fits(FORMAT.magic + b"\0\0\0\0" + short, status)

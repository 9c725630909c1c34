"""Bytecode for a new environment, from environments that hold the same files.

Writing bytecode is most of the cost of the first import of scikit-learn: a build takes 3.8
CPU-seconds without, and 1.5 with the bytecode of an environment that has the same wheels and the
same Python (16 if uv compiles everything).
Python uses a ``.pyc`` file if its header names the interpreter's magic number and the time and size
of the source file. uv links or copies source files with their times, so that a file that fits one
environment fits the other. Other versions of a wheel have many of the same source files with other
times: of 1.8.0 three quarters of what an import compiles are in an environment with 1.7.2. Their
bytecode is copied, with the time of the new source in its header.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.records import read_record
from matrix.environments.uv_settings import clean_environ
from matrix.model import Lock

_MOST_DONORS = 3
"""How many environments are looked through for the bytecode of one wheel, and how many more that
have another version of it."""
_PATIENCE_SECONDS = 60.0
_PROBE = """\
import importlib.util, json, sys, sysconfig
print(json.dumps({
    "site": sysconfig.get_path("purelib"),
    "tag": sys.implementation.cache_tag,
    "magic": list(importlib.util.MAGIC_NUMBER),
}))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class BytecodeFormat:
    """What the bytecode of one interpreter is recognized by."""

    tag: str
    """In the names of files: ``cpython-312``."""
    magic: bytes
    """The first four bytes of each file."""
    has_flags: bool = True
    """Whether four bytes of flags follow, as they do from Python 3.7 on."""

    def fits(self, header: bytes, source: os.stat_result) -> bool:
        """Return whether an interpreter would use a file as the bytecode of a source file.

        Args:
            header: the first 16 bytes of the file.
            source: the status of the source file.
        """
        return header.startswith(self.header(source))

    def header(self, source: os.stat_result) -> bytes:
        """Return how the bytecode of a source file begins."""
        flags = b"\0" * 4 if self.has_flags else b""
        times = struct.pack("<II", int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
        return self.magic + flags + times


def share_bytecode(store: EnvironmentStore, key: str, python: Path, lock: Lock) -> int:
    """Link the bytecode of other environments into one that was just filled.

    Whatever cannot be linked or copied is left to the first import, which compiles it.

    Args:
        store: holds the environments.
        key: of the new environment.
        python: its interpreter.
        lock: its lock.

    Returns:
        How many files it got.
    """
    donors = list(_donors(store, key, lock))
    if not donors:
        return 0
    with contextlib.suppress(OSError, ValueError, KeyError, subprocess.SubprocessError):
        site, format_ = _probe(python, lock)
        return sum(
            _share(source, given, site, format_)
            for wheel in site.glob("*.dist-info")
            for source, given in _matching(wheel, donors)
        )
    return 0


def _probe(python: Path, lock: Lock) -> tuple[Path, BytecodeFormat]:
    """Ask an interpreter for its folder of packages and the format of its bytecode."""
    done = subprocess.run(
        [python, "-I", "-c", _PROBE],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=clean_environ(),
        timeout=_PATIENCE_SECONDS,
        check=True,
    )
    found = json.loads(done.stdout)
    has_flags = lock.interpreter.minor != "3.6"
    format_ = BytecodeFormat(tag=found["tag"], magic=bytes(found["magic"]), has_flags=has_flags)
    return Path(found["site"]), format_


def _donors(store: EnvironmentStore, key: str, lock: Lock) -> Iterator[Path]:
    """The folders of packages of complete environments on the same Python."""
    line = f"-py{lock.interpreter.minor}-"
    for other in store.environment_keys():
        read = other != key and line in other
        record = read_record(store.record_file(other)) if read else None
        if record is None or record.info is None or record.site is None:
            continue
        if record.info.python.rstrip("+") == lock.interpreter.version:
            yield record.site


def _matching(wheel: Path, donors: Sequence[Path]) -> Iterator[tuple[Path, Sequence[Path]]]:
    """The source files of a wheel, each with the same file in other environments.

    Args:
        wheel: the folder of its metadata in the new environment.
        donors: the folders of packages of the others.
    """
    theirs = {
        found.parent: _digests(found / "RECORD")
        for found in _same_project(wheel, donors)
        if (found / "RECORD").exists()
    }
    own = _digests(wheel / "RECORD") if theirs else {}
    for name, digest in own.items():
        same = [site / name for site, digests in theirs.items() if digests.get(name) == digest]
        if same:
            yield wheel.parent / name, same


def _same_project(wheel: Path, donors: Sequence[Path]) -> Iterator[Path]:
    """Yield the metadata of a wheel in other environments: of the same version first, then of those
    that are next to it."""
    same = [site / wheel.name for site in donors if (site / wheel.name).exists()]
    yield from same[:_MOST_DONORS]
    project, _, own = wheel.name.removesuffix(".dist-info").partition("-")
    others = [found for site in donors for found in site.glob(f"{project}-*.dist-info")]
    different = [found for found in others if found.name != wheel.name]
    by_distance = sorted(different, key=lambda found: _distance(own, _version(found)))
    yield from by_distance[:_MOST_DONORS]


def _version(wheel: Path) -> str:
    return wheel.name.removesuffix(".dist-info").partition("-")[2]


def _distance(one: str, other: str) -> list[int]:
    """How far two versions are from each other; a part that is not a number counts as 0."""
    numbers = ([int(part) if part.isdigit() else 0 for part in v.split(".")] for v in (one, other))
    return [abs(a - b) for a, b in itertools.zip_longest(*numbers, fillvalue=0)]


def _digests(record: Path) -> Mapping[str, str]:
    """The digest of each Python file that a wheel installed, by its path in the packages."""
    with record.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == 3]
    return {
        name: digest
        for name, digest, _ in rows
        if name.endswith(".py") and digest and ".." not in name and not name.startswith("/")
    }


def _share(source: Path, given: Sequence[Path], site: Path, format_: BytecodeFormat) -> bool:
    """Give one source file the first bytecode that fits it, or that of the same text."""
    with contextlib.suppress(OSError):
        status = source.stat()
        own = _bytecode(source, format_)
        if not own.is_relative_to(site) or own.exists():
            return False
        for other in given:
            bytecode = _bytecode(other, format_)
            header = _header(bytecode)
            if format_.fits(header, status):
                return _link(bytecode, own)
            if header and format_.fits(header, other.stat()) and _same_text(source, other):
                return _copy(bytecode, own, format_.header(status))
    return False


def _same_text(one: Path, other: Path) -> bool:
    """Return whether two files are equal; what a wheel says of its files may be out of date."""
    return one.read_bytes() == other.read_bytes()


def _copy(bytecode: Path, place: Path, header: bytes) -> bool:
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(header + bytecode.read_bytes()[len(header) :])
    return True


def _link(bytecode: Path, place: Path) -> bool:
    place.parent.mkdir(exist_ok=True)
    try:
        os.link(bytecode, place)
    except OSError:  # another disk, or one that has no hard links
        shutil.copyfile(bytecode, place)
    return True


def _header(bytecode: Path) -> bytes:
    try:
        with bytecode.open("rb") as file:
            return file.read(16)
    except OSError:
        return b""


def _bytecode(source: Path, format_: BytecodeFormat) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.{format_.tag}.pyc"

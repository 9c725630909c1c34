"""Requests to workers on other machines: files by their digest in place of paths.

A request names files of this machine: models, rows, and the folders that a worker imports pipelines
from. :func:`portable` replaces them by digests, and :func:`localized` puts them back as paths of
the machine that runs the request. Folders travel as archives, which are files with a digest too.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matrix.atomic_write import write_whole
from matrix.errors import UsageError
from matrix.executors.worker_process import PieceRequest, Request
from matrix.model import Environment, codec
from matrix.model.codec import Json
from matrix.store import keys
from matrix.store.worker_answers import WorkerAnswer

TASKS = frozenset({"check", "save", "load", "evidence"})
"""The tasks of a run; those that load users' models run on this machine only."""

MOST_CODE = 50 * 1024 * 1024
"""The largest folder of pipeline files that is sent to other machines, in bytes."""

_FILES = ("path", "rows", "source")
"""The fields of a piece that name a file."""
_LEFT_OUT = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that other machines need; it is read again each time that it is sent."""

    size: int
    """In bytes."""
    read: Callable[[], bytes]

    @classmethod
    def of(cls, data: bytes) -> SentFile:
        """A file that is in memory."""
        return cls(len(data), lambda: data)


@dataclass(frozen=True, kw_only=True, slots=True)
class PortableRequest:
    """Some pieces of a request, without any path of this machine."""

    body: Json
    files: Mapping[str, SentFile]
    """The files that the body refers to, by digest, in the order of the pieces."""


def portable(
    request: Request, environment: Environment, pieces: Sequence[PieceRequest], *, alone: bool
) -> PortableRequest:
    """Make a request that another machine can run.

    Args:
        request: has no sandbox, and one of :data:`TASKS`.
        environment: the ready environment that it runs in.
        pieces: those of the request to run.
        alone: as in :class:`~matrix.executors.jobs.Job`.

    Raises:
        UsageError: a folder of pipeline files is too large to be sent.
    """
    assert request.task in TASKS
    assert request.sandbox is None
    assert environment.info is not None
    files: dict[str, SentFile] = {}
    code = []
    for path in request.paths:
        data = archive(path)
        digest = _digest(data)
        files[digest] = SentFile.of(data)
        code.append({"digest": digest, "path": str(path)})
    body = {
        "code_digest": keys.worker(),
        "task": request.task,
        "environment": codec.to_json(environment),
        "virtualenv": str(environment.info.executable.parent.parent),
        "code": code,
        "files": [_in_code(request.paths, path) for path in request.files],
        "pieces": [_portable_piece(piece, request.paths, files) for piece in pieces],
        "seconds": request.seconds,
        "memory": request.memory,
        "variables": dict(request.variables),
        "alone": alone,
    }
    return PortableRequest(body=body, files=files)


def _portable_piece(
    piece: PieceRequest, paths: Sequence[Path], files: dict[str, SentFile]
) -> PieceRequest:
    made = dict(piece)
    if "file" in piece:
        made["file"] = _in_code(paths, Path(piece["file"]))
    made.pop("folder", None)
    for name in _FILES:
        if piece.get(name):
            path = Path(piece[name])
            data = path.read_bytes()
            digest = _digest(data)
            files[digest] = SentFile(len(data), path.read_bytes)
            made[name] = {"digest": digest, "ending": "".join(path.suffixes[-1:])}
    return made


def _in_code(paths: Sequence[Path], file: Path) -> Json:
    """The place of a file in one of the folders that workers import from."""
    for number, path in enumerate(paths):
        if file.is_relative_to(path):
            return {"folder": number, "file": file.relative_to(path).as_posix()}
    raise UsageError(f"{file} is in none of the folders that are sent to other machines")


def archive(folder: Path) -> bytes:
    """The files of a folder, as a zip archive whose bytes depend on their names and bytes only.

    Hidden files and bytecode are left out.

    Raises:
        UsageError: they are too large.
    """
    stream = io.BytesIO()
    total = 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(_sources(folder)):
            total += path.stat().st_size
            if total > MOST_CODE:
                raise UsageError(
                    f"{folder} has more than {MOST_CODE // 1024**2} MB, which would be sent to "
                    "every machine",
                    advice="Keep pipeline files in a folder of their own.",
                )
            name = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            made.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in _LEFT_OUT:
            continue
        if path.is_dir() and not path.is_symlink():
            if not (path / "pyvenv.cfg").exists():
                yield from _sources(path)
        elif path.is_file():
            yield path


# --------------------------------------------------------------------------- on the other machine


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalizedRequest:
    """A portable request with paths of the machine that runs it."""

    request: Request
    alone: bool
    origins: Mapping[str, str]
    """The folder on the machine that made the request, by the folder here that stands for it."""


def localized(
    body: Mapping[str, Any], files: Mapping[str, bytes], environment: Environment, folder: Path
) -> LocalizedRequest:
    """Make a request with paths of this machine.

    Args:
        body: of a :class:`PortableRequest`.
        files: those that it refers to, by digest.
        environment: the environment of the body, as it was built here.
        folder: where files are kept by digest, for later requests too.

    Raises:
        ValueError: a file is missing or has another digest.
        OSError: a file cannot be written.
    """
    assert environment.info is not None
    code = [_unpacked(entry["digest"], files, folder) for entry in body["code"]]
    origins = {str(path): entry["path"] for path, entry in zip(code, body["code"], strict=True)}
    executable = environment.info.executable
    origins[str(executable.parent.parent)] = body["virtualenv"]
    request = Request(
        executable=executable,
        task=body["task"],
        paths=tuple(code),
        pieces=tuple(_local_piece(piece, code, files, folder) for piece in body["pieces"]),
        files=tuple(_path_in(code, place) for place in body["files"]),
        seconds=body["seconds"],
        memory=body["memory"],
        variables=body["variables"],
    )
    return LocalizedRequest(request=request, alone=body["alone"], origins=origins)


def _local_piece(
    piece: Mapping[str, Any], code: Sequence[Path], files: Mapping[str, bytes], folder: Path
) -> PieceRequest:
    made = dict(piece)
    if "file" in piece:
        made["file"] = str(_path_in(code, piece["file"]))
    for name in _FILES:
        if piece.get(name):
            made[name] = str(_kept(piece[name]["digest"], piece[name]["ending"], files, folder))
    return made


def _path_in(code: Sequence[Path], place: Mapping[str, Any]) -> Path:
    folder: Path = code[place["folder"]]
    return folder / str(place["file"])


def _kept(digest: str, ending: str, files: Mapping[str, bytes], folder: Path) -> Path:
    """The path of a file, which is written unless it is there."""
    path = folder / "files" / f"{digest}{ending}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, checked(digest, files.get(digest, b"")))
    return path


def _unpacked(digest: str, files: Mapping[str, bytes], folder: Path) -> Path:
    """The folder of an archive, which is unpacked unless it is there."""
    target = folder / "code" / digest
    complete = folder / "code" / f"{digest}.complete"
    if not complete.exists():
        with zipfile.ZipFile(io.BytesIO(checked(digest, files.get(digest, b"")))) as packed:
            packed.extractall(target)
        complete.touch()
    return target


def with_origins(answer: WorkerAnswer, origins: Mapping[str, str]) -> WorkerAnswer:
    """An answer whose tracebacks and messages name folders as the machine that asked has them."""
    text = json.dumps(answer)
    for here, there in origins.items():
        text = text.replace(json.dumps(here)[1:-1], json.dumps(there)[1:-1])
    found: WorkerAnswer = json.loads(text)
    return found


# --------------------------------------------------------------------------- digests


def checked(digest: str, data: bytes) -> bytes:
    """The same bytes.

    Raises:
        ValueError: they have another digest.
    """
    if _digest(data) != digest:
        raise ValueError(f"a file arrived damaged, or did not arrive: {digest}")
    return data


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

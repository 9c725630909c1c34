"""Tell folders that this user's runs have made from folders that came with a project.

A project may be a stranger's: a folder of results or of environments that was shipped with it may
hold forged answers, files that are loaded, and interpreters that are started. So each folder that
this tool makes gets a mark: a file with a keyed digest of the folder's own number on its disk (the
inode). The key is random and stays in the user's cache. A copy of a marked folder, such as one in
an archive or a repository, has another number, and so no valid mark.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from matrix.atomic_write import write_whole
from matrix.errors import StoreError, UsageError

MARK = "made-here"
"""The name of the file with the mark."""
_KEY_BYTES = 32


def is_own(folder: Path) -> bool:
    """Whether this user's runs made a folder, or the user named it on the command line once."""
    try:
        found = (folder / MARK).read_bytes()[:1000]
        key = _key_file().read_bytes()
        expected = _mark(folder, key)
    except OSError:
        return False
    return len(key) == _KEY_BYTES and hmac.compare_digest(found, expected)


def mark(folder: Path) -> None:
    """Mark a folder as made by this user; it is created if it does not exist.

    Raises:
        StoreError: the folder or the user's cache cannot be written.
    """
    if is_own(folder):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / MARK, _mark(folder, _key()))
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be marked as yours: {error.strerror or error}",
            advice="See that this folder and your cache folder can be written.",
        ) from error


def is_empty(folder: Path) -> bool:
    """Whether a folder does not exist, or has nothing in it."""
    try:
        return not any(path for path in folder.iterdir() if MARK not in path.name)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def leads_outside(folder: Path, project: Path) -> bool:
    """Whether a folder is outside of a project, when links are followed."""
    real = Path(os.path.realpath(folder))
    return not real.is_relative_to(os.path.realpath(project))


def is_tracked(folder: Path) -> bool:
    """Whether the git repository around a folder has files in it.

    git puts them there, also over files that it ignores, when somebody else's changes are pulled:
    a mark does not tell. No program is run; the index of git is searched for the path.
    """
    real = Path(os.path.realpath(folder))
    for parent in real.parents:
        index = _git_folder(parent / ".git") / "index"
        try:
            content = index.read_bytes()
        except OSError:
            continue
        path = f"{real.relative_to(parent).as_posix()}/".encode()
        compressed = int.from_bytes(content[4:8], "big") >= 4
        with contextlib.suppress(IndexError, ValueError):  # it is damaged
            paths = _compressed_paths(content) if compressed else _whole_paths(content)
            return any(each.startswith(path) for each in paths)
    return False


def _whole_paths(index: bytes) -> Iterator[bytes]:
    """The paths in an index of git of version 2 or 3; each entry is filled up to 8 bytes."""
    position = 12
    for _ in range(int.from_bytes(index[8:12], "big")):
        start = position + (64 if index[position + 60] & 0x40 else 62)
        end = index.index(b"\0", start)
        yield index[start:end]
        position += (end - position + 8) // 8 * 8


def _compressed_paths(index: bytes) -> Iterator[bytes]:
    """The paths in an index of git of version 4, as its ``index-format`` describes them.

    A path is what it has in common with the one before, less some bytes, and its end.
    """
    position, path = 12, b""
    for _ in range(int.from_bytes(index[8:12], "big")):
        extended = index[position + 60] & 0x40
        position += 64 if extended else 62
        byte = index[position]
        left_out = byte & 0x7F
        while byte & 0x80:
            position += 1
            byte = index[position]
            left_out = ((left_out + 1) << 7) | (byte & 0x7F)
        end = index.index(b"\0", position + 1)
        path = path[: len(path) - left_out] + index[position + 1 : end]
        yield path
        position = end + 1


def _git_folder(path: Path) -> Path:
    """The folder of git: itself, or the one that a file names in a worktree or a submodule."""
    if not path.is_file():
        return path
    try:
        named = path.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    except (OSError, ValueError):
        return path
    return path.parent / named


def claim(folder: Path, project: Path, *, key: str, option: str) -> None:
    """Accept a folder that a configuration names, and mark it if it is new.

    Args:
        folder: as the configuration names it.
        project: the folder of the configuration.
        key: the key in the configuration, for messages.
        option: the option that names such a folder on the command line.

    Raises:
        UsageError: the folder is outside of the project or has content, and is not the user's.
        StoreError: it cannot be written.
    """
    if is_own(folder):
        return
    if leads_outside(folder, project):
        why = f"is outside of {project}, and you have not used it yet"
    elif not is_empty(folder):
        why = "was there before, and was not made by you on this computer"
    else:
        mark(folder)
        return
    raise UsageError(
        f"{key}: {folder} {why}",
        advice=f"If you trust it, name it once on the command line: {option} {folder}",
    )


def set_aside(folder: Path) -> Path:
    """Rename a folder that is not the user's; return its new path.

    Raises:
        StoreError: it cannot be renamed.
    """
    number = 1
    while os.path.lexists(aside := folder.with_name(f"{folder.name}.not-mine-{number}")):
        number += 1
    try:
        folder.rename(aside)
    except OSError as error:
        raise StoreError(
            f"{folder} was not made by you on this computer, and cannot be renamed: "
            f"{error.strerror or error}",
            advice="Name another folder for the results with --state DIR.",
        ) from error
    return aside


def _mark(folder: Path, key: bytes) -> bytes:
    number = folder.stat().st_ino
    return hmac.new(key, f"compat-matrix {number}".encode(), hashlib.sha256).hexdigest().encode()


def _key_file() -> Path:
    return platformdirs.user_cache_path("compat-matrix", appauthor=False) / "folder-key"


def _key() -> bytes:
    """The user's key; made if there is none."""
    file = _key_file()
    with contextlib.suppress(FileNotFoundError):
        found = file.read_bytes()
        if len(found) == _KEY_BYTES:
            return found
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_bytes(_KEY_BYTES))
    try:
        os.link(draft, file)  # never replaces the key of a command that runs beside this one
    except FileExistsError:
        if len(file.read_bytes()) != _KEY_BYTES:
            draft.replace(file)
    except OSError:  # a file system without links
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return file.read_bytes()

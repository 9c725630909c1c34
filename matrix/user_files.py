"""Read the text files that a user names, which may be links or may name other files.

A file in a stranger's folder may be a link to a file with secrets, or include one. What such a
file holds must not appear in a message.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from matrix.errors import UsageError

_SYSTEM = ("/proc", "/sys", "/dev")
_REQUIREMENTS = re.compile(
    r".*\.(txt|in|lock|pip|toml)|.*(requirement|constraint).*|.*(environment|conda).*\.ya?ml"
    r"|(docker|container)file|\.python-version",
    re.I,
)
_NAME = r"[A-Za-z0-9][\w.-]{0,60}\s*(\[[\w\s,.-]{0,60}\])?"
_VERSION = r"\s*[<>=!~]{1,3}\s*v?[\d*][\w.*+!-]{0,20}"
_MARKER = r"\s*;\s*(python_|sys_platform|platform_|os_name|implementation_|extra).{0,80}"
_REQUIREMENT = re.compile(rf"{_NAME}({_VERSION}\s*(,{_VERSION}\s*)*|\s*[<>=!~]{{1,3}})({_MARKER})?")


def refuse_system_file(path: Path) -> None:
    """Refuse a file of the system, such as ``/proc/self/environ``, and a link to one.

    Raises:
        UsageError: it is one.
    """
    real = os.path.realpath(path)
    if any(real == folder or real.startswith(f"{folder}/") for folder in _SYSTEM):
        raise UsageError(f"{path}: is a file of the system ({real}), which is not read")


def is_outside(file: Path, folder: Path) -> bool:
    """Whether a file is outside of a folder, when links are followed."""
    return not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder))


def refuse_outside(file: Path, folder: Path, why: str) -> None:
    """Refuse a file outside of a folder that is not called like a requirements file or a lock.

    Args:
        file: to be read.
        folder: of the file that the user named.
        why: what names the file, for the message.

    Raises:
        UsageError: it is one.
    """
    refuse_system_file(file)
    name = Path(os.path.realpath(file)).name
    if is_outside(file, folder) and not _REQUIREMENTS.fullmatch(name):
        raise UsageError(
            f"{why}: {file} is outside of {folder}, and {name} is not called like a requirements "
            "file",
            advice="Copy it into that folder, or call it requirements.txt.",
        )


def read_bounded(file: Path, largest: int) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        UsageError: the file does not exist, is no regular file, is too large or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(file, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UsageError(f"{file}: there is no such file")
            content = stream.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise UsageError(f"{file}: there is no such file") from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise UsageError(f"{file}: cannot be read: {problem}") from None
    if len(content) > largest:
        raise UsageError(f"{file}: is too large: more than {largest // 2**20} MB")
    return content


def shown_requirement(text: str, *, outside: bool) -> str:
    """Return a line of a file for a message: itself if it looks like a requirement.

    Args:
        text: the line, which may hold anything.
        outside: whether the file is outside of the folder of the file that the user named.
    """
    looks_like_one = _REQUIREMENT.fullmatch(text) is not None
    return repr(text[:120]) if looks_like_one and not outside else "its text (not shown)"

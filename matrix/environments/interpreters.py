"""The Python interpreters on this machine: where they are looked for, and which fit a request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from matrix.environments.files import read_json, write_json
from matrix.environments.uv_settings import clean_environ
from matrix.model import Interpreter
from matrix.processes import program_folders

OLDEST = Version("3.6")
"""The worker runs on nothing older."""

_PROBE = """\
import json, platform, sys, sysconfig
base = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({
    "version": platform.python_version(),
    "implementation": sys.implementation.name,
    "executable": base if sys.prefix == sys.base_prefix else None,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""
_PATIENCE = 10.0
_NAMES = tuple(f"python3.{minor}" for minor in range(30, 5, -1))


def find(cache: Path) -> tuple[Interpreter, ...]:
    """Return the CPython interpreters on this machine, newest first, one for each version.

    Args:
        cache: a file to remember answers in; each interpreter is run once as long as it stays the
            same file, so that finding them again costs next to nothing.
    """
    known = read_json(cache)
    known = known if isinstance(known, dict) else {}
    keys = {_key(path): path for path in _candidates()}
    unknown = {key: path for key, path in keys.items() if key not in known}
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = dict(zip(unknown, pool.map(_ask, unknown.values()), strict=True))
    if answers:
        known = {**known, **answers}
        write_json(cache, known)
    return _distinct(known[key] for key in keys)


def matching(
    interpreters: Iterable[Interpreter], request: str, *, prereleases: bool = False
) -> tuple[Interpreter, ...]:
    """Return the interpreters that fit a request, best first, one for each minor version.

    Args:
        interpreters: newest first.
        request: as in EnvSpec: ``newest``, ``oldest``, ``3.9``, ``3.9.18`` or a specifier.
        prereleases: whether ``newest`` and ``oldest`` may be one.
    """
    named = request not in {"newest", "oldest"}
    best: dict[str, Interpreter] = {}
    for interpreter in interpreters:
        version = Version(interpreter.version)
        if version.is_prerelease and not (named or prereleases):
            continue
        if not named or fits(interpreter.version, request):
            best.setdefault(interpreter.minor, interpreter)
    ordered = tuple(best.values())
    return ordered[::-1] if request == "oldest" else ordered


def fits(version: str, request: str) -> bool:
    """Return whether a version of Python fits the requested number or specifier."""
    if request[:1].isdigit():
        specifier = f"=={request}" if request.count(".") > 1 else f"=={request}.*"
    else:
        specifier = request
    return SpecifierSet(specifier).contains(version, prereleases=True)


def _distinct(answers: Iterable[object]) -> tuple[Interpreter, ...]:
    """Keep usable interpreters only, and the first of each version."""
    found: dict[str, Interpreter] = {}
    for answer in answers:
        if not isinstance(answer, dict) or not answer.get("executable"):
            continue
        interpreter = Interpreter(
            path=Path(answer["executable"]),
            version=answer["version"].rstrip("+"),
            implementation=answer["implementation"],
        )
        if interpreter.implementation == "cpython" and not answer["free_threaded"]:
            found.setdefault(interpreter.version, interpreter)
    recent = [i for i in found.values() if Version(i.version) >= OLDEST and i.path.exists()]
    return tuple(sorted(recent, key=lambda i: Version(i.version), reverse=True))


def _ask(path: Path) -> object:
    """Run an interpreter once; None if it does not run, or is too old for the probe."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", _PROBE],
            capture_output=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            env=clean_environ(),
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _key(path: Path) -> str:
    """Return what identifies the file at a path: it changes when the interpreter does."""
    status = path.stat()
    return f"{path}|{status.st_mtime_ns}|{status.st_size}"


# ------------------------------------------------------------------------ where to look


def _candidates() -> list[Path]:
    """Return the files that may be interpreters, in the order of preference, each once."""
    found: dict[str, Path] = {}
    for path in (*_own(), *_on_path(), *_pyenv(), *_managed_by_uv(), *_usual_places()):
        try:
            if path.is_file() and os.access(path, os.X_OK):
                real = os.path.realpath(path)
                # That of a virtualenv leads to the interpreter it stands on, which counts.
                found.setdefault(real, Path(real) if _is_virtual(path) else path)
        except OSError:
            continue
    return list(found.values())


def _is_virtual(path: Path) -> bool:
    """Whether an interpreter is that of a virtualenv."""
    return (path.parent.parent / "pyvenv.cfg").is_file() or path.with_name("pyvenv.cfg").is_file()


def _own() -> Iterator[Path]:
    """The interpreter that runs this, or the one that its virtualenv stands on."""
    yield Path(getattr(sys, "_base_executable", None) or sys.executable)


def _on_path() -> Iterator[Path]:
    """What PATH leads to, but pyenv's shims: they start a shell to find what _pyenv() finds."""
    suffix = ".exe" if os.name == "nt" else ""
    for folder in map(Path, program_folders()):
        if folder.name != "shims" and "WindowsApps" not in folder.parts:
            yield from (folder / f"{name}{suffix}" for name in (*_NAMES, "python3", "python"))


def _pyenv() -> Iterator[Path]:
    for root in (os.environ.get("PYENV_ROOT"), os.environ.get("PYENV"), "~/.pyenv"):
        if root:
            versions = Path(root).expanduser() / "versions"
            yield from _each(versions, "*/bin/python3", "*/bin/python", "*/python.exe")
            yield from _each(versions.parent / "pyenv-win" / "versions", "*/python.exe")


def _managed_by_uv() -> Iterator[Path]:
    """What ``uv python dir`` would name, without a process to ask."""
    data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser()
    if os.name == "nt":
        data = Path(os.environ.get("APPDATA", "~")).expanduser()
    places = [os.environ.get("UV_PYTHON_INSTALL_DIR"), data / "uv/python", data / "uv/data/python"]
    for place in places:
        if place:
            yield from _each(Path(place), "cpython-*/bin/python3", "cpython-*/python.exe")


def _usual_places() -> Iterator[Path]:
    for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "~/.local/bin"):
        yield from (Path(folder).expanduser() / name for name in _NAMES)
    yield from _each(Path("/opt/homebrew/opt"), "python@3.*/bin/python3.*[0-9]")
    yield from _each(Path("/Library/Frameworks/Python.framework/Versions"), "3.*/bin/python3")
    yield from _each(Path("/opt/python"), "*/bin/python3")
    local = os.environ.get("LOCALAPPDATA")
    if local:
        yield from _each(Path(local) / "Programs/Python", "Python3*/python.exe")
    yield from _each(Path(os.environ.get("PROGRAMFILES") or "/-"), "Python3*/python.exe")


def _each(folder: Path, *patterns: str) -> Iterator[Path]:
    if folder.is_dir():
        for pattern in patterns:
            yield from sorted(folder.glob(pattern))

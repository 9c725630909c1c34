"""The settings under which uv runs: the user's own, and never those of the current folder.

A ``uv.toml`` or a ``pyproject.toml`` in the current folder may be a stranger's, and could name an
index or a wheel whose code runs as it is installed. uv is given the files of the user and of the
system by name, which ends its own search.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matrix.catalog import toml
from matrix.processes import program_folders

_FOREIGN = (
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_COMPILE_BYTECODE",
    "__PYVENV_LAUNCHER__",
)
"""Set by a virtualenv or session around us; it concerns that one, not those that we make."""
_PLACES = {
    "UV_CONFIG_FILE": "",
    "UV_CACHE_DIR": "",
    "UV_PYTHON_INSTALL_DIR": "",
    "UV_PYTHON_BIN_DIR": "",
    "UV_DEFAULT_INDEX": "",
    "UV_INDEX_URL": "",
    "UV_INDEX": " ",
    "UV_EXTRA_INDEX_URL": " ",
    "UV_FIND_LINKS": ",",
    "UV_CONSTRAINT": " ",
    "UV_OVERRIDE": " ",
    "SSL_CERT_FILE": "",
    "SSL_CERT_DIR": "",
    "SSL_CLIENT_CERT": "",
}
"""Variables of uv that may hold relative paths, and what separates several."""


def clean_environ() -> dict[str, str]:
    """Return the process environment for uv, nox and interpreters.

    It lacks what belongs to the virtualenv around us, and the relative folders in PATH. Relative
    paths in variables of uv become absolute, because uv runs in a folder of its own.
    """
    environ = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    for name, separator in _PLACES.items():
        if name in environ:
            environ[name] = _absolute(environ[name], separator)
    if "PATH" in environ:
        environ["PATH"] = os.pathsep.join(program_folders())
    return environ


def _absolute(text: str, separator: str) -> str:
    """Make the relative paths of files and folders that exist absolute."""
    parts = text.split(separator) if separator else [text]
    return separator.join(
        os.path.abspath(part) if part and os.path.exists(part) else part  # noqa: PTH100, PTH110
        for part in parts
    )


def settings_options(folder: Path) -> list[str]:
    """Return the options of uv that end its search for settings.

    Args:
        folder: uv's own; gets a file if settings of the user and of the system are combined.
    """
    if os.environ.get("UV_CONFIG_FILE") or os.environ.get("UV_NO_CONFIG"):
        return []  # the user has said it already
    files = [file for file in _files() if _is_file(file)]
    if not files:
        return ["--no-config"]
    if len(files) == 1:
        return ["--config-file", str(files[0])]
    settings: dict[str, Any] = {}
    for file in files:
        settings = _combined(settings, _read(file))
    combined = folder / "uv-settings.toml"
    combined.write_text(_as_toml(settings), encoding="utf-8")
    return ["--config-file", str(combined)]


def settings_text() -> str:
    """Return all that uv reads settings from, for keys of what depends on them."""
    named = os.environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else list(_files())
    return "\n".join(json.dumps(_read(file), sort_keys=True, default=str) for file in files)


def _files() -> Iterator[Path]:
    """The file of the user, then those of the system, where uv looks for them too."""
    if sys.platform == "win32":
        for name in ("APPDATA", "PROGRAMDATA"):
            if os.environ.get(name):
                yield Path(os.environ[name], "uv", "uv.toml")
        return
    own = os.environ.get("XDG_CONFIG_HOME", "")
    yield (Path(own) if own else Path("~/.config").expanduser()) / "uv" / "uv.toml"
    shared = os.environ.get("XDG_CONFIG_DIRS", "") or "/etc/xdg"
    system = [Path(part, "uv", "uv.toml") for part in shared.split(":") if part]
    yield next(filter(_is_file, system), Path("/etc/uv/uv.toml"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_absolute() and path.is_file()
    except OSError:
        return False


def _read(file: Path) -> dict[str, Any]:
    try:
        return toml.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _combined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Combine settings as uv does: the first wins, tables are merged and lists joined."""
    result = dict(first)
    for key, value in second.items():
        mine = result.get(key)
        if isinstance(mine, dict) and isinstance(value, dict):
            result[key] = _combined(mine, value)
        elif isinstance(mine, list) and isinstance(value, list):
            result[key] = [*mine, *value]
        elif key not in result:
            result[key] = value
    return result


def _as_toml(table: Mapping[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_value(one)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)  # dates and times

"""What Java reads beside the programs of the system: its own folder, and its settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matrix.processes import find_program


def java_paths() -> Iterator[Path]:
    """Yield the folder of Java, and the files that links in its settings lead to.

    Debian keeps them in ``/etc``. The settings for remote management, which may hold passwords,
    are left out. Nothing is yielded without Java.
    """
    program = find_program("java")
    if program is None:
        return
    home = Path(program).resolve().parents[1]
    yield home
    settings = home / "conf"
    for path in (*settings.glob("*.properties"), *(settings / "security").rglob("*")):
        if path.is_symlink() and path.is_file():
            yield path.resolve()

"""The script of the user's that defines what models look up in ``__main__``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnScript:
    """A script or notebook; ``matrix/worker/compat_worker/own_script.py`` says what of it runs."""

    file: Path
    """As the user named it."""
    source: str
    """Its text; of a notebook, that of its code cells."""
    names: frozenset[str]
    """What it defines, in the form of ``--trust``: ``__main__.Ours``, ``__main__:Ours.Inner``."""
    folders: tuple[Path, ...] = ()
    """Its own folder, if it imports modules that lie beside it; else empty."""

    @property
    def request(self) -> dict[str, str]:
        """What a worker process gets of it."""
        return {"file": self.file.name, "source": self.source}

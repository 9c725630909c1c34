"""What passes between the engine and the sessions that build: JSON files.

The engine writes requests (``requests.json`` in the folder of a call of nox). A builder writes a
record of what it built, or why it could not, beside the environment in the store. What a run
resolved is also listed in the state folder of the project (``environments.json``), where the
project's own noxfile reads which sessions there are.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from matrix.catalog import Catalog
from matrix.catalog.spec_digest import spec_digest
from matrix.environments.files import read_json, write_json
from matrix.model import EnvInfo, EnvSpec, Lock, UnavailableReason
from matrix.model.codec import READ_ERRORS, from_json, to_json
from matrix.model.package_sources import USER_SOURCES, PackageSources

_REQUESTS_VERSION = 5
_RECORD_VERSION = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """An environment to build, as a session needs it."""

    id: str
    label: str
    envs: Path
    """The folder of the environment store."""
    lock: Lock | None = None
    """None if it is not resolved yet."""
    sources: PackageSources = USER_SOURCES
    """Where packages come from, beside the user's own settings of uv."""
    offline: bool = False
    spec_digest: str = ""
    """Digest of the EnvSpec that the lock answers; see :func:`spec_digest`."""

    @classmethod
    def of(
        cls, catalog: Catalog, spec: EnvSpec, lock: Lock, *, offline: bool = False
    ) -> BuildRequest:
        """The request for an environment of a catalog."""
        return cls(
            id=spec.id,
            label=spec.label,
            sources=catalog.sources,
            envs=catalog.envs,
            lock=lock,
            offline=offline,
            spec_digest=spec_digest(spec),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What became of building an environment."""

    digest: str
    """Of the lock that was built; see :func:`lock_digest`."""
    info: EnvInfo | None = None
    site: Path | None = None
    """The folder its packages are installed in."""
    installed: tuple[str, ...] = ()
    """The names of the folders with metadata in ``site``: they change when a package does."""
    reason: str = ""
    """Why it cannot be used, in words; empty if it can."""
    why: UnavailableReason | None = None
    """The kind of that reason."""
    final: bool = False
    """Whether building the same lock again would end the same."""

    def is_current(self, lock: Lock) -> bool:
        """Return whether this is what the lock names and still complete; starts no process."""
        if self.digest != lock_digest(lock):
            return False
        if self.reason or self.info is None or self.site is None:
            return self.final
        return self.info.executable.exists() and metadata_folders(self.site) == self.installed


def lock_digest(lock: Lock) -> str:
    """Return the digest of what an environment is made from: machine, interpreter and pins."""
    interpreter = [os.path.realpath(lock.interpreter.path), lock.interpreter.version]
    content = [interpreter, sys.platform, platform.machine(), sorted(lock.pins.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def metadata_folders(site: Path) -> tuple[str, ...]:
    """Return the names of the metadata folders in a folder of packages, sorted."""
    try:
        names = [entry.name for entry in site.iterdir()]
    except OSError:
        return ()
    return tuple(sorted(name for name in names if name.endswith((".dist-info", ".egg-info"))))


# ------------------------------------------------------------------------ requests


def listing_file(state: Path) -> Path:
    """Return the file that lists what the last run of a project resolved."""
    return state / "environments.json"


def write_requests(file: Path, requests: Iterable[BuildRequest]) -> None:
    """Write requests, with the interpreter and the package that are to build them."""
    write_json(
        file,
        {
            "version": _REQUESTS_VERSION,
            "python": sys.executable,
            "package": str(Path(__file__).parents[2]),
            "environments": [to_json(request) for request in requests],
        },
    )


def read_requests(file: Path) -> tuple[BuildRequest, ...]:
    """Return the requests in a file; none if it is missing, damaged or of another version."""
    document = read_json(file)
    if not isinstance(document, dict) or document.get("version") != _REQUESTS_VERSION:
        return ()
    try:
        return tuple(from_json(each, BuildRequest) for each in document["environments"])
    except READ_ERRORS:
        return ()


# ------------------------------------------------------------------------ records


def write_record(file: Path, lock: Lock, record: Record) -> None:
    """Write the record of an environment, with the lock that it was built from."""
    write_json(file, {"version": _RECORD_VERSION, "lock": to_json(lock), **to_json(record)})


def read_record(file: Path) -> Record | None:
    """Return a record; None if the file is missing, damaged or of another version."""
    document = read_json(file)
    if not isinstance(document, dict) or document.get("version") != _RECORD_VERSION:
        return None
    try:
        return from_json(document, Record)
    except READ_ERRORS:
        return None

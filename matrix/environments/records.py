"""What passes between the engine and the sessions that build: JSON files.

The engine writes requests (``requests.json`` in the folder of a call of nox). A builder writes a
record of what it built, or why it could not, beside the environment in the store. What a run
resolved is also listed in the state folder of the project (``environments.json``), where the
project's own noxfile reads which sessions there are.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from matrix.catalog import Catalog
from matrix.catalog.spec_digest import spec_digest
from matrix.environments.files import read_json, write_json
from matrix.model import EnvInfo, EnvSpec, Interpreter, Lock, UnavailableReason

_VERSION = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """An environment to build, as a session needs it."""

    id: str
    label: str
    root: Path
    """Where uv finds the settings of the project."""
    envs: Path
    """The folder of the environment store."""
    lock: Lock | None = None
    """None if it is not resolved yet."""
    offline: bool = False
    asked: str = ""
    """Digest of the EnvSpec that the lock answers; see :func:`spec_digest`."""

    @classmethod
    def of(
        cls, catalog: Catalog, spec: EnvSpec, lock: Lock, *, offline: bool = False
    ) -> BuildRequest:
        """The request for an environment of a catalog."""
        return cls(
            id=spec.id,
            label=spec.label,
            root=catalog.root,
            envs=catalog.envs,
            lock=lock,
            offline=offline,
            asked=spec_digest(spec),
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
        """Tell whether this is what the lock asks for and still stands, without a process."""
        if self.digest != lock_digest(lock):
            return False
        if self.info is None or self.site is None:
            return self.final
        return self.info.executable.exists() and metadata_folders(self.site) == self.installed


def lock_digest(lock: Lock) -> str:
    """Return the digest of what an environment is made from: interpreter and pins."""
    interpreter = [str(lock.interpreter.path), lock.interpreter.version]
    content = json.dumps([interpreter, sorted(lock.pins.items())])
    return hashlib.sha256(content.encode()).hexdigest()


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
    environments = [
        {
            "id": each.id,
            "label": each.label,
            "root": str(each.root),
            "envs": str(each.envs),
            "offline": each.offline,
            "asked": each.asked,
            "lock": None if each.lock is None else _lock_to_dict(each.lock),
        }
        for each in requests
    ]
    write_json(
        file,
        {
            "version": _VERSION,
            "python": sys.executable,
            "package": str(Path(__file__).parents[2]),
            "environments": environments,
        },
    )


def read_requests(file: Path) -> tuple[BuildRequest, ...]:
    """Return the requests in a file; none if it is missing, damaged or of another version."""
    document = read_json(file)
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        return ()
    try:
        return tuple(_request_from_dict(each) for each in document["environments"])
    except (KeyError, TypeError):
        return ()


def _request_from_dict(value: Mapping[str, Any]) -> BuildRequest:
    return BuildRequest(
        id=value["id"],
        label=value["label"],
        root=Path(value["root"]),
        envs=Path(value["envs"]),
        offline=value["offline"],
        asked=value["asked"],
        lock=None if value["lock"] is None else _lock_from_dict(value["lock"]),
    )


# ------------------------------------------------------------------------ records


def write_record(file: Path, lock: Lock, record: Record) -> None:
    """Write the record of an environment, with the lock that it was built from."""
    info = record.info
    write_json(
        file,
        {
            "version": _VERSION,
            "digest": record.digest,
            "lock": _lock_to_dict(lock),
            "status": "unavailable" if record.reason else "ready",
            "reason": record.reason,
            "why": None if record.why is None else record.why.value,
            "final": record.final,
            "site": None if record.site is None else str(record.site),
            "installed": list(record.installed),
            "info": None if info is None else _info_to_dict(info),
        },
    )


def read_record(file: Path) -> Record | None:
    """Return a record; None if there is none, or none that can be read."""
    document = read_json(file)
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        return None
    try:
        return Record(
            digest=document["digest"],
            info=None if document["info"] is None else _info_from_dict(document["info"]),
            site=None if document["site"] is None else Path(document["site"]),
            installed=tuple(document["installed"]),
            reason=document["reason"],
            why=None if document["why"] is None else UnavailableReason(document["why"]),
            final=document["final"],
        )
    except (KeyError, TypeError, ValueError):
        return None


# ------------------------------------------------------------------------ nouns as JSON


def _lock_to_dict(lock: Lock) -> dict[str, Any]:
    return {
        "interpreter": {
            "path": str(lock.interpreter.path),
            "version": lock.interpreter.version,
            "implementation": lock.interpreter.implementation,
        },
        "pins": dict(lock.pins),
        "as_of": None if lock.as_of is None else lock.as_of.isoformat(),
    }


def _lock_from_dict(value: Mapping[str, Any]) -> Lock:
    interpreter = value["interpreter"]
    return Lock(
        interpreter=Interpreter(
            path=Path(interpreter["path"]),
            version=interpreter["version"],
            implementation=interpreter["implementation"],
        ),
        pins=value["pins"],
        as_of=None if value["as_of"] is None else date.fromisoformat(value["as_of"]),
    )


def _info_to_dict(info: EnvInfo) -> dict[str, Any]:
    return {
        "python": info.python,
        "platform": info.platform,
        "executable": str(info.executable),
        "packages": dict(info.packages),
        "blas": info.blas,
    }


def _info_from_dict(value: Mapping[str, Any]) -> EnvInfo:
    return EnvInfo(
        python=value["python"],
        platform=value["platform"],
        executable=Path(value["executable"]),
        packages=value["packages"],
        blas=value["blas"],
    )

"""Build one environment: what a session ``env-<id>`` runs.

``python -m matrix.environments.build_one ID [--request FILE]``: with a file of requests, the
environment with this id in it; without, the one of the configuration in this folder. Exit code 0 if
the environment is ready, 1 if it is unavailable; the reason is the last line of the output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from matrix import catalog, own_folder
from matrix.catalog import Catalog
from matrix.catalog.spec_digest import spec_digest
from matrix.environments import interpreters
from matrix.environments.building import build
from matrix.environments.environment_store import EnvironmentStore
from matrix.environments.records import BuildRequest, listing_file, read_requests
from matrix.environments.resolve import resolve
from matrix.errors import MatrixError


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the environment that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m matrix.environments.build_one")
    parser.add_argument("id", metavar="ID", help="of the environment, such as sklearn-1.3")
    parser.add_argument("--request", type=Path, metavar="FILE", help="of requests")
    parsed = parser.parse_args(arguments)
    try:
        request = (
            _requested(parsed.request, parsed.id) if parsed.request else _configured(parsed.id)
        )
        record = build(request, _log)
    except MatrixError as error:
        _log(str(error))
        return 1
    if record.reason:
        _log(f"{request.id} is unavailable: {record.reason}")
    return 1 if record.reason else 0


def _requested(file: Path, id_: str) -> BuildRequest:
    for request in read_requests(file):
        if request.id == id_:
            return request
    raise MatrixError(f"{file}: there is no request for an environment {id_}")


def _configured(id_: str) -> BuildRequest:
    """The environment of the configuration here: as the last run resolved it, or resolved now."""
    found = catalog.read(with_pipelines=False)
    known = {spec.id: spec for spec in found.known}
    EnvironmentStore.of(found)
    for request in _listed(found):
        if request.id == id_ and (
            id_ not in known or request.spec_digest == spec_digest(known[id_])
        ):
            return replace(request, envs=found.envs, sources=found.sources)
    found = catalog.read(select=[id_], with_pipelines=False)
    specs = tuple(spec for spec in found.specs if spec.id == id_)
    result = resolve(replace(found, specs=specs, select=()))
    if not result or result[0].lock is None:
        reason = result[0].reason if result else "it is not in the configuration"
        raise MatrixError(f"{id_} is unavailable: {reason}")
    return BuildRequest.of(found, result[0].spec, result[0].lock)


def _listed(found: Catalog) -> list[BuildRequest]:
    """What the last run resolved; nothing of a listing that came with the project.

    Its interpreters are started, so each must be one that is found on this machine too.
    """
    if not own_folder.is_own(found.state):
        return []
    here = {one.path for one in interpreters.find(EnvironmentStore(found.envs).interpreters_file)}
    requests = read_requests(listing_file(found.state))
    return [one for one in requests if one.lock is None or one.lock.interpreter.path in here]


def _log(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""What a check of a folder has loaded where, from its kept results.

``folder_plan.py ARGUMENT…`` takes the arguments of ``compat-matrix upgrade`` that it was run with.
Writes one JSON object: ``evidence``, the processor time of choosing rows and measuring them, in
seconds; and ``environments``, by interpreter the plan of ``folder_floor.py``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from matrix.cli.arguments import parse
from matrix.cli.commands.upgrade import inputs_of, set_up
from matrix.cli.configured import open_results, read_settings
from matrix.report.progress import Progress
from matrix.upgrade.upgrade import upgrade
from matrix.upgrade.upgrade_request import UpgradeRequest


def main(typed: list[str]) -> dict[str, Any]:
    """Go through the check again; nothing is loaded, because all of it is kept."""
    arguments: Any = parse(["upgrade", *typed])
    request = UpgradeRequest.read(
        origins=arguments.origins,
        targets=arguments.targets,
        further=arguments.further,
        as_of=arguments.as_of,
        rollback=arguments.rollback,
    )
    environments: dict[str, list[dict[str, Any]]] = {}
    evidence = 0.0
    with open_results(read_settings(arguments)) as store:
        inputs = inputs_of(arguments)
        setup = set_up(arguments, read_settings(arguments), request, inputs, store, Progress())
        for answer in upgrade(setup.models, setup.origins, setup.checker, bisect=False).answers:
            record = setup.checker.found(answer.model)
            assert record.reference is not None
            saving = record.reference.saving
            evidence += saving.seconds
            (artifact,) = saving.artifacts.values()
            piece = {
                "path": str(store.artifact(artifact.sha256, artifact.format).absolute()),
                "rows": str(store.rows_file(saving.rows).absolute()),
                "methods": sorted(saving.outputs),
            }
            for target in record.targets.values():
                python = str(target.environment.info.executable)
                environments.setdefault(python, []).append(piece)
    return {"evidence": evidence, "environments": environments}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))

"""Write the list of names that scikit-learn's own pickles need: ``nox -s allowed``.

In every environment of the default set, every estimator of the release is fitted and saved, and the
names in the files are read by inspection. Classes of scikit-learn are added to the list. Any other
name, such as a function, must be reviewed by hand and added to ``reviewed.txt`` with the reason why
it is harmless; until then this command fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from matrix import catalog as catalogs
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.inspection import Name, inspect
from matrix.inspection.gate import GENERATED, REVIEWED, read_list
from matrix.model import Environment, EnvSpec

SCRIPT = Path(__file__).with_name("everything.py")

OLDER = ("0.21.3",)
"""Releases that left the default set but are still in production."""

LEFT_OUT = ("functools", "scipy.stats._continuous_distns", "scipy.stats._distn_infrastructure")
"""Modules whose names models may contain but which are not allowed; reviewed.txt says why."""

_HEAD = """\
# Classes of scikit-learn that its own pickles look up: one module and name per line.
# Written by `nox -s allowed`, which fits and saves every estimator of each supported release.
# Do not edit: other names belong in reviewed.txt, each with a reason.
"""


def names_of(folder: Path) -> dict[Name, str]:
    """All names that the files in a folder look up, each with one such file."""
    found: dict[Name, str] = {}
    for path in sorted(folder.iterdir()):
        for name in inspect(path).names:
            found.setdefault(name, path.name)
    return found


def everything_in(python: str | Path, folder: Path, *ways: str) -> None:
    """Fit and save every estimator of an environment; its output goes to ``folder.log``."""
    with folder.with_suffix(".log").open("w", encoding="utf-8") as log:
        subprocess.run(
            [python, SCRIPT, "save", folder, *ways],
            stdout=log,
            stderr=log,
            check=True,
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )


def kinds_in(python: str | Path, names: Iterable[Name]) -> dict[Name, str]:
    """The kind of each name in an environment: ``class``, ``ufunc``, ``function``, …"""
    listed = list(names)
    done = subprocess.run(
        [python, SCRIPT, "kinds"],
        input=json.dumps([[name.module, name.qualname] for name in listed]),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(listed, json.loads(done.stdout), strict=True))


def is_own_class(name: Name, kind: str) -> bool:
    """Whether a name may be listed without review: a class that scikit-learn itself defines."""
    own = name.module.partition(".")[0] in ("sklearn", "_loss")
    borrowed = name.module.startswith("sklearn.externals")
    return own and not borrowed and kind == "class" and name.qualname.isidentifier()


def _found(environment: Environment) -> tuple[dict[Name, str], dict[Name, str]]:
    """Names in the files of an environment, each with one such file, and the kind of each name."""
    assert environment.info is not None
    python = environment.info.executable
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        everything_in(python, folder)
        found = names_of(folder)
    print(f"{environment.spec.label}: {len(found)} names", flush=True)
    return found, kinds_in(python, found)


def _as_of_release(release: str, common: tuple[str, ...]) -> EnvSpec:
    return spec_of(read_request([f"scikit-learn=={release}"]), as_of="release", common=common)


def main(select: list[str]) -> int:
    """Generate the list, or add the names of the environments that match some globs."""
    catalog = catalogs.read(select=select, with_pipelines=False)
    older = () if select else tuple(_as_of_release(one, catalog.requirements) for one in OLDER)
    made = prepare(
        replace(catalog, specs=(*catalog.specs, *older), known=()),
        remember=False,
    )
    ready = [one for one in made if one.ready]
    for one in made:
        if not one.ready:
            print(f"{one.spec.label} is left out: {one.reason}", flush=True)
    own: set[Name] = set(read_list(GENERATED)) if select else set()
    odd: set[str] = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, kinds in pool.map(_found, ready):
            odd.update(_sort(found, kinds, own))
            if select:
                _write(own)
    _write(own)
    print("".join(f"look at: {one}\n" for one in sorted(odd)), end="")
    return 1 if odd else 0


def _sort(found: dict[Name, str], kinds: dict[Name, str], own: set[Name]) -> Iterator[str]:
    """Add scikit-learn's classes to ``own``; yield a line for each name that needs a review."""
    reviewed = read_list(REVIEWED)
    for name, file in found.items():
        if name in reviewed or name.module in LEFT_OUT:
            continue
        if is_own_class(name, kinds[name]):
            own.add(name)
        else:
            yield f"{name.module} {name.qualname} ({kinds[name]}, in {file})"


def _write(own: set[Name]) -> None:
    lines = "".join(f"{name.module} {name.qualname}\n" for name in sorted(own))
    GENERATED.write_text(_HEAD + lines, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write the list of names that scikit-learn's own pickles need: ``nox -s allowed``.

In an environment of the last patch of each line of scikit-learn, estimators are fitted and saved,
and the names in the files are read by inspection: each estimator once and all compositions, or with
``--full`` everything that ``everything.py`` knows to make (an hour of processor time). Classes of
scikit-learn are added to the list. Every patch adds the classes of the same names that it defines,
because their modules may differ. Any other name, such as a function, must be reviewed by hand and
added to ``reviewed.txt`` or ``functions.txt`` with the reason why it is harmless; until then this
command fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.version import Version

from matrix import catalog as catalogs
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.environments.history import open_registry, releases_between
from matrix.inspection import Name, inspect
from matrix.inspection.allowed_lists import FUNCTIONS, GENERATED, REVIEWED, read_list
from matrix.inspection.exact_calls import RESTRICTED
from matrix.model import Environment, EnvSpec

SCRIPT = Path(__file__).with_name("everything.py")

OLDEST = "0.18.2"
"""The oldest release that has wheels for a Python that the workers run on."""
_WITH_PANDAS = Version("0.22")
"""Releases from this one on have a pandas of their time whose metadata uv can read."""

RESTRICTED_NAMES = frozenset(Name(*pair) for pair in RESTRICTED)
LEFT_OUT = (
    "joblib.memory",
    "joblib._store_backends",
    "sklearn.externals.joblib.memory",
)
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


def everything_in(python: str | Path, folder: Path, mode: str, *ways: str) -> None:
    """Fit and save the estimators of an environment; its output goes to ``folder.log``.

    Args:
        python: the interpreter of the environment.
        folder: where to save.
        mode, ways: as ``everything.py`` has them.
    """
    with folder.with_suffix(".log").open("w", encoding="utf-8") as log:
        subprocess.run(
            [python, SCRIPT, mode, folder, *ways],
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


def _found(environment: Environment, mode: str) -> tuple[dict[Name, str], dict[Name, str]]:
    """Names in the files of an environment, each with one such file, and the kind of each name."""
    assert environment.info is not None
    python = environment.info.executable
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        everything_in(python, folder, mode)
        found = names_of(folder)
    print(f"{environment.spec.label}: {len(found)} names", flush=True)
    return found, kinds_in(python, found)


def releases(globs: Sequence[str], catalog: catalogs.Catalog) -> list[str]:
    """All final releases that match one of the globs, oldest first; no glob matches all."""
    registry = open_registry(catalog)
    newest = registry.release("latest").version
    every = [OLDEST, *releases_between(OLDEST, newest, registry), newest]
    return [one for one in every if not globs or any(fnmatchcase(one, glob) for glob in globs)]


def spec(release: str) -> EnvSpec:
    """The environment of a release, with packages of its time."""
    version = Version(release)
    more = ["pandas"] if version >= _WITH_PANDAS else []
    return spec_of(read_request([f"scikit-learn=={release}", *more]), as_of="release")


def last_patches(every: Iterable[str]) -> frozenset[str]:
    """The last release of each line."""
    return frozenset({Version(one).release[:2]: one for one in every}.values())


def main(arguments: list[str]) -> int:
    """Add the names of the releases that match some globs; with ``--full`` and none, begin anew."""
    globs = [one for one in arguments if one != "--full"]
    mode = "save" if "--full" in arguments else "names"
    catalog = catalogs.read_or_default()
    every = releases((), catalog)
    ready = dict(_ready(every, catalog))
    own: set[Name] = set() if mode == "save" and not globs else set(read_list(GENERATED))
    odd: set[str] = set()
    fitted = [one for one in releases(globs, catalog) if one in last_patches(ready)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, kinds in pool.map(lambda one: _found(ready[one], mode), fitted):
            odd.update(_sort(found, kinds, own))
            _write(own)
        names = sorted({name.qualname for name in own})
        for environment, paths in zip(
            ready.values(), pool.map(lambda one: _paths(one, names), ready.values()), strict=True
        ):
            print(f"{environment.spec.label}: {len(paths - own)} more paths", flush=True)
            own |= paths
    _write(own)
    print("".join(f"look at: {one}\n" for one in sorted(odd)), end="")
    return 1 if odd else 0


def _ready(every: Iterable[str], catalog: catalogs.Catalog) -> Iterator[tuple[str, Environment]]:
    """The releases whose environments can be built, oldest first, with these environments."""
    specs = tuple(spec(one) for one in every)
    made = prepare(replace(catalog, specs=specs, known=()), remember=False)
    for release, environment in zip(every, made, strict=True):
        if environment.ready:
            yield release, environment
        else:
            print(f"{environment.spec.label} is left out: {environment.reason}", flush=True)


def _paths(environment: Environment, names: Sequence[str]) -> set[Name]:
    """The classes of scikit-learn with one of these names that an environment defines."""
    assert environment.info is not None
    done = subprocess.run(
        [environment.info.executable, SCRIPT, "paths"],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()  # a module may print while it is imported
    found = {Name(module, qualname) for module, qualname in json.loads(lines[-1])}
    return {name for name in found if is_own_class(name, "class")}


def _sort(found: dict[Name, str], kinds: dict[Name, str], own: set[Name]) -> Iterator[str]:
    """Add scikit-learn's classes to ``own``; yield a line for each name that needs a review."""
    reviewed = read_list(REVIEWED) | read_list(FUNCTIONS) | RESTRICTED_NAMES
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

"""Write the lists of classes of packages beside scikit-learn: ``nox -s allowed-packages``.

In environments as of several releases of scikit-learn, models of these packages are fitted and
saved, and the names in the files are read by inspection. Classes of the packages are added to the
list of their package, ``matrix/inspection/allowed/<distribution>.txt``, also under the modules that
other releases have them in. Files may only create empty objects of these classes and give them a
state, so that their constructors do not matter. What matters is what runs then: a class that has
``__setstate__`` or another method of :data:`framework_models.HOOKS` is added only if a person has
read that method and written a line in ``hooks.txt``. Any other name must be reviewed too, and added
to ``reviewed.txt`` or ``functions.txt``, or to ``left-out.txt`` with the reason why it is not
allowed. Until then this command fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from allowed import kinds_in, names_of

from matrix import catalog as catalogs
from matrix.catalog.requirements import read_request, spec_of
from matrix.environments import prepare
from matrix.inspection import Name
from matrix.inspection.allowed_lists import FOLDER, HOOKS, LEFT_OUT, allowed_names, read_list
from matrix.inspection.exact_calls import CREATED_EMPTY, RESTRICTED
from matrix.model import Environment, EnvSpec

SCRIPT = Path(__file__).with_name("framework_models.py")

GROUPS: tuple[dict[str, str], ...] = (
    {
        "catboost": "catboost",
        "imblearn": "imbalanced-learn",
        "lightgbm": "lightgbm",
        "xgboost": "xgboost",
    },
    {
        "category_encoders": "category-encoders",
        "feature_engine": "feature-engine",
        "mlxtend": "mlxtend",
        "sklearn_pandas": "sklearn-pandas",
        "statsmodels": "statsmodels",
    },
    {"interpret": "interpret-core", "skrub": "skrub"},
    {"sktime": "sktime", "tslearn": "tslearn"},
    {"hdbscan": "hdbscan", "umap": "umap-learn"},
)
"""By module, the distributions that are installed together."""
UNREVIEWED = ("statsmodels.tsa.", "statsmodels.stats.", "statsmodels.tools.")
"""Parts of packages whose classes nobody has reviewed: compiled Kalman filters among them."""

RELEASES = (
    "0.22.2.post1",
    "0.23.2",
    "0.24.2",
    "1.0.2",
    "1.1.3",
    "1.2.2",
    "1.3.2",
    "1.5.2",
    "1.6.1",
    "1.7.2",
    "1.8.0",
    "1.9.1",
)
"""Releases of scikit-learn; the packages are the newest ones of that time."""

_HEAD = """\
# Classes of {package} that its own pickles look up: one module and name per line.
# Written by `nox -s allowed-packages`, which fits and saves models of several releases.
# Files may only create empty objects of them and give them a state. Do not edit.
"""


def spec(release: str, distributions: Iterable[str]) -> EnvSpec:
    """The environment of a release of scikit-learn with packages of its time."""
    return spec_of(
        read_request([f"scikit-learn=={release}", "pandas", *sorted(distributions)]),
        as_of="release",
    )


def environments(group: dict[str, str], globs: Sequence[str]) -> Iterator[Environment]:
    """The environments of a group; each package in one of its own if they do not go together."""
    catalog = catalogs.read_or_default()
    chosen = [one for one in RELEASES if not globs or any(fnmatchcase(one, g) for g in globs)]
    together = tuple(spec(one, group.values()) for one in chosen)
    apart: list[EnvSpec] = []
    for release, made in zip(
        chosen, prepare(replace(catalog, specs=together, known=()), remember=False), strict=True
    ):
        if made.ready:
            yield made
        else:
            apart += [spec(release, [one]) for one in group.values()]
    if not apart:
        return
    for made in prepare(replace(catalog, specs=tuple(apart), known=()), remember=False):
        if made.ready:
            yield made
        else:
            print(f"{made.spec.label} is left out: {made.reason}"[:300], flush=True)


class Collected:
    """The names found so far."""

    def __init__(self) -> None:
        self.own: set[Name] = {Name(*pair) for pair in CREATED_EMPTY}
        self.odd: set[str] = set()
        self.hooks: dict[Name, list[str]] = {}

    def look_into(self, environment: Environment, group: dict[str, str]) -> None:
        """Fit and save models in an environment, and add the names in the files."""
        assert environment.info is not None
        python = environment.info.executable
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "files"
            folder.mkdir()
            _run(python, "save", [str(folder), *group], folder.with_suffix(".log"))
            found = names_of(folder)
        versions = [
            f"{one} {environment.info.packages[one]}"
            for one in group.values()
            if one in environment.info.packages
        ]
        print(f"{environment.spec.label}: {len(found)} names; {', '.join(versions)}", flush=True)
        known = allowed_names() | {Name(*pair) for pair in RESTRICTED} | read_list(LEFT_OUT)
        kinds = kinds_in(python, found)
        for name, file in found.items():
            if _is_unreviewed(name):
                continue
            if name.module.partition(".")[0] in group and kinds[name] == "class":
                self.own.add(name)
            elif name not in known:
                self.odd.add(f"{name.module} {name.qualname} ({kinds[name]}, in {file})")

    def add_paths(self, environment: Environment, group: dict[str, str]) -> None:
        """Add the modules that an environment has classes of these names in, and their hooks."""
        assert environment.info is not None
        for package in group:
            own = {one for one in self.own if one.module.partition(".")[0] == package}
            names = json.dumps(sorted({one.qualname for one in own}))
            done = _run(environment.info.executable, "paths", [package], None, names)
            for module, qualname, hooks in json.loads(done.splitlines()[-1]):
                name = Name(module, qualname)
                self.own.add(name)
                self.hooks[name] = sorted({*self.hooks.get(name, ()), *hooks})

    def allowed(self) -> set[Name]:
        """The classes to list; those with hooks that nobody has read are added to ``odd``."""
        read, left_out = read_list(HOOKS), read_list(LEFT_OUT)
        for name, hooks in self.hooks.items():
            if hooks and name not in read | left_out and not _is_unreviewed(name):
                self.odd.add(f"{name.module} {name.qualname} (has {', '.join(hooks)})")
        unread = {name for name, hooks in self.hooks.items() if hooks and name not in read}
        unread |= set(filter(_is_unreviewed, self.own))
        return {name for name in self.own - left_out - unread if name.qualname.isidentifier()}


def _is_unreviewed(name: Name) -> bool:
    return name.module.startswith(UNREVIEWED)


def _run(
    python: str | Path, mode: str, arguments: Sequence[str], log: Path | None, said: str = ""
) -> str:
    if log is None:
        done = subprocess.run(
            [python, SCRIPT, mode, *arguments],
            input=said,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
        )
        return done.stdout
    with log.open("w", encoding="utf-8") as stream:
        command = [python, SCRIPT, mode, *arguments]
        subprocess.run(command, stdout=stream, stderr=stream, check=False, cwd=log.parent)
    return ""


def write(own: Iterable[Name], group: dict[str, str]) -> None:
    """Write the list of each package of a group."""
    for package, distribution in group.items():
        listed = sorted(name for name in own if name.module.partition(".")[0] == package)
        if listed:
            lines = "".join(f"{name.module} {name.qualname}\n" for name in listed)
            text = _HEAD.format(package=distribution) + lines
            (FOLDER / f"{distribution}.txt").write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Write the lists of the named modules, of releases that match some globs."""
    modules = {one for group in GROUPS for one in group} & set(arguments)
    globs = [one for one in arguments if one not in modules]
    odd: set[str] = set()
    for group in GROUPS:
        if modules and not modules & set(group):
            continue
        found = Collected()
        ready = list(environments(group, globs))
        chosen = {one: group[one] for one in group if not modules or one in modules}
        for environment in ready:
            found.look_into(environment, chosen)
        for environment in ready:
            found.add_paths(environment, chosen)
        write(found.allowed(), chosen)
        odd |= found.odd
    print("".join(f"look at: {one}\n" for one in sorted(odd)), end="")
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Count how many clean files the gate admits without a prompt: ``nox -s admitted``.

In an environment of each release, ``everything.py`` saves scikit-learn's own models and
``ordinary.py`` saves files such as users have, in every format. All of them are inspected, no name
is trusted, and the counts and each refusal are written into ``docs/security.md``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from allowed import everything_in, last_patches, releases, spec
from packaging.version import Version

from matrix import catalog as catalogs
from matrix.environments import prepare
from matrix.errors import NotAModelError
from matrix.inspection import inspect, refusals
from matrix.model import Environment, EnvSpec

ORDINARY = Path(__file__).with_name("ordinary.py")
PAGE = Path(__file__).parents[1] / "docs" / "security.md"
BEGIN, END = "<!-- admitted: begin -->", "<!-- admitted: end -->"
SHORT = ("0.22.2.post1", "1.9.1")
"""Releases of a short run: the oldest line that is tested throughout, and the newest."""
PICKLES = tuple(f"pickle-{protocol}" for protocol in range(6))
JOBLIBS = ("joblib", *(f"joblib-{name}" for name in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4")))
MAIN = ("joblib", "pickle-4")
"""Formats of every object in a short run; each gets one of the others in turn."""
LEAST = {"own": 99.5, "ordinary": 95.0}
"""The share of files in percent that must be admitted, by the kind of corpus."""
_WITH_LZ4 = Version("0.22")
_WITH_SKOPS = Version("1.3")
_SHOWN = 3
"""How many files a refusal names."""


@dataclass(frozen=True)
class Count:
    """How many files of one kind of one release are admitted."""

    release: str
    kind: str
    """``own`` or ``ordinary``."""
    files: int
    objects: int
    refused: dict[str, list[str]]
    """By refused file, the reasons."""

    @property
    def share(self) -> float:
        """Admitted files in percent."""
        return 100 * (self.files - len(self.refused)) / max(self.files, 1)


def count(release: str, kind: str, folder: Path) -> Count:
    """Inspect all files of a folder."""
    files = sorted(folder.iterdir())
    refused = {path.name: found for path in files if (found := _reasons(path))}
    objects = {path.name.partition(".")[0] for path in files}
    return Count(release, kind, len(files), len(objects), refused)


def _reasons(path: Path) -> list[str]:
    try:
        return [f"`{one.what}`: {one.why}" for one in refusals(inspect(path))]
    except NotAModelError as error:
        return [error.problem]


def measured(release: str, environment: Environment, mode: str) -> Iterator[Count]:
    """Count both corpora of a release."""
    assert environment.info is not None
    python = environment.info.executable
    every = (*JOBLIBS, *PICKLES, "skops")
    ways = every if mode == "save" else (*MAIN, "|".join(sorted(set(every) - set(MAIN))))
    with tempfile.TemporaryDirectory() as scratch:
        own, ordinary = Path(scratch) / "own", Path(scratch) / "ordinary"
        own.mkdir()
        ordinary.mkdir()
        everything_in(python, own, mode, *ways)
        yield count(release, "own", own)
        subprocess.run(
            [python, "-W", "ignore", ORDINARY, ordinary, *ways],
            check=True,
            capture_output=True,
            cwd=scratch,
        )
        yield count(release, "ordinary", ordinary)


def with_formats(release: str) -> EnvSpec:
    """The environment of a release, with the packages of all formats that it can have."""
    made, version = spec(release), Version(release)
    more = ("lz4",) if version >= _WITH_LZ4 else ()
    more += ("skops",) if version >= _WITH_SKOPS else ()
    return replace(made, id=f"{made.id}-formats", requirements=(*made.requirements, *more))


def tables(counts: Sequence[Count], mode: str) -> str:
    """The counts and the refusals as Markdown."""
    how = (
        "every estimator and parameter set"
        if mode == "save"
        else "every estimator, all compositions"
    )
    formats = (
        "every format" if mode == "save" else "joblib, pickle and one of the other formats in turn"
    )
    lines = [
        f"Own models: {how}. Users' files are those of `tools/ordinary.py`. Each is saved in",
        f"{formats}: joblib with and without compression, pickle protocols 0 to 5, skops.",
        "",
        "| scikit-learn | files | objects | files of them | admitted without a prompt |",
        "| --- | --- | --- | --- | --- |",
    ]
    names = {"own": "own models", "ordinary": "users' files"}
    lines += [
        f"| {one.release} | {names[one.kind]} | {one.objects:,} | {one.files:,} "
        f"| {one.share:.2f} % |"
        for one in counts
    ]
    lines += ["", "| refused | because of | releases |", "| --- | --- | --- |"]
    lines += _refusal_lines(counts)
    return "\n".join(lines)


def _refusal_lines(counts: Iterable[Count]) -> Iterator[str]:
    """A line for each set of reasons: some files and the releases."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for one in counts:
        for name, reasons in one.refused.items():
            objects, seen = found.setdefault("; ".join(reasons), (set(), set()))
            objects.add(name)
            seen.add(one.release)
    for reasons, (objects, seen) in sorted(found.items()):
        listed = sorted(objects)
        more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        text = reasons.replace("|", "\\|").replace("\n", " ")
        by = ", ".join(sorted(seen, key=Version))
        yield f"| {', '.join(listed[:_SHOWN])}{more} | {text} | {by} |"


def write(text: str) -> None:
    """Replace what is between the two marks of the page."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Measure the given releases, two by default, or with ``--full`` the last of each line."""
    chosen = [one for one in arguments if one != "--full"]
    mode = "save" if "--full" in arguments else "names"
    catalog = catalogs.read_or_default()
    if mode == "save" and not chosen:
        chosen = sorted(last_patches(releases((), catalog)), key=Version)
    chosen = chosen or list(SHORT)
    specs = tuple(map(with_formats, chosen))
    made = prepare(replace(catalog, specs=specs, known=()), remember=False)
    counts: list[Count] = []
    for release, environment in zip(chosen, made, strict=True):
        if not environment.ready:
            print(f"{release} is left out: {environment.reason}", flush=True)
            continue
        for one in measured(release, environment, mode):
            print(f"{release} {one.kind}: {one.files:,} files, {one.share:.2f} %", flush=True)
            counts.append(one)
            write(tables(counts, mode))
    low = [one for one in counts if one.share < LEAST[one.kind]]
    for one in low:
        print(f"too few of {one.release} {one.kind}: {one.share:.2f} %", flush=True)
    return 1 if low or not counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What may be typed, and what it means."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from matrix import __version__
from matrix.catalog import checks
from matrix.errors import UsageError
from matrix.model import Group, Shard, Verdict
from matrix.report import FORMATS, ReportOutput


class Arguments(argparse.Namespace):
    """The parsed command line; which of these there are depends on the command."""

    command: str
    config: Path | None
    set: str
    state: Path | None
    select: list[str]
    pipelines: list[str]
    formats: list[str] | None
    jobs: int
    fresh: bool
    offline: bool
    output: list[ReportOutput]
    fail_on: frozenset[Verdict]
    all: bool
    baseline: Path | None
    shard: Shard | None
    shards: list[Path]
    allow_missing: bool
    groups: int | None
    result: Path | None
    action: str
    old: Path
    new: Path
    models: list[Path]
    origins: list[str]
    targets: list[str]
    as_of: str | None
    rollback: bool
    bisect: bool
    data: Path | None
    target: str | None
    expected: Path | None
    hashes: Path | None
    why: bool
    further: list[str]
    path: list[Path]
    trust: list[str]
    reproduce: Path | None
    migrated: Path | None
    force: bool
    via: list[str]
    sandbox: str
    pipeline: str
    writer: str
    reader: str
    format: str
    deep: bool
    kept: bool
    model: Path
    json: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, advice=f"See `{self.prog} --help`.")


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line.

    Raises:
        UsageError: it cannot be parsed.
        SystemExit: help or the version was requested, and has been printed.
    """
    return parser().parse_args(arguments, namespace=Arguments())


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line: one subparser for each command."""
    parser = _Parser(
        prog="compat-matrix",
        description="Does a scikit-learn pipeline saved in one environment still load, and predict "
        "the same, in another?",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="save in each environment, load in all the others"))
    _add_upgrade(commands.add_parser("upgrade", help="is it safe to bump, for your own models?"))
    _add_migrate(
        commands.add_parser("migrate", help="a model that works elsewhere, by a way that is proven")
    )
    _add_plan(commands.add_parser("plan", help="what a run would do, and about how long"))
    _add_merge(commands.add_parser("merge", help="put the results of shards together"))
    _add_report(commands.add_parser("report", help="show the results of the last run again"))
    _add_baseline(commands.add_parser("baseline", help="take the last result for known"))
    _add_diff(commands.add_parser("diff", help="what two results differ in"))
    _add_explain(commands.add_parser("explain", help="everything known of one cell"))
    _add_inspect(
        commands.add_parser("inspect", help="what is in a saved model, without loading it")
    )
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_wanted(parser)
    _add_outputs(parser)
    _add_judged_against(parser)
    _add_fail_on(parser)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    _add_wanted(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON, on one line")
    parser.add_argument(
        "--groups",
        type=_count,
        default=None,
        metavar="N",
        help="with --json, groups of environments to hand out to machines (default: 4)",
    )


def _add_merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shards",
        nargs="+",
        type=Path,
        metavar="SHARD",
        help="results of run --shard I/N --output json:FILE",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="merge although some are missing: their cells are then not-run",
    )
    _add_outputs(parser)
    _add_judged_against(parser)
    _add_fail_on(parser)


def _add_fail_on(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fail-on",
        type=_verdicts,
        default=frozenset(),
        metavar="LIST",
        help="exit with 1 if a cell has one of these, separated by commas: verdicts "
        "(labels-changed, load-failed, ...) or groups (changes, fails, unknown); default: none",
    )


def _add_wanted(parser: argparse.ArgumentParser) -> None:
    """What is to be run, and how."""
    _add_configuration(parser)
    parser.add_argument(
        "--set",
        default="default",
        metavar="NAME",
        help="the set of environments (default: %(default)s)",
    )
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="GLOB",
        help="only environments whose id matches, such as 'sklearn-1.*'; may be repeated",
    )
    parser.add_argument(
        "--pipelines",
        action="append",
        default=[],
        metavar="GLOB",
        help="only pipelines whose id matches; may be repeated",
    )
    parser.add_argument(
        "--formats",
        type=_names,
        default=None,
        metavar="LIST",
        help="only these formats, separated by commas, such as joblib,pickle-5",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        default=None,
        metavar="I/N",
        help="only the I-th of N parts, for one of N machines: all environments save, every N-th "
        "loads; merge puts the results together",
    )
    _add_work(parser)


def _add_work(parser: argparse.ArgumentParser) -> None:
    """How work is done."""
    parser.add_argument(
        "--jobs",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many environments may be at work at once (default: the number of cores)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="do everything again, whatever is kept"
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask no registry: use what is cached"
    )


def _add_upgrade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "models",
        nargs="*",
        type=Path,
        metavar="MODEL",
        help="saved models: files, or folders of them; none asks the reference pipelines",
    )
    _add_where(parser)
    _add_material(parser)
    parser.add_argument(
        "--reproduce",
        type=Path,
        default=None,
        metavar="DIR",
        help="write for each bad answer a folder that shows it by hand",
    )
    _add_configuration(parser)
    _add_work(parser)
    _add_outputs(parser)


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", nargs=1, type=Path, metavar="MODEL", help="a saved model")
    _add_ends(parser)
    parser.add_argument(
        "--output",
        dest="migrated",
        type=Path,
        default=None,
        metavar="FILE",
        help="where to write it (default: beside MODEL, named by the target's scikit-learn)",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite what is there already under that name"
    )
    parser.add_argument(
        "--via",
        type=_release,
        action="append",
        default=[],
        metavar="RELEASE",
        help="save it again only in this release of scikit-learn, such as 1.2.2; may be repeated "
        "(default: whatever way works)",
    )
    _add_material(parser)
    _add_configuration(parser)
    _add_work(parser)


def _add_where(parser: argparse.ArgumentParser) -> None:
    """Where models come from, where they may go, and how far to look."""
    _add_ends(parser)
    parser.add_argument(
        "--rollback", action="store_true", help="ask the lines below the origin too"
    )
    parser.add_argument(
        "--why",
        action="store_true",
        help="also look into each model that is not safe: where it begins, and what it lacks",
    )
    parser.add_argument(
        "--no-bisect",
        dest="bisect",
        action="store_false",
        help="do not look for the first bad release between two lines",
    )


def _add_ends(parser: argparse.ArgumentParser) -> None:
    """Where models come from, and where they may go."""
    parser.add_argument(
        "--from",
        dest="origins",
        action="append",
        default=[],
        metavar="REQ|FILE",
        help="where the models come from: a requirement such as scikit-learn==1.2.2, a "
        "requirements file or a lock; may be repeated (default: what the files tell)",
    )
    parser.add_argument(
        "--to",
        dest="targets",
        action="append",
        default=[],
        metavar="REQ|FILE",
        help="where they may go: each is an environment; requirements that belong together are "
        "separated by commas (default: each line of scikit-learn up to the newest)",
    )
    parser.add_argument(
        "--as-of",
        default=None,
        metavar="DAY",
        help="resolve --to as of a date such as 2024-05-31, or 'release' (default: today)",
    )
    parser.add_argument(
        "--sandbox",
        choices=("auto", "require", "off"),
        default="auto",
        help="what holds the models while they are asked: the strongest sandbox that works here, "
        "or limits alone with a warning (auto); the same, but with limits alone nothing is loaded "
        "(require); nothing (off; default: %(default)s)",
    )


def _add_material(parser: argparse.ArgumentParser) -> None:
    """What models are asked with."""
    parser.add_argument(
        "--data",
        type=Path,
        default=None,
        metavar="FILE",
        help="rows to ask on: CSV, Parquet, npy, npz, or a text file with a document a line "
        "(default: rows made from what each model knows)",
    )
    parser.add_argument(
        "--target", default=None, metavar="NAME", help="the column of --data that has the truth"
    )
    parser.add_argument(
        "--expected",
        type=Path,
        default=None,
        metavar="FILE",
        help="outputs recorded in production for the rows of --data, to compare with",
    )
    parser.add_argument(
        "--hashes",
        type=Path,
        default=None,
        metavar="FILE",
        help="what the models must be: a file that sha256sum wrote; one that is another is told "
        "as changed, and not asked",
    )
    parser.add_argument(
        "--with",
        dest="further",
        action="append",
        default=[],
        metavar="REQ",
        help="a further package that the models need, in every environment; may be repeated",
    )
    parser.add_argument(
        "--path",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of your own code that the models need; may be repeated",
    )

    parser.add_argument(
        "--trust",
        type=_trusted,
        action="append",
        default=[],
        metavar="NAME",
        help="one exact name that the models may look up, such as churn_lib.Ours, beside what "
        "scikit-learn's own do; may be repeated (a refusal says which)",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    _add_configuration(parser)
    _add_outputs(parser)
    _add_judged_against(parser)


def _add_judged_against(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline",
        type=Path,
        default=None,
        metavar="FILE",
        help="judge against what is known and accepted: exit with 1 only if something is new or "
        "worse",
    )


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["update"], help="write the file, for review in a diff")
    parser.add_argument(
        "--baseline",
        type=Path,
        default=None,
        metavar="FILE",
        help="the file (default: compat-baseline.toml beside the configuration)",
    )
    parser.add_argument(
        "--result",
        type=Path,
        default=None,
        metavar="FILE",
        help="take this result, a file of --output json:FILE (default: the last run)",
    )
    _add_configuration(parser)


def _add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD", help="a result: --output json:FILE")
    parser.add_argument("new", type=Path, metavar="NEW", help="another, that came later")
    _add_outputs(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", metavar="PIPELINE", help="its id, such as tree_classifier")
    parser.add_argument("writer", metavar="WRITER", help="an id or a short name, such as 1.3")
    parser.add_argument("reader", metavar="READER", help="an id or a short name, such as 1.9")
    parser.add_argument("--format", default="joblib", help="the format (default: %(default)s)")
    parser.add_argument(
        "--deep",
        action="store_true",
        help="also find out whose fault it is, since when, and ways out: builds environments",
    )
    parser.add_argument(
        "--kept", action="store_true", help="only what is known already: nothing is run"
    )
    _add_configuration(parser)
    _add_work(parser)


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="a file of joblib or pickle")
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    parser.add_argument(
        "--all", action="store_true", help="show every parameter and every fitted attribute"
    )


def _add_configuration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="a pyproject.toml with [tool.matrix], or a TOML file of the same keys",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=None,
        metavar="DIR",
        help="where results are kept (default: `state` in the configuration)",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=ReportOutput.parse,
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help=f"write a report to a file too ({', '.join(FORMATS)}); may be repeated",
    )
    parser.add_argument(
        "--all", action="store_true", help="show every line, however many there are"
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return number


def _release(text: str) -> str:
    try:
        found = checks.scikit_learn(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if found in checks.NEWEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no release: write 1.2.2, or 1.2 for a line")
    return found


def _trusted(text: str) -> str:
    try:
        return checks.trusted_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _shard(text: str) -> Shard:
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard: write 1/3, 2/3 or 3/3")
    return Shard(index=int(index), count=int(count))


_GROUPS = {"changes": Group.CHANGES, "fails": Group.FAILS, "unknown": Group.UNKNOWN}


def _verdicts(text: str) -> frozenset[Verdict]:
    found: set[Verdict] = set()
    for name in _names(text):
        if name in _GROUPS:
            found |= {verdict for verdict in Verdict if verdict.group is _GROUPS[name]}
            continue
        try:
            found.add(Verdict(name))
        except ValueError:
            known = ", ".join([*_GROUPS, *(verdict.value for verdict in Verdict)])
            raise argparse.ArgumentTypeError(f"no verdict {name!r}; there are: {known}") from None
    return frozenset(found)

"""Write the tables of docs/formats.md from the result of a run: python -m tools.formats_table FILE

FILE is what ``--output json:FILE`` of a run or of ``report`` has written:

    nox -s matrix -- --set formats --output json:formats.json
    python -m tools.formats_table formats.json

Of a run with one format, such as that of the set ``pmml``, it writes a table of that format.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from matrix.model import Matrix
from matrix.report.format_outcomes import FormatOutcome, outcomes_by_pipeline
from matrix.report.format_shares import FormatComparison, compare_formats
from matrix.report.format_words import run_sentence
from matrix.report.json import read_json
from matrix.report.markdown import code, families_table, formats_table
from matrix.report.sentences import counted
from matrix.report.summary import summarize

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"
SPACE = re.compile(r"(?<=<!-- formats -->\n).*?(?=<!-- end -->)", re.DOTALL)
"""What is between the two marks of the page."""
_ALONE = r"(?<=<!-- {} -->\n).*?(?=<!-- end of {} -->)"
"""The same for one format."""
_COMMAND = "nox -s matrix -- --set {0} --output json:{0}.json"
PIPELINES_HEAD = "| pipeline | safe loads by format | breaks first |"


def tables(matrix: Matrix) -> str:
    """Return what is between the marks of the page.

    Raises:
        SystemExit: the run has nothing to compare.
    """
    grids = summarize(matrix).grids
    found = compare_formats(matrix, grids)
    if found is None:
        raise SystemExit("fewer than five pipelines were tried in every format, or in one only")
    outcomes = outcomes_by_pipeline(grids, [one.id for one in matrix.pipelines])
    return "\n".join(["", *_lines(matrix, found, outcomes), ""])


def table_of_one(matrix: Matrix) -> tuple[str, str]:
    """Return the format of a run with one format, and what the page says of it.

    Raises:
        SystemExit: the run has fewer than five pipelines.
    """
    found = compare_formats(matrix, summarize(matrix).grids, least=1)
    if found is None:
        raise SystemExit("fewer than five pipelines were tried")
    name = found.shares[0].format
    lines = [
        run_sentence(matrix, found),
        "",
        "```console",
        _COMMAND.format(name),
        "```",
        "",
        *formats_table(found),
        "",
        *families_table(found),
    ]
    return name, "\n".join(["", *lines, ""])


def _lines(
    matrix: Matrix, found: FormatComparison, outcomes: dict[str, tuple[FormatOutcome, ...]]
) -> Iterator[str]:
    yield run_sentence(matrix, found)
    yield ""
    yield "```console"
    yield _COMMAND.format("formats")
    yield "```"
    if not matrix.whole:
        yield ""
        yield "This run had only a part of the environments and pipelines of the set."
    yield ""
    yield from formats_table(found)
    yield ""
    yield "### By family of pipelines"
    yield ""
    yield "The share of loads in other environments that are safe; in brackets the models that were"
    yield "saved, if not all were."
    yield ""
    yield from families_table(found)
    yield ""
    yield "### Pipelines for which the format decides"
    yield ""
    yield from _deciding(outcomes)
    yield ""
    yield "### Environments"
    yield ""
    yield "| name | scikit-learn | Python | joblib | numpy |"
    yield "| --- | --- | --- | --- | --- |"
    for one in matrix.environments:
        if one.info is None:
            yield f"| {code(one.spec.label)} | unavailable | | | |"
            continue
        packages = [one.info.packages.get(name, "-") for name in ("joblib", "numpy")]
        release = one.info.packages.get("scikit-learn", "-")
        yield f"| {' | '.join([code(one.spec.label), release, one.info.python, *packages])} |"


def _deciding(outcomes: dict[str, tuple[FormatOutcome, ...]]) -> Iterator[str]:
    """Yield the table of the pipelines that some formats carry further than others."""
    differing = {name: found for name, found in outcomes.items() if len(_by_share(found)) > 1}
    number = f"{len(differing):,} of {counted(len(outcomes), 'pipeline')}"
    yield f"It decides for {number}. The number of safe loads stands before the formats that have"
    yield "it, and the first break is that of the best one."
    if not differing:
        return
    yield ""
    yield PIPELINES_HEAD
    yield "| --- | --- | --- |"
    for name, found in differing.items():
        groups = "; ".join(
            f"{share}: {', '.join(some)}" for share, some in _by_share(found).items()
        )
        first = found[0].first_break
        yield f"| {code(name)} | {groups} | {code(first) if first else 'never'} |"


def _by_share(found: tuple[FormatOutcome, ...]) -> dict[str, list[str]]:
    """Return the formats by how many of their loads are safe, the best first."""
    groups: dict[str, list[str]] = {}
    for one in found:
        text = {"yes": one.safe_text, "no": "not saved"}.get(one.saved_text, one.saved_text)
        if one.saved_text.startswith("in "):
            text = f"{one.safe_text}, saved {one.saved_text}"
        groups.setdefault(text, []).append(code(one.name))
    return groups


def main(arguments: list[str]) -> None:
    """Write the tables of the page."""
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    matrix, space = read_json(Path(arguments[0])), SPACE
    if len({name for pipeline in matrix.pipelines for name in pipeline.formats}) == 1:
        name, text = table_of_one(matrix)
        space = re.compile(_ALONE.format(name, name), re.DOTALL)
    else:
        text = tables(matrix)
    page = PAGE.read_text("utf-8")
    PAGE.write_text(space.sub(lambda _: text, page), encoding="utf-8", newline="\n")
    print(f"the tables of {PAGE.name} are written")


if __name__ == "__main__":
    main(sys.argv[1:])

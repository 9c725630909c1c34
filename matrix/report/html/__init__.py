"""The HTML report: one self-contained file that needs no network and has all cells.

``page.html`` has what is visible without JavaScript: answers, counts, environments, limits. The
cells are embedded as JSON (``embedding.py``) and shown by the scripts in this folder, which are
inlined unchanged. A content security policy in the page lets nothing else run.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, TextIO

from matrix import __version__
from matrix.model import Detection, Group, Matrix, Verdict
from matrix.report import comparison_text, format_words, known_mistakes, passed_over, row_evidence
from matrix.report.format_shares import compare_formats
from matrix.report.html.cause_cards import cause_cards
from matrix.report.html.embedding import blocks, facts
from matrix.report.html.head import GROUP_KEYS, head
from matrix.report.joint_answer import without_pin
from matrix.report.joint_grid import LEGEND, joint_grid
from matrix.report.joint_scores import moved_scores
from matrix.report.model_answers import evidence_text, rows_text, worst_first
from matrix.report.score_words import score_table
from matrix.report.training_words import training_text
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS, group_meaning, limits
from matrix.safe_text import plain, to_paste

STYLE = ("page.css", "answers.css")
SCRIPTS = (
    *("data.js", "address.js", "elements.js", "map.js", "line.js"),
    *("charts.js", "detail.js", "page.js"),
)
"""In the order in which they are concatenated."""
_HEAT = ("less than 25 %", "from 25 %", "from 50 %", "from 75 %", "from 90 %", "100 %")
"""The steps of colour of a square, by the share that is safe; ``STEPS`` in ``map.js``."""
_MOST_CHANGES = 50
"""Most listed changes that are new or worse than a baseline; the rest is counted."""


def write_html(matrix: Matrix, stream: TextIO) -> None:
    """Write the page, a thousand cells at a time.

    The cells are read twice: first to count them for the top of the page.
    """
    template = _environment().get_template("page.html")
    style, script = _joined(STYLE), _joined(SCRIPTS)
    found, comparison = facts(matrix), matrix.comparison
    pieces = template.generate(
        matrix=matrix,
        version=__version__,
        style=style,
        script=script,
        policy=_policy(style, script),
        total=found.counts.total(),
        counts=found.counts,
        groups=_groups(found.counts),
        words=GROUP_WORDS,
        keys=GROUP_KEYS,
        group_meanings={one: group_meaning(one, matrix.formats) for one in Group},
        labels={one.id: one.spec.label for one in matrix.environments},
        verdicts=tuple(Verdict),
        meanings=MEANINGS,
        comparison_text=comparison_text,
        rows_text=rows_text,
        evidence_text=evidence_text,
        training_text=training_text,
        failing=() if comparison is None else [c for c in comparison.changes if c.status.fails],
        most=_MOST_CHANGES,
        missed=[name for name, it in matrix.self_check.items() if it is Detection.MISSED],
        rows=found.rows,
        limits=_limits(matrix, found.counts),
        passed_over=passed_over.by_kind(matrix.passed_over),
        scored=found.scored,
        score_table=score_table,
        cards=cause_cards(found.tallies, models=bool(matrix.answers)),
        mistakes=known_mistakes.sentence(
            len(known_mistakes.pipelines_with_mistakes(matrix)), found.mistakes
        ),
        heat=_HEAT,
        **_answers(matrix),
        formats=compare_formats(matrix, found.grids),
        format_words=format_words,
        head=head(matrix, found),
        blocks=blocks(matrix),
    )
    for piece in pieces:
        stream.write(piece)


def _answers(matrix: Matrix) -> dict[str, Any]:
    """Return what the page shows of an upgrade check: the grid of several models, then each."""
    several = len(matrix.answers) > 1
    answers = worst_first(matrix.answers)
    return {
        "answers": answers,
        "joint": matrix.joint if several else None,
        "range_text": without_pin(matrix.joint) if matrix.joint is not None else "",
        "grid": joint_grid(matrix.joint) if several and matrix.joint is not None else None,
        "grid_words": dict(LEGEND),
        "moved": list(moved_scores(matrix)),
        "places": {answer.model: place for place, answer in enumerate(answers, 1)},
        "sandboxes": sorted({answer.sandbox for answer in answers if answer.sandbox}),
        "first_readers": {
            answer.model: {reader for one in answer.outcomes for reader in one.readers[:1]}
            for answer in answers
        },
    }


@cache
def _environment() -> Any:
    """Return the template engine; it escapes every value that is not marked as safe."""
    import jinja2  # only when needed: the import takes time

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("matrix.report", "html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = lambda text: plain(str(text), 1000)
    environment.filters["paste"] = lambda text: to_paste(str(text))
    environment.filters["count"] = lambda number: f"{number:,}"
    return environment


def _joined(names: tuple[str, ...]) -> str:
    folder = files("matrix.report.html")
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)


def _policy(style: str, script: str) -> str:
    """Return the content security policy: only this style and this script, by digest."""
    return (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _limits(matrix: Matrix, counts: Any) -> tuple[str, ...]:
    stated = limits(
        cells=counts.total(),
        unknown=sum(n for one, n in counts.items() if one.group is Group.UNKNOWN),
        not_run=counts[Verdict.NOT_RUN],
        interrupted=matrix.interrupted,
    )
    return (*stated, *row_evidence.sentences(matrix))


def _groups(counts: Any) -> list[tuple[Group, int]]:
    return [(group, sum(n for one, n in counts.items() if one.group is group)) for group in Group]

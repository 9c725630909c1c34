"""GitHub Markdown: a step summary, or a comment on a pull request.

The answer comes first, then the worst results; details are folded. Untrusted text is in code spans,
where GitHub makes no mentions, links or tags. The report is never longer than a comment may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timezone
from typing import TextIO

from matrix.causes import KnownCause
from matrix.model import (
    Cell,
    CellChange,
    Comparison,
    Detection,
    Direction,
    Environment,
    Explanation,
    Group,
    Matrix,
    Verdict,
)
from matrix.normalize_messages import without_places
from matrix.report import comparison_text
from matrix.report.cause_text import share_known, since, without_known_cause
from matrix.report.format_shares import FormatComparison, compare_formats
from matrix.report.format_words import HEADS, by_family, legend, run_sentence, values
from matrix.report.markdown_answers import answer_headline, answer_sections
from matrix.report.markdown_text import MarkdownSection, code, code_in_html, fit_section, sentence
from matrix.report.package_words import named_libraries
from matrix.report.progress import duration
from matrix.report.releases import Break, find_breaks
from matrix.report.score_words import ScoreAfter, changed, score_table
from matrix.report.sentences import (
    INTROSPECTION_TITLE,
    TITLES,
    changed_too,
    counted,
    difference,
    route,
)
from matrix.report.summary import Caused, Reason, SilentChange, Summary, summarize
from matrix.report.verdict_grids import VERDICTS
from matrix.report.verdict_words import GROUP_WORDS, MEANINGS

LONGEST = 60_000
"""Characters; GitHub allows 65,536."""
_LONGEST_SECTION = 9_000
"""Characters, so that one section does not use the space of the others."""
_MOST_BREAKS = 12
"""Upgrades that are shown unfolded."""
_MOST_NAMES = 12
_MOST_ROWS = 3


def write_markdown(matrix: Matrix, stream: TextIO) -> None:
    """Write the report; the cells are read once."""
    summary = summarize(matrix)
    first = "\n".join(_headline(matrix, summary))
    limits = (f"- {sentence(text)}" for text in summary.tally.notice(matrix))
    last = "\n".join(["", "**Limits**", "", *limits, ""])
    room = LONGEST - len(first) - len(last) - 1
    stream.write(first + "\n")
    for section in _sections(matrix, summary):
        text = fit_section(section, min(room, _LONGEST_SECTION))
        stream.write(text)
        room -= len(text)
    stream.write(last)


def _sections(matrix: Matrix, summary: Summary) -> Iterator[MarkdownSection]:
    labels = {environment.id: environment.spec.label for environment in matrix.environments}
    if matrix.comparison is not None:
        yield from _comparison(matrix.comparison)
    if matrix.answers:
        yield from answer_sections(matrix, labels)
        yield from _scores(matrix, summary, labels)
        yield from _explanations(matrix.stories, labels)
        yield from _environments(matrix)
        return
    yield from _self_check(matrix)
    if summary.total:
        yield MarkdownSection("Cells", [], head=list(_counts(summary)), folded=False)
        yield _pairs(summary, labels)
    yield from _explanations(matrix.stories, labels)
    yield from _breaks(summary)
    yield from _changes(summary, labels)
    yield from _causes(summary)
    yield from _reasons("Failures", Group.FAILS, summary, labels)
    yield from _reasons(INTROSPECTION_TITLE, Group.LIMITED, summary, labels)
    yield from _reasons("Unknown", Group.UNKNOWN, summary, labels)
    yield from _ways_to_save(matrix, summary)
    yield from _environments(matrix)


def _environments(matrix: Matrix) -> Iterator[MarkdownSection]:
    """Yield the unavailable environments, and the packages of the others."""
    missing = [found for found in matrix.environments if not found.ready]
    if missing:
        title = f"Unavailable environments ({len(missing)})"
        yield MarkdownSection(title, [f"- {code(e.spec.label)}: {code(e.reason)}" for e in missing])
    ready = [found for found in matrix.environments if found.ready]
    if ready:
        further = named_libraries(ready)
        lines = [_versions(one, further) for one in ready]
        yield MarkdownSection("Environments", lines, head=_versions_head(further))


# --------------------------------------------------------------------------- why


def _explanations(
    found: Iterable[Explanation], labels: Mapping[str, str]
) -> Iterator[MarkdownSection]:
    """Yield the explanations that ``explain`` recorded, one list item per cell."""
    lines = [line for explanation in found for line in _explanation(explanation, labels)]
    if lines:
        yield MarkdownSection("Why, and what to do", lines, folded=False)


def _explanation(explanation: Explanation, labels: Mapping[str, str]) -> Iterator[str]:
    pair = " → ".join(labels.get(one, one) for one in (explanation.writer, explanation.reader))
    cell = f"{code(explanation.pipeline)} {code(explanation.format)} {code(pair)}"
    yield f"- {cell}: {code(explanation.answer)}"
    for point in explanation.points:
        first, *rest = point.lines or ("",)
        yield f"  - {code(point.heading)} {code(first)}"
        yield from (f"    - {code(line)}" for line in rest)


# --------------------------------------------------------------------------- what is new


def _comparison(comparison: Comparison) -> Iterator[MarkdownSection]:
    """Yield the counts with all new and worse cells; fixed and gone ones are folded."""
    head = [f"**{comparison_text.counts(comparison)}**", ""]
    if not comparison.full:
        head += [comparison_text.PART, ""]
    failing = [_cell_change(one) for one in comparison.changes if one.status.fails]
    foot = [f"- {code(text)}" for text in comparison_text.acceptances(comparison)[:_MOST_NAMES]]
    title = f"Compared with {code(comparison.against)}"
    yield MarkdownSection(title, failing, more="change", head=head, folded=False, foot=foot)
    rest = [_cell_change(one) for one in comparison.changes if not one.status.fails]
    if rest:
        yield MarkdownSection("Fixed and gone", rest, more="change")


def _cell_change(change: CellChange) -> str:
    what, where = comparison_text.what(change), comparison_text.where(change)
    return f"- {change.status.value}: {code(what)} {code(where)}"


# --------------------------------------------------------------------------- the answer


def _headline(matrix: Matrix, summary: Summary) -> Iterator[str]:
    if matrix.joint is not None or len(matrix.answers) == 1:
        yield from answer_headline(matrix)
    else:
        yield _counted_headline(matrix, summary)
    yield ""
    if matrix.lock_change:
        yield from (code(matrix.lock_change, 600), "")
    ready = sum(environment.ready for environment in matrix.environments)
    parts = [
        counted(summary.total, "cell"),
        f"{ready} of {counted(len(matrix.environments), 'environment')} ready",
        counted(len(matrix.pipelines), "pipeline"),
        f"{matrix.started.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC",
        duration(matrix.finished - matrix.started),
    ]
    yield ", ".join([*parts, "**interrupted**"] if matrix.interrupted else parts)


def _counted_headline(matrix: Matrix, summary: Summary) -> str:
    """Return how many cells, or models of an older result, are in each group."""
    if matrix.answers:
        groups = {group: sum(a.group is group for a in matrix.answers) for group in Group}
        what = counted(len(matrix.answers), "model")
    else:
        groups, what = dict(summary.groups), counted(summary.total, "cell")
    worst = next((group for group in _WORST if groups[group]), Group.UNKNOWN)
    counts = ", ".join(f"{groups[g]:,} {GROUP_WORDS[g].label}" for g in _WORST if groups[g])
    return f"## {GROUP_WORDS[worst].symbol} {what}: {counts or 'nothing was run'}"


_WORST = (Group.FAILS, Group.CHANGES, Group.LIMITED, Group.UNKNOWN, Group.LOADS)


def _scores(
    matrix: Matrix, summary: Summary, labels: Mapping[str, str]
) -> Iterator[MarkdownSection]:
    """Yield a table for each model of an upgrade check whose truth is known."""
    for model, cells in summary.scored.items():
        columns = " | ".join(code(labels.get(cell.reader, cell.reader), 40) for cell in cells)
        head = [f"| score | saved | {columns} |", "| --- | --: |" + " --: |" * len(cells)]
        rows = score_table(cells, matrix.score_margin)
        lines = [
            f"| {code(row.name)} | {code(row.before)} | {' | '.join(map(_after, row.after))} |"
            for row in rows
        ]
        moved = any(one.fell for row in rows for one in row.after)
        foot = ["", f"Scores that moved by more than {matrix.score_margin:g} are bold."]
        title = f"Scores of {code_in_html(model) if not moved else code(model)}"
        yield MarkdownSection(title, lines, more="score", head=head, foot=foot, folded=not moved)


def _after(load: ScoreAfter) -> str:
    """Return a score after loading, in bold if it moved."""
    if not (load.fell or load.rose):
        return code(load.text)
    return f"**{code(load.text)} {'worse' if load.fell else 'better'}**"


def _self_check(matrix: Matrix) -> Iterator[MarkdownSection]:
    missed = [name for name, found in matrix.self_check.items() if found is Detection.MISSED]
    if missed:
        count = f"{len(missed)} of {len(matrix.self_check)} planted faults were missed"
        lines = [f"- ✗ {code(name)}" for name in missed]
        yield MarkdownSection(f"Do not trust this result: {count}", lines, folded=False)


# --------------------------------------------------------------------------- tables


def _counts(summary: Summary) -> Iterator[str]:
    yield "| | verdict | cells | |"
    yield "| :-: | --- | --: | --- |"
    for verdict in sorted(summary.verdicts, key=lambda v: (_WORST.index(v.group), -v.severity)):
        symbol = GROUP_WORDS[verdict.group].symbol
        n = summary.verdicts[verdict]
        yield f"| {symbol} | {verdict.value} | {n:,} | {MEANINGS[verdict]} |"


def _pairs(summary: Summary, labels: dict[str, str]) -> MarkdownSection:
    """Return the writer × reader table of the environments that have cells."""
    known = [e.id for e in summary.environments if e.ready]
    ids = list(dict.fromkeys([*known, *(n for pair in summary.pairs for n in pair)]))
    ids = [n for n in ids if n not in labels or n in known]
    savers = {writer for writer, _ in summary.pairs}
    readers = " | ".join(_label(name, labels) for name in ids)
    head = [f"| saved by ↓, loaded by → | {readers} |", "| --- |" + " :-: |" * len(ids)]
    lines = [
        f"| **{_label(writer, labels)}** | "
        + " | ".join(_pair(summary.pairs.get((writer, reader))) for reader in ids)
        + " |"
        for writer in ids
        if writer in savers
    ]
    legend = "   ".join(f"{word.symbol} {word.legend}" for word in GROUP_WORDS.values())
    return MarkdownSection(
        "Saved by (rows), loaded by (columns)",
        lines,
        more="row",
        head=head,
        foot=["", legend],
        folded=False,
    )


def _pair(counts: Sequence[int] | None) -> str:
    if counts is None:
        return ""
    groups = dict.fromkeys(Group, 0)
    for verdict, n in zip(VERDICTS, counts, strict=True):
        groups[verdict.group] += n
    bad = [g for g in (Group.FAILS, Group.CHANGES, Group.LIMITED) if groups[g]]
    if bad:
        return " ".join(f"{GROUP_WORDS[group].symbol}{groups[group]:,}" for group in bad)
    not_run = counts[Verdict.NOT_RUN.severity]
    group = Group.LOADS if groups[Group.LOADS] and not not_run else Group.UNKNOWN
    return GROUP_WORDS[group].symbol


def _versions_head(further: Sequence[str]) -> tuple[str, str]:
    names = ("scikit-learn", *further, "Python", "numpy", "joblib")
    return f"| | {' | '.join(names)} |", "| --- |" + " --- |" * len(names)


def _versions(found: Environment, further: Sequence[str]) -> str:
    """Return a row of the table of environments; ``further`` are libraries beside scikit-learn."""
    packages = {} if found.info is None else found.info.packages
    python = "" if found.info is None else found.info.python
    first = [packages.get(name, "") for name in ("scikit-learn", *further)]
    others = (packages.get(name, "") for name in ("numpy", "joblib"))
    return f"| {' | '.join(map(code, (found.spec.label, *first, python, *others)))} |"


def _label(name: str, labels: dict[str, str]) -> str:
    return code(labels.get(name, name), 40)


def _ways_to_save(matrix: Matrix, summary: Summary) -> Iterator[MarkdownSection]:
    """Yield the comparison of formats, then the same by family of pipelines."""
    found = compare_formats(matrix, summary.grids)
    if found is None:
        return
    title = f"Ways to save, compared on {counted(found.pipelines, 'pipeline')}"
    head, *lines = formats_table(found)
    foot = ["", run_sentence(matrix, found), "", " ".join(legend())]
    yield MarkdownSection(title, lines[1:], more="format", head=[head, lines[0]], foot=foot)
    head, *lines = families_table(found)
    title = "Ways to save by family of pipelines: share of loads that are safe"
    yield MarkdownSection(title, lines[1:], more="family", head=[head, lines[0]])


def formats_table(found: FormatComparison) -> list[str]:
    """Return the lines of the table that compares formats, with its head."""
    return [
        f"| format | {' | '.join(HEADS)} |",
        "| --- |" + " --: |" * (len(HEADS) - 2) + " --- |" * 2,
        *(f"| {code(one.format)} | {' | '.join(values(one))} |" for one in found.shares),
    ]


def families_table(found: FormatComparison) -> list[str]:
    """Return the lines of the table of what is safe of each family, with its head."""
    names = [code(one.format) for one in found.shares]
    return [
        f"| family | pipelines | {' | '.join(names)} |",
        "| --- | --: |" + " --: |" * len(names),
        *(
            f"| {code(name)} | {number} | {' | '.join(texts)} |"
            for name, number, texts in by_family(found)
        ),
    ]


# --------------------------------------------------------------------------- where and why


def _breaks(summary: Summary) -> Iterator[MarkdownSection]:
    """Yield the breaks by direction, most pipelines first; only the first upgrades are unfolded."""
    found = find_breaks(summary.grids)
    for direction in Direction:
        entries = [entry for entry in found if entry.direction is direction]
        lines = [_break(e) for e in sorted(entries, key=lambda e: -len(e.pipelines))]
        if lines and direction is Direction.UPGRADE:
            yield MarkdownSection(TITLES[direction], lines[:_MOST_BREAKS], folded=False)
            lines = lines[_MOST_BREAKS:]
            if lines:
                yield MarkdownSection(
                    f"More upgrades that break or change pipelines ({len(lines):,})", lines
                )
        elif lines:
            yield MarkdownSection(f"{TITLES[direction]} ({len(lines):,})", lines)


def _break(entry: Break) -> str:
    verdict = f"{GROUP_WORDS[entry.verdict.group].symbol} {entry.verdict.value}"
    names = _names(entry.pipelines)
    return f"- {code(route(entry))} {verdict}: **{len(entry.pipelines):,}** {names}"


def _names(names: Sequence[str]) -> str:
    more = f", +{len(names) - _MOST_NAMES:,}" if len(names) > _MOST_NAMES else ""
    return ", ".join(code(name, 60) for name in names[:_MOST_NAMES]) + more


def _changes(summary: Summary, labels: dict[str, str]) -> Iterator[MarkdownSection]:
    changes = summary.worst_changes()
    if changes:
        cells = counted(summary.groups[Group.CHANGES], "cell")
        lines = [_change(change, change.worst, labels) for change in changes if change.worst]
        yield MarkdownSection(f"Silent changes, worst first ({cells})", lines, more="change")


def _change(change: SilentChange, worst: Cell, labels: dict[str, str]) -> str:
    where = _pair_labels(worst, labels)
    of = f", worst of {change.cells:,}" if change.cells > 1 else ""
    lines = [
        f"- ≠ {code(change.pipeline)} {code(change.method or worst.verdict.value)} {where}{of}"
    ]
    lines.append(f"  - {code(difference(worst))}")
    scores = [code(str(score)) for score in changed(worst)]
    if scores:
        lines.append(f"  - {', '.join(scores)}")
    if worst.retrained:
        lines.append(f"  - {code(worst.retrained)}")
    return "\n".join(lines)


def _pair_labels(cell: Cell, labels: dict[str, str]) -> str:
    return f"{_label(cell.writer, labels)} → {_label(cell.reader, labels)}"


def _causes(summary: Summary) -> Iterator[MarkdownSection]:
    """Yield the known causes with advice; other failures are listed under their reasons."""
    known = [(one, one.known) for one in summary.known_causes()]
    lines = [_cause(one, cause) for one, cause in known if cause is not None]
    if summary.causes:
        rest = without_known_cause(summary)
        title = f"Causes ({share_known(summary)})"
        yield MarkdownSection(title, lines, more="cause", foot=["", rest] if rest else [])


def _cause(one: Caused, cause: KnownCause) -> str:
    about = f"{code(cause.id)}, {since(cause)}, {counted(len(one.pipelines), 'pipeline')}"
    links = ", ".join(f"[{place + 1}]({link})" for place, link in enumerate(cause.links))
    return (
        f"- **{one.cells:,}** {cause.markdown_title} ({about})\n"
        f"  - {cause.explanation}\n  - {cause.advice} See {links}."
    )


def _reasons(
    title: str, group: Group, summary: Summary, labels: dict[str, str]
) -> Iterator[MarkdownSection]:
    reasons = summary.reasons(group)
    if reasons:
        ranked = sorted(reasons.values(), key=lambda one: (-one.cells, one.type, one.message))
        total = f"{counted(summary.groups[group], 'cell')}, {counted(len(ranked), 'reason')}"
        lines = [_reason(reason, labels) for reason in ranked]
        yield MarkdownSection(f"{title} ({total})", lines, more="reason")


def _reason(reason: Reason, labels: dict[str, str]) -> str:
    message = without_places(reason.message)
    what = f"{reason.type}: {message}" if message else reason.type
    stages = ", ".join(code(name, 40) for name, _ in reason.stages.most_common(3))
    example = reason.example
    where = f"{code(example.pipeline)} {_pair_labels(example, labels)}"
    pipelines = counted(len(reason.pipelines), "pipeline")
    lines = [f"- **{reason.cells:,}** {code(what)}"]
    lines.append(f"  - {stages}, {pipelines}, for example {where}")
    if reason.changed:
        lines.append(f"  - {code(changed_too(reason))}")
    return "\n".join(lines)

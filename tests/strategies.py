"""Any values of the data model, for tests of what holds whatever they say."""

from __future__ import annotations

from datetime import timezone
from pathlib import Path

from hypothesis import strategies as st
from made_up import small_matrix

from matrix.model import (
    Acceptance,
    Cell,
    CellChange,
    ClassifierScores,
    ClassScore,
    Comparison,
    EnvInfo,
    Environment,
    EnvSpec,
    Evidence,
    Explanation,
    ExplanationPoint,
    Failure,
    FileLine,
    Group,
    Interpreter,
    JointAnswer,
    Lock,
    Matrix,
    ModelAnswer,
    NextStep,
    NextStepKind,
    OutputDifference,
    PairBlock,
    Pipeline,
    RegressorScores,
    ReleaseOutcome,
    RowChange,
    Shard,
    Status,
    UnavailableReason,
    Verdict,
    WarningSeen,
)

MARKUP = [
    "</script><script>x",
    "<!--<script",
    "]]>",
    "'\" onclick=x",
    "&lt;b&gt;",
    "{{ 7 * 7 }}",
    "</title>",
]
"""What a page must not take for its own."""
TEXT = st.text(max_size=8) | st.sampled_from(
    [
        "::error file=a.py::x",
        "##[error]x",
        "##vso[task.x]y",
        "##teamcity[x]",
        "=cmd()",
        "\x00\x1b[2J",
        "a\nb",
        '"',
        "\\",
        "é漢",
        "\u2028",
        *MARKUP,
    ]
)
NUMBER = st.floats()
COUNT = st.integers(0, 10**9)
SHARE = st.floats(0, 1)

CLASSES = st.lists(
    st.builds(
        ClassScore, label=TEXT, support=COUNT, precision=SHARE, recall=SHARE, f1=SHARE | NUMBER
    ),
    max_size=2,
).map(tuple)
SCORES = st.none() | st.one_of(
    st.builds(
        ClassifierScores,
        accuracy=SHARE,
        classes=CLASSES,
        confusion=st.just(()) | st.just(((1, 2), (3, 4))),
    ),
    st.builds(RegressorScores, r2=NUMBER, mean_absolute_error=NUMBER, max_error=NUMBER),
)
CELLS = st.builds(
    Cell,
    pipeline=TEXT,
    format=TEXT,
    writer=TEXT,
    reader=TEXT,
    verdict=st.sampled_from(Verdict),
    stage=TEXT,
    reason=TEXT,
    exception=st.none() | st.builds(Failure, type=TEXT, message=TEXT, traceback=TEXT),
    warnings=st.lists(
        st.builds(WarningSeen, category=TEXT, message=TEXT, stage=TEXT), max_size=2
    ).map(tuple),
    silent=st.booleans(),
    outputs=st.dictionaries(
        TEXT,
        st.builds(
            OutputDifference,
            verdict=st.sampled_from(Verdict),
            max_abs=st.none() | NUMBER,
            max_rel=st.none() | NUMBER,
            n_changed=COUNT,
            n=COUNT,
            note=TEXT,
        ),
        max_size=2,
    ),
    n_identical=COUNT,
    before=SCORES,
    after=SCORES,
    retrained=TEXT,
    cause=st.none() | TEXT,
    cached=st.booleans(),
)
VERSIONS = st.dictionaries(TEXT, TEXT, max_size=2)
PATHS = st.sampled_from([Path("/a/b"), Path("c d/é.py")])


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    name = draw(TEXT)
    spec = st.builds(
        EnvSpec,
        id=st.just(name),
        label=TEXT,
        scikit_learn=TEXT,
        python=TEXT,
        requirements=st.lists(TEXT, max_size=2).map(tuple),
        constraints=st.lists(TEXT, max_size=2).map(tuple),
        as_of=TEXT,
        like=st.none() | TEXT,
        place=st.none() | st.builds(FileLine, file=PATHS, line=st.integers(1, 10**6)),
    )
    interpreter = st.builds(Interpreter, path=PATHS, version=TEXT, implementation=TEXT)
    lock = st.builds(
        Lock,
        interpreter=interpreter,
        pins=VERSIONS,
        as_of=st.none() | st.dates(),
    )
    info = st.builds(
        EnvInfo, python=TEXT, platform=TEXT, executable=PATHS, packages=VERSIONS, blas=TEXT
    )
    return Environment(
        spec=draw(spec),
        lock=draw(st.none() | lock),
        info=draw(st.none() | info),
        reason=draw(TEXT),
        why=draw(st.none() | st.sampled_from(UnavailableReason)),
    )


PIPELINES = st.builds(
    Pipeline,
    id=TEXT,
    file=PATHS,
    line=COUNT,
    doc=TEXT,
    tags=st.lists(TEXT, max_size=2).map(tuple),
    formats=st.lists(TEXT, max_size=2).map(tuple),
    digest=TEXT,
)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
SHARE = st.floats(0, 1)
EVIDENCE = st.builds(
    Evidence,
    rows=COUNT,
    by_source=st.dictionaries(st.sampled_from(("data", "declared", "model", "random")), COUNT),
    mutation_score=st.none() | SHARE,
    interval=st.none() | st.tuples(SHARE, SHARE),
    faults=COUNT,
    live=COUNT,
    noticed=COUNT,
    leaves_reached=st.none() | SHARE,
    complete=st.booleans(),
    constant=st.booleans(),
)
STEPS = st.lists(
    st.builds(NextStep, kind=st.sampled_from(NextStepKind), text=TEXT, paste=TEXT), max_size=2
).map(tuple)
OUTCOMES = st.builds(
    ReleaseOutcome,
    name=TEXT,
    readers=TEXTS,
    group=st.sampled_from(Group),
    text=TEXT,
    origin=st.booleans(),
    responsible=TEXT,
    advice=STEPS,
)
JOINTS = st.builds(
    JointAnswer,
    group=st.sampled_from(Group),
    **dict.fromkeys(("answer", "range", "target", "pin"), TEXT),
    **dict.fromkeys(("unsafe", "limited", "unanswered", "safe"), TEXTS),
    releases=st.just(("1.4.0", "1.4.2")),
    grid=st.dictionaries(TEXT, st.tuples(*[st.none() | st.sampled_from(Verdict)] * 2), max_size=2),
)
ANSWERS = st.builds(
    ModelAnswer,
    model=TEXT,
    sha256=TEXT,
    origin=TEXT,
    group=st.sampled_from(Group),
    answer=TEXT,
    problem=TEXT,
    pin=TEXT,
    safe=TEXTS,
    first_bad=TEXT,
    rows=st.dictionaries(TEXT, COUNT, max_size=2),
    worst=st.dictionaries(
        TEXT,
        st.lists(st.builds(RowChange, row=COUNT, before=TEXT, after=TEXT), max_size=2).map(tuple),
        max_size=2,
    ),
    sandbox=TEXT,
    first_gate_only=TEXT,
    evidence=st.none() | EVIDENCE,
    next_steps=STEPS,
    outcomes=st.lists(OUTCOMES, max_size=2).map(tuple),
    tested=TEXTS,
    notes=TEXTS,
)
ACCEPTANCE = st.builds(
    Acceptance,
    reason=TEXT,
    until=st.dates(),
    **dict.fromkeys(("pipelines", "formats", "writers", "readers", "verdicts"), TEXT),
)
ACCEPTANCES = st.lists(ACCEPTANCE, max_size=1).map(tuple)
CHANGES = st.builds(
    CellChange,
    status=st.sampled_from(Status),
    pipeline=TEXT,
    format=TEXT,
    was=st.none() | st.sampled_from(Verdict),
    now=st.none() | st.sampled_from(Verdict),
    blocks=st.lists(st.builds(PairBlock, writers=TEXTS, readers=TEXTS), max_size=2).map(tuple),
)
COMPARISONS = st.builds(
    Comparison,
    against=TEXT,
    full=st.booleans(),
    counts=st.lists(COUNT, min_size=5, max_size=5).map(
        lambda counts: dict(zip(Status, counts, strict=True))
    ),
    changes=st.lists(CHANGES, max_size=2).map(tuple),
    expired=ACCEPTANCES,
    stale=ACCEPTANCES,
)
SHARDS = st.builds(Shard, index=st.just(1), count=st.integers(1, 9), plan=TEXT)
POINTS = st.builds(ExplanationPoint, heading=TEXT, lines=TEXTS)
STORIES = st.builds(
    Explanation,
    **dict.fromkeys(("pipeline", "format", "writer", "reader", "answer"), TEXT),
    points=st.lists(POINTS, max_size=2).map(tuple),
)
TIMES = st.datetimes(timezones=st.just(timezone.utc)).map(lambda time: time.replace(fold=0))
MATRICES = st.builds(
    Matrix,
    started=TIMES,
    finished=TIMES,
    environments=st.lists(environments(), max_size=2, unique_by=lambda one: one.id).map(tuple),
    pipelines=st.lists(PIPELINES, max_size=2).map(tuple),
    cells=st.lists(CELLS, max_size=4),
    evidence=st.dictionaries(TEXT, EVIDENCE, max_size=2),
    self_check=st.just({}) | st.just(small_matrix().self_check),
    interrupted=st.booleans(),
    answers=st.lists(ANSWERS, max_size=2).map(tuple),
    joint=st.none() | JOINTS,
    whole=st.booleans(),
    shard=st.none() | SHARDS,
    comparison=st.none() | COMPARISONS,
    stories=st.lists(STORIES, max_size=2).map(tuple),
)

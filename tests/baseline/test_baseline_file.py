"""The file of a baseline: small, sorted, a line an entry, and read back as what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import made_up_matrix, small_matrix

from matrix import baseline as baselines
from matrix.baseline import ranges
from matrix.baseline.baseline import Baseline
from matrix.errors import ConfigError, Exit
from matrix.model import Acceptance, CellKey, Verdict

IDS = st.sampled_from(
    ["sklearn-0.22", "sklearn-1.9", "sklearn-1.10", "sklearn-1.9-joblib1.2", "a..b", "c, d > e; f"]
)
BAD = st.sampled_from([verdict for verdict in Verdict if not verdict.safe])
PLACES = st.tuples(
    st.sampled_from(["ridge", "größe", "svc", "my models/a: b.joblib", 'm.pkl → ["model"]']),
    st.sampled_from(["joblib", "pickle-5"]),
    IDS,
    IDS,
)
REASONS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
ACCEPTED = st.builds(
    Acceptance, reason=REASONS, until=st.dates(), pipelines=REASONS.filter(lambda text: text != "*")
)
KNOWN = st.builds(
    Baseline,
    source=st.just("x"),
    verdicts=st.dictionaries(PLACES, BAD),
    acceptances=st.lists(ACCEPTED, max_size=2).map(tuple),
)


@given(KNOWN)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, known: Baseline
) -> None:
    path = tmp_path_factory.mktemp("known") / "baseline.toml"
    path.write_text(baselines.written(known), encoding="utf-8", newline="\n")
    assert baselines.read(path) == replace(known, source=str(path))


@given(st.dictionaries(PLACES, BAD), st.randoms())
def test_the_order_of_cells_changes_nothing(
    verdicts: dict[CellKey, Verdict], random: Random
) -> None:
    items = list(verdicts.items())
    random.shuffle(items)
    one, other = (Baseline(source="x", verdicts=dict(found)) for found in (verdicts, items))
    assert baselines.written(one) == baselines.written(other)


def test_a_line_stands_for_many_cells() -> None:
    """A reviewer reads lines: of a made-up matrix of the usual size, one stands for dozens."""
    known = baselines.of_matrix(made_up_matrix(), "x")
    text = baselines.written(known)
    assert len(known.verdicts) > 40 * len(text.splitlines())
    assert len(text.encode()) < 20_000


def test_how_an_entry_reads() -> None:
    text = baselines.written(baselines.of_matrix(small_matrix(), "x"))
    assert (
        '\n  "random_forest_classifier joblib load-failed: 1.2 > 1.3..1.6; 1.3..1.6 > 1.2' in text
    )
    assert '"1.5-numpy1.26" = "sklearn-1.5-numpy1.26"' in text


def test_environments_stand_in_the_order_of_their_releases() -> None:
    ids = ["sklearn-1.10", "sklearn-1.9-py3.12", "sklearn-1.9", "sklearn-0.24"]
    assert ranges.in_order(ids) == [
        "sklearn-0.24",
        "sklearn-1.9",
        "sklearn-1.9-py3.12",
        "sklearn-1.10",
    ]


GOOD = """schema = 1
known = ["ridge joblib load-failed: a > b"]
[environments]
a = "sklearn-1.2"
b = "sklearn-1.3"
"""


def read(tmp_path: Path, text: str) -> Baseline:
    path = tmp_path / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    return baselines.read(path)


def test_a_file_written_by_hand(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.verdicts == {
        ("ridge", "joblib", "sklearn-1.2", "sklearn-1.3"): Verdict.LOAD_FAILED
    }


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("schema = 1", "schema = 2", "schema: 2 cannot be read here"),
        ("schema = 1", "", "schema: None cannot be read here"),
        ("schema = 1", "schema = ", "is not a baseline"),
        ("schema = 1", "schema = 1\nknow = []", "know: unknown key"),
        ("a > b", "a > c", r"known\[0\]: there is no environment 'c'"),
        ("a > b", "b..a > b", r"known\[0\]: 'b..a' is in reverse order"),
        ("a > b", "a", r"known\[0\]: 'a' is not a pair"),
        ("load-failed", "broken", r"known\[0\]: there is no verdict 'broken'"),
        ("load-failed", "identical", r"known\[0\]: identical is safe"),
        ("known = [", "accepted = [3]\nknown = [", r"accepted\[0\]: must be a table"),
        (
            "known = [",
            "accepted = [{pipelines='x', reason='y'}]\nknown = [",
            r"accepted\[0\]\.until: is missing",
        ),
        (
            "known = [",
            "accepted = [{reason='y', until=2026-01-01}]\nknown = [",
            "accepts everything",
        ),
        (
            "known = [",
            "accepted = [{pipelines='x', until=2026-01-01}]\nknown = [",
            r"accepted\[0\]\.reason: is missing",
        ),
        (
            "known = [",
            "accepted = [{pipeline='x'}]\nknown = [",
            r"accepted\[0\]\.pipeline: unknown key\n  did you mean \"pipelines\"",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place(
    tmp_path: Path, was: str, now: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path, GOOD.replace(was, now, 1))
    assert caught.value.exit_code is Exit.USAGE
    assert "baseline.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_reported_with_what_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="baseline update"):
        baselines.read(tmp_path / "none.toml")


def test_an_acceptance_is_a_line_of_its_own(tmp_path: Path) -> None:
    mine = Acceptance(reason='say "so"', until=date(2027, 1, 31), pipelines="mlp_*")
    text = baselines.written(Baseline(source="x", verdicts={}, acceptances=(mine,)))
    line = r'  { pipelines = "mlp_*", reason = "say \"so\"", until = 2027-01-31 },'
    assert line in text.splitlines()
    assert read(tmp_path, text).acceptances == (mine,)

"""Pictures of what the terminal shows, whole, at fixed widths, and in plain ASCII."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from drawing import Draw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import environment, made_up_matrix, pipeline, small_matrix
from rich.cells import cell_len

from matrix.model import Cell, Failure, Matrix, OutputDifference, Verdict


def section(picture: str, title: str) -> str:
    """The part of a picture that starts with a title."""
    parts = picture.split("\n\n")
    return next(part for part in parts if part.startswith(title)).rstrip("\n") + "\n"


WHOLE_AT_80 = """\
175 cells, 5 of 6 environments ready, 6 pipelines, 5 min 12 s
  ✓ 110 safe             loads, and every output is the same
  ~   0 limited          every output is the same, but repr or get_params fails
  ≠   9 change silently  loads, but predicts differently without an error
  ✗  22 fail             does not load, or fails when used
  ·  34 unknown          not saved, not available, or not run

Saved by (rows), loaded by (columns)
                                               1.5
                                             numpy
                   1.2    1.3    1.5    1.6   1.26
  1.2                ✓     ✗2  ✗2 ≠1  ✗2 ≠1  ✗2 ≠1
  1.3               ✗2      ✓     ≠1     ≠2     ≠1
  1.5               ✗5      ✓      ✓     ≠1      ✓
  1.6               ✗5      ✓      ✓      ✓      ✓
  1.5 numpy1.26     ✗2      ✓      ✓     ≠1      ✓

  ✓ all testable cells are safe   ~ number that are limited
  ≠ number that change silently   ✗ number that fail   · all unknown

                 scikit-learn  Python  numpy   joblib
  1.2            1.2.2         3.11.7  1.24.2  1.2.0
  1.3            1.3.2         3.12.1  1.26.2  1.3.2
  1.5            1.5.2         3.13.0  2.1.1   1.4.2
  1.6            1.6.1         3.13.0  2.2.1   1.4.2
  1.5 numpy1.26  1.5.2         3.12.1  1.26.4  1.4.2

Upgrades that break or change pipelines
  1.2 → 1.3         ✗ load-failed     2  adaboost_samme_r, +1
  up to 1.3 → 1.5   ≠ scores-changed  1  pls_regression
  1.3 to 1.5 → 1.6  ≠ labels-changed  1  adaboost_samme_r

Rollbacks that break or change pipelines
  1.3 and later → 1.2  ✗ load-failed  2  adaboost_samme_r, +1
  1.5 and later → 1.2  ✗ load-failed  2  pls_regression, ridge

Silent changes, worst first (9 cells)
  ≠ pls_regression  predict  1.2 → 1.5, worst of 6
    scores-changed, 180 of 180 rows, by up to 151
    R² 0.480 → -3.200   mean absolute error 43.1 → 148
  ≠ adaboost_samme_r  predict  1.3 → 1.6, worst of 3
    labels-changed, 16 of 1,000 labels
    recall of spam 0.900 → 0.100   accuracy 0.998 → 0.982

Failures (22 cells, 2 reasons)
     12  ValueError: node array from the pickle has an incompatible dtype: -
         expected: {'names': ['left_child', 'right_child', 'feature',…
         load, 2 pipelines, adaboost_samme_r 1.2 → 1.3
     10  ModuleNotFoundError: No module named 'numpy._core'
         load, 4 pipelines, adaboost_samme_r 1.5 → 1.2

Unknown (34 cells, 2 reasons)
     25  pickle.PicklingError: Can't pickle <function <lambda> at 0x…>:
         attribute lookup failed
         save, 1 pipeline, with_a_lambda 1.2 → 1.2
      9  unavailable: no estimator TargetEncoderRidge in this release
         build, 1 pipeline, target_encoder_ridge 1.2 → 1.2

Unavailable environments
  0.21  no wheel of scikit-learn 0.21 for a Python on this machine (3.8 to 3.13)

Self-check: 4 of 5 planted faults found
  ✗ MISSED: never ends
  found: predictions change, dies on load, fails in repr, cannot be built

Limits
  Safe means: these pipelines gave the same outputs on these rows, within the
  tolerance. Other parameters, other data and other machines may differ.
  Outputs that differ were compared on 180 to 1,000 rows.
  34 of 175 cells are unknown: neither safe nor broken.
"""


def test_a_whole_report_at_80_columns(draw: Draw) -> None:
    """The counts come first, then where, then why, then the limits."""
    assert draw(small_matrix(), 80) == WHOLE_AT_80


def test_the_table_counts_what_is_limited(draw: Draw) -> None:
    """Beside what fails and what changes, at the width of a narrow terminal too."""
    matrix = small_matrix()
    few = {("1.2", "1.3"): 3, ("1.6", "1.5"): 2}
    left = dict(few)
    labels = {one.id: one.spec.label for one in matrix.environments}
    cells = []
    for cell in matrix.cells:
        pair = labels[cell.writer], labels[cell.reader]
        if cell.verdict.safe and left.get(pair):
            left[pair] -= 1
            cell = replace(cell, verdict=Verdict.INTROSPECTION_FAILED, stage="repr")
        cells.append(cell)
    limited = replace(matrix, cells=tuple(cells))
    for width in (60, 80, 160):
        text = draw(limited, width)
        (table,) = (part for part in text.split("\n\n") if part.startswith("Saved by"))
        assert "✗2" in table
        assert "~3" in table
        assert re.search(r"1\.6 .*~2", table)
        assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "~   5 limited" in draw(limited, 80)
    assert "Limited: same outputs, but repr or get_params fails (5 cells" in draw(limited, 80)


WHOLE_IN_ASCII = """\
175 cells, 5 of 6 environments ready, 6 pipelines, 5 min 12 s
  + 110 safe             loads, and every output is the same
  ~   0 limited          every output is the same, but repr or get_params fails
  !   9 change silently  loads, but predicts differently without an error
  x  22 fail             does not load, or fails when used
  .  34 unknown          not saved, not available, or not run

Saved by (rows), loaded by (columns)
                                               1.5
                                             numpy
                   1.2    1.3    1.5    1.6   1.26
  1.2                +     x2  x2 !1  x2 !1  x2 !1
  1.3               x2      +     !1     !2     !1
  1.5               x5      +      +     !1      +
  1.6               x5      +      +      +      +
  1.5 numpy1.26     x2      +      +     !1      +

  + all testable cells are safe   ~ number that are limited
  ! number that change silently   x number that fail   . all unknown

                 scikit-learn  Python  numpy   joblib
  1.2            1.2.2         3.11.7  1.24.2  1.2.0
  1.3            1.3.2         3.12.1  1.26.2  1.3.2
  1.5            1.5.2         3.13.0  2.1.1   1.4.2
  1.6            1.6.1         3.13.0  2.2.1   1.4.2
  1.5 numpy1.26  1.5.2         3.12.1  1.26.4  1.4.2

Upgrades that break or change pipelines
  1.2 -> 1.3         x load-failed     2  adaboost_samme_r, +1
  up to 1.3 -> 1.5   ! scores-changed  1  pls_regression
  1.3 to 1.5 -> 1.6  ! labels-changed  1  adaboost_samme_r

Rollbacks that break or change pipelines
  1.3 and later -> 1.2  x load-failed  2  adaboost_samme_r, +1
  1.5 and later -> 1.2  x load-failed  2  pls_regression, ridge

Silent changes, worst first (9 cells)
  ! pls_regression  predict  1.2 -> 1.5, worst of 6
    scores-changed, 180 of 180 rows, by up to 151
    R2 0.480 -> -3.200   mean absolute error 43.1 -> 148
  ! adaboost_samme_r  predict  1.3 -> 1.6, worst of 3
    labels-changed, 16 of 1,000 labels
    recall of spam 0.900 -> 0.100   accuracy 0.998 -> 0.982

Failures (22 cells, 2 reasons)
     12  ValueError: node array from the pickle has an incompatible dtype: -
         expected: {'names': ['left_child', 'right_child', 'feature'...
         load, 2 pipelines, adaboost_samme_r 1.2 -> 1.3
     10  ModuleNotFoundError: No module named 'numpy._core'
         load, 4 pipelines, adaboost_samme_r 1.5 -> 1.2

Unknown (34 cells, 2 reasons)
     25  pickle.PicklingError: Can't pickle <function <lambda> at 0x...>:
         attribute lookup failed
         save, 1 pipeline, with_a_lambda 1.2 -> 1.2
      9  unavailable: no estimator TargetEncoderRidge in this release
         build, 1 pipeline, target_encoder_ridge 1.2 -> 1.2

Unavailable environments
  0.21  no wheel of scikit-learn 0.21 for a Python on this machine (3.8 to 3.13)

Self-check: 4 of 5 planted faults found
  x MISSED: never ends
  found: predictions change, dies on load, fails in repr, cannot be built

Limits
  Safe means: these pipelines gave the same outputs on these rows, within the
  tolerance. Other parameters, other data and other machines may differ.
  Outputs that differ were compared on 180 to 1,000 rows.
  34 of 175 cells are unknown: neither safe nor broken.
"""


def test_a_whole_report_in_ascii(draw: Draw) -> None:
    """Without Unicode, ASCII symbols have the same meaning."""
    assert draw(small_matrix(), 80, encoding="ascii") == WHOLE_IN_ASCII


TABLE_AT_80 = """\
Saved by (rows), loaded by (columns)
                   a   b   c   d   e   f   g   h   i   j   k   l   m   n   o   p
  a 0.22           ✓   ✓   ✓  ≠1  ≠1  ≠1 ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                          ≠1  ≠1  ≠2  ≠2  ≠2  ≠3  ≠3      ≠2  ≠2
  b 0.23           ✓   ✓   ✓  ≠1  ≠1  ≠1 ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                          ≠1  ≠1  ≠2  ≠2  ≠2  ≠3  ≠3      ≠2  ≠2
  c 0.24           ✓   ✓   ✓  ≠1  ≠1  ≠1 ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                          ≠1  ≠1  ≠2  ≠2  ≠2  ≠3  ≠3      ≠2  ≠2
  d 1.0            ✓   ✓   ✓   ✓   ✓   ✓ ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                                  ≠1  ≠1  ≠1  ≠2  ≠2      ≠1  ≠1
  e 1.1            ✓   ✓   ✓   ✓   ✓   ✓ ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                                  ≠1  ≠1  ≠1  ≠2  ≠2      ≠1  ≠1
  f 1.2            ✓   ✓   ✓   ✓   ✓   ✓ ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19  ✗3 ✗13 ✗13
                                                  ≠1  ≠1  ≠1  ≠2  ≠2      ≠1  ≠1
  g 1.3          ✗13 ✗13 ✗13 ✗13 ✗13 ✗13   ✓  ≠1  ≠2  ≠3  ✗1  ✗4  ✗6 ✗16  ≠2  ≠2
                                                          ≠3  ≠4  ≠4
  h 1.4          ✗13 ✗13 ✗13 ✗13 ✗13 ✗13   ✓   ✓  ≠1  ≠2  ✗1  ✗5  ✗6 ✗16  ≠1  ≠1
                                                          ≠2  ≠3  ≠3
  i 1.5          ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ≠1  ≠1   ✓  ≠1  ✗1  ✗4  ✗6 ✗80   ✓   ✓
                                                          ≠1  ≠2  ≠2
  j 1.6          ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ≠1  ≠1   ✓   ✓  ✗1  ✗4  ✗6 ✗80   ✓   ✓
                                                              ≠1  ≠1
  k 1.7          ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ≠1  ≠1   ✓   ✓   ✓  ✗3  ✗5 ✗80   ✓   ✓
                                                              ≠1  ≠1
  l 1.8          ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ✗6  ✗6  ✗6  ✗6  ✗6   ✓  ✗2 ✗80  ✗6  ✗6
  m 1.9          ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ✗8  ✗8  ✗8  ✗8  ✗8  ✗2   ✓ ✗80  ✗8  ✗8
  n 0.24 py3.7     ✓   ✓   ✓  ≠1  ≠1  ≠1 ✗13 ✗13 ✗13 ✗13 ✗14 ✗17 ✗19   ✓ ✗13 ✗13
                                          ≠1  ≠1  ≠2  ≠2  ≠2  ≠3  ≠3      ≠2  ≠2
  o 1.5 joblib1… ✗78 ✗78 ✗80 ✗81 ✗81 ✗81  ≠1  ≠1   ✓  ≠1  ✗1  ✗4  ✗6 ✗80   ✓   ✓
                                                          ≠1  ≠2  ≠2
  p 1.5 numpy1.… ✗13 ✗13 ✗13 ✗13 ✗13 ✗13  ≠1  ≠1   ✓  ≠1  ✗1  ✗4  ✗6 ✗16   ✓   ✓
                  ≠1  ≠1  ≠1  ≠1  ≠1  ≠1                  ≠1  ≠2  ≠2  ≠1
"""


def test_sixteen_environments_fit_80_columns_by_short_ids(draw: Draw) -> None:
    """Failures stand over silent changes; short ids head the columns."""
    assert section(draw(made_up_matrix(), 80), "Saved by") == TABLE_AT_80


TABLE_AT_160 = """\
Saved by (rows), loaded by (columns)
                                                                                                                                    1.5     1.5
                                                                                                                           0.24  joblib   numpy
                   0.22    0.23    0.24     1.0     1.1     1.2     1.3     1.4     1.5     1.6     1.7     1.8     1.9   py3.7     1.2    1.26
  0.22                ✓       ✓       ✓      ≠1      ≠1      ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠2  ✗13 ≠2  ✗14 ≠2  ✗17 ≠3  ✗19 ≠3      ✗3  ✗13 ≠2  ✗13 ≠2
  0.23                ✓       ✓       ✓      ≠1      ≠1      ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠2  ✗13 ≠2  ✗14 ≠2  ✗17 ≠3  ✗19 ≠3      ✗3  ✗13 ≠2  ✗13 ≠2
  0.24                ✓       ✓       ✓      ≠1      ≠1      ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠2  ✗13 ≠2  ✗14 ≠2  ✗17 ≠3  ✗19 ≠3      ✗3  ✗13 ≠2  ✗13 ≠2
  1.0                 ✓       ✓       ✓       ✓       ✓       ✓     ✗13     ✗13  ✗13 ≠1  ✗13 ≠1  ✗14 ≠1  ✗17 ≠2  ✗19 ≠2      ✗3  ✗13 ≠1  ✗13 ≠1
  1.1                 ✓       ✓       ✓       ✓       ✓       ✓     ✗13     ✗13  ✗13 ≠1  ✗13 ≠1  ✗14 ≠1  ✗17 ≠2  ✗19 ≠2      ✗3  ✗13 ≠1  ✗13 ≠1
  1.2                 ✓       ✓       ✓       ✓       ✓       ✓     ✗13     ✗13  ✗13 ≠1  ✗13 ≠1  ✗14 ≠1  ✗17 ≠2  ✗19 ≠2      ✗3  ✗13 ≠1  ✗13 ≠1
  1.3               ✗13     ✗13     ✗13     ✗13     ✗13     ✗13       ✓      ≠1      ≠2      ≠3   ✗1 ≠3   ✗4 ≠4   ✗6 ≠4     ✗16      ≠2      ≠2
  1.4               ✗13     ✗13     ✗13     ✗13     ✗13     ✗13       ✓       ✓      ≠1      ≠2   ✗1 ≠2   ✗5 ≠3   ✗6 ≠3     ✗16      ≠1      ≠1
  1.5               ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ≠1      ≠1       ✓      ≠1   ✗1 ≠1   ✗4 ≠2   ✗6 ≠2     ✗80       ✓       ✓
  1.6               ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ≠1      ≠1       ✓       ✓      ✗1   ✗4 ≠1   ✗6 ≠1     ✗80       ✓       ✓
  1.7               ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ≠1      ≠1       ✓       ✓       ✓   ✗3 ≠1   ✗5 ≠1     ✗80       ✓       ✓
  1.8               ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ✗6      ✗6      ✗6      ✗6      ✗6       ✓      ✗2     ✗80      ✗6      ✗6
  1.9               ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ✗8      ✗8      ✗8      ✗8      ✗8      ✗2       ✓     ✗80      ✗8      ✗8
  0.24 py3.7          ✓       ✓       ✓      ≠1      ≠1      ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠2  ✗13 ≠2  ✗14 ≠2  ✗17 ≠3  ✗19 ≠3       ✓  ✗13 ≠2  ✗13 ≠2
  1.5 joblib1.2     ✗78     ✗78     ✗80     ✗81     ✗81     ✗81      ≠1      ≠1       ✓      ≠1   ✗1 ≠1   ✗4 ≠2   ✗6 ≠2     ✗80       ✓       ✓
  1.5 numpy1.26  ✗13 ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠1  ✗13 ≠1      ≠1      ≠1       ✓      ≠1   ✗1 ≠1   ✗4 ≠2   ✗6 ≠2  ✗16 ≠1       ✓       ✓
"""  # noqa: E501


def test_sixteen_environments_have_their_labels_at_160_columns(draw: Draw) -> None:
    """Failures stand beside silent changes; labels head the columns."""
    assert section(draw(made_up_matrix(), 160), "Saved by") == TABLE_AT_160


BREAKS_AT_80 = """\
Upgrades that break or change pipelines
  up to 0.24 → 1.0  ≠ structure-changed   1  kernel_pca
  up to 1.2 → 1.3   ✗ load-failed        13  adaboost_classifier,
                                             adaboost_samme_r, bagging_trees,
                                             decision_tree_classifier, +9
  1.3 → 1.4         ≠ scores-changed      1  decision_tree_classifier
  up to 1.4 → 1.5   ≠ scores-changed      1  pls_regression
  1.3 to 1.5 → 1.6  ≠ labels-changed      1  adaboost_samme_r
  up to 1.6 → 1.7   ✗ load-failed         1  column_transformer_remainder
  1.4 → 1.8         ✗ crashed             1  isolation_forest
  up to 1.7 → 1.8   ✗ use-failed          3  iterative_imputer_ridge, +2
  up to 1.7 → 1.8   ≠ scores-changed      1  logistic_one_vs_rest
  up to 1.8 → 1.9   ✗ load-failed         2  gradient_boosting_classifier, +1

Rollbacks that break or change pipelines
  1.3 and later → 1.2  ✗ load-failed     13  adaboost_classifier,
                                             adaboost_samme_r, bagging_trees,
                                             decision_tree_classifier, +9
  1.5 and later → 1.2  ✗ load-failed     64  agglomerative, bayesian_ridge,
                                             birch, calibrated_svc,
                                             chain_of_logistic, +59
  1.5 to 1.7 → 1.4     ≠ scores-changed   1  logistic_binary
  1.8 and later → 1.7  ✗ use-failed       6  chain_of_logistic, logistic_binary,
                                             logistic_multinomial,
                                             logistic_one_vs_rest, +2
  1.9 → 1.8            ✗ load-failed      2  gradient_boosting_classifier, +1

Same scikit-learn release, another package or Python version
  0.24 → 0.24 py3.7  ✗ load-failed  3  lda [pickle-5], ridge [pickle-5],
                                       svr [pickle-5]
"""


def test_breaks_along_the_release_line(draw: Draw) -> None:
    """Upgrades, rollbacks and variations; pipelines with the same break share a line."""
    picture = draw(made_up_matrix(), 80)
    titles = ("Upgrades", "Rollbacks", "Same scikit-learn release")
    assert "\n".join(section(picture, title) for title in titles) == BREAKS_AT_80


def test_everything_leaves_no_pipeline_out(draw: Draw) -> None:
    """``--all`` names each of those that the short form only counts."""
    matrix = made_up_matrix()
    full = section(draw(matrix, 80, everything=True), "Rollbacks")
    for name in ("voting_classifier", "agglomerative", "truncated_svd"):
        assert name in full
    assert "+" not in full


def test_hidden_lines_are_counted_with_a_command_to_see_them(draw: Draw) -> None:
    """Thirty reasons: eight are shown, and the cells of the others are added up."""
    old, new = environment("1.0", "1.0.2"), environment("1.1", "1.1.3")
    cells = [
        replace(
            failed_cell(old.id, new.id), exception=Failure(type="ValueError", message="x" * (i + 1))
        )
        for i in range(30)
    ]
    matrix = replace(small_matrix(), environments=(old, new), cells=cells)
    failures = section(draw(matrix), "Failures (30 cells, 30 reasons)")
    assert failures.endswith("  … and 22 more reasons (22 cells): compat-matrix report --all\n")
    assert "report --all" not in draw(matrix, everything=True)


def test_colour_is_used_and_is_never_the_only_signal(draw: Draw) -> None:
    """Taking the colours out of a coloured report gives the plain one."""
    coloured = draw(small_matrix(), colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == draw(small_matrix())


def test_a_lost_class_is_highlighted(draw: Draw) -> None:
    """Bold and red, before an accuracy that hardly moved."""
    assert "\x1b[1;31mrecall of spam 0.900 → 0.100\x1b[0m   accuracy 0.998 → 0.982" in draw(
        small_matrix(), colour=True
    )


def test_an_unfinished_pair_is_not_green(draw: Draw) -> None:
    """One safe cell and one that was not run: the pair is unknown."""
    here = environment("1.0", "1.0.2")
    good = Cell(
        pipeline="a", format="joblib", writer=here.id, reader=here.id, verdict=Verdict.IDENTICAL
    )
    cells = [good, replace(good, pipeline="b", verdict=Verdict.NOT_RUN, reason="interrupted")]
    matrix = replace(small_matrix(), environments=(here,), cells=cells, interrupted=True)
    picture = draw(matrix)
    assert re.search(r"^  1\.0 +·$", picture, re.MULTILINE)
    assert "interrupted: the report shows what was finished" in picture


def test_a_matrix_without_cells_has_zero_cells(draw: Draw) -> None:
    """Nothing was run."""
    picture = draw(replace(small_matrix(), cells=[]))
    assert picture.startswith("0 cells, 5 of 6 environments ready")
    assert "Saved by" not in picture


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 160, 240])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_no_line_is_wider_than_the_terminal(draw: Draw, width: int, encoding: str) -> None:
    """At any width, in any encoding."""
    picture = draw(small_matrix(), width, encoding=encoding)
    assert all(cell_len(line) <= width for line in picture.splitlines())


def test_forty_environments_are_split_into_blocks(draw: Draw) -> None:
    """Each block repeats the rows, and no column is lost."""
    environments = [environment(f"1.{i}", f"1.{i}.0") for i in range(40)]
    cells = [failed_cell(w.id, r.id) for w in environments for r in environments]
    matrix = replace(small_matrix(), environments=tuple(environments), cells=cells)
    table = draw(matrix).split("\n\nUpgrades")[0]
    assert sum(line.count("✗1") for line in table.splitlines()[6:]) >= 1600
    assert all(cell_len(line) <= 80 for line in table.splitlines())


def failed_cell(writer: str, reader: str) -> Cell:
    """A cell that does not load."""
    return Cell(
        pipeline="forest",
        format="joblib",
        writer=writer,
        reader=reader,
        verdict=Verdict.LOAD_FAILED,
        stage="load",
        exception=Failure(type="ValueError", message="broken"),
    )


NASTY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(), max_size=30),  # lone surrogates too
    st.sampled_from(
        [
            "[bold red]not markup[/] [link=https://x]y[/link] :smile:",
            "\x1b[2J\x1b]0;title\x07\x1b[31m",
            "::error file=a::x",
            "x" * 97 + "::error file=a::x",
            "##[error]x ##vso[a]b ##teamcity[c]",
            "a\nb\r\nc\td\x00\x85\u2028\u2029",
            "\u202egnirts desrever\u2066",
            "x" * 1_000_000,
            "'" * 50_000 + "[" * 50_000 + "{" * 50_000,
            "漢字" * 400,
            "e\u0301" * 50,
            "",
        ]
    ),
)


def nasty_matrix(text: str) -> Matrix:
    """A matrix that has this text wherever foreign text may be."""
    here, there = environment("1.0", text), environment("1.1", "1.1.3")
    here = replace(here, spec=replace(here.spec, label=text))
    bad = failed_cell(here.id, there.id)
    bad = replace(bad, pipeline=text, stage=text, exception=Failure(type=text, message=text))
    difference = OutputDifference(verdict=Verdict.LABELS_CHANGED, n=9, n_changed=1, note=text)
    changed = replace(
        failed_cell(there.id, here.id),
        pipeline=text,
        verdict=Verdict.LABELS_CHANGED,
        stage=text,
        exception=None,
        outputs={text: difference},
        retrained=text,
    )
    unknown = replace(bad, format=text, verdict=Verdict.NOT_SAVED, exception=None, reason=text)
    gone = replace(environment("1.2"), reason=text or "?")
    return replace(
        small_matrix(),
        environments=(here, there, gone),
        pipelines=(pipeline("x"),),
        cells=[bad, changed, unknown],
        self_check={text: list(small_matrix().self_check.values())[3]},
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(NASTY, st.sampled_from([40, 80, 160]), st.sampled_from(["utf-8", "ascii"]))
def test_no_text_alters_the_report(draw: Draw, text: str, width: int, encoding: str) -> None:
    """Markup, escapes, line breaks, control characters and long texts are never interpreted."""
    picture = draw(nasty_matrix(text), width, encoding=encoding)
    lines = picture.split("\n")
    assert all(line.isprintable() for line in lines)
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) < 200
    assert picture.startswith("3 cells, 2 of 3 environments ready")
    assert sum(line.startswith(("Failures (1 cell", "Unknown (1 cell")) for line in lines) == 2


def test_markup_is_shown_as_it_is(draw: Draw) -> None:
    """Brackets are plain text."""
    assert "≠ [bold red]not markup[/]" in draw(nasty_matrix("[bold red]not markup[/]"), 160)

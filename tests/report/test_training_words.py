"""What of a model of Keras is the same stands in every report, each answer for itself."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import jsonschema
import pytest
from made_up import made_up_matrix

from matrix.model import Group, Matrix, ModelAnswer, Pipeline, TrainingAnswer
from matrix.report.html import write_html
from matrix.report.json import schema, write_json
from matrix.report.markdown import write_markdown
from matrix.report.sarif import write_sarif
from matrix.report.text_and_svg import write_text
from matrix.report.verdict_words import GROUP_WORDS

LOST = TrainingAnswer(same_predictions=True, same_loss=None, training_state_kept=False)
TEXT = "predicts the same: yes; state of training kept: no"
ENVIRONMENT = "sklearn-1.5"
TRAINED = "predicts or trains differently without an error"


@pytest.fixture
def checked() -> Matrix:
    found = made_up_matrix(names=["net.keras"])
    answer = ModelAnswer(
        model="net.keras",
        sha256="",
        origin="sklearn-1.3",
        group=Group.CHANGES,
        answer="changes training_state with 3.15.1",
        training={ENVIRONMENT: LOST},
    )
    pipelines: list[Pipeline] = [replace(one, formats=("keras",)) for one in found.pipelines]
    return replace(found, answers=(answer,), pipelines=tuple(pipelines))


def text_of(write: object, matrix: Matrix) -> str:
    stream = io.StringIO()
    assert callable(write)
    write(matrix, stream)
    return stream.getvalue()


def test_json_has_each_answer_and_follows_its_schema(checked: Matrix) -> None:
    found = json.loads(text_of(write_json, checked))
    jsonschema.validate(found, schema())
    assert found["answers"][0]["training"] == {
        ENVIRONMENT: {
            "same_predictions": True,
            "same_loss": None,
            "training_state_kept": False,
            "same_next_step": None,
        }
    }


def test_markdown_and_the_page_have_a_line_for_each_environment(checked: Matrix) -> None:
    assert f": {TEXT}" in text_of(write_markdown, checked)
    assert f"<dd>{TEXT}</dd>" in text_of(write_html, checked)


def test_a_silent_change_is_one_of_the_training_too_where_models_of_keras_are(
    checked: Matrix,
) -> None:
    plain = replace(checked, pipelines=made_up_matrix(names=["ridge"]).pipelines)
    for write in (write_html, write_sarif, write_text):
        assert TRAINED in text_of(write, checked)
        assert TRAINED not in text_of(write, plain)
        assert GROUP_WORDS[Group.CHANGES].meaning in text_of(write, plain)

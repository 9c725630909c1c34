"""A key changes exactly when something changes that a result depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from matrix.model import Artifact, EnvInfo, Failure, Fix, Pipeline, Returned, Saving
from matrix.store import keys

INFO = EnvInfo(
    python="3.12.1",
    platform="Linux-x86_64",
    executable=Path("/env/bin/python"),
    packages={"scikit-learn": "1.3.2", "numpy": "1.26.4"},
    blas="openblas 0.3.23, 2 threads",
)
PIPELINE = Pipeline(
    id="ridge", file=Path("a.py"), line=1, doc="", formats=("joblib",), digest="code"
)
ARTIFACT = Artifact(pipeline="ridge", format="joblib", writer="w", sha256="a" * 64, size=5)
SAVING = Saving(
    pipeline="ridge",
    writer="w",
    artifacts={"joblib": ARTIFACT},
    rows="1" * 64,
    outputs={"predict": Returned(digest="2" * 64), "score": Failure(type="E", message="m")},
)
FIX = Fix(path=("steps", "0"), name="mode", value="'fast'", of="transformer")


def changed(whole: Any, **changes: Any) -> dict[str, Any]:
    return {name: replace(whole, **{name: value}) for name, value in changes.items()}


@pytest.mark.parametrize(
    "other",
    changed(
        INFO,
        python="3.12.2",
        platform="Linux-aarch64",
        packages={"scikit-learn": "1.3.2", "numpy": "1.26.3"},
        blas="openblas 0.3.23, 1 thread",
    ).items(),
    ids=lambda one: one[0],
)
def test_an_environment_is_what_was_found_in_it(other: tuple[str, EnvInfo]) -> None:
    assert keys.environment(other[1]) != keys.environment(INFO)


def test_an_environment_is_the_same_wherever_it_stands_and_however_its_packages_are_listed() -> (
    None
):
    moved = replace(
        INFO,
        executable=Path("/elsewhere/bin/python"),
        packages=dict(reversed(INFO.packages.items())),
    )
    assert keys.environment(moved) == keys.environment(INFO)
    assert {one.name for one in fields(EnvInfo)} == {
        *("python", "platform", "executable", "packages", "blas")
    }, "a new field: is it part of what a result depends on?"


@pytest.mark.parametrize("field", ["id", "digest", "formats"])
def test_what_is_saved_depends_on_the_pipeline(field: str) -> None:
    other = changed(PIPELINE, id="lasso", digest="other code", formats=("joblib", "pickle-5"))
    assert keys.saving(other[field], "env") != keys.saving(PIPELINE, "env")
    assert keys.saving(PIPELINE, "another env") != keys.saving(PIPELINE, "env")


LOADS: dict[str, tuple[Pipeline, Artifact, Saving]] = {
    "bytes of the file": (PIPELINE, replace(ARTIFACT, sha256="b" * 64), SAVING),
    "format": (PIPELINE, replace(ARTIFACT, format="pickle-5"), SAVING),
    "rows": (PIPELINE, ARTIFACT, replace(SAVING, rows="3" * 64)),
    "recorded output": (
        PIPELINE,
        ARTIFACT,
        replace(SAVING, outputs={**SAVING.outputs, "predict": Returned(digest="4" * 64)}),
    ),
    "recorded method": (
        PIPELINE,
        ARTIFACT,
        replace(SAVING, outputs={**SAVING.outputs, "transform": Failure(type="E", message="m")}),
    ),
    "named methods only": (PIPELINE, ARTIFACT, replace(SAVING, only=True)),
    "code of the pipeline": (replace(PIPELINE, digest="other code"), ARTIFACT, SAVING),
}


@pytest.mark.parametrize("work", LOADS.values(), ids=LOADS)
def test_what_is_loaded_depends_on_the_file_the_rows_and_the_reference(
    work: tuple[Pipeline, Artifact, Saving],
) -> None:
    assert keys.loaded(*work) != keys.loaded(PIPELINE, ARTIFACT, SAVING)


def test_what_is_loaded_does_not_depend_on_who_wrote_the_same_bytes() -> None:
    elsewhere = replace(ARTIFACT, writer="another", size=6)
    assert keys.loaded(PIPELINE, elsewhere, replace(SAVING, writer="another")) == keys.loaded(
        PIPELINE, ARTIFACT, SAVING
    )


def test_a_load_depends_on_its_reader_and_a_trace_on_its_method_too() -> None:
    found = {
        keys.loading("file", "reader"),
        keys.loading("file", "another reader"),
        keys.loading("another file", "reader"),
        keys.tracing("file", "predict", "reader"),
        keys.tracing("file", "transform", "reader"),
        keys.tracing("file", "predict", "another reader"),
        keys.tracing("another file", "predict", "reader"),
    }
    assert len(found) == 7


def resaved(
    pipeline: Pipeline = PIPELINE,
    artifact: Artifact = ARTIFACT,
    formats: tuple[str, ...] = ("joblib",),
    fixes: tuple[Fix, ...] = (FIX,),
    environment: str = "env",
) -> str:
    return keys.resaving(pipeline, artifact, formats, fixes, environment)


def test_a_file_that_is_saved_again_depends_on_all_that_is_done_to_it() -> None:
    others = [
        resaved(pipeline=replace(PIPELINE, digest="other code")),
        resaved(artifact=replace(ARTIFACT, sha256="b" * 64)),
        resaved(artifact=replace(ARTIFACT, format="pickle-5")),
        resaved(formats=("pickle-5",)),
        resaved(fixes=()),
        resaved(environment="another env"),
        *(
            resaved(fixes=(one,))
            for one in changed(
                FIX, path=("steps", "1"), name="other", value="'slow'", of="other"
            ).values()
        ),
    ]
    assert len({resaved(), *others}) == len(others) + 1


def test_no_kind_of_work_takes_the_answer_of_another() -> None:
    """Even where all that it depends on is spelled alike."""
    assert keys.of("save", "x") != keys.of("load", "x")
    assert keys.of("a", "b") != keys.of("ab")
    assert keys.of({"a": 1, "b": 2}) == keys.of({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("folder", "cached"),
    [("WORKER", keys.worker), ("JUDGE", keys.judge), ("CAUSES", keys.causes)],
    ids=["worker", "judge", "causes"],
)
def test_a_change_of_our_own_code_makes_every_key_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, cached: Callable[[], str]
) -> None:
    """Its text counts, and the name of the file that it is in, at any depth."""
    monkeypatch.setattr(keys, folder, tmp_path)
    (tmp_path / "inner").mkdir()
    found = set()
    try:
        for name, text in [
            ("a.py", "x = 1"),
            ("a.py", "x = 2"),
            ("b.py", "x = 2"),
            ("inner/c.py", ""),
        ]:
            (tmp_path / name).write_text(text)
            cached.cache_clear()  # type: ignore[attr-defined]
            found.add(cached())
        (tmp_path / "notes.txt").write_text("no code")
        cached.cache_clear()  # type: ignore[attr-defined]
        found.add(cached())
    finally:
        cached.cache_clear()  # type: ignore[attr-defined]
    assert len(found) == 4


@pytest.mark.parametrize("key", ["saving", "loaded", "resaving"])
def test_what_a_worker_does_depends_on_its_code(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def of() -> str:
        if key == "saving":
            return keys.saving(PIPELINE, "env")
        return resaved() if key == "resaving" else keys.loaded(PIPELINE, ARTIFACT, SAVING)

    before = of()
    monkeypatch.setattr(keys, "worker", lambda: "another worker")
    assert of() != before

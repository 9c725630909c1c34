"""A file is saved in another format by its origin; both environments get the format's package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from matrix.model import Environment, EnvSpec
from matrix.remedies import CandidateFile, ResaveStep, Subject
from matrix.remedies.exports import find_export, other_formats
from matrix.remedies.manual_steps import by_hand

from .conftest import BAD, SAFE, World, artifact, cell, environment


@dataclass
class Registry(World):
    """An environment factory in which skops is available up to some release."""

    skops: str = "0.16.0"
    newest_at_home: str = "0.16.0"
    requested: tuple[str, ...] = ()

    def prepare(self, specs: Iterable[EnvSpec]) -> list[Environment]:
        made = []
        for spec in specs:
            self.requested += tuple(one for one in spec.requirements if one.startswith("skops"))
            found = environment(spec.scikit_learn, skops=self.skops)
            gone = replace(found, info=None, lock=None, reason="no wheel")
            made.append(replace(found if self.skops else gone, spec=spec))
        return made

    def step(self, *arguments: Any, **more: Any) -> CandidateFile | str:
        file = super().step(*arguments, **more)
        assert isinstance(file, CandidateFile)
        named = replace(
            file.artifact,
            format=more["format_name"],
            sha256=f"{file.artifact.sha256} as {more['format_name']}",
        )
        return replace(file, artifact=named)


def test_pickles_come_first_and_only_where_it_does_not_load(ends: Subject) -> None:
    world = Registry(lambda file, _: SAFE if file.endswith("as pickle-4") else BAD)
    found, tried = find_export(world.experiment, ends, cell(BAD))
    assert found is not None
    assert (found.file.artifact.format, found.reader, found.package) == (
        "pickle-4",
        ends.reader,
        "",
    )
    assert (tried, world.requested) == ((), ())
    in_use = cell(BAD, stage="predict")
    found, tried = find_export(world.experiment, ends, in_use)
    assert (found, tried) == (None, ()), "skops holds the same attributes as a pickle"


def test_skops_is_added_on_both_sides_and_the_writer_has_no_newer_one(ends: Subject) -> None:
    world = Registry(lambda file, _: SAFE if file.endswith("as skops") else BAD, skops="0.11.0")
    found, tried = find_export(world.experiment, ends, cell(BAD))
    assert found is not None
    assert found.package == "skops 0.11.0"
    assert world.requested == ("skops", "skops<=0.11.0")
    assert found.reader.id.startswith(f"{ends.reader.id}-with-skops-")
    assert found.file.steps[-1].environment.id.startswith(f"{ends.writer.id}-with-skops-")
    assert tried == ("as pickle-4: still load-failed", "as pickle-2: still load-failed")


def test_skops_that_is_there_already_is_taken_as_it_is(ends: Subject) -> None:
    there = replace(
        ends,
        writer=environment("1.0.0", skops="0.9.0"),
        reader=environment("1.9.0", skops="0.13.0"),
    )
    world = Registry(lambda file, _: SAFE if file.endswith("as skops") else BAD)
    found, _ = find_export(world.experiment, there, cell(BAD))
    assert found is not None
    assert (found.reader, found.package, world.requested) == (there.reader, "", ())


def test_where_skops_is_unavailable_that_is_reported(ends: Subject) -> None:
    world = Registry(lambda *_: BAD, skops="")
    found, tried = find_export(world.experiment, ends, cell(BAD))
    assert found is None
    assert tried[-1] == "as skops: skops is not available in the target: no wheel"


def test_what_is_in_skops_is_offered_as_a_pickle(ends: Subject) -> None:
    there = replace(ends, artifact=replace(ends.artifact, format="skops"))
    world = Registry(lambda file, _: SAFE if file.endswith("as joblib") else BAD)
    found, _ = find_export(world.experiment, there, cell(BAD, stage="predict"))
    assert found is not None
    assert found.file.artifact.format == "joblib"
    assert world.requested == ()


def test_by_hand_it_is_the_same_lines_with_skops_in_them() -> None:
    saved = replace(artifact("a"), format="skops")
    home = environment("1.5.2", skops="0.11.0")
    file = CandidateFile(
        artifact=saved, steps=(ResaveStep(environment=home, cell=cell(SAFE), artifact=saved),)
    )
    lines = by_hand(file, "m.joblib", "m.skops").splitlines()
    assert "skops==0.11.0" in lines[1]
    assert lines[3:6] == [
        "import joblib, pickle, skops.io",
        "model = joblib.load('m.joblib')",
        "skops.io.dump(model, 'm.skops')",
    ]
    assert "skops.io.load('m.skops'" in lines[-1]
    again = by_hand(file, "m.skops", "n.skops", saved_as="skops").splitlines()
    assert "model = skops.io.load('m.skops'" in again[4]
    assert again[-1] == "EOF"


def test_the_format_of_a_library_is_tried_only_where_the_origin_has_it(ends: Subject) -> None:
    """TensorFlow is not installed to find out that a file of scikit-learn is no model of Keras."""
    bad = cell(BAD, stage="predict")
    assert list(other_formats(ends, bad)) == []
    home = replace(ends, writer=environment("1.0.0", keras="3.5.0"))
    assert "keras" in other_formats(home, bad)

"""Made-up files and environments between which remedies are searched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from matrix.model import (
    AppliedConversion,
    Artifact,
    Cell,
    EnvInfo,
    Environment,
    EnvSpec,
    Failure,
    Fix,
    Interpreter,
    Lock,
    OutputDifference,
    Pipeline,
    Resaving,
    Returned,
    Saving,
    Verdict,
)
from matrix.remedies import CandidateFile, Experiment, ResaveStep, Subject

SAFE, BAD = Verdict.IDENTICAL, Verdict.LOAD_FAILED


def environment(release: str, **packages: str) -> Environment:
    python = packages.pop("python", "3.11.7")
    spec = EnvSpec(
        id=f"sklearn-{release}", label=release, scikit_learn=release, requirements=("pandas",)
    )
    pins = {"scikit-learn": release, "numpy": "1.26.4", "pandas": "2.2.0"} | packages
    lock = Lock(
        interpreter=Interpreter(path=Path("python"), version=python),
        pins=pins,
        as_of=date(2024, 5, 1),
    )
    info = EnvInfo(python=python, platform="linux", executable=Path("python"), packages=pins)
    return Environment(spec=spec, lock=lock, info=info)


def artifact(name: str) -> Artifact:
    return Artifact(pipeline="m", format="joblib", writer="w", sha256=name, size=1)


def cell(verdict: Verdict, **more: Any) -> Cell:
    failure = Failure(type="ValueError", message="no") if verdict is BAD else None
    stage = "load" if verdict is BAD else ""
    fields: dict[str, Any] = {"stage": stage, "exception": failure} | more
    if verdict is Verdict.USE_FAILED:
        fields.setdefault("outputs", {"predict": OutputDifference(verdict=verdict)})
    return Cell(pipeline="m", format="joblib", writer="w", reader="r", verdict=verdict, **fields)


def subject(writer: Environment, reader: Environment) -> Subject:
    saving = Saving(
        pipeline="m",
        writer=writer.id,
        artifacts={"joblib": artifact("original")},
        rows="1" * 64,
        outputs={"predict": Returned(digest="2" * 64), "repr": Returned(digest="")},
    )
    return Subject(
        pipeline=Pipeline(id="m", file=Path("m"), line=1, doc=""),
        saving=saving,
        artifact=artifact("original"),
        writer=writer,
        reader=reader,
    )


class Quiet:
    def stage(self, name: str, total: int | None = None) -> None: ...

    def more(self, name: str, pieces: int) -> None: ...

    def advance(self, n: int = 1, under_way: str = "", *, stage: str | None = None) -> None: ...


@dataclass
class World:
    """A fake experiment: a verdict for each file and release, and names for files saved again."""

    gives: Callable[[str, str], Verdict]
    """Receives a file, identified by the releases that saved it, and a release."""
    lacking: tuple[Fix, ...] = ()
    converted: tuple[AppliedConversion, ...] = ()
    loads: list[tuple[str, str]] = field(default_factory=list)
    ends: list[tuple[CandidateFile, Cell]] = field(default_factory=list)

    @property
    def experiment(self) -> Experiment:
        return cast(Experiment, self)

    @property
    def context(self) -> World:
        return self

    @property
    def factory(self) -> World:
        return self

    progress = Quiet()

    def prepare(self, specs: Iterable[EnvSpec]) -> list[Environment]:
        return [environment(spec.scikit_learn) for spec in specs]

    def cells(
        self, _: Subject, file: CandidateFile, readers: Sequence[Environment]
    ) -> dict[str, Cell]:
        return {one.id: self.cell(_, file, one) for one in readers}

    def cell(self, _: Subject, file: CandidateFile, reader: Environment) -> Cell:
        self.loads.append((file.artifact.sha256, reader.spec.scikit_learn))
        return cell(self.gives(file.artifact.sha256, reader.spec.scikit_learn))

    def resaved(self, *_: object) -> Resaving:
        return Resaving(lacking=self.lacking)

    def step(
        self,
        _: Subject,
        file: CandidateFile,
        environment: Environment,
        cell: Cell,
        *,
        format_name: str = "",
        fixes: Sequence[Fix] = (),
        convert: bool = False,
    ) -> CandidateFile | str:
        names = "converted" if convert else "+".join(sorted({fix.name for fix in fixes}))
        name = ">".join(filter(None, [file.artifact.sha256, environment.spec.scikit_learn, names]))
        step = ResaveStep(
            environment=environment,
            cell=cell,
            artifact=artifact(name),
            fixes=tuple(fixes),
            converted=self.converted if convert else (),
        )
        return CandidateFile(artifact=artifact(name), steps=(*file.steps, step))


@pytest.fixture
def ends() -> Subject:
    return subject(environment("1.0.0"), environment("1.9.0"))

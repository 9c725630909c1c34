"""Cells of a stored run: culprit package, first bad release and remedies, on real releases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from matrix import catalog as catalogs
from matrix.cli import main
from matrix.engine import last_run
from matrix.engine.inputs import cell_inputs
from matrix.engine.run_context import RunContext
from matrix.environments import BuildStep
from matrix.model import Cell
from matrix.remedies import (
    EnvironmentFactory,
    Experiment,
    RemedyKind,
    Subject,
    find_culprit,
    find_first_bad,
    find_remedies,
)
from matrix.report.open_progress import open_progress
from matrix.report.progress import Progress
from matrix.store import Store

from .projects import ROOT

CONFIGURATION = f"""
pipelines = ["{ROOT.as_posix()}/fixtures"]
requirements = ["pandas"]
download-python = "never"
[[sets.default.environments]]
scikit-learn = "1.2.2"
[[sets.default.environments]]
scikit-learn = "1.3.2"
[[sets.default.environments]]
name = "numpy-2"
scikit-learn = "1.5.2"
python = "3.11"
requirements = ["numpy==2.0.2"]
[[sets.default.environments]]
name = "numpy-1"
scikit-learn = "1.5.2"
python = "3.11"
requirements = ["numpy==1.25.2"]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a run of two pipelines."""
    here, home = Path.cwd(), tmp_path_factory.mktemp("wayout")
    os.chdir(home)
    (home / "matrix.toml").write_text(CONFIGURATION)
    only = ("--pipelines", "tree_classifier", "--pipelines", "ridge_scaled")
    assert main(["run", "--config", "matrix.toml", *only]) in (0, 3)
    yield home
    os.chdir(here)


class Case:
    """A cell with what it takes to ask for its cause."""

    def __init__(self, store: Store, progress: Progress, *names: str) -> None:
        catalog = catalogs.read(Path("matrix.toml"))
        matrix = last_run.last(store)
        self.cell: Cell = next(
            cell for cell in matrix.cells if (cell.pipeline, cell.writer, cell.reader) == names
        )
        self.subject = Subject.of(cell_inputs(store, matrix, catalog.pipelines, self.cell))
        context = RunContext.of(catalog, matrix.environments, store, progress=progress, slots=2)
        factory = EnvironmentFactory(
            catalog=catalog, report=_silent, common=catalog.requirements, jobs=2
        )
        self.experiment = Experiment(
            context=context, tolerances=catalog.tolerances, factory=factory
        )


def _silent(_: BuildStep) -> None:
    pass


def test_numpy_alone_and_a_numpy_between_is_the_bridge(home: Path) -> None:
    """numpy 2 renamed numpy.core, and 1.26.1 was the first that knows both names."""
    with Store(home / ".matrix") as store, open_progress() as progress:
        case = Case(store, progress, "ridge_scaled", "numpy-2", "numpy-1")
        assert case.cell.verdict.value == "load-failed"
        culprit = find_culprit(case.experiment, case.subject, case.cell)
        assert culprit.words == "numpy alone is responsible (2.0.2 → 1.25.2)"
        first_bad = find_first_bad(case.experiment, case.subject, culprit)
        assert first_bad is not None
        assert (first_bad.package, first_bad.first_bad) == ("numpy", "1.26.0")
        assert first_bad.last_good == "1.26.1"
        assert first_bad.exact
        ways = find_remedies(
            case.experiment, case.subject, case.cell, culprit=culprit, first_bad=first_bad
        )
        kinds = [way.kind for way in ways.found]
        assert kinds == [RemedyKind.PIN, RemedyKind.EXPORT, RemedyKind.ROUTE]
        pin, export, route = ways.found
        assert pin.requirement == "numpy>=1.26.1"
        assert export.file is not None
        assert export.file.artifact.format == "skops"
        assert export.cell is not None
        assert export.cell.verdict.safe
        assert route.cell is not None
        assert route.cell.verdict.safe
        assert route.file is not None
        assert "1.26.1" in route.file.steps[0].environment.spec.label

        # All of it is kept: asking again starts no worker.
        again = Case(store, progress, "ridge_scaled", "numpy-2", "numpy-1")
        assert find_culprit(again.experiment, again.subject, again.cell).words == culprit.words
        assert find_first_bad(again.experiment, again.subject, culprit) is not None
        assert [
            way.words
            for way in find_remedies(
                again.experiment, again.subject, again.cell, culprit=culprit, first_bad=first_bad
            ).found
        ] == [way.words for way in ways.found]
        assert not again.experiment.context.worked


@pytest.mark.nightly
def test_scikit_learn_alone_and_its_trees_are_converted(home: Path) -> None:
    """1.3 gave the nodes of trees another layout; numpy, scipy and joblib changed beside it."""
    with Store(home / ".matrix") as store, open_progress() as progress:
        case = Case(store, progress, "tree_classifier", "sklearn-1.2.2", "sklearn-1.3.2")
        assert case.cell.verdict.value == "load-failed"
        culprit = find_culprit(case.experiment, case.subject, case.cell)
        assert culprit.words == "scikit-learn alone is responsible (1.2.2 → 1.3.2)"
        told = {swap.package: swap.shows for swap in culprit.swaps}
        assert told["numpy"] is told["scipy"] is told["joblib"] is False
        first_bad = find_first_bad(case.experiment, case.subject, culprit)
        assert first_bad is not None
        assert first_bad.words == (
            "first bad: scikit-learn 1.3.0; 1.2.2 is the last good one (run: 1.3.0)"
        )
        ways = find_remedies(
            case.experiment, case.subject, case.cell, culprit=culprit, first_bad=first_bad
        )
        assert RemedyKind.CONVERSION in [way.kind for way in ways.files]
        assert RemedyKind.RETRAIN not in [way.kind for way in ways.found]

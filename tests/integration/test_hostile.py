"""Files that nobody should load, through the real thing: nothing runs, all others are answered."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from matrix.errors import NotAModelError
from matrix.executors.jobs import Job
from matrix.executors.pool import Pool
from matrix.executors.worker_process import Request
from matrix.inspection import inspect
from matrix.inspection.allowed_lists import allowed_names
from matrix.inspection.exact_calls import RESTRICTED
from matrix.inspection.gate import refusals
from matrix.store.worker_answers import WorkerAnswer
from tests.hostile.files import ALL, TRICKS
from tests.hostile.mutants import mutants

from .projects import ROOT, environ, interpreter

RELEASES = ("0.22.2.post1", "1.9.1")
"""Of Python 3.8, and of the newest."""
REAL = [kind for kind, bad in TRICKS.items() if bad.runs]

BARE = """
import json, os, sys, warnings
import joblib
warnings.simplefilter("ignore")
for path in json.load(sys.stdin):
    try:
        joblib.load(path)
    except BaseException:
        pass
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here = Path.cwd()
    folder = tmp_path_factory.mktemp("hostile")
    os.chdir(folder)
    yield folder
    os.chdir(here)


@pytest.fixture(scope="module", params=RELEASES)
def python(home: Path, request: pytest.FixtureRequest) -> Path:
    """The interpreter of the environment that the check itself makes for a release."""
    return interpreter(f"scikit-learn=={request.param}")


def write(folder: Path, kinds: Mapping[str, object] | list[str]) -> dict[str, tuple[Path, Path]]:
    """Files by kind, each with the marker that it would leave; both on short paths."""
    folder.mkdir()
    found = {}
    for number, kind in enumerate(kinds):
        path, marker = folder / f"bad{number}.joblib", folder / f"mark{number}"
        path.write_bytes(ALL[kind].make(str(marker)))
        found[kind] = path, marker
    return found


def test_the_tricks_are_real(python: Path, tmp_path: Path) -> None:
    """Without any gate, each of them leaves its mark."""
    files = write(tmp_path / "files", REAL)
    paths = json.dumps([str(path) for path, _ in files.values()])
    subprocess.run([python, "-c", BARE], input=paths, text=True, check=False, cwd=tmp_path)
    assert [kind for kind, (_, marker) in files.items() if not marker.exists()] == []


def ask(python: Path, folder: Path, pieces: list[dict[str, object]]) -> list[WorkerAnswer]:
    found: dict[int, WorkerAnswer] = {}
    request = Request(
        executable=python,
        task="reference",
        paths=(),
        pieces=tuple({"id": number, **piece} for number, piece in enumerate(pieces)),
        memory=4 * 2**30,
    )

    def scratch() -> Path:
        made = folder / f"scratch{len(list(folder.glob('scratch*')))}"
        made.mkdir()
        return made

    job = Job(label="test", request=request, on_answer=lambda n, one, _: found.update({n: one}))
    Pool(1, scratch).run(iter([job]))
    return [found[number] for number in range(len(pieces))]


def test_the_second_gate_stops_them_by_itself(python: Path, tmp_path: Path) -> None:
    """Every name of the list may be looked up, and nothing else."""
    files = write(tmp_path / "files", REAL)
    names = [[name.module, name.qualname] for name in sorted(allowed_names())]
    names += sorted(map(list, RESTRICTED))
    common = {"format": "joblib", "data": None, "expected": None, "n": 10, "allowed": names}
    answers = ask(python, tmp_path, [{**common, "path": str(p)} for p, _ in files.values()])
    for (kind, (_, marker)), answer in zip(files.items(), answers, strict=True):
        assert not marker.exists(), kind
        assert "refused" in answer or "raised" in answer or "ending" in answer, kind
    assert sum("refused" in answer for answer in answers) > len(REAL) - 4


TRAIN = """
import sys, joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = load_iris(return_X_y=True)
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), sys.argv[1])
"""


@pytest.mark.parametrize(
    "python",
    [pytest.param(RELEASES[0], marks=pytest.mark.nightly), RELEASES[1]],
    indirect=True,
)
def test_nothing_runs_every_row_has_its_answer_and_the_neighbour_is_answered(
    python: Path, tmp_path: Path
) -> None:
    files = write(tmp_path / "files", ALL)
    good = tmp_path / "files" / "good.joblib"
    subprocess.run([python, "-c", TRAIN, good], check=True)
    command = [sys.executable, "-m", "matrix", "upgrade", str(tmp_path / "files")]
    command += ["--to", "scikit-learn==1.9.1", "--as-of", "release"]
    command += ["--output", f"json:{tmp_path / 'answers.json'}"]
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode in (1, 3), done.stderr
    result = json.loads((tmp_path / "answers.json").read_text())
    answers = {answer["model"]: answer for answer in result["answers"]}
    for kind, (path, marker) in files.items():
        assert not marker.exists(), kind
        said, problem = ALL[kind].said, answers[str(path)]["problem"]
        if said not in problem:  # what a file does is said in words
            (said,) = {one.why for one in refusals(inspect(path)) if one.what == said}
        assert said in problem, kind
    assert answers[str(good)]["problem"] == ""
    assert answers[str(good)]["safe"] or answers[str(good)]["group"] != "unknown"


LOADED = int(os.environ.get("MUTANTS_LOADED", "1"))
"""So many altered copies of each model are loaded for real; ``nox -s fuzz`` loads more."""

TRAIN_THREE = """
import sys, joblib, pickle
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
folder = sys.argv[1]
line = make_pipeline(StandardScaler(), LogisticRegression())
joblib.dump(line.fit(X, y), folder + "/line.joblib")
joblib.dump(RandomForestClassifier(3, random_state=0).fit(X, y), folder + "/forest.joblib")
with open(folder + "/tree.pkl", "wb") as file:
    pickle.dump(DecisionTreeClassifier(random_state=0).fit(X, y), file, 4)
"""


@pytest.mark.nightly
@pytest.mark.parametrize("python", RELEASES, indirect=True)
def test_damaged_models_that_pass_the_gate_each_get_an_answer_and_never_a_green_one(
    python: Path, tmp_path: Path
) -> None:
    """Loaded for real, in two environments; known by the hash of what they were, none is asked."""
    folder, whole = tmp_path / "models", tmp_path / "whole"
    folder.mkdir()
    whole.mkdir()
    subprocess.run([python, "-c", TRAIN_THREE, whole], check=True)
    lines = []
    for path in sorted(whole.iterdir()):
        data = path.read_bytes()
        (folder / path.name).write_bytes(data)
        lines.append(f"{sha256(data).hexdigest()}  {path.name}")
        for number, mutant in enumerate(let_in(data, tmp_path / "tried")):
            name = f"{path.stem}{number}{path.suffix}"
            (folder / name).write_bytes(mutant)
            lines.append(f"{sha256(data).hexdigest()}  {name}")
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")

    known = asked(folder, "--hashes", str(folder / "SHA256SUMS"))
    unknown = asked(folder)
    assert len(known) == len(unknown) == 3 + 3 * LOADED
    for name, answer in unknown.items():
        assert answer["answer"] or answer["problem"], name
    for name, answer in known.items():
        if (whole / name).exists():
            assert answer["problem"] == "" == unknown[name]["problem"], name
        else:
            assert answer["problem"].startswith("file changed"), name
            assert answer["group"] != "loads", name


def let_in(data: bytes, path: Path) -> Iterator[bytes]:
    """Altered copies that are no longer the file and that the gate lets in."""
    found = 0
    for mutant in mutants(data, 500 * LOADED, int(os.environ.get("MUTANTS_SEED", "1"))):
        path.write_bytes(mutant)
        with contextlib.suppress(NotAModelError):
            if mutant != data and not refusals(inspect(path)):
                yield mutant
                found += 1
        if found == LOADED:
            return


def asked(folder: Path, *options: str) -> dict[str, dict[str, object]]:
    """The answers of an upgrade check of all that is in a folder, by the name of the file."""
    command = [sys.executable, "-m", "matrix", "upgrade", str(folder), *options]
    command += ["--to", "scikit-learn==1.9.1", "--as-of", "release", "--no-bisect"]
    command += ["--output", f"json:{folder / 'answers.json'}"]
    command += ["--config", str(folder / "matrix.toml")]  # some of them hang
    (folder / "matrix.toml").write_text("[limits]\nseconds = 8\n")
    done = subprocess.run(command, env=environ(), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 2, 3), done.stderr
    result = json.loads((folder / "answers.json").read_text())
    return {Path(answer["model"]).name: answer for answer in result["answers"]}


@pytest.mark.parametrize(
    "python",
    [RELEASES[0], pytest.param(RELEASES[1], marks=pytest.mark.nightly)],
    indirect=True,
)
def test_every_estimator_of_a_release_passes_unless_it_has_what_is_left_out(
    python: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "clean"
    folder.mkdir()
    script = ROOT / "tools" / "everything.py"
    subprocess.run(
        [python, script, "plain", folder], check=True, capture_output=True, env=environ()
    )
    files = sorted(folder.iterdir())
    refused = {path.name: refusals(inspect(path)) for path in files}
    assert len(files) > 300
    assert {name: found for name, found in refused.items() if found} == {}

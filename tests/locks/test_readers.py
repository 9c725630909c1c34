"""Each kind of lock is read as its own tool would install it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from matrix.catalog import source_file
from matrix.catalog.locks import conda_packages
from matrix.catalog.locks.conda_packages import CondaPackage, of_address, of_spec
from matrix.catalog.locks.poetry_constraints import specifier
from matrix.catalog.locks.registry import read_lock
from matrix.catalog.requirements import EnvironmentRequest, read_request
from matrix.errors import UsageError

FILES = Path(__file__).parent / "files"


def packages(request: EnvironmentRequest, python: str) -> dict[str, str]:
    """What is installed with one Python: the names and versions."""
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    found = {"scikit-learn": f"=={request.scikit_learn}"}
    for text in request.others:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in found
            found[requirement.name] = str(requirement.specifier)
    return found


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conda_packages, "subdir", lambda: "linux-64")


# ------------------------------------------------------------------------ the kinds

UV_3_11 = {
    "scikit-learn": "==1.5.2",
    "joblib": "==1.4.2",
    "tqdm": "==4.70.1",
    "tabulate": "==0.10.0",
}


@pytest.mark.parametrize(
    ("name", "python", "expected"),
    [
        ("uv/uv.lock", "3.11", UV_3_11),
        ("uv/uv.lock", "3.13", {**UV_3_11, "scikit-learn": "==1.6.1"}),
        ("uv-conflict/uv.lock", "3.12", {"scikit-learn": "==1.6.1", "numpy": "==2.2.6"}),
        ("poetry/poetry.lock", "3.11", {"scikit-learn": "==1.5.2", "tabulate": "==0.9.0"}),
        ("poetry/poetry.lock", "3.13", {"scikit-learn": "==1.6.1", "numpy": "==2.5.5"}),
        ("pdm/pdm.lock", "3.11", {"scikit-learn": "==1.5.2", "tabulate": "==0.10.0"}),
        ("pipenv/Pipfile.lock", "3.11", {"scikit-learn": "==1.5.2", "numpy": "==2.4.6"}),
    ],
)
def test_the_versions_for_one_python(name: str, python: str, expected: dict[str, str]) -> None:
    """The files were made by uv 0.13, Poetry 2.5, PDM 2.22 and pipenv 2026.10."""
    found = packages(read_request([name, f"python=={python}"], folder=FILES), python)
    assert expected.items() <= found.items()
    assert not {"xgboost", "part", "churn", "colorama"} & found.keys()


@pytest.mark.parametrize(
    ("name", "scikit_learn", "python", "others"),
    [
        (
            "conda/environment.yml",
            "1.5.2",
            "3.11",
            {
                *("numpy==1.26.4", "pandas==2.2.*", "scipy<1.14,>=1.10", "joblib==1.4.2"),
                *("xgboost==2.1.1", "lightgbm==4.5.0", "category_encoders==2.6.4"),
            },
        ),
        (
            "conda/conda-lock.yml",
            "1.5.2",
            "3.11",
            {"numpy==1.26.4", "joblib==1.4.2", "xgboost==2.1.1", "lightgbm==4.5.0"},
        ),
        (
            "conda/pixi.lock",
            "1.5.2",
            "3.11",
            {"numpy==1.26.4", "xgboost==2.1.1", "sklearn-pandas==2.2.0", "lightgbm==4.5.0"},
        ),
        (
            "conda/explicit.txt",
            "1.5.2",
            "3.11",
            {"numpy==1.26.4", "xgboost==2.1.1", "lightgbm==4.5.0"},
        ),
        ("docker/Dockerfile", "1.5.2", "3.11", {"pip", "pandas", "numpy<2", "xgboost==2.1.3"}),
        (
            "requirements/freeze.txt",
            "1.5.2",
            "3.11",
            {"joblib==1.4.2", "numpy==1.26.4", "scipy==1.13.1"},
        ),
    ],
)
def test_the_content_of_other_files(
    name: str, scikit_learn: str, python: str, others: set[str]
) -> None:
    request = read_request([name], folder=FILES)
    assert (request.scikit_learn, request.python) == (scikit_learn, python)
    assert set(request.others) == others


def test_constraints_of_a_dockerfile_ask_for_nothing() -> None:
    request = read_request(["docker/Dockerfile"], folder=FILES)
    assert request.constraints == ("pandas==2.2.3", "scipy==1.13.1")


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("uv/uv.lock", "uv.lock: left out, as by default: extra boost"),
        ("uv-conflict/uv.lock", "left out, as by default: group old"),
        ("conda/environment.yml", "left out: openssl, my-own-tools, pip"),
        ("conda/conda-lock.yml", "only the category main was taken"),
        ("conda/pixi.lock", "the environment default was taken, not old"),
        ("conda/pixi.lock", "churn is left out: it names a location"),
        ("requirements/freeze.txt", "line 4: packaging is left out: it names a location"),
        ("requirements/freeze.txt", "Python 3.11, from .python-version"),
        ("pipenv/Pipfile.lock", "Python 3.11, from _meta in the lock"),
        ("docker/Dockerfile", "Python 3.11, from FROM in the Dockerfile"),
        ("poetry/pyproject.toml", "poetry.lock beside it has the versions"),
        ("uv/pyproject.toml", "part is left out: it names a location"),
    ],
)
def test_what_was_assumed_or_left_out_is_said(name: str, note: str) -> None:
    assert note in "\n".join(read_request([name], folder=FILES).notes)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("uv-conflict/uv.lock", 'scikit-learn", version = "1.6.1"'),
        ("pdm/pdm.lock", 'name = "scikit-learn"'),
        ("conda/pixi.lock", "linux-64/scikit-learn-1.5.2-"),
        ("conda/environment.yml", "conda-forge::scikit-learn=1.5.2"),
    ],
)
def test_the_line_that_pins_scikit_learn_is_known(name: str, line: str) -> None:
    place = read_request([name], folder=FILES).place
    assert place is not None
    assert line in place.file.read_text("utf-8").splitlines()[place.line - 1]


# ------------------------------------------------------------------------ uv


def test_default_groups_of_older_locks_are_in_pyproject_toml(tmp_path: Path) -> None:
    """uv wrote them into the lock from revision 5 on."""
    project = tmp_path / "p"
    shutil.copytree(FILES / "uv-conflict", project)
    text = (project / "uv.lock").read_text("utf-8")
    (project / "uv.lock").write_text(text.replace('default-groups = ["new"]\n', ""), "utf-8")
    assert read_request(["uv.lock"], folder=project).scikit_learn == "1.6.1"
    settings = (project / "pyproject.toml").read_text("utf-8")
    (project / "pyproject.toml").write_text(settings.replace('["new"]', '["old"]'), "utf-8")
    assert read_request(["uv.lock"], folder=project).scikit_learn == "1.5.2"


def test_the_lock_wins_over_its_pyproject_toml(tmp_path: Path) -> None:
    project = tmp_path / "p"
    shutil.copytree(FILES / "pdm", project)
    settings = (project / "pyproject.toml").read_text("utf-8")
    (project / "pyproject.toml").write_text(settings.replace("==1.5.2", "==1.7.2"), "utf-8")
    assert read_request(["pdm.lock"], folder=project).scikit_learn == "1.5.2"


CONFLICT_MARKER = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
default-groups = ["cpu"]
dependencies = [
    { name = "scikit-learn", version = "1.5.2", marker = "extra == 'group-3-app-gpu'" },
    { name = "scikit-learn", version = "1.6.1", marker = "extra != 'group-3-app-gpu'" },
]

[package.dev-dependencies]
cpu = [{ name = "joblib" }]
gpu = [{ name = "joblib" }]

[[package]]
name = "joblib"
version = "1.4.2"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "scikit-learn"
version = "1.5.2"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "scikit-learn"
version = "1.6.1"
source = { registry = "https://pypi.org/simple" }
"""


def test_markers_of_conflicting_groups_are_decided_by_the_default_groups(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(CONFLICT_MARKER)
    assert read_request(["uv.lock"], folder=tmp_path).scikit_learn == "1.6.1"
    (tmp_path / "uv.lock").write_text(CONFLICT_MARKER.replace('["cpu"]', '["gpu"]'))
    assert read_request(["uv.lock"], folder=tmp_path).scikit_learn == "1.5.2"


# ------------------------------------------------------------------------ poetry

POETRY_1 = """\
[[package]]
name = "joblib"
version = "1.4.2"
optional = false
python-versions = ">=3.8"

[[package]]
name = "pytest"
version = "8.3.3"
optional = false
python-versions = ">=3.8"

[[package]]
name = "scikit-learn"
version = "1.3.2"
optional = false
python-versions = ">=3.8"

[package.dependencies]
joblib = ">=1.1.1"

[[package]]
name = "scikit-learn"
version = "1.5.2"
optional = false
python-versions = ">=3.9"

[package.dependencies]
joblib = [{version = ">=1.2.0", markers = "python_version >= \\"3.9\\""}]

[metadata]
lock-version = "2.0"
python-versions = "^3.8"
content-hash = "x"
"""


def test_older_poetry_locks_are_read_with_their_pyproject_toml(tmp_path: Path) -> None:
    """They do not say which group needs a package, nor with which Python."""
    (tmp_path / "poetry.lock").write_text(POETRY_1)
    with pytest.raises(UsageError, match=r"several versions of scikit-learn"):
        read_request(["poetry.lock", "python==3.11"], folder=tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.poetry.dependencies]\npython = "^3.8"\nscikit-learn = [\n'
        '  {version = "1.3.2", python = "<3.9"}, {version = "^1.5", python = ">=3.9"}]\n'
        "[tool.poetry.group.test]\noptional = true\n"
        '[tool.poetry.group.test.dependencies]\npytest = "*"\n'
    )
    new = read_request(["poetry.lock", "python==3.11"], folder=tmp_path)
    old = read_request(["poetry.lock", "python==3.8"], folder=tmp_path)
    assert (new.scikit_learn, new.others) == ("1.5.2", ("joblib==1.4.2",))
    assert old.scikit_learn == "1.3.2"


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2.3", "<2,>=1.2.3"),
        ("^0.2.3", "<0.3,>=0.2.3"),
        ("^0.0.3", "<0.0.4,>=0.0.3"),
        ("^0.0", "<0.1,>=0.0"),
        ("^0", "<1,>=0"),
        ("~1.2.3", "<1.3,>=1.2.3"),
        ("~1", "<2,>=1"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        (">=1.2, <2", "<2,>=1.2"),
        (">=1.2 <2", "<2,>=1.2"),
        ("~=1.4", "~=1.4"),
        ("*", ""),
    ],
)
def test_constraints_of_poetry(constraint: str, expected: str) -> None:
    assert SpecifierSet(specifier(constraint)) == SpecifierSet(expected)


# ------------------------------------------------------------------------ conda


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("numpy", "numpy", ""),
        ("numpy=1.26", "numpy", "==1.26.*"),
        ("numpy=1.26.*", "numpy", "==1.26.*"),
        ("numpy==1.26.4", "numpy", "==1.26.4"),
        ("numpy=1.26.4=py311_0", "numpy", "==1.26.4"),
        ("numpy==1.26.4=py311_0", "numpy", "==1.26.4"),
        ("numpy 1.26.4 py311_0", "numpy", "==1.26.4"),
        ("numpy 1.26.*", "numpy", "==1.26.*"),
        ("numpy >=1.20,<2", "numpy", ">=1.20,<2"),
        ("numpy>=1.20, <2.0.*", "numpy", ">=1.20,<2.0"),
        ("numpy!=1.25", "numpy", "!=1.25"),
        ("conda-forge::numpy=1.26", "numpy", "==1.26.*"),
        ("conda-forge/linux-64::numpy", "numpy", ""),
        ("numpy[version='>=1.20,<2']", "numpy", ">=1.20,<2"),
        ("numpy=1.26[build=py311*]", "numpy", "==1.26.*"),
    ],
)
def test_specifications_of_conda(text: str, name: str, expected: str) -> None:
    assert of_spec(text) == CondaPackage(name, expected)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://h/c/linux-64/ld_impl_linux-64-2.43-h712_2.conda", "ld_impl_linux-64 ==2.43"),
        ("https://h/noarch/sklearn-pandas-2.2.0-pyhd8_0.tar.bz2#abc", "sklearn-pandas ==2.2.0"),
        ("https://user:t@h/linux-64/numpy-1!2.0-py_0.conda", "numpy ==1!2.0"),
        ("https://h/numpy-1.26.4.conda", None),
        ("https://h/numpy-1.26.4-0.zip", None),
        ("https://[h/x-1-0.conda", None),
        ("", None),
    ],
)
def test_addresses_of_conda_are_split_from_the_right(address: str, expected: str | None) -> None:
    found = of_address(address)
    assert (found and f"{found.name} {found.specifier}") == expected


def test_another_platform_is_taken_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(conda_packages, "subdir", lambda: "linux-riscv64")
    request = read_request(["conda/conda-lock.yml"], folder=FILES)
    assert request.scikit_learn == "1.5.2"
    assert "has no linux-riscv64; linux-64 was taken" in "\n".join(request.notes)


# ------------------------------------------------------------------------ others


def test_a_marker_of_poetry_that_is_never_true(tmp_path: Path) -> None:
    """Real locks have it for packages that only an impossible platform needs."""
    text = (FILES / "poetry/poetry.lock").read_text("utf-8")
    never = text.replace('markers = "python_version == \\"3.13\\""', 'markers = "<empty>"')
    assert never != text
    (tmp_path / "poetry.lock").write_text(never)
    assert read_request(["poetry.lock"], folder=tmp_path).scikit_learn == "1.5.2"


def test_a_dockerfile_in_a_folder_of_its_own_copies_from_the_folder_above(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/Dockerfile").write_text(
        "FROM python:3.11\nCOPY app/requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    (tmp_path / "app").mkdir()
    (tmp_path / "app/requirements.txt").write_text("scikit-learn==1.5.2\n")
    assert read_request(["docker/Dockerfile"], folder=tmp_path).scikit_learn == "1.5.2"


def test_a_pyproject_toml_for_tools_alone_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    request = read_request(["pyproject.toml"], folder=tmp_path)
    assert (request.scikit_learn, request.others) == (None, ())


# ------------------------------------------------------------------------ Python


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("3.11\n", "3.11"),
        ("# ours\n3.11.4\n3.12\n", "3.11"),
        ("cpython-3.11.4-linux-x86_64-gnu\n", None),
        ("cpython@3.11\n", "3.11"),
        ("pypy3.10\n", None),
        ("my-virtualenv\n", None),
        ("", None),
    ],
)
def test_the_python_of_a_version_file(tmp_path: Path, text: str, python: str | None) -> None:
    (tmp_path / "requirements.txt").write_text("scikit-learn==1.5.2\n")
    (tmp_path / ".python-version").write_text(text)
    assert read_request(["requirements.txt"], folder=tmp_path).python == python
    assert read_request(["requirements.txt", "python==3.12"], folder=tmp_path).python == "3.12"


def test_the_comment_of_a_lock_comes_before_a_version_file(tmp_path: Path) -> None:
    head = "# This file is autogenerated by pip-compile with Python 3.10\n"
    (tmp_path / "requirements.txt").write_text(head + "scikit-learn==1.5.2\n")
    (tmp_path / ".python-version").write_text("3.11\n")
    assert read_request(["requirements.txt"], folder=tmp_path).python == "3.10"


# ------------------------------------------------------------------------ what is refused

UV = FILES.joinpath("uv/uv.lock").read_text("utf-8")
POETRY = FILES.joinpath("poetry/poetry.lock").read_text("utf-8")
PDM = FILES.joinpath("pdm/pdm.lock").read_text("utf-8")
PIPENV = FILES.joinpath("pipenv/Pipfile.lock").read_text("utf-8")
CONDA = FILES.joinpath("conda/conda-lock.yml").read_text("utf-8")
PIXI = FILES.joinpath("conda/pixi.lock").read_text("utf-8")
EXPLICIT = FILES.joinpath("conda/explicit.txt").read_text("utf-8")
FROM_GIT = 'source = { git = "https://github.com/scikit-learn/scikit-learn?rev=main#3f1c2d" }\n'


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("uv.lock", UV.replace("version = 1\n", "version = 2\n", 1), "has version 2 of its format"),
        ("uv.lock", "", "has version unknown of its format"),
        ("uv.lock", UV[:-200], "is not"),
        ("uv.lock", UV[: UV.index('[[package]]\nname = "scipy"')], "which is not in it"),
        ("poetry.lock", POETRY.replace('lock-version = "2.1"', 'lock-version = "3.0"'), "3.0"),
        ("poetry.lock", POETRY[: POETRY.index("[metadata]")], "has version unknown"),
        ("pdm.lock", PDM.replace('"4.5.0"', '"5.0.0"'), "has version 5.0.0 of its format"),
        ("Pipfile.lock", PIPENV.replace('spec": 6', 'spec": 7'), "has version 7 of its format"),
        ("Pipfile.lock", PIPENV[:300], "is not valid JSON (line"),
        ("conda-lock.yml", CONDA.replace("version: 1\n", "version: 2\n"), "has version 2"),
        ("conda-lock.yml", CONDA[: CONDA.index("  platform: linux-64")], "platform: is missing"),
        ("pixi.lock", PIXI.replace("version: 6", "version: 8"), "has version 8 of its format"),
        ("pixi.lock", PIXI[: PIXI.index("\npackages:")], "has no record in packages"),
        ("explicit.txt", EXPLICIT.replace("-py311h64a7726_0.conda", ""), "line 7: is not the"),
        ("environment.yml", "name: x\n", "dependencies: is missing"),
        ("environment.yml", "dependencies:\n- numpy>=1|2\n", "dependencies[0] has alternatives"),
        ("environment.yml", "dependencies:\n- [\n", "is not valid YAML"),
        ("environment.yml", "dependencies: !!python/object:os.system x\n", "must be a list"),
        ("Dockerfile", "RUN pip install scikit-learn\n", "has no FROM"),
        ("Dockerfile", "FROM python:3.11\nRUN pip install 'x\n", "a quotation mark too few"),
    ],
)
def test_what_cannot_be_read_is_one_clear_message(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r".") as error:
        read_request([name], folder=tmp_path)
    assert message in str(error.value)
    assert name in error.value.message


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "requirements.txt", "pixi.lock"])
def test_merge_conflicts_are_refused_with_their_line(tmp_path: Path, name: str) -> None:
    text = "a\n<<<<<<< HEAD\nscikit-learn==1.5.2\n=======\nscikit-learn==1.6.1\n>>>>>>> other\n"
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=rf"{name}, line 2: the file has merge conflicts"):
        read_request([name], folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "uv.lock",
            CONFLICT_MARKER.replace(
                'version = "1.6.1"\nsource = { registry = "https://pypi.org/simple" }\n',
                f'version = "1.6.1"\n{FROM_GIT}',
            ),
        ),
        ("pdm.lock", PDM.replace('name = "scikit-learn"\n', 'name = "scikit-learn"\ngit = "x"\n')),
        ("Pipfile.lock", PIPENV.replace('"version": "==1.5.2"', '"git": "x", "ref": "y"')),
        ("requirements.txt", "scikit-learn @ git+https://github.com/scikit-learn/scikit-learn\n"),
        ("requirements.txt", "git+https://github.com/scikit-learn/scikit-learn.git@main\n"),
        ("requirements.txt", "-e git+https://h/x#egg=scikit_learn\n"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nscikit-learn = {git = "x"}\n'),
        ("environment.yml", "dependencies:\n- pip:\n  - scikit-learn @ git+https://h/x\n"),
    ],
)
def test_scikit_learn_from_git_is_unknown_and_never_guessed(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=r"scikit-learn comes from a location .* is unknown"):
        read_request([name], folder=tmp_path)


def test_an_include_in_a_conda_file_does_not_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden\n")
    (tmp_path / "p").mkdir()
    file = tmp_path / "p/environment.yml"
    file.write_text("dependencies:\n- scikit-learn\n- pip:\n  - -r ../secret\n")
    with pytest.raises(UsageError, match="is outside of"):
        read_request([str(file)])


def test_what_holds_for_a_whole_file_is_found_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of 20 MB has 200,000 lines, and paths are looked up on the disk."""
    asked = []
    monkeypatch.setattr(source_file, "is_outside", lambda *given: asked.append(given))
    (tmp_path / "requirements.txt").write_text("".join(f"p{n}==1\n" for n in range(50)))
    found = read_lock(source_file.DiskFile.named(tmp_path / "requirements.txt"), "")
    assert len(found.requirements) == 50
    assert len(asked) < 5

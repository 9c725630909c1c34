"""A refusal offers the user's own code in one line: the script and the folders of its modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matrix.errors import UsageError
from matrix.inspection import Refusal
from matrix.upgrade import own_code
from matrix.upgrade.own_script import read_script


def trust(name: str) -> Refusal:
    return Refusal(what=name, why="", trust=name)


def script(name: str) -> Refusal:
    return Refusal(what=f"__main__.{name}", why="", script=name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a script, two modules and a model deep inside."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    repo = tmp_path / "repo"
    (repo / "src" / "churn_lib").mkdir(parents=True)
    (repo / "src" / "churn_lib" / "steps.py").write_text("class Clip: ...\n")
    (repo / "out" / "models").mkdir(parents=True)
    (repo / "out" / "helpers.py").write_text("def clean(): ...\n")
    (repo / "train.py").write_text("class Shift:\n    pass\n\ndef scale(x):\n    return x\n")
    (tmp_path / "outside.py").write_text("class Clip: ...\n")
    monkeypatch.chdir(repo)
    return repo


def test_one_line_has_the_script_the_folders_and_the_names(project: Path) -> None:
    refused = [script("Shift"), trust("churn_lib.steps.Clip"), trust("helpers.clean")]
    line = own_code.options(refused, project / "out" / "models" / "m.joblib", script=None)
    assert line == (
        "--main train.py --path src --path out --trust churn_lib.steps.Clip --trust helpers.clean"
    )


def test_folders_of_what_the_script_imports_are_offered_too(project: Path) -> None:
    text = "import os, beside, numpy\nfrom churn_lib.steps import Clip\nclass Shift(Clip): ...\n"
    (project / "train.py").write_text(text)
    (project / "beside.py").touch()
    line = own_code.options([script("Shift")], project / "out" / "m.joblib", script=None)
    assert line == "--main train.py --path src"


def test_no_folder_is_offered_for_modules_of_python_and_of_known_libraries(project: Path) -> None:
    for name in ("json.py", "numpy.py", "xgboost.py"):
        (project / name).touch()
    names = ["json.loads", "numpy.memmap", "xgboost.core.Booster"]
    assert own_code.find_folders(names, Path("m.joblib")) == []


def test_what_is_given_already_is_not_offered_again(project: Path) -> None:
    refused = [trust("churn_lib.steps.Clip")]
    line = own_code.options(refused, Path("m.joblib"), paths=[project / "src"], script=None)
    assert line == "--trust churn_lib.steps.Clip"


def test_the_code_in_a_folder_of_mlflow_is_offered(project: Path) -> None:
    (project / "run" / "code").mkdir(parents=True)
    (project / "run" / "code" / "in_the_folder.py").touch()
    line = own_code.options([trust("in_the_folder.A")], project / "run", script=None)
    assert line == "--path run/code --trust in_the_folder.A"


def test_nothing_outside_of_the_project_is_offered(project: Path) -> None:
    model = project / "out" / "models" / "m.joblib"
    assert own_code.find_folders(["outside.Clip"], model) == []
    advice = own_code.advice([trust("outside.Clip")], model, script=None)
    assert "No folder of the project has outside: DIR is the folder that it lies in" in advice


def test_no_distribution_that_only_the_file_names_is_offered_to_be_installed(
    project: Path,
) -> None:
    """Whoever wrote the file may also have uploaded a distribution of that name."""
    refused = [trust("outside.Clip"), trust("lifelines.fitters.Cox")]
    line = own_code.options(refused, Path("m.joblib"), script=None)
    assert line == "--path DIR --with lifelines --trust outside.Clip --trust lifelines.fitters.Cox"


def test_what_a_library_installs_is_no_folder_and_no_package_of_its_own(project: Path) -> None:
    names = [
        "cmdstanpy.model.CmdStanModel",
        "prophet.forecaster.Prophet",
        "stanio.reshape.Variable",
    ]
    line = own_code.options([trust(one) for one in names], Path("m.pkl"), script=None)
    assert line == " ".join(f"--trust {one}" for one in names)  # prophet comes by itself


def test_a_package_is_in_the_same_line_and_a_known_one_comes_by_itself(project: Path) -> None:
    """One round: nothing is missing once the line is pasted."""
    refused = [trust("skimage.x.A"), trust("xgboost.core.Odd"), trust("lifelines.fitters.Cox")]
    assert own_code.options(refused, Path("m.joblib"), script=None) == (
        "--with lifelines --with scikit-image "
        "--trust skimage.x.A --trust xgboost.core.Odd --trust lifelines.fitters.Cox"
    )


def test_of_two_scripts_that_differ_none_is_offered(project: Path) -> None:
    (project / "again.py").write_text("class Shift: ...\n")
    assert own_code.find_script(["Shift"], Path("m.joblib")) is None
    assert own_code.find_script(["Shift", "scale"], Path("m.joblib")) == project / "train.py"
    line = own_code.options([script("Shift")], Path("m.joblib"), script=None)
    assert line == "--main FILE"
    assert "FILE is the script or notebook" in own_code.advice(
        [script("Shift")], Path("m.joblib"), script=None
    )


def test_of_two_scripts_the_one_that_saves_the_model_is_offered(project: Path) -> None:
    """A copy of the class in the application that loads the model is no hindrance."""
    saves = "class Shift:\n    x = 1\njoblib.dump(Shift(), 'out/m.joblib')\n"
    (project / "zz.py").write_text(saves)
    (project / "app.py").write_text("class Shift: ...\njoblib.load('out/m.joblib')\n")
    line = own_code.options([script("Shift")], Path("out/m.joblib"), script=None)
    assert line == "--main zz.py"


def test_a_script_or_module_in_a_folder_beside_is_offered(project: Path) -> None:
    """Notebooks often lie in a folder of their own, and so does the code of an application."""
    for folder in ("notebooks", "ui", "node_modules", ".hidden"):
        (project / folder).mkdir()
    cell = {"cell_type": "code", "source": ["class Late: ...\n", "joblib.dump(Late(), 'm.pkl')\n"]}
    (project / "notebooks" / "7_export.ipynb").write_text(json.dumps({"cells": [cell]}))
    (project / "ui" / "app.py").write_text("class Late:\n    x = 1\n")
    (project / "node_modules" / "theirs.py").write_text("class Theirs: ...\n")
    model = project / "out" / "models" / "m.pkl"
    line = own_code.options([script("Late"), trust("app.Late")], model, script=None)
    assert line == "--main notebooks/7_export.ipynb --path ui --trust app.Late"
    assert own_code.find_script(["Theirs"], model) is None
    assert own_code.find_folders(["theirs.Theirs"], model) == []


def test_the_data_of_nltk_are_in_the_same_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie in the home folder, where no sandbox looks; code that imports nltk may need them."""
    monkeypatch.setenv("HOME", str(project.parent))
    monkeypatch.delenv("NLTK_DATA", raising=False)
    (project / "nlp.py").write_text(
        "import nltk\ndef split(text): return nltk.word_tokenize(text)\n"
    )
    line = own_code.options([script("split")], Path("m.pkl"), script=None)
    assert line == "--main nlp.py --with nltk"
    (project.parent / "nltk_data").mkdir()
    line = own_code.options([script("split")], Path("m.pkl"), script=None)
    assert line == "--main nlp.py --path ../nltk_data --with nltk"


def test_of_two_scripts_with_the_same_definition_the_first_is_offered(project: Path) -> None:
    copy = "import flask\n\n\nclass Shift:  # the same\n    pass\n"
    (project / "app.py").write_text(copy)
    assert own_code.find_script(["Shift"], Path("m.joblib")) == project / "app.py"


def test_a_script_that_lacks_the_name_is_reported(project: Path) -> None:
    given = Path("train.py")
    advice = own_code.advice([script("Absent")], Path("m.joblib"), script=given)
    assert advice.startswith("train.py does not define Absent")


def test_a_name_with_a_space_in_its_folder_can_be_pasted(project: Path) -> None:
    (project / "my code").mkdir()
    (project / "my code" / "ours.py").touch()
    line = own_code.options([trust("ours.A")], project / "my code" / "m.joblib", script=None)
    assert line == "--path 'my code' --trust ours.A"


SOURCE = """
import helpers
from collections import namedtuple
from os import system
Point = namedtuple("Point", "x")
alias = system
class Outer:
    class Inner: ...
try:
    def late(): ...
except Exception: ...
if __name__ == "__main__":
    class Never: ...
"""


def test_only_what_a_script_itself_defines_is_admitted(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SOURCE)
    found = read_script(tmp_path / "train.py")
    names = {"__main__.Point", "__main__.Outer", "__main__:Outer.Inner", "__main__.late"}
    assert found.names == names
    assert found.folders == ()
    (tmp_path / "helpers.py").touch()
    assert read_script(tmp_path / "train.py").folders == (tmp_path,)


def test_the_code_of_a_notebook_is_read_without_its_commands(tmp_path: Path) -> None:
    code = ["%matplotlib inline\n", "!pip install x\n", "class Ours:\n", "    pass\n"]
    cells = [
        {"cell_type": "markdown", "source": ["class Text:"]},
        {"cell_type": "code", "source": code},
        {"cell_type": "code", "source": "%%bash\nls"},
        {"cell_type": "code", "source": "if True:\n    %time x = 1\nOurs?"},
    ]
    (tmp_path / "train.ipynb").write_text(json.dumps({"cells": cells}))
    assert read_script(tmp_path / "train.ipynb").names == {"__main__.Ours"}
    assert own_code.find_script(["Ours"], tmp_path / "m.joblib") == tmp_path / "train.ipynb"


@pytest.mark.parametrize("text", ["class Ours(:\n", "\0", "{}", "x = 1 +"])
def test_what_is_no_script_is_a_mistake_of_usage(tmp_path: Path, text: str) -> None:
    for name in ("train.py", "train.ipynb"):
        (tmp_path / name).write_text(text)
        if (name, text) != ("train.py", "{}"):
            with pytest.raises(UsageError, match="--main"):
                read_script(tmp_path / name)


CONFIG = """
import logging, xgboost
import spacy as nlp
from beside import helper
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import polars
try:
    import torch
except ImportError:
    torch = None
class Config(helper, nlp.Base):
    log = logging.getLogger()
    boosters = xgboost, polars, torch
def late():
    import prophet
"""


def test_packages_that_the_offered_modules_import_are_in_the_same_line(project: Path) -> None:
    """Also those of modules that they import; not those that the code can do without."""
    (project / "ours.py").write_text(CONFIG)
    (project / "beside").mkdir()
    (project / "beside" / "__init__.py").write_text("from .more import helper\n")
    more = "import gensim.models, made_up\nimport seaborn\ndef helper(): gensim, made_up\n"
    (project / "beside" / "more.py").write_text(more)
    refused = [trust("ours.Config")]
    line = own_code.options(refused, Path("m.joblib"), script=None)
    expected = "--path . --with gensim --with spacy --with xgboost --trust ours.Config"
    assert line == expected
    line = own_code.options(refused, Path("m.joblib"), script=None, present=["xgboost"])
    assert line == expected.replace("--with xgboost ", "")
    advice = own_code.advice(refused, Path("m.joblib"), script=None)
    assert "Your code also imports made_up: if the model needs it" in advice


def test_of_the_offered_modules_only_the_imports_that_the_model_needs_count(project: Path) -> None:
    (project / "steps").mkdir()
    (project / "steps" / "__init__.py").write_text("import torch\nfrom .clip import Clip\n")
    (project / "steps" / "clip.py").write_text("import nltk\nimport spacy\nclass Clip: a = nltk\n")
    (project / "ours.py").write_text("import torch\nfrom steps import Clip\nclass A(Clip): ...\n")
    line = own_code.options([trust("ours.A")], Path("m.joblib"), script=None)
    assert line == "--path . --with nltk --trust ours.A"


def test_of_a_script_only_the_imports_that_the_model_needs_count(project: Path) -> None:
    text = "import seaborn\nimport nltk\nclass Shift:\n    def f(self):\n        nltk.x\n"
    (project / "train.py").write_text(text)
    line = own_code.options([script("Shift")], Path("m.joblib"), script=None)
    assert line == "--main train.py --with nltk"


def test_a_package_that_the_project_requires_is_offered(project: Path) -> None:
    text = "scikit-learn==1.5.2\nmy_tools[x]>=2  # ours\nhis.tools\n-r x\n"
    (project / "requirements.txt").write_text(text)
    (project / "train.py").write_text("import my_tools, other\ndef f(x):\n    my_tools, other\n")
    refused = [script("f"), trust("his_tools.Shift")]
    line = own_code.options(refused, Path("m.joblib"), script=None)
    assert line == "--main train.py --with his-tools --with my-tools --trust his_tools.Shift"
    advice = own_code.advice(refused, Path("m.joblib"), script=None)
    assert "Your code also imports other:" in advice


def test_code_that_cannot_be_read_offers_no_package(project: Path) -> None:
    (project / "ours.py").write_text("print 1\n")
    line = own_code.options([trust("ours.Config")], Path("m.joblib"), script=None)
    assert line == "--path . --trust ours.Config"


def test_code_that_takes_columns_by_name_is_said_to_need_them(project: Path) -> None:
    text = "def scale(X):\n    return X['age'] + X[['income', 'age']].sum() + OTHER['x']\n"
    (project / "train.py").write_text(f"OTHER = {{}}\n{text}def unused(X):\n    return X['no']\n")
    refused = [script("scale")]
    assert "columns by name (age, income): rows" in own_code.advice(
        refused, Path("m.joblib"), script=None
    )
    (project / "train.py").write_text("def scale(X):\n    return X[0]\n")
    assert "by name" not in own_code.advice(refused, Path("m.joblib"), script=None)

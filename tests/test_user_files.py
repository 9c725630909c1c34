"""What a named file holds does not appear in a message, unless it looks like a requirement."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from matrix.catalog.requirements import read_request
from matrix.cli import main
from matrix.errors import Exit, UsageError

SECRETS = {
    "shadow": "root:$6$hiddenhash$hidden:19000:0:99999:7:::\n",
    "environ": "API_TOKEN=hidden\0HOME=/root\0",
    "env": "API_TOKEN=hidden-1234\n",
    "key": "-----BEGIN hidden KEY-----\nhidden/hidden+hidden=\n",
    "password": "correct hidden battery\n",
    "spaced": "hidden hidden\n",
    "bad version": "numpy==hidden\n",
    "marker": "numpy<2; hidden\n",
    "address": "-r https://me:hidden@example.org/r.txt\n",
    "option": "-hidden-hidden\nhidden hidden\n",
}


def said(*texts: str, folder: Path) -> str:
    """The message, or the notes."""
    try:
        request = read_request(texts, folder=folder)
    except UsageError as error:
        return str(error)
    return "\n".join(request.notes)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("name", ["secret", "secret.txt"])
@pytest.mark.parametrize("how", ["-r ../{}", "-c ../{}", "--requirement=../{}", "a link", "{}"])
def test_no_message_shows_what_an_included_file_holds(
    tmp_path: Path, how: str, name: str, secret: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    file = (project if how == "{}" else tmp_path) / name
    file.write_text(secret)
    if how == "a link":
        (project / "requirements.txt").symlink_to(file)
    else:
        include = f"-r {name}" if how == "{}" else how.format(name)
        (project / "requirements.txt").write_text(f"scikit-learn==1.5.2\n{include}\n")
    found = said("requirements.txt", folder=project)
    assert found
    assert "hidden" not in found


def test_a_file_outside_is_refused_unless_it_is_called_like_a_requirements_file(
    tmp_path: Path,
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "shadow").write_text("numpy<2\n")
    (tmp_path / "base.txt").write_text("numpy<2\n")
    (project / "requirements.txt").write_text("scikit-learn==1.5.2\n-r ../shadow\n")
    assert "line 2: " in said("requirements.txt", folder=project)
    assert "is not called like a requirements file" in said("requirements.txt", folder=project)
    (project / "requirements.txt").write_text("scikit-learn==1.5.2\n-r ../base.txt\n")
    assert read_request(["requirements.txt"], folder=project).others == ("numpy<2",)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.parametrize("file", ["/proc/self/environ", "/proc/self/cmdline", "/dev/zero"])
def test_files_of_the_system_are_not_read(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_TOKEN", "hidden")
    (tmp_path / "requirements.txt").write_text(f"scikit-learn==1.5.2\n-r {file}\n")
    (tmp_path / "rows.csv").symlink_to(file)
    assert main(["upgrade", "x", "--to", "requirements.txt"]) == Exit.USAGE
    assert main(["upgrade", "x", "--data", "rows.csv"]) == Exit.USAGE
    shown = capsys.readouterr()
    assert "hidden" not in shown.err + shown.out
    assert shown.err.count("error: ") == 2

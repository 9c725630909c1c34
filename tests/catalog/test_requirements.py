"""Requirements, files and locks of --from and --to become requested environments."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matrix.catalog.requirements import EnvironmentRequest, read_request, spec_of
from matrix.catalog.sets import read_set
from matrix.catalog.spec_digest import spec_digest
from matrix.catalog.toml_table import TomlTable
from matrix.errors import UsageError
from matrix.model import FileLine


def written(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return str(file)


# ------------------------------------------------------------------------ places


def test_the_line_that_names_scikit_learn_is_known(tmp_path: Path) -> None:
    """Also where another file includes it; what is typed has no line."""
    pins = written(
        tmp_path, "pins.txt", "# pins\nnumpy==1.26.4 \\\n  --hash=x\nscikit_learn==1.5.2\n"
    )
    outer = written(tmp_path, "outer.txt", "-c pins.txt\nscikit-learn\n")
    assert spec_of(read_request([pins]), as_of="today").place == FileLine(file=Path(pins), line=4)
    assert spec_of(read_request([outer]), as_of="today").place == FileLine(
        file=tmp_path / "pins.txt", line=4
    )
    assert spec_of(read_request(["scikit-learn==1.5.2"]), as_of="today").place is None


def test_an_environment_is_the_same_wherever_its_line_stands(tmp_path: Path) -> None:
    """A comment above it does not build it anew."""
    first, second = (
        spec_of(read_request([written(tmp_path / name, "a.txt", text)]), as_of="today")
        for name, text in (("x", "scikit-learn==1.5.2\n"), ("y", "\n\nscikit-learn==1.5.2\n"))
    )
    assert first.place != second.place
    assert first == second
    assert spec_digest(first) == spec_digest(second)


# ------------------------------------------------------------------------ requirements


@pytest.mark.parametrize(
    ("texts", "scikit_learn"),
    [
        (["scikit-learn==1.2.2"], "1.2.2"),
        (["scikit_learn==1.2.2"], "1.2.2"),
        (["scikit-learn===1.2.2"], "1.2.2"),
        (["scikit-learn==1.5"], "1.5.0"),
        (["scikit-learn==1.5.*"], "1.5"),
        (["scikit-learn==1.5.0rc1"], "1.5.0rc1"),
        (["scikit-learn==0.22.2.post1"], "0.22.2.post1"),
        (["scikit-learn<1.7, >=1.5"], ">=1.5,<1.7"),
        (["scikit-learn>=1.2", "scikit-learn==1.4.2"], "1.4.2"),
        (["scikit-learn"], "latest"),
        (["scikit-learn", "numpy<2"], ">=0"),
        (["latest"], "latest"),
        (["1.5"], "1.5"),
        (["1.5.0"], "1.5.0"),
        (["numpy<2"], None),
    ],
)
def test_the_scikit_learn_of_a_request(texts: list[str], scikit_learn: str | None) -> None:
    """A release is a release, a line its last patch; a range stays one."""
    assert read_request(texts).scikit_learn == scikit_learn


def test_python_and_the_others_are_distinguished() -> None:
    """Python is part of a bump; the rest comes along, markers and all."""
    request = read_request(
        ["scikit-learn==1.6.1", "numpy<2", "python==3.12", "tomli; python_version<'3.11'"]
    )
    assert request == EnvironmentRequest(
        scikit_learn="1.6.1",
        python="3.12",
        others=("numpy<2", 'tomli; python_version < "3.11"'),
        source="scikit-learn==1.6.1 numpy<2 python==3.12 tomli; python_version<'3.11'",
    )
    assert read_request(["python==3.12.1"]).python == "3.12.1"
    assert read_request(["python==3.12.*"]).python == "3.12"
    assert read_request(["python>=3.11"]).python == ">=3.11"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["--index-url=https://example.org"], "'--index-url=https://example.org' is an option"),
        (["numpy\n--pre"], "neither a requirement nor a file"),
        ([""], "'' is neither"),
        (["numpy @ https://example.org/numpy.whl"], "names a location"),
        (["git+https://example.org/x"], "is not a requirement"),
        (["numpy<<2"], "'numpy<<2' is not a requirement"),
        (["sklearn==1.2.2"], "the package is called scikit-learn"),
        (["python==3.12", "python==3.13"], "python is required as 3.12 and as 3.13"),
        (["python==three"], "is not a requirement"),
        (["scikit-learn==1.2.2", "scikit-learn>=1.3"], "no version can be all of that"),
        (["no-such-file.txt"], "no-such-file.txt: there is no such file"),
        (["scikit-learn==1.3; python_version<'3.9'", "python==3.13"], "not in it for Python 3.13"),
        (["a;" + "(" * 5000], "is not a requirement"),
    ],
)
def test_an_invalid_request_is_refused_with_the_reason(texts: list[str], message: str) -> None:
    """Invalid texts are not guessed, and texts that look like an option are refused."""
    with pytest.raises(UsageError) as error:
        read_request(texts)
    assert message in error.value.message


# ------------------------------------------------------------------------ requirements files

FILE = """\
# what runs in production
--extra-index-url https://user:secret@example.org/simple
--only-binary=:all:
-r more/base.txt   # includes are relative to the file
-c constraints.txt
scikit-learn==1.2.2 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
    # via -r requirements.in
pandas[parquet]>=1.5 ; python_version >= "3.8"
joblib==1.2.0 --hash=sha256:cccc
-e .
./local
mine @ file:///srv/mine-1.0-py3-none-any.whl
https://example.org/other-1.0.zip
"""


def test_a_requirements_file_as_pip_reads_it(tmp_path: Path) -> None:
    """Includes, constraints, continuations, hashes and comments are understood."""
    written(tmp_path, "more/base.txt", "numpy<2\t# not yet\n-r ../requirements.txt\n")
    written(tmp_path, "constraints.txt", "scipy<1.11\nscikit-learn>=1.2\n")
    request = read_request([written(tmp_path, "requirements.txt", FILE)])
    assert request.scikit_learn == "1.2.2"
    assert request.others == (
        "numpy<2",
        'pandas[parquet]>=1.5; python_version >= "3.8"',
        "joblib==1.2.0",
    )
    assert request.constraints == ("scipy<1.11",)
    assert request.python is None


def test_ignored_lines_are_noted_without_secrets(tmp_path: Path) -> None:
    """Options and places are named with their line; addresses may hold a password."""
    written(tmp_path, "more/base.txt", "")
    written(tmp_path, "constraints.txt", "")
    request = read_request([written(tmp_path, "requirements.txt", FILE)])
    assert [note.partition("requirements.txt, ")[2] for note in request.notes] == [
        "line 2: the option --extra-index-url is not passed on; uv's own settings and variables"
        " hold",
        "line 3: the option --only-binary is not passed on; uv's own settings and variables hold",
        "line 12: an editable install is left out: it names a location, not a version",
        "line 13: a path or address is left out: it names a location, not a version",
        "line 14: mine is left out: it names a location, not a version",
        "line 15: a path or address is left out: it names a location, not a version",
    ]
    assert "secret" not in str(request)


@pytest.mark.parametrize(
    ("head", "python"),
    [
        ("# This file is autogenerated by pip-compile with Python 3.11\n", "3.11"),
        ("#    uv pip compile --python-version 3.10 in.txt\n", "3.10"),
        ("#    uv pip compile --python-version 3.9 --universal in.txt\n", None),
        ("# for Python 3.11\n", None),
    ],
)
def test_a_lock_is_for_the_python_it_was_made_with(
    tmp_path: Path, head: str, python: str | None
) -> None:
    """The lock names its Python; a Python on the command line overrides it."""
    file = written(tmp_path, "lock.txt", head + "scikit-learn==1.3.2\nnumpy==1.26.2\n")
    request = read_request([file])
    assert request.python == python
    assert bool(request.notes) == (python is not None)
    assert read_request([file, "python==3.12"]).python == "3.12"


@pytest.mark.parametrize("bom", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_files_of_other_systems_are_read(tmp_path: Path, bom: bytes) -> None:
    """A shell of Windows writes UTF-16, and editors a mark at the beginning."""
    encodings = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le"}
    text = "scikit-learn==1.3.2\r\nnumpy==1.26.2\r\n"
    file = tmp_path / "frozen.txt"
    file.write_bytes(bom + text.encode(encodings.get(bom, "utf-16-be")))
    request = read_request([str(file)])
    assert (request.scikit_learn, request.others) == ("1.3.2", ("numpy==1.26.2",))


@pytest.mark.parametrize(
    ("name", "content", "message", "advice"),
    [
        (
            "r.txt",
            b"numpy<2\nscikit-learn<<1\n",
            "r.txt, line 2: 'scikit-learn<<1' is no",
            "numpy<2",
        ),
        ("r.txt", b"numpy<2\nscikit learn\n", "r.txt, line 2: its text (not shown) is no", "numpy"),
        ("r.txt", b"-r https://example.org/r.txt\n", "line 1: includes https://", "fetch it"),
        ("r.txt", b"-r gone.txt\n", "gone.txt: there is no such file", ""),
        ("r.txt", b"numpy\x00<2\n", "line 1: holds a control", ""),
        ("r.txt", b"\xff\xf0 numpy", "is not UTF-8 (byte 0)", ""),
        ("Pipfile", b"", "Pipfile: is not read", "Pipfile.lock"),
        ("setup.cfg", b"", "setup.cfg: is not read", "pip list"),
        ("pylock.toml", b"x = 1", "is not a lock in the format of pylock.toml", ""),
        ("pylock.toml", b"= 1", "is not a lock in the format of pylock.toml", ""),
    ],
)
def test_an_unsupported_file_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, message: str, advice: str
) -> None:
    """With the file, the line, and where there is one the command that writes what is read."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError) as error:
        read_request([name], folder=tmp_path)
    assert message in error.value.message
    assert advice in error.value.advice


# ------------------------------------------------------------------------ locks

HEAD = 'lock-version = "1.0"\ncreated-by = "a test"\n'


def quoted(text: str) -> str:
    """Write any text as a string of TOML."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def package(name: str, version: str, marker: str = "") -> str:
    """Write an entry of a lock."""
    sdist = quoted(f"{name.replace('-', '_')}-{version}.tar.gz")
    entry = f"[[packages]]\nname = {quoted(name)}\nversion = {quoted(version)}\n"
    entry += f"marker = {quoted(marker)}\n" if marker else ""
    return (
        f'{entry}sdist = {{ name = {sdist}, url = "https://h/x", hashes = {{ sha256 = "a" }} }}\n'
    )


UNIVERSAL = "".join(
    [
        HEAD,
        'requires-python = ">=3.9"\ndefault-groups = ["default"]\n',
        package("scikit-learn", "1.6.1", "python_full_version < '3.10'"),
        package("scikit-learn", "1.7.2", "python_full_version >= '3.10'"),
        package("numpy", "2.2.6", "python_full_version == '3.10.*'"),
        package("joblib", "1.5.0", "'default' in dependency_groups"),
        package("pytest", "8.0", "'test' in dependency_groups or 'test' in extras"),
        '[[packages]]\nname = "mine"\ndirectory = { path = "." }\n',
        '[[packages]]\nname = "ours"\nversion = "1.0"\narchive = { url = "https://h/x",'
        ' hashes = { sha256 = "a" } }\n',
    ]
)


def test_a_lock_for_many_pythons(tmp_path: Path) -> None:
    """Without a Python the newest is used; markers of Pythons stay, groups are evaluated."""
    file = written(tmp_path, "pylock.toml", UNIVERSAL)
    newest = read_request([file])
    assert (newest.scikit_learn, newest.python) == ("1.7.2", ">=3.10")
    assert newest.others == ('numpy==2.2.6; python_full_version == "3.10.*"', "joblib==1.5.0")
    assert newest.notes == (
        f"{file}: mine is left out: it names a location, not a version",
        f"{file}: ours is left out: it names a location, not a version",
        "scikit-learn==1.7.2 was taken, for Python >=3.10; python==… chooses another",
    )
    old = read_request([file, "python==3.9"])
    assert (old.scikit_learn, old.python) == ("1.6.1", "3.9")
    with pytest.raises(UsageError, match=r"the lock is for Python >=3\.9, not 3\.8"):
        read_request([file, "python==3.8"])


def test_a_marker_on_scikit_learn_bounds_the_python(tmp_path: Path) -> None:
    """On another Python all lines of such a lock would be skipped, and anything be installed."""
    marker = 'python_version >= "3.9" and python_version < "3.12"'
    file = written(tmp_path, "requirements.txt", f"scikit-learn==1.3.2 ; {marker}\n")
    assert read_request([file]).python == "<3.12,>=3.9"


# ------------------------------------------------------------------------ requested environments


def test_the_same_environment_has_the_same_id_as_in_the_matrix(tmp_path: Path) -> None:
    """So it is shared, packages that all environments hold included."""
    sets = {
        "default": {
            "scikit-learn": ["1.2.2", "1.5"],
            "environments": [
                {"scikit-learn": "1.2.2", "python": "3.10", "numpy": "<2", "as-of": "today"}
            ],
        }
    }
    configured = read_set(TomlTable(tmp_path, "sets", sets), "default", ("pandas",))
    wished = [
        spec_of(read_request(["scikit-learn==1.2.2"]), as_of="release", common=("pandas",)),
        spec_of(read_request(["scikit-learn==1.5.*"]), as_of="release", common=("pandas",)),
        spec_of(
            read_request(["scikit-learn==1.2.2", "numpy<2", "python==3.10"]),
            as_of="today",
            common=("pandas",),
        ),
    ]
    assert [spec.id for spec in wished] == [spec.id for spec in configured]
    assert wished == list(configured)


def test_a_requirement_replaces_the_common_one() -> None:
    """Two wishes for one package would seldom go together."""
    spec = spec_of(read_request(["1.5", "pandas<2"]), as_of="release", common=("pandas", "numpy<3"))
    assert spec.requirements == ("numpy<3", "pandas<2")


def test_a_file_gives_a_readable_id_with_a_digest(tmp_path: Path) -> None:
    """The digest ignores comments; common requirements are not added to a lock."""
    one = read_request([written(tmp_path, "a/my reqs.txt", "scikit-learn==1.2.2\nnumpy<2 # x\n")])
    two = read_request([written(tmp_path, "b/my reqs.txt", "numpy<2\nscikit-learn==1.2.2\n")])
    three = read_request([written(tmp_path, "c/my reqs.txt", "numpy<3\nscikit-learn==1.2.2\n")])
    specs = [spec_of(w, as_of="today", common=("pandas",)) for w in (one, two, three)]
    assert specs[0].id == specs[1].id != specs[2].id
    assert specs[0].id.startswith("my-reqs-")
    assert specs[0].id.endswith("-today")
    assert specs[0].label == "my reqs.txt today"
    assert specs[0].requirements == ("numpy<2",)


def test_an_id_that_would_be_too_long_gets_a_digest() -> None:
    """Ids are names of folders: they stay short, and differ where the environments do."""
    many = [f"package-{i}==1.{i}.0" for i in range(20)]
    ids = {
        spec_of(read_request(["1.5", *texts]), as_of="release").id
        for texts in (many, many[1:], ["a;python_version<'3.9'"], ["a;python_version<'3.8'"], ["a"])
    }
    assert len(ids) == 5
    assert all(id_.startswith("sklearn-1.5-") and len(id_) <= 80 for id_ in ids)


def test_a_line_on_a_past_day_is_a_range() -> None:
    """The last patch of today may have come later."""
    assert spec_of(read_request(["1.5"]), as_of="2024-06-30").scikit_learn == "==1.5.*"
    assert spec_of(read_request(["latest"]), as_of="2024-06-30").scikit_learn == ">=0"
    assert spec_of(read_request(["latest"]), as_of="today").scikit_learn == "latest"


def test_a_file_without_scikit_learn_is_refused(tmp_path: Path) -> None:
    """A constraint on scikit-learn does not install it."""
    written(tmp_path, "constraints.txt", "scikit-learn==1.2.2\n")
    request = read_request([written(tmp_path, "requirements.txt", "numpy<2\n-c constraints.txt\n")])
    with pytest.raises(UsageError, match=r"requirements\.txt: scikit-learn is not in it"):
        spec_of(request, as_of="today")


# ------------------------------------------------------------------------ anything at all

PIECES = st.sampled_from(
    [
        "scikit-learn", "numpy", "python", "==", ">=", "<", "~=", "===", "1.2.2", "1.5.*", "3.12",
        "-r ", "-c ", "-e ", "--hash=sha256:a", "--index-url ", "git+https://", " @ ", "./", "[x]",
        " ; ", "python_version", "extra", "'3.9'", " and ", "(", ")", "\\\n", "\n", "\t", "#", " ",
        "\x00", "r.txt", "latest", "999999999999999999999", "file:///", ",", "é", "\u2028", "$",
    ]
)  # fmt: skip
ANYTHING = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))


def check(texts: list[str]) -> None:
    """Any text is parsed or refused, and none can become an option of uv."""
    try:
        request = read_request(texts)
        spec = spec_of(request, as_of="today")
    except UsageError:
        return
    for text in (*spec.requirements, *spec.constraints, spec.scikit_learn, spec.python):
        assert not text.startswith("-")
        assert text.isprintable()
        assert text == text.strip()
    assert spec.id.strip("-").isprintable()
    assert not set(spec.id) & set(' /\\\n:*?"<>|')


@given(st.lists(ANYTHING, min_size=1, max_size=3))
@example(["scikit-learn==1", "numpy; platform_version == '\n--pre'"])
def test_any_text_is_parsed_or_refused(texts: list[str]) -> None:
    check(texts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
@example("\n".join(["scikit-learn==1.2.2", "numpy --pre", " --pre", "\\", "--pre"]))
@example("scikit-learn==1.2.2\\\n\n--pre")
def test_any_file_is_parsed_or_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.txt"
    file.write_text(f"scikit-learn==1.2.2\n{text}", encoding="utf-8", newline="")
    check([str(file)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["numpy", "python"]) | st.text(max_size=12),
    st.sampled_from(["1.0", "3.12"]) | st.text(max_size=12),
    ANYTHING,
    st.just(">=3.9") | ANYTHING,
)
@example("numpy", "1", "platform_version == '\n--pre'", ">=3.9")
def test_any_lock_is_parsed_or_refused(
    tmp_path: Path, name: str, version: str, marker: str, pythons: str
) -> None:
    file = tmp_path / "pylock.toml"
    head = f"{HEAD}requires-python = {quoted(pythons)}\n"
    entries = package("scikit-learn", "1.2.2") + package(name, version, marker)
    file.write_text(head + entries, encoding="utf-8")
    check([str(file)])

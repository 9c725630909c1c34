"""Untrusted text becomes one printable line; equal text stays equal."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.normalize_messages import folded, without_places
from matrix.safe_text import guarded_output, plain, plain_lines, to_paste, without_commands


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_one_printable_line(text: str) -> None:
    """Whatever it holds."""
    line = plain(text, 50)
    assert line.isprintable()
    assert len(line) <= 50


def test_what_cannot_be_printed_is_spelled_out() -> None:
    """It is evidence: it is shown, and does nothing."""
    assert plain("\x1b[31mred\x07") == "\\x1b[31mred\\x07"
    assert plain("\u202egnirts\ud800") == "\\u202egnirts\\ud800"
    assert plain("a\r\n\tb\u2028c") == "a b c"
    assert plain("é 漢 ✓") == "é 漢 ✓"


COMMANDS = (
    "::error file=app.py,line=1::deployed",
    "::add-mask::a",
    "::stop-commands::x",
    ":::error::x",
    "  ::warning::x",
    "\u2066::error::x",
    "##[error]x",
    "###[group]x",
    "a ##vso[task.setvariable variable=x]y",
    "##teamcity[buildStatus status='SUCCESS']",
    "##teamcity.x-y[z]",
)
OBEYED = re.compile(r"^\s*::[a-zA-Z]|##[\w.-]*\[", re.MULTILINE)


@pytest.mark.parametrize("text", COMMANDS)
def test_no_ci_system_obeys_text(text: str) -> None:
    assert not OBEYED.search(plain(text))
    assert plain(plain(text)) == plain(text)
    assert not OBEYED.search(plain_lines(f"a\n  {text}"))
    document = json.dumps({"name": text})
    assert not OBEYED.search(without_commands(document))
    assert json.loads(without_commands(document)) == {"name": text}


def test_names_of_other_languages_stay_readable() -> None:
    assert plain("what(): std::bad_alloc # 1 ## two [3]") == "what(): std::bad_alloc # 1 ## two [3]"


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("before", ["", "\x1b[31m", "  ", "line\n", "line\n\x1b[2K  "])
def test_no_ci_system_obeys_a_line_of_a_guarded_stream(before: str, text: str) -> None:
    """As when a console wraps a long word in the middle."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), guarded_output():
        sys.stdout.write(f"{before}{text}\n")
        sys.stdout.write("std")
        sys.stdout.write("::bad_alloc\n")
        sys.stdout.writelines([text, "\n"])
    said = re.sub(r"\x1b\[\d*[a-zA-Z]", "", stream.getvalue())
    assert not OBEYED.search(said)
    assert "std::bad_alloc" in said


def test_long_text_is_cut() -> None:
    """With a sign that there was more, also if all of the rest was white space."""
    assert plain("x" * 100, 10) == "xxxxxxxxx…"
    assert plain("x" * 10, 10) == "x" * 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("object at 0x7f31c0de", "object at 0x55aa"),
        ("expected 64 bytes, got 72", "expected 64 bytes, got 80.5"),
        ("from '/tmp/a1/lib/sklearn/x.py'", "from '/home/b/x/lib/sklearn/x.py'"),
        (f"got '{'a' * 50}'", f"got '{'b' * 90}'"),
        (
            "dtype [('left_child', '<i8'), ('right_child', '<i8')]",
            "dtype [" + "('x', 1)," * 9 + "]",
        ),
        ("line\n\n  two", "line two"),
    ],
)
def test_messages_that_say_the_same_become_the_same(one: str, other: str) -> None:
    """Numbers, addresses, folders, long reprs and line breaks are folded."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no attribute '_loss'", "no attribute '_fill_dtype'"),
        ("No module named 'numpy._core'", "No module named 'numpy.core'"),
        ("dtype int32", "dtype int64"),
        ("can't do this, it doesn't go", "can't do that, it doesn't go"),
    ],
)
def test_messages_that_differ_stay_apart(one: str, other: str) -> None:
    """Names are not folded, nor digits that belong to one, nor words between apostrophes."""
    assert folded(one) != folded(other)


def test_places_are_taken_out_of_what_is_shown() -> None:
    """The name of the file stays; its folder is left out."""
    assert without_places("in /srv/a/b/_gb.py at 0xff") == "in …/_gb.py at 0x…"


@pytest.mark.parametrize("letter", ["'", '"', "[", "(", "{", "/a", "0x", "1", "1.", " '", "/"])
def test_no_message_makes_folding_slow(letter: str) -> None:
    """A megabyte of anything takes a moment of this process's own time, not minutes."""
    started = time.process_time()
    folded(letter * (1_000_000 // len(letter)))
    assert time.process_time() - started < 10


def test_a_line_to_paste_is_whole_with_its_spaces() -> None:
    """A path may have two spaces in a row, and escaping makes a text longer."""
    assert to_paste("migrate 'a  b.joblib'") == "migrate 'a  b.joblib'"
    name = "\x1b\u202e" * 40
    assert to_paste(name) == "\\x1b\\u202e" * 40
    assert to_paste("x\n::error::y") == r"x\n::error::y"  # one line, which does not begin so
    assert to_paste("::error::y") == r":\x3aerror::y"

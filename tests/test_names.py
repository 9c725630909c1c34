"""One name for one thing: in the whole package no two classes or types are called alike."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "matrix"

OLD_MODULES = frozenset(
    {
        *("nouns", "known", "wayout", "explaining", "annex", "border", "kept", "board"),
        *("material", "said", "apart", "folding", "writing", "looking", "learning"),
        *("learners", "knowledge", "lacking", "within", "documents"),
    }
)
"""Names of modules and packages that said nothing to a stranger."""


def definitions(tree: ast.AST) -> Iterator[str]:
    """The names of all classes in a module, and of the types that it gives a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id] if "TypeAlias" in ast.unparse(node.annotation) else []
        else:
            continue
        yield from (name for name in names if is_alias(name))


def is_alias(name: str) -> bool:
    """Types are in capitalized words; constants are in capitals."""
    word = name.lstrip("_")
    return word[:1].isupper() and not word.isupper()


def test_what_counts_as_a_definition() -> None:
    text = """
class Outer:
    class Inner: ...
    Size = int
Pair = tuple[str, str]
_Pair = tuple[int, int]
Named: TypeAlias = dict[str, int]
LIMIT = 3
T_MOST: int = 4
value = Pair
"""
    assert sorted(definitions(ast.parse(text))) == ["Inner", "Named", "Outer", "Pair", "_Pair"]


def test_every_class_and_type_has_a_name_of_its_own() -> None:
    """With or without an underscore: ``_Found`` in one module is no other thing than ``Found``."""
    where = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in definitions(ast.parse(path.read_text("utf-8"))):
            where[name.lstrip("_")].append(f"{path.relative_to(PACKAGE)} ({name})")
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


@pytest.mark.parametrize("name", sorted(OLD_MODULES))
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    paths = [*PACKAGE.rglob(f"{name}.py"), *(p for p in PACKAGE.rglob(name) if p.is_dir())]
    assert paths == []

"""Hooks of MkDocs that add files outside of ``docs/`` to the site.

Documents link to files of the repository by relative paths. These work in a checkout and on a code
host. On the site, a linked Markdown file of ``PAGES`` becomes a page. Any other linked file becomes
a copy under ``repository/``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "fixtures/README.md": "reference-pipelines.md",
}
"""Files of the repository that are pages of the site, and the page of each."""

_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and the linked files."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=_read(ROOT / source)))
    documents = [ROOT / source for source in PAGES]
    documents += sorted(Path(config["docs_dir"]).glob("*.md"))
    for path in sorted({path for document in documents for path in _outside(document)}):
        files.append(File.generated(config, _copy(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point relative links at what they lead to on the site."""
    sources = {target: source for source, target in PAGES.items()}
    folder = posixpath.dirname(sources.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def moved(link: re.Match[str]) -> str:
        return f"{link[1]}{_on_site(_resolved(folder, link[2]))}{link[3]}"

    return _LINK.sub(moved, markdown)


def _outside(document: Path) -> Iterator[str]:
    """The files that a document links to, except for pages of the site."""
    folder = document.parent.relative_to(ROOT).as_posix()
    for link in _LINK.finditer(_read(document)):
        path = _resolved(folder, link[2])
        if not path.startswith("docs/") and path not in PAGES and (ROOT / path).is_file():
            yield path


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(folder, target))


def _on_site(path: str) -> str:
    """The path of a repository file on the site, relative to the site's root."""
    if path in PAGES:
        return PAGES[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else _copy(path)


def _copy(path: str) -> str:
    """The path of a copy; leading dots are removed, because MkDocs ignores such names."""
    return "repository/" + "/".join(part.lstrip(".") for part in path.split("/"))


def _read(path: Path) -> str:
    return path.read_text("utf-8")

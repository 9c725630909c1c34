"""How the lines that an answer prints are run where this tool was not installed to stay."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "sklearn-compat-matrix"


def advice(environment: Path, source: str) -> str:
    """What to type instead of ``compat-matrix``; empty where that is installed to stay.

    Args:
        environment: the folder of the virtual environment that this process runs in.
        source: what the tool was installed from: a path, an address, or its name on the registry.
    """
    parts = environment.parts
    from_where = shlex.quote(source)
    if any(part.startswith(("archive-v", "environments-v")) for part in parts):
        instead, install = f"uvx --from {from_where} compat-matrix", "uv tool install"
    elif "pipx" in parts and "venvs" not in parts:
        instead, install = f"pipx run --spec {from_where} compat-matrix", "pipx install"
    else:
        return ""
    return (
        f"compat-matrix is not installed here. To run a line of the answer, write\n"
        f"  {instead}\n"
        f"in place of compat-matrix, or install it once:\n"
        f"  {install} {from_where}"
    )


def advice_here() -> str:
    """The advice for this process."""
    return advice(Path(sys.prefix), _source())


def _source() -> str:
    """What this tool was installed from: PEP 610 has it for all but a registry."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return DISTRIBUTION
    if not text:
        return DISTRIBUTION
    found = json.loads(text)
    address = urlsplit(found["url"])
    if address.scheme == "file":
        return unquote(address.path)
    kind = found.get("vcs_info", {}).get("vcs")
    return f"{kind}+{found['url']}" if kind else str(found["url"])

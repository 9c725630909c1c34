"""Make the ids and labels of environments; no other module makes or parses them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.model.environments import SCIKIT_LEARN

_OPERATORS = {
    "==": "",
    ">=": "ge",
    "<=": "le",
    "!=": "ne",
    "~=": "compatible",
    ">": "gt",
    "<": "lt",
}
_OPERATOR = re.compile(r"==|>=|<=|!=|~=|>|<")


def environment_id(
    scikit_learn: str,
    python: str,
    packages: Mapping[str, str],
    as_of: str = "release",
    framework: str = SCIKIT_LEARN,
) -> str:
    """Return the id of an environment, such as ``sklearn-0.24-py3.7``.

    Args:
        scikit_learn: as in EnvSpec; ``latest`` gives ``sklearn-latest``. For another framework, its
            version.
        python: as in EnvSpec; ``newest`` is left out.
        packages: the version or specifier of each further package.
        as_of: as in EnvSpec; ``release`` is left out.
        framework: as in EnvSpec.
    """
    first = "sklearn" if framework == SCIKIT_LEARN else framework
    parts = [f"{first}-{_plain(scikit_learn)}"]
    if python != "newest":
        parts.append(_python(python))
    parts += [f"{name}{_plain(version)}" for name, version in packages.items()]
    if as_of != "release":
        parts.append(as_of)
    return "-".join(parts)


def meaning_of_latest(
    id_: str, label: str, line: str, framework: str = SCIKIT_LEARN
) -> tuple[str, str]:
    """Return the id and label of an environment with ``latest``, with its release line inserted.

    An id that the configuration sets with ``name`` stays as it is.
    """
    latest = environment_id("latest", "newest", {}, framework=framework)
    meant = id_.replace(latest, latest.replace("latest", line), 1)
    return meant, label.replace("latest", line, 1) if meant != id_ else label


def environment_labels(
    environments: Iterable[tuple[str, str, Mapping[str, str], str, str]],
) -> list[str]:
    """Return a short label for each environment; equal short labels are replaced by long ones.

    Args:
        environments: for each, the arguments of :func:`environment_id`.
    """
    items = list(environments)
    short = [_label(*item, shorten=True) for item in items]
    counts = Counter(short)
    return [
        label if counts[label] == 1 else _label(*item, shorten=False)
        for label, item in zip(short, items, strict=True)
    ]


def environment_label(
    scikit_learn: str,
    python: str,
    packages: Mapping[str, str],
    as_of: str = "release",
    framework: str = SCIKIT_LEARN,
) -> str:
    """Return the long label of one environment."""
    return _label(scikit_learn, python, packages, as_of, framework, shorten=False)


def package_of(requirement: str) -> str:
    """Return the normalized name of the package that a requirement is about."""
    return str(canonicalize_name(Requirement(requirement).name))


def extended(
    id_: str, label: str, packages: Mapping[str, str], as_of: str = "release"
) -> tuple[str, str]:
    """Return the id and the label of an environment with further packages.

    Args:
        id_, label: of the environment without them.
        packages: the specifier of each; empty for any version.
        as_of: as in EnvSpec.
    """
    ids = [f"{name}{_plain(version)}" for name, version in packages.items()]
    labels = [f"{name}{version.replace('==', '')}" for name, version in packages.items()]
    day = f" {as_of}" if label.endswith(f" {as_of}") else ""
    return "-".join([id_, *ids]), " ".join([label.removesuffix(day), *labels]) + day


def of_file(file: str, digest: str, as_of: str) -> tuple[str, str]:
    """Return the id and the label of an environment that a file describes.

    Args:
        file: its name: ``requirements.txt``.
        digest: a short digest of its content.
        as_of: as in EnvSpec; ``release`` is left out.
    """
    stem = _plain(file.rpartition(".")[0])[:40].lstrip(".+!_") or "file"
    day = [] if as_of == "release" else [as_of]
    return "-".join([stem, digest, *day]), " ".join([file, *day])


def of_many(version: str, digest: str, as_of: str, framework: str = SCIKIT_LEARN) -> str:
    """Return the id of an environment with too many requirements to list them in the id."""
    return environment_id(version, "newest", {"": f"-{digest}"}, as_of, framework)


def _label(
    version: str,
    python: str,
    packages: Mapping[str, str],
    as_of: str,
    framework: str,
    *,
    shorten: bool,
) -> str:
    parts = [version if framework == SCIKIT_LEARN else f"{framework} {version}"]
    if python != "newest":
        parts.append(_python(python))
    for name, value in packages.items():
        text = ".".join(value.split(".")[:2]) if shorten else value
        parts.append(f"{name}{text.replace('==', '')}")
    if as_of != "release":
        parts.append(as_of)
    return " ".join(parts)


def _python(python: str) -> str:
    return python if python.isalpha() else f"py{_plain(python)}"


def _plain(version: str) -> str:
    """Turn a version or specifier into text that is safe in a session name, folder and glob."""
    named = _OPERATOR.sub(lambda match: _OPERATORS[match.group()], version)
    return re.sub(r"[^A-Za-z0-9.+!_]+", "-", named.replace(".*", "")).strip("-")

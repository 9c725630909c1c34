"""Read named sets of environments: axes, exclude and include rules, explicit environments."""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog import checks, environment_names
from matrix.catalog.requirements import ANY
from matrix.catalog.toml_table import TomlTable
from matrix.errors import ConfigError
from matrix.frameworks import BY_NAME, RUNTIMES
from matrix.model import EnvSpec
from matrix.model.environments import SCIKIT_LEARN

_SET_KEYS = (
    *("extends", "formats", "pipelines", "skip", "scikit-learn", "python", "requirements"),
    *("exclude", "include", "environments"),
)
_ENVIRONMENT_KEYS = ("name", "label", "like", "scikit-learn", "python", "requirements", "as-of")
_COMBINATION_KEYS = ("scikit-learn", "python")
_EXCLUDE_KEYS = (*_COMBINATION_KEYS, "reason")
_MOST = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")


@dataclass(frozen=True, kw_only=True)
class _DraftSpec:
    """An environment of the configuration, before labels and common requirements are known."""

    at: str
    """The path of its table or key in the file, for messages."""
    scikit_learn: str
    """Empty for whichever the resolver chooses, if a framework dates the environment."""
    framework: str = SCIKIT_LEARN
    framework_version: str = ""
    python: str = "newest"
    packages: Mapping[str, str] = field(default_factory=dict)
    """The version or specifier of each package that an axis or a key names."""
    requirements: tuple[str, ...] = ()
    as_of: str = "release"
    like: str | None = None
    name: str = ""
    label: str = ""

    @property
    def id(self) -> str:
        return self.name or environment_names.environment_id(*self.id_parts)

    @property
    def id_parts(self) -> tuple[str, str, Mapping[str, str], str, str]:
        """The arguments of :func:`matrix.catalog.environment_names.environment_id`."""
        version = self.framework_version or self.scikit_learn
        return version, self.python, self.packages, self.as_of, self.framework

    def value(self, axis: str) -> str | None:
        """Return its value on an axis; None if it has none."""
        own = {"python": self.python, self.framework: self.framework_version}
        if self.framework == SCIKIT_LEARN:
            own[SCIKIT_LEARN] = self.scikit_learn
        return own.get(axis, self.packages.get(axis))


def read_set(sets: TomlTable, name: str, requirements: tuple[str, ...]) -> tuple[EnvSpec, ...]:
    """Return the environments of a named set, in the order of the file.

    Args:
        sets: the table of all sets, by name; it contains ``name``.
        name: of the set to read.
        requirements: the requirements of every environment of every set beside scikit-learn; those
            of the set itself, or of a set that it extends, replace those of the same package.

    Raises:
        ConfigError: the set is not valid; the message has the path of the key.
    """
    drafts = _drafts_of(sets, name, ())
    requirements = set_requirements(sets, name, requirements)
    labels = environment_names.environment_labels(draft.id_parts for draft in drafts)
    return tuple(
        EnvSpec(
            id=draft.id,
            label=draft.label or draft.name or label,
            scikit_learn="" if draft.framework in RUNTIMES else draft.scikit_learn or ANY,
            framework=draft.framework,
            framework_version=draft.framework_version,
            python=draft.python,
            requirements=_merged(requirements, draft),
            as_of=draft.as_of,
            like=draft.like,
        )
        for draft, label in zip(drafts, labels, strict=True)
    )


def _merged(requirements: tuple[str, ...], draft: _DraftSpec) -> tuple[str, ...]:
    """Join the common requirements with those of one environment, which replace common ones.

    An environment without scikit-learn has only its own: the common ones may need scikit-learn.
    """
    if draft.framework in RUNTIMES:
        requirements = ()
    packages = tuple(checks.package_requirement(n, v) for n, v in draft.packages.items())
    return _joined_requirements(requirements, packages + draft.requirements)


def set_requirements(sets: TomlTable, name: str, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Return the requirements of every environment of a set beside scikit-learn.

    Args:
        sets: the table of all sets, by name; it contains ``name``.
        name: of the set. What it requires replaces what the set that it extends requires of the
            same package.
        requirements: the requirements of every set, which those of the set replace.
    """
    table = sets.table(name)
    base = table.text("extends")
    inherited = set_requirements(sets, base, requirements) if base else requirements
    return _joined_requirements(inherited, common_requirements(table))


def _joined_requirements(common: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """Join two lists of requirements; the second replaces those of the same package."""
    named = {_package_of(text) for text in own}
    return tuple(text for text in common if _package_of(text) not in named) + own


def common_requirements(table: TomlTable) -> tuple[str, ...]:
    """Read the ``requirements`` of all environments of a table.

    Raises:
        ConfigError: one is no requirement, or is about scikit-learn or Python.
    """
    requirements = table.texts("requirements", check=checks.requirement)
    for i, text in enumerate(requirements):
        name = _package_of(text)
        if name in {"scikit-learn", "python"}:
            where = f"{table.at('requirements')}[{i}]"
            raise ConfigError(table.source, where, f"{name} is chosen by the sets of environments")
    return requirements


def _package_of(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))


def _drafts_of(sets: TomlTable, name: str, above: tuple[str, ...]) -> list[_DraftSpec]:
    """Return the environments of a set; ``above`` has the names of the sets that extend it."""
    table = sets.table(name)
    inherited = _inherited(sets, table, (*above, name))
    axes = _axes(table, _SET_KEYS)
    own = list(_product(table, axes)) + _included(table)
    collected = _excluded(table, _joined(sets, inherited, own, inherited))
    for explicit in table.tables("environments"):
        known = {draft.id: draft for draft in collected}
        collected = _joined(sets, collected, [_explicit(explicit, known)], inherited)
    return collected


def _inherited(sets: TomlTable, table: TomlTable, above: tuple[str, ...]) -> list[_DraftSpec]:
    base = table.text("extends")
    if "extends" not in table:
        return []
    if base not in sets:
        raise table.error("extends", f"there is no set {base!r}", advice=f"sets: {_listed(sets)}")
    if base in above:
        raise table.error(
            "extends", f"the sets extend each other in a circle: {' -> '.join(above)}"
        )
    return _drafts_of(sets, base, above)


def _listed(names_: TomlTable | Mapping[str, object]) -> str:
    return ", ".join(names_) or "none"


def _axes(table: TomlTable, reserved: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the values on each axis of a table; a key that is not reserved is a package."""
    axes = {}
    for key in table:
        if key in reserved and key not in _COMBINATION_KEYS:
            continue
        axes[_axis(table, key, reserved)] = tuple(
            _checked(table, key, value) for value in table.text_or_texts(key)
        )
    return axes


def _axis(table: TomlTable, key: str, reserved: tuple[str, ...]) -> str:
    if key in reserved:
        return key
    close = difflib.get_close_matches(key.replace("_", "-"), reserved, n=1, cutoff=0.8)
    if close:
        raise table.error(key, "unknown key", advice=f'did you mean "{close[0]}"?')
    try:
        return checks.package_name(key)
    except ValueError as error:
        known = f"known: {', '.join(reserved)}, and names of packages"
        raise table.error(key, f"unknown key: {error}", advice=known) from None


def _checked(table: TomlTable, key: str, value: str) -> str:
    """Return the canonical form of a value on an axis."""
    check = {SCIKIT_LEARN: checks.scikit_learn, "python": checks.python}.get(
        key, checks.framework_version if key in BY_NAME else checks.package_version
    )
    try:
        return check(value)
    except ValueError as error:
        raise table.error(key, str(error)) from None


def _product(table: TomlTable, axes: Mapping[str, tuple[str, ...]]) -> Iterator[_DraftSpec]:
    """Yield every combination of the values on the axes.

    A runtime such as onnxruntime has environments of its own, without scikit-learn: its axis is
    combined only with that of Python.
    """
    runtimes = [axis for axis in axes if axis in RUNTIMES]
    own = {axis: values for axis, values in axes.items() if axis not in runtimes}
    if not runtimes or own.keys() - {"python"}:
        yield from _combinations(table, own)
    python = {axis: values for axis, values in own.items() if axis == "python"}
    for axis in runtimes:
        yield from _combinations(table, {axis: axes[axis], **python})


def _combinations(table: TomlTable, axes: Mapping[str, tuple[str, ...]]) -> Iterator[_DraftSpec]:
    if not axes:
        return
    dating = _dating_axis(table, axes)
    count = math.prod(len(values) for values in axes.values())
    if count > _MOST:
        raise table.error(dating, f"the axes make {count} environments, more than {_MOST}")
    packages = [axis for axis in axes if axis not in (dating, "python")]
    for version, python, *versions in itertools.product(
        axes[dating], axes.get("python", ("newest",)), *(axes[name] for name in packages)
    ):
        known = dating == SCIKIT_LEARN
        yield _DraftSpec(
            at=table.at(dating),
            scikit_learn=version if known else "",
            framework=dating,
            framework_version="" if known else version,
            python=python,
            packages=dict(zip(packages, versions, strict=True)),
        )


def _dating_axis(table: TomlTable, axes: Mapping[str, tuple[str, ...]]) -> str:
    """Return the axis whose releases date the environments: scikit-learn, or the first framework.

    Raises:
        ConfigError: there is neither.
    """
    if SCIKIT_LEARN in axes:
        return SCIKIT_LEARN
    for axis in axes:
        if axis in BY_NAME:
            return axis
    raise table.error(
        next(iter(axes)),
        "an axis without scikit-learn makes no environment",
        advice='add scikit-learn = ["1.3", "latest"] beside it, or the releases of a framework: '
        'xgboost = ["1.7", "latest"]',
    )


def _included(table: TomlTable) -> list[_DraftSpec]:
    included: list[_DraftSpec] = []
    for rule in table.tables("include"):
        found = list(_product(rule, _axes(rule, _COMBINATION_KEYS)))
        if not found:
            raise ConfigError(table.source, rule.path, "includes nothing")
        included += [replace(draft, at=rule.path) for draft in found]
    return included


def _excluded(table: TomlTable, drafts: list[_DraftSpec]) -> list[_DraftSpec]:
    """Apply the exclude rules; a rule without a reason or an effect is an error."""
    for rule in table.tables("exclude"):
        if not rule.text("reason").strip():
            raise rule.error("reason", "an exclude rule needs its reason")
        axes = [key for key in rule if key != "reason"]
        for axis in axes:
            _axis(rule, axis, _EXCLUDE_KEYS)
        patterns = {str(canonicalize_name(key)): rule.text_or_texts(key) for key in axes}
        kept = [draft for draft in drafts if not _matches(patterns, draft)]
        if len(kept) == len(drafts):
            raise ConfigError(table.source, rule.path, "excludes no environment of this set")
        drafts = kept
    return drafts


def _matches(patterns: Mapping[str, tuple[str, ...]], draft: _DraftSpec) -> bool:
    """Whether an environment matches a pattern on every axis of a rule."""

    def matches_on(axis: str) -> bool:
        value = draft.value(axis)
        return value is not None and any(fnmatchcase(value, glob) for glob in patterns[axis])

    return bool(patterns) and all(matches_on(axis) for axis in patterns)


def _joined(
    sets: TomlTable, drafts: list[_DraftSpec], more: list[_DraftSpec], inherited: list[_DraftSpec]
) -> list[_DraftSpec]:
    """Append environments; repeating an inherited one is allowed, and has no effect."""
    joined = {_folder(each.id): each for each in drafts}
    for new in more:
        old = joined.setdefault(_folder(new.id), new)
        if old is new or (old in inherited and replace(old, at=new.at) == new):
            continue
        raise ConfigError(
            sets.source,
            new.at,
            f"the environment {new.id!r} is there twice (also at {old.at}, as {old.id!r})",
            advice='give one of them a name = "..."',
        )
    return list(joined.values())


def _folder(id_: str) -> str:
    """Return the folder name that nox derives from an id; it must be unique."""
    return re.sub(r"[^a-z0-9_]+", "-", id_.casefold())


def _explicit(table: TomlTable, known: Mapping[str, _DraftSpec]) -> _DraftSpec:
    axes = _axes(table, _ENVIRONMENT_KEYS)
    values = {axis: _single(table, axis, texts) for axis, texts in axes.items()}
    requirements, python = _requirements(table)
    if python and values.setdefault("python", python) != python:
        problem = f"python is {values['python']} by its key, and {python} by its requirements"
        raise ConfigError(table.source, table.at("requirements"), problem)
    base = _base(table, known, values)
    dated = (*_COMBINATION_KEYS, base.framework)
    packages = {name: v for name, v in values.items() if name not in dated}
    other = base.framework != SCIKIT_LEARN
    return _DraftSpec(
        at=table.path,
        scikit_learn=values.get(SCIKIT_LEARN, base.scikit_learn),
        framework=base.framework,
        framework_version=values.get(base.framework, base.framework_version) if other else "",
        python=values.get("python", base.python),
        packages={**base.packages, **packages},
        requirements=(*base.requirements, *requirements),
        as_of=_as_of(table, base.as_of),
        like=table.text("like") or None,
        name=table.text("name", check=_environment_name),
        label=table.text("label", check=checks.one_line),
    )


def _single(table: TomlTable, axis: str, values: tuple[str, ...]) -> str:
    if len(values) != 1:
        raise table.error(axis, "an environment has one value here")
    return values[0]


def _base(
    table: TomlTable, known: Mapping[str, _DraftSpec], values: Mapping[str, str]
) -> _DraftSpec:
    """Return the environment that ``like`` names; without ``like``, one with defaults only."""
    if "like" in table:
        like = table.text("like")
        if like not in known:
            close = difflib.get_close_matches(like, known, n=1)
            advice = f'did you mean "{close[0]}"?' if close else f"there are: {_listed(known)}"
            raise table.error("like", f"there is no environment {like!r} before", advice=advice)
        return known[like]
    if SCIKIT_LEARN in values:
        return _DraftSpec(at=table.path, scikit_learn=values[SCIKIT_LEARN])
    framework = next((name for name in values if name in BY_NAME), "")
    if not framework:
        raise ConfigError(
            table.source,
            table.path,
            'needs "scikit-learn", a framework such as "xgboost", or "like"',
        )
    return _DraftSpec(
        at=table.path,
        scikit_learn="",
        framework=framework,
        framework_version=values[framework],
    )


def _requirements(table: TomlTable) -> tuple[tuple[str, ...], str]:
    """Return the requirements other than Python, and the required Python, empty if there is none.

    Raises:
        ConfigError: scikit-learn is among them, or two requirements of Python contradict.
    """
    python, others = "", []
    for i, text in enumerate(table.texts("requirements", check=checks.requirement)):
        parsed, where = Requirement(text), f"{table.at('requirements')}[{i}]"
        if canonicalize_name(parsed.name) == "scikit-learn":
            raise ConfigError(table.source, where, "scikit-learn has a key of its own")
        if parsed.name.lower() != "python":
            others.append(text.strip())
            continue
        try:
            required = checks.python(str(parsed.specifier))
        except ValueError as error:
            raise ConfigError(table.source, where, str(error)) from None
        if python and python != required:
            raise ConfigError(table.source, where, f"python is {python}, and {required} here")
        python = required
    return tuple(others), python


def _as_of(table: TomlTable, default: str) -> str:
    if "as-of" in table and isinstance(table.raw("as-of"), date):
        return str(table.raw("as-of"))[:10]
    return table.text("as-of", default, check=checks.as_of)


def _environment_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a valid name: use letters, digits and . _ + -, at most 80"
        )
    return text

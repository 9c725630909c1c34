"""Reads the configuration: one pass that checks everything and changes nothing."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from matrix.catalog import checks, reference_pipelines, toml
from matrix.catalog.configuration import (
    ENVS_VARIABLE,
    Catalog,
    NamedBy,
    ToleranceRule,
    Tolerances,
    Trust,
    WorkerLimits,
    environments_folder,
)
from matrix.catalog.pipelines import read_pipelines
from matrix.catalog.sets import common_requirements, read_set, set_requirements
from matrix.catalog.toml_table import TomlTable
from matrix.errors import ConfigError, UsageError
from matrix.model import SCORE_MARGIN, EnvSpec, Pipeline, Tolerance
from matrix.model.package_sources import PackageSources
from matrix.worker.compat_worker.formats import FORMATS

_KEYS = (
    "pipelines",
    "models",
    "state",
    "envs",
    "index-url",
    "extra-index-urls",
    "find-links",
    "requirements",
    "release-window-days",
    "download-python",
    "formats",
    "tolerances",
    "score-margin",
    "limits",
    "sets",
    "trust",
)
_STATE = ".matrix"


def read(
    path: Path | None = None,
    *,
    set_name: str = "default",
    select: Sequence[str] = (),
    pipeline_globs: Sequence[str] = (),
    formats: Sequence[str] | None = None,
    with_pipelines: bool = True,
    search: bool = True,
) -> Catalog:
    """Read and check a configuration.

    Args:
        path: a ``pyproject.toml`` or a TOML file with the same keys; None looks for a
            ``pyproject.toml`` with ``[tool.matrix]`` here and in the folders above.
        set_name: which set of environments.
        select: globs over environment ids; none selects all.
        pipeline_globs: globs over pipeline ids; none selects all.
        formats: the only formats to use; None uses those of the configuration. One that the
            configuration gives no pipelines is crossed with all of them.
        with_pipelines: False leaves the pipeline files unread.
        search: False looks for no file, so that ``path`` must be given.

    Raises:
        ConfigError: a mistake in the file, with its path.
        PipelineFileError: a mistake in a file of pipelines.
        UsageError: a set, glob or format that matches nothing, or no configuration at all.
    """
    source = find() if path is None and search else path
    if source is None and not search:
        raise UsageError(
            "--isolated uses no configuration of the current folder",
            advice="name a file with --config FILE",
        )
    if source is None:
        raise UsageError(
            "there is no pyproject.toml with [tool.matrix] here or above",
            advice="name a file with --config FILE",
        )
    path_inside, document = _load(source)
    return read_document(
        source,
        path_inside,
        document,
        set_name=set_name,
        select=select,
        pipeline_globs=pipeline_globs,
        formats=formats,
        with_pipelines=with_pipelines,
    )


def read_document(
    source: Path,
    path_inside: str,
    document: object,
    *,
    set_name: str = "default",
    select: Sequence[str] = (),
    pipeline_globs: Sequence[str] = (),
    formats: Sequence[str] | None = None,
    with_pipelines: bool = True,
) -> Catalog:
    """Check a parsed file; see :func:`read`.

    Args:
        source: the file.
        path_inside: where in the file the document stands: ``tool.matrix``.
        document: what stands there, of any shape.
    """
    table = TomlTable(source, path_inside, document)
    table.only(_KEYS)
    catalog = _settings(source, table)
    known = _known_specs(table, set_name, catalog.requirements)
    catalog = replace(
        catalog,
        set_name=set_name,
        requirements=set_requirements(table.table("sets"), set_name, catalog.requirements),
        known=known,
        specs=_selected(known, select),
        select=(*select,),
        whole=not select and not pipeline_globs and formats is None,
    )
    crossed = _formats(table, set_name)
    if not with_pipelines:
        _folders(catalog.root, table)
        return replace(catalog, formats=tuple(crossed))
    return _with_pipelines(catalog, table, crossed, pipeline_globs, formats)


def find(start: Path | None = None) -> Path | None:
    """Return the nearest ``pyproject.toml`` with ``[tool.matrix]``, here or above; None if none.

    Folders above in which every user may write, such as ``/tmp``, are left out.

    Raises:
        ConfigError: a file before the nearest one cannot be read, so that it may have settings too.
    """
    folder = (start or Path.cwd()).resolve()
    for parent in (folder, *folder.parents):
        if parent != folder and _is_shared(parent):
            continue
        candidate = parent / "pyproject.toml"
        tool = _document(candidate).get("tool") if _is_file(candidate) else None
        if isinstance(tool, dict) and "matrix" in tool:
            return candidate
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_shared(folder: Path) -> bool:
    """Whether every user of this computer may write in a folder."""
    try:
        return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def default(root: Path) -> Catalog:
    """Return the configuration of a folder without one: no environments, no pipelines."""
    root = root.resolve()
    return Catalog(root=root, state=root / _STATE)


def read_or_default(path: Path | None = None, *, search: bool = True) -> Catalog:
    """Return the configuration for environments given on the command line: no sets, no pipelines.

    Args:
        path, search: as in :func:`read`; without a configuration, the current folder with defaults
            is used.

    Raises:
        ConfigError: a mistake in the settings, with its path.
    """
    source = find() if path is None and search else path
    if source is None:
        return default(Path.cwd())
    path_inside, document = _load(source)
    table = TomlTable(source, path_inside, document)
    table.only(_KEYS)
    return _settings(source, table)


def with_reference_pipelines(path: Path | None = None, *, search: bool = True) -> Catalog:
    """Return the configuration with the reference pipelines in place of missing ones.

    Args:
        path, search: as in :func:`read`; without a configuration, the current folder with defaults
            is used.

    Raises:
        ConfigError, PipelineFileError, UsageError: as :func:`read` does.
    """
    shipped = read_document(
        Path.cwd() / "pyproject.toml", "tool.matrix", reference_pipelines.CONFIGURATION
    )
    if path is None and not (search and find()):
        return replace(shipped, source=None)
    catalog = read(path)
    if catalog.pipelines:
        return catalog
    named = {canonicalize_name(Requirement(text).name) for text in catalog.requirements}
    more = (text for text in shipped.requirements if text not in named)
    return replace(
        catalog,
        pipelines=shipped.pipelines,
        formats=shipped.formats,
        requirements=(*catalog.requirements, *more),
    )


def _load(source: Path) -> tuple[str, object]:
    """Return the settings of the matrix in a file, and their path in the file."""
    document = _document(source)
    tool = document.get("tool")
    if isinstance(tool, dict) and "matrix" in tool:
        return "tool.matrix", tool["matrix"]
    if source.name == "pyproject.toml":
        raise ConfigError(source, "tool.matrix", "is not there", advice="see docs for an example")
    return "", document


def _document(source: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    advice = "Correct the file, or leave it out with --isolated."
    try:
        return toml.loads(source.read_bytes().decode("utf-8"))
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 (byte {error.start})"
    except (ValueError, RecursionError) as error:
        problem = f"is not TOML: {error}"
    raise ConfigError(source, "", problem, advice=advice)


def _settings(source: Path, table: TomlTable) -> Catalog:
    root = source.resolve().parent
    state = root / Path(table.text("state", _STATE, check=_path)).expanduser()
    if not _is_folder(state) and _exists(state):
        raise table.error("state", f"{state} exists and is not a folder")
    if "download-python" in table and table.text("download-python") not in {"auto", "never"}:
        raise table.error("download-python", 'must be "auto" or "never"')
    return Catalog(
        root=root,
        state=state,
        envs=environments_folder(_envs(root, table)),
        state_by=NamedBy.CONFIGURATION if "state" in table else NamedBy.DEFAULT,
        envs_by=_envs_by(table),
        source=source,
        sources=_sources(root, table),
        models=table.texts("models", check=_inside),
        requirements=common_requirements(table),
        tolerances=_tolerances(table.table("tolerances")),
        score_margin=table.number("score-margin", SCORE_MARGIN),
        limits=_limits(table.table("limits")),
        trust=_trust(table),
        release_window_days=table.integer("release-window-days", 21, most=3650),
        download_python=table.text("download-python", "auto") == "auto",
    )


def _inside(text: str) -> str:
    """Accept a path or glob that stays in the project, whose configuration may be anybody's."""
    parts = re.split(r"[\\/]", _path(text))
    if Path(text).is_absolute() or ".." in parts or text.startswith("~"):
        raise ValueError(f"{text!r} leaves the folder of the configuration")
    return text


def _sources(root: Path, table: TomlTable) -> PackageSources:
    links = table.text_or_texts("find-links", check=_place)
    return PackageSources(
        index_url=table.text("index-url", check=_place),
        extra_index_urls=table.text_or_texts("extra-index-urls", check=_place),
        find_links=tuple(
            place if "://" in place else str(root / Path(place).expanduser()) for place in links
        ),
    )


def _envs_by(table: TomlTable) -> NamedBy:
    if os.environ.get(ENVS_VARIABLE):
        return NamedBy.USER
    return NamedBy.CONFIGURATION if "envs" in table else NamedBy.DEFAULT


def _envs(root: Path, table: TomlTable) -> Path | None:
    """The folder of environments that the file names."""
    if "envs" not in table:
        return None
    envs = root / Path(table.text("envs", check=_path)).expanduser()
    if not _is_folder(envs) and _exists(envs):
        raise table.error("envs", f"{envs} exists and is not a folder")
    return envs


def _tolerances(table: TomlTable) -> Tolerances:
    names = {field.name.replace("_", "-"): field.name for field in fields(Tolerance)}
    table.only((*names, "overrides"))

    def numbers(of: TomlTable) -> dict[str, float]:
        return {field: of.number(key, 0.0) for key, field in names.items() if key in of}

    rules = []
    for rule in table.tables("overrides"):
        rule.only(("pipelines", "methods", *names))
        rules.append(
            ToleranceRule(
                pipelines=rule.text("pipelines", "*"),
                methods=rule.text("methods", "*"),
                changes=numbers(rule),
            )
        )
    return Tolerances(general=Tolerance(**numbers(table)), rules=tuple(rules))


def _limits(table: TomlTable) -> WorkerLimits:
    table.only(("seconds", "memory-mb", "model-mb"))
    return WorkerLimits(
        seconds=table.number("seconds", WorkerLimits().seconds, above=0.001),
        memory_mb=table.integer("memory-mb", WorkerLimits().memory_mb, least=64),
        model_mb=table.integer("model-mb", WorkerLimits().model_mb, least=1),
    )


def _trust(table: TomlTable) -> Trust:
    files: dict[str, frozenset[str]] = {}
    for entry in table.tables("trust"):
        entry.only(("sha256", "names"))
        for key in ("sha256", "names"):
            if key not in entry:
                raise entry.error(key, "is not there", advice="a file is trusted by its SHA-256")
        digest = entry.text("sha256", check=checks.sha256)
        names = entry.texts("names", check=checks.trusted_name)
        files[digest] = files.get(digest, frozenset()) | frozenset(names)
    return Trust(files=files)


# ------------------------------------------------------------------------ environments


def _known_specs(
    table: TomlTable, set_name: str, requirements: tuple[str, ...]
) -> tuple[EnvSpec, ...]:
    """Return the environments of one set, after checking all sets."""
    sets = table.table("sets")
    specs = {name: read_set(sets, name, requirements) for name in sets}
    if set_name not in specs:
        raise UsageError(
            f"{table.source}: there is no set {set_name!r}",
            advice=_meant(set_name, specs, "sets"),
        )
    return specs[set_name]


def _selected(known: tuple[EnvSpec, ...], select: Sequence[str]) -> tuple[EnvSpec, ...]:
    """Return the specs that a glob matches; a glob without a match keeps ``latest``, which may."""
    if not select:
        return known
    open_ended = [spec for spec in known if spec.dated_by[1] == "latest"]
    selected = set(_matching(select, [spec.id for spec in known], "environment", bool(open_ended)))
    unmatched = [g for g in select if not any(fnmatchcase(spec.id, g) for spec in known)]
    if unmatched:
        selected.update(spec.id for spec in open_ended)
    return tuple(spec for spec in known if spec.id in selected)


def _matching(
    globs: Sequence[str], ids: Sequence[str], what: str, open_ended: bool = False
) -> list[str]:
    """Return the ids that any glob matches; a glob that matches none is an error."""
    for glob in globs:
        if not open_ended and not any(fnmatchcase(id_, glob) for id_ in ids):
            raise UsageError(f"no {what} matches {glob!r}", advice=_meant(glob, ids, f"{what}s"))
    return [id_ for id_ in ids if any(fnmatchcase(id_, glob) for glob in globs)]


def _meant(given: str, there: Iterable[str], what: str) -> str:
    """Return an advice: the probable name, and all names."""
    names = list(there)
    close = difflib.get_close_matches(given, names, n=1)
    listed = f"{what}: {', '.join(names) or 'none'}"
    return f"did you mean {close[0]!r}? {listed}" if close else listed


# ------------------------------------------------------------------------ pipelines, formats


def _formats(table: TomlTable, set_name: str) -> dict[str, tuple[str, ...]]:
    """Return the selectors of each format in use, in the order of the file: a set may have own."""
    sets = table.table("sets")
    tables = [table, *(sets.table(name) for name in sets)]
    for one in tables:
        one.table("formats").only(FORMATS)
    own = sets.table(set_name)
    chosen = own if "formats" in own else table
    formats = chosen.table("formats")
    if "formats" not in chosen:
        return {"joblib": ("*",)}
    return {name: formats.text_or_texts(name) for name in formats}


def _with_pipelines(
    catalog: Catalog,
    table: TomlTable,
    crossed: dict[str, tuple[str, ...]],
    globs: Sequence[str],
    formats: Sequence[str] | None,
) -> Catalog:
    own = table.table("sets").table(catalog.set_name)
    folders = _folders(catalog.root, own if "pipelines" in own else table)
    pipelines = read_pipelines(folders)
    _check_own_formats(pipelines)
    for name in formats or ():
        if name not in FORMATS:
            raise UsageError(f"unknown format {name!r}", advice=_meant(name, FORMATS, "formats"))
        crossed.setdefault(name, ("*",))
    if globs:
        chosen = set(_matching(globs, [p.id for p in pipelines], "pipeline"))
        pipelines = tuple(p for p in pipelines if p.id in chosen)
    else:
        pipelines = _without_skipped(table, catalog.set_name, pipelines)
    order = [name for name in (*crossed, *FORMATS) if formats is None or name in formats]
    order = list(dict.fromkeys(order))
    saved = tuple(replace(p, formats=_formats_of(p, crossed, order)) for p in pipelines)
    used = {name for pipeline in saved for name in pipeline.formats}
    return replace(
        catalog,
        pipelines=tuple(p for p in saved if p.formats),
        formats=tuple(name for name in order if name in used),
    )


def _without_skipped(
    table: TomlTable, set_name: str, pipelines: tuple[Pipeline, ...]
) -> tuple[Pipeline, ...]:
    """Leave out the pipelines that a set skips, unless a glob of the user selects them."""
    own = table.table("sets").table(set_name)
    selectors = own.texts("skip")
    for i, selector in enumerate(selectors):
        if not any(_chosen(selector, pipeline) for pipeline in pipelines):
            where = f"{own.at('skip')}[{i}]"
            raise ConfigError(table.source, where, f"no pipeline matches {selector!r}")
    return tuple(p for p in pipelines if not any(_chosen(s, p) for s in selectors))


def _chosen(selector: str, pipeline: Pipeline) -> bool:
    """Whether a pipeline has the tag of ``tag:NAME``, or an id that the glob matches."""
    tag = selector.removeprefix("tag:")
    return tag in pipeline.tags if tag != selector else fnmatchcase(pipeline.id, selector)


def _check_own_formats(pipelines: Iterable[Pipeline]) -> None:
    for pipeline in pipelines:
        for name in pipeline.formats:
            if name not in FORMATS:
                where = f"{pipeline.file}:{pipeline.line}: {pipeline.id}"
                advice = _meant(name, FORMATS, "formats")
                raise UsageError(f"{where}: unknown format {name!r}", advice=advice)


def _formats_of(
    pipeline: Pipeline, crossed: dict[str, tuple[str, ...]], order: Collection[str]
) -> tuple[str, ...]:
    return tuple(
        name
        for name in order
        if name in pipeline.formats or any(_chosen(s, pipeline) for s in crossed.get(name, ()))
    )


def _folders(root: Path, table: TomlTable) -> list[Path]:
    folders = []
    for i, text in enumerate(table.texts("pipelines", check=_path)):
        folder = (
            reference_pipelines.folder()
            if text == reference_pipelines.NAME
            else root / Path(text).expanduser()
        )
        if not _is_folder(folder):
            where = f"{table.at('pipelines')}[{i}]"
            raise ConfigError(table.source, where, f"there is no folder {folder}")
        folders.append(folder)
    return folders


# ------------------------------------------------------------------------ paths


def _place(text: str) -> str:
    """Accept an address or a path that uv cannot take for an option."""
    if not text.strip() or text.startswith("-"):
        raise ValueError("must be an address or a path")
    return checks.one_line(text)


def _path(text: str) -> str:
    if not text:
        raise ValueError("must name a folder")
    try:
        Path(checks.one_line(text)).expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None
    return text


def _safely(question: Callable[[], bool]) -> bool:
    """Whether a path exists; a name that the file system rejects does not."""
    try:
        return question()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    return _safely(path.is_dir)


def _exists(path: Path) -> bool:
    return _safely(path.exists)

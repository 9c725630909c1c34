"""The configuration and the folder of results that a command line means.

The current folder may be a stranger's. docs/security.md lists what of it is used.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from matrix import catalog as catalogs
from matrix import own_folder
from matrix.catalog import Catalog, NamedBy
from matrix.cli.arguments.groups import ConfigurationArguments, SelectionArguments
from matrix.engine.recovery import recover
from matrix.errors import CannotTellError, StoreError, UsageError
from matrix.remove_tree import remove
from matrix.safe_text import plain
from matrix.store import Store


def read_selected(arguments: SelectionArguments) -> Catalog:
    """Read the configuration, and select the part of it that the arguments of a run name."""
    catalog = catalogs.read(
        arguments.config,
        set_name=arguments.set,
        select=arguments.select,
        pipeline_globs=arguments.pipelines,
        formats=arguments.formats,
        search=not arguments.isolated,
    )
    return with_folders(replace(catalog, shard=arguments.shard), arguments)


def read_configured(arguments: ConfigurationArguments, *, with_pipelines: bool = True) -> Catalog:
    """Read the configuration, which must exist."""
    catalog = catalogs.read(
        arguments.config, with_pipelines=with_pipelines, search=not arguments.isolated
    )
    return with_folders(catalog, arguments)


def read_settings(arguments: ConfigurationArguments) -> Catalog:
    """Read the settings for environments on the command line; no configuration is needed."""
    catalog = catalogs.read_or_default(arguments.config, search=not arguments.isolated)
    return with_folders(catalog, arguments)


def read_or_reference(arguments: ConfigurationArguments) -> Catalog:
    """Read the configuration, with the reference pipelines if it has none."""
    catalog = catalogs.with_reference_pipelines(arguments.config, search=not arguments.isolated)
    return with_folders(catalog, arguments)


def with_folders(catalog: Catalog, arguments: ConfigurationArguments) -> Catalog:
    """The catalog with the folders of results and environments that the arguments name."""
    if arguments.state is not None:
        catalog = replace(catalog, state=arguments.state.absolute(), state_by=NamedBy.USER)
    elif arguments.isolated:
        folder = Path(tempfile.mkdtemp(prefix="compat-matrix-"))
        atexit.register(remove, folder)
        catalog = replace(catalog, state=folder, state_by=NamedBy.USER)
    if arguments.envs is not None:
        catalog = replace(catalog, envs=arguments.envs.absolute(), envs_by=NamedBy.USER)
    return catalog


@contextmanager
def open_results(catalog: Catalog) -> Iterator[Store]:
    """The results of a project, to read and write, with what a killed command left taken in.

    Results that came with the project are set aside: they could be forged, and files in them would
    be loaded.

    Raises:
        UsageError: the configuration names a folder outside of the project.
        StoreError: the folder cannot be written.
    """
    _own_results(catalog)
    with Store(catalog.state) as store:
        store.recovered = recover(store)
        yield store


@contextmanager
def kept_results(catalog: Catalog) -> Iterator[Store]:
    """The results of a project, to read only.

    Raises:
        CannotTellError: they came with the project, and the command line does not name them.
    """
    state = catalog.state
    if catalog.state_by is not NamedBy.USER:
        _refuse_tracked(state)
    is_foreign = not own_folder.is_own(state) and not own_folder.is_empty(state)
    if catalog.state_by is not NamedBy.USER and is_foreign:
        raise CannotTellError(
            f"the results in {plain(str(state))} were not made by you on this computer",
            advice=f"If you trust them, name them: --state {state}",
        )
    with Store(state, read_only=True) as store:
        yield store


def _refuse_tracked(state: Path) -> None:
    """Refuse results that the project's repository may replace.

    Raises:
        CannotTellError: the repository has files in the folder of results.
    """
    if own_folder.is_tracked(state):
        raise CannotTellError(
            f"the repository has files of its own in {plain(str(state))}, so results there may be "
            "somebody else's",
            advice=f"Remove them with: git rm -r --cached {state}\n  Or name a folder for the "
            "results: --state DIR",
        )


def _own_results(catalog: Catalog) -> None:
    """See that the folder of results is the user's own, or new."""
    state = catalog.state
    if catalog.state_by is NamedBy.USER:
        with contextlib.suppress(StoreError):  # the store says it better
            own_folder.mark(state)
        return
    _refuse_tracked(state)
    if own_folder.is_own(state):
        return
    if own_folder.leads_outside(state, catalog.root):
        raise UsageError(
            f"state: {state} is outside of {catalog.root}, and you have not used it yet",
            advice=f"If you want the results there, name it once: --state {state}",
        )
    if not own_folder.is_empty(state):
        aside = own_folder.set_aside(state)
        sys.stderr.write(
            f"{plain(str(state))} was not made by you on this computer: it is "
            f"{plain(aside.name)} now, and nothing in it is used. "
            "To use such results, name them with --state.\n"
        )
    own_folder.mark(state)

"""``cache``: the environments in the store, and how to remove some."""

from __future__ import annotations

from datetime import datetime, timezone

from matrix.cli.arguments import CacheArguments
from matrix.cli.configured import read_settings
from matrix.environments.cleaning import Pruned, contents, prune
from matrix.environments.environment_store import EnvironmentStore
from matrix.errors import Exit, UsageError
from matrix.report.terminal.cache import show_contents, show_pruned


def cache(arguments: CacheArguments) -> Exit:
    """Show the environments in the store, or remove those that are old or too many."""
    limits = (arguments.older_than, arguments.max_size)
    catalog = read_settings(arguments)
    store = EnvironmentStore(catalog.envs)
    now = datetime.now(timezone.utc)
    if arguments.action == "show":
        if limits != (None, None):
            raise UsageError(
                "--older-than and --max-size say what to remove",
                advice="compat-matrix cache prune --older-than 30d",
            )
        show_contents(store.folder, contents(store), now)
        return Exit.OK
    if limits == (None, None):
        raise UsageError(
            "prune needs --older-than, --max-size or both",
            advice="compat-matrix cache prune --older-than 30d --max-size 5GB",
        )
    pruned: Pruned = prune(
        store, now=now, older_than=arguments.older_than, max_size=arguments.max_size
    )
    show_pruned(store.folder, pruned)
    return Exit.OK

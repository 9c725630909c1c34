"""``plan``: show what a run would do."""

from __future__ import annotations

import sys

from matrix import environments
from matrix.cli.arguments import PlanArguments
from matrix.cli.configured import open_results, read_selected
from matrix.engine.plan import divided
from matrix.engine.plan import plan as make_plan
from matrix.engine.run_context import RunContext
from matrix.errors import Exit
from matrix.report.plan_json import write_plan
from matrix.report.progress import Progress
from matrix.report.terminal.plan import show_plan


def plan(arguments: PlanArguments) -> Exit:
    """Show what a run with these arguments would do; nothing is built, saved or loaded."""
    catalog = read_selected(arguments)
    found = environments.survey(catalog, offline=arguments.offline)
    with open_results(catalog) as store:
        context = RunContext.of(
            catalog,
            found,
            store,
            progress=Progress(),
            slots=arguments.jobs,
            fresh=arguments.fresh,
        )
        made = make_plan(context, catalog)
        shares = divided(made, arguments.groups, arguments.artifacts)
        if arguments.json:
            write_plan(made, sys.stdout, shares)
        else:
            show_plan(made)
    return Exit.OK

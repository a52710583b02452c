"""`kpirules plan`: what a scheme is worked out by."""

from __future__ import annotations

from pathlib import Path

import click

from kpirules.cli import console
from kpirules.cli.help import Worded
from kpirules.cli.project import rule_file
from kpirules.source.files import shown


@click.command(cls=Worded)
@click.argument("scheme", required=False, type=click.Path(path_type=Path))
@click.option("--format", "form", type=console.Choice(["text", "json", "sql"]), default="text")
@click.option("--period")
@console.shared
def plan(scheme: Path | None, form: str, period: str | None) -> None:
    """Show the plan of SCHEME, by default the one that kpirules.yaml names: its steps, or the SQL of them."""
    from kpirules.compiling import compile_file
    from kpirules.plan.encode import to_json
    from kpirules.plan.relation import origin_of
    from kpirules.plan.text import render

    path = rule_file(scheme)
    compiled = compile_file(path, shown(path))
    match form:
        case "json":
            console.put_json(to_json(compiled.plan))
        case "sql":
            from kpirules.engines.duckdb import compile_sql
            from kpirules.runs.run import columns, first_period, in_force, params, read_period

            if period is None:
                chosen = first_period(compiled.plan)
                console.tell(f"-- {console.say('sql_period', period=chosen)}")
            else:
                chosen = read_period(period, compiled.plan.period)
                in_force(compiled.plan, chosen)
            sql = compile_sql(compiled.plan, params(chosen), columns(compiled.plan))
            console.put_data([sql, "\n"])
        case _:
            tables = {table.name: origin_of(table.span) for table in compiled.model.tables.values()}
            console.put(render(compiled.plan, console.lang(), tables))

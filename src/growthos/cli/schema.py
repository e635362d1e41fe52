"""The command that tells how the sources' answers have changed their form: schema."""

from typing import Annotated

import typer

from growthos.cli import completion
from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session
from growthos.errors import ExitCode

PANEL = "Watch"
EPILOG = """
[bold]What is compared[/bold]

Pages of each stream's newest run with pages of the runs before it, and both
with what sql/staging reads. A sample: `--pages` says how many of each.
Whatever is found, syncs go on: a value that cannot be read is put aside.

[bold]Examples[/bold]

growthos schema                        what is new, gone or changed
growthos schema --source meta          of one source
growthos schema --strict               exit with 4 if what is read is gone
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(schema)


def schema(
    context: typer.Context,
    *,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="SOURCE",
            show_default="every one",
            help="Only this source; may be repeated.",
            autocompletion=completion.sources,
        ),
    ] = None,
    pages: Annotated[
        int, typer.Option("--pages", metavar="N", min=1, help="Pages of each stream that are read, on either side.")
    ] = 10,
    format_: FormatOption = "table",
    output: OutputOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if something that is read is gone or of another type.")
    ] = False,
) -> None:
    """Show how the sources' answers have changed: new fields, fields that are gone, other types, new words.

    Nobody is asked and nothing is changed: the raw files tell.
    """
    from growthos import connectors, drift, render
    from growthos.cli.options import word

    session: Session = context.obj
    style = form(format_)
    asked = [word(one, tuple(connectors.find()), "--source") for one in sources or []]
    found = drift.drift(session.kept, asked, most=pages)
    render.schema(found, style, output)
    if strict and found.matters:
        raise typer.Exit(ExitCode.CHECKS_FAILED)

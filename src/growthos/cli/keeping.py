"""Commands that take something out of a home for good: prune, redact."""

from typing import Annotated

import typer

from growthos.cli.options import FormatOption, OutputOption, form
from growthos.cli.session import Session

PANEL = "Data"
PRUNE_EPILOG = """
[bold]Examples[/bold]

growthos prune --keep-units 3         what would go; nothing is changed
growthos prune --keep-units 3 --yes   let it go
"""
REDACT_EPILOG = """
[bold]Examples[/bold]

growthos redact --customer 7012345 --dry-run   what there is of a customer
growthos redact --customer 7012345             take it out, and build anew
growthos redact --email ann@example.com        a guest, who has no number
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=PRUNE_EPILOG, rich_help_panel=PANEL)(prune)
    app.command(epilog=REDACT_EPILOG, rich_help_panel=PANEL)(redact)


def prune(
    context: typer.Context,
    *,
    keep_units: Annotated[
        int, typer.Option("--keep-units", metavar="N", help="How many readings of each day stay, the newest.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only said what would go.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Let go of units that newer complete ones replace, so that raw files take less room.

    No number changes; `status --restatements` loses the older readings. What changed in a shop is never let go.
    """
    from growthos import render
    from growthos.pruning import prune as let_go

    session: Session = context.obj
    style = form(format_)
    render.pruning(let_go(session.kept, keep_units, yes=yes), style, output)


def redact(
    context: typer.Context,
    *,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="ID", help="The customer's number in the shop, such as 7012345."),
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", metavar="EMAIL", help="An e-mail: for guests, or one more of a customer's.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is; nothing is changed.")] = False,
    format_: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Take a person out of this home: e-mails and addresses, in every file. This cannot be undone.

    Orders, amounts and counts stay, so that no KPI moves; a made-up e-mail takes the place of the real one.
    """
    from growthos import render
    from growthos.redaction import redact as take_out

    session: Session = context.obj
    style = form(format_)
    with render.progress(session.monotonic, quiet=session.quiet) as watcher:
        found = take_out(
            session.kept,
            session.settings,
            session.clock,
            watcher,
            customer=customer,
            email=email,
            dry_run=dry_run,
            demo=session.demo,
        )
    render.redaction(found, style, output)
    raise typer.Exit(found.exit_code)

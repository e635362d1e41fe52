"""The options that several commands share, and the words that an option takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from growthos.cli import completion, process
from growthos.errors import UsageError

if TYPE_CHECKING:
    from growthos.render.answers import Form
    from growthos.render.weekly_page import Paper

Format = Literal["table", "json", "csv", "raw-csv", "markdown"]
FORMATS = ("table", "json", "csv", "markdown")
FILES = ("parquet", "xlsx")
"""Formats of rows that go to a file alone."""
ENDINGS = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet", ".xlsx": "xlsx"}
EXPORTS = ("parquet", "csv", "xlsx")
PAPERS = ("html", "markdown")
LEVELS = ("info", "warning", "critical")

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DAY",
        help="First day: 2026-03-01, 7d, yesterday, mtd, last-month.",
        autocompletion=completion.days,
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DAY",
        help="Last day: 2026-03-29, yesterday, last-month.",
        autocompletion=completion.last_days,
    ),
]


def _as_file_ends(context: typer.Context, given: str) -> str:
    """The format that was asked for, else as the name of the file of -o ends, else a table."""
    source, output = context.get_parameter_source("format_"), context.params.get("output")
    if output is None or source is None or source.name != "DEFAULT":
        return given
    style = ENDINGS.get(output.suffix.lower(), given)
    if style in FILES:
        raise UsageError(
            f"-o {output} would be {style}, which this command does not write.",
            hint="Let it end in .csv, .json or .md; `growthos sql` and `growthos export` write Excel and Parquet.",
        )
    return style


FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        show_default="as the name of FILE ends, else table",
        callback=_as_file_ends,
        help="How to write it: table, json, csv or markdown.",
        autocompletion=completion.words(FORMATS),
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", is_eager=True, help="Write to a file instead of the screen."),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Exit with 4 and print nothing while a critical check of the last build has failed."),
]


def by_option(dimensions: Sequence[str], says: str) -> Any:
    """The option of what a command shows its numbers by, beside all together."""
    return typer.Option("--by", metavar="DIMENSION", help=says, autocompletion=completion.words(dimensions))


def alone(context: typer.Context) -> None:
    """UsageError where options stand before the command below a group: it would not see them."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            below = f"{context.command_path} {context.invoked_subcommand}"
            raise UsageError(
                f"{option.opts[0]} stands before `{context.invoked_subcommand}`, which does not see it there.",
                hint=f"Write it after; `{below} --help` shows the options that it has.",
            )


def word(given: str, choices: Sequence[str], option: str) -> str:
    """The choice that was given; UsageError with the nearest where it is none."""
    if given in choices:
        return given
    from difflib import get_close_matches

    near = get_close_matches(given.lower(), choices, 1)
    raise UsageError(
        f"{option} {given!r} is not known.{f' Did you mean {near[0]}?' if near else ''}",
        hint=f"It is one of {', '.join(choices)}." if len(choices) > 1 else f"Here it can only be {choices[0]}.",
    )


def form(given: str) -> Format:
    """The format that was asked for; `--raw-csv` makes of CSV the one for programs."""
    return cast("Format", _unguarded(word(given, FORMATS, "--format")))


def paper(given: str | None, output: Path | None) -> "Paper":
    """What a review is written on: as it was asked for, else Markdown where the file's name says so, else HTML."""
    ending = ENDINGS.get(output.suffix.lower(), "") if output else ""
    if given is None and output and (ending not in {"", "markdown"} or output.suffix.lower() == ".pdf"):
        raise UsageError(
            f"-o {output} is no name for a review, which is HTML or Markdown.",
            hint="Let it end in .html or .md; a browser prints the page on paper or to a PDF.",
        )
    if given is None:
        return "markdown" if ending == "markdown" else "html"
    return cast("Paper", word(given, PAPERS, "--format"))


def rows_form(given: str | None, output: Path | None) -> "Form":
    """The format of rows: as it was asked for, else as the file's name ends, else a table."""
    ending = output.suffix.lower() if output else ""
    style = ENDINGS.get(ending, "table") if given is None else word(given, (*FORMATS, *FILES), "--format")
    if style in FILES and output is None:
        raise UsageError(f"--format {style} makes a file.", hint=f"Name it: -o answer.{style}.")
    return cast("Form", _unguarded(style))


def export_form(given: str | None, to: Path) -> "Form":
    """The format of an export: one workbook where the name ends in .xlsx, else a folder of Parquet or CSV files."""
    ending = ENDINGS.get(to.suffix.lower(), "")
    style = word(given, EXPORTS, "--format") if given is not None else "xlsx" if ending == "xlsx" else "parquet"
    if (style == "xlsx") != (ending == "xlsx"):
        raise UsageError(
            f"--to {to} does not go with --format {style}.",
            hint="Excel is one file whose name ends in .xlsx; Parquet and CSV are a folder with a file for each table.",
        )
    if ending and style != "xlsx":
        raise UsageError(
            f"--to {to} names a file, and an export in {style} is a folder with a file for each table.",
            hint='Name a folder; one table alone is `growthos sql "from fact_orders" -o orders.csv`.',
        )
    return cast("Form", _unguarded(style))


def _unguarded(style: str) -> str:
    if not process.raw_csv():
        return style
    if style != "csv":
        raise UsageError("--raw-csv goes with --format csv alone.", hint="It leaves out what protects a spreadsheet.")
    return "raw-csv"

"""The command that signs in with Google in a browser: login."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion, process
from growthos.cli.session import Session
from growthos.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from growthos.settings import Settings

PANEL = "Set up"
LONGEST = 3600
EPILOG = """
[bold]Examples[/bold]

growthos login                            where an OAuth client is set
growthos login ga4                        only this source
growthos login ga4 --client client.json   with the client's file
growthos login --timeout 900              a quarter of an hour for the browser
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(login)


def login(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            show_default="those whose OAuth client is set",
            help="ga4, google_ads.",
            autocompletion=completion.sign_ins,
        ),
    ] = None,
    *,
    client: Annotated[
        Path | None,
        typer.Option("--client", metavar="FILE", help="Take id and secret of the OAuth client from its JSON file."),
    ] = None,
    timeout: Annotated[
        int,
        typer.Option("--timeout", metavar="SECONDS", min=1, max=LONGEST, help="How long to wait for the browser."),
    ] = 300,
) -> None:
    """Sign in with Google in a browser, for GA4 and Google Ads, and keep the access in the home's .env.

    Sources with the same OAuth client take one sign-in. Exit 77 if access is refused, 69 if no answer comes back.
    """
    from growthos import login as google
    from growthos import render, settings

    session: Session = context.obj
    if session.demo:
        raise UsageError("The demo shop needs no sign-in.", hint="Leave out --demo, and DEMO_MODE where it is set.")
    process.close_memory()
    given = settings.load(session.home, session.environ, partly=True)
    origins = settings.whence(session.home, session.environ)
    names: list[str] = []
    for consent in google.consents(session.home, given, origins, sources or [], client):
        given, kept = google.sign_in(session.home, given, consent, show, timeout)
        names += consent.sources
        if not session.quiet:
            render.remark(f"Signed in; kept in {session.home.env}: {', '.join(kept)}", "good")
        for one in google.outweighed(kept, origins):
            render.remark(
                f"{one} is also set in the environment, which wins over .env: take it out there, or this sign-in"
                " does not count.",
                "warn",
            )
    if client and not session.quiet:
        render.remark(f"{client} holds the client's secret and is not needed any more.", "dim")
    raise typer.Exit(_tested(session, given, names))


def show(address: str) -> None:
    """On stderr: the address that is to be opened; it is opened, too, where that happens before the reader's eyes."""
    from threading import Thread

    from growthos import render
    from growthos.connectors.google_sign_in import port
    from growthos.render.text import clean

    render.remark("Open this address, choose the Google account that may see the data, and leave every box ticked:")
    typer.echo(f"\n{clean(address, limit=None)}\n", err=True)
    if _has_browser(os.environ):
        Thread(target=_open, args=(address,), daemon=True).start()
        return
    there = port(address)
    render.remark("If the browser is on another machine, run this there first, and leave it open until all is done:")
    typer.echo(f"\nssh -L {there}:127.0.0.1:{there} {clean(_this_machine())}\n", err=True)


def _has_browser(environ: "Mapping[str, str]") -> bool:
    """Whether a browser can be opened here, and whoever reads this sits in front of it."""
    if not sys.stderr.isatty() or environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in {"darwin", "win32"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _open(address: str) -> None:
    """Some browsers of a terminal run until they are closed, so nobody waits for this."""
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


def _this_machine() -> str:
    import platform

    return platform.node() or "HOST"


def _tested(session: Session, given: "Settings", names: list[str]) -> int:
    """Look whether the sources let us in now; those that lack something else are told of."""
    from dataclasses import replace

    from growthos import connections as sources_of
    from growthos import render, settings

    missing = settings.not_connected(given)
    for name in names:
        if name in missing:
            render.remark(f"{name} still needs {', '.join(missing[name])}: set it in {session.home.env}", "warn")
    ready = [name for name in names if name not in missing]
    if not ready:
        return ExitCode.OK
    if not session.quiet:
        render.asking()
    looks = sources_of.look(session.home, given, session.clock, ready)
    found = replace(sources_of.listed(given, {}, ready), looks=looks)
    render.connections(found)
    if found.exit_code == ExitCode.OK and not session.quiet:
        render.remark("Next: growthos sync", "dim")
    return found.exit_code

"""The command that sets up a home: init."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from growthos.cli import completion, process
from growthos.cli.session import Session, choose_home, working_folder
from growthos.errors import ExitCode, StoppedError, UsageError
from growthos.home import Home

if TYPE_CHECKING:
    from growthos.cli.wizard import Wizard
    from growthos.setting_up import Writing

PANEL = "Set up"
EPILOG = """
[bold]Examples[/bold]

growthos init                          ask for one source after the other
growthos init meta                     ask for Meta Ads again
growthos init --home /srv/acme         another shop has another home
growthos init --no-input --set META_AD_ACCOUNT_ID=1001
"""


def add(app: typer.Typer) -> None:
    app.command(epilog=EPILOG, rich_help_panel=PANEL)(init)


def init(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            show_default="those not yet connected",
            help="Sources to ask for.",
            autocompletion=completion.sources,
        ),
    ] = None,
    *,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone", metavar="ZONE", show_default="the shop's", help="Where days are cut: Europe/Berlin."
        ),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option("--currency", metavar="CODE", show_default="the shop's", help="What the reports count in: EUR."),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A source's variable; a secret only as NAME_FILE=PATH."),
    ] = None,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Ask each source whether it lets us in.")] = True,
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing, as where there is no terminal.")] = False,
) -> None:
    """Set up a home: connect sources, test each at once, and keep their settings.

    Secrets go to .env of the home, for its owner alone, all else to growthos.toml, which keeps what it has.
    Where nobody can be asked, a growthos.toml with every default is written, what is connected is tested, and what is
    to be set is said; exit 77 if all refuse, 69 if none answers, 3 if some fail.
    """
    from growthos import asked, setting_up
    from growthos.cli import asking

    session: Session = context.obj
    if session.demo:
        raise UsageError(
            "The demo shop needs no setting up.",
            hint="`growthos demo` shows it; to set up your own shop, leave out --demo, or DEMO_MODE.",
        )
    asked.check(sources or [])
    new = setting_up.given(pairs or [])
    for option, key, value in (
        ("--timezone", "reporting_timezone", timezone),
        ("--currency", "currency", currency),
    ):
        new = setting_up.both(new, setting_up.general(option, key, value)) if value is not None else new
    given = context.parent.params.get("home") if context.parent else None
    if no_input or not asking.is_possible():
        _without_questions(session, given, new, sources or [], test=test)
    else:
        _with_questions(session, given, new, sources or [], test=test)


def _with_questions(session: Session, given: str | None, new: "Writing", names: list[str], *, test: bool) -> None:
    """Ask; a signal, or nobody there any more, ends it with what was kept by then."""
    from growthos import interrupt, render
    from growthos.cli.asking import Terminal
    from growthos.cli.wizard import Wizard

    wizard = Wizard(session, Terminal(), test)
    with interrupt.in_order():
        try:
            _choose(session, given, wizard)
            _say_home(session, given)
            _converse(session, wizard, new, names)
        except StoppedError:
            raise StoppedError(_kept(wizard)) from None
        except EOFError:
            render.remark(f"Interrupted. {_kept(wizard)}")
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def _converse(session: Session, wizard: "Wizard", new: "Writing", names: list[str]) -> None:
    from growthos import folders
    from growthos.settings.origins import read_toml

    folders.check(session.home)
    if new.toml:
        wizard.keep(new, "what the options say")
    wizard.run(names)
    wizard.keep(wizard.general(read_toml(session.home).values), "what the reports count in")
    _end(session)


def _without_questions(session: Session, given: str | None, new: "Writing", names: list[str], *, test: bool) -> None:
    """Write what is told, ask the sources that are connected, and say what is still to be set."""
    from growthos import render, setting_up, settings
    from growthos.connections import Connections
    from growthos.render import init_page as page

    home, was_there = session.home, session.home.settings.exists()
    known = settings.load(home, session.environ, toml=setting_up.becomes(home, new), partly=True)
    process.close_memory()
    ready = [one for one in settings.connected(known) if not names or one in names]
    if not session.quiet:
        _say_home(session, given)
        if ready and test:
            render.asking()
    looks = setting_up.look(home, known, session.clock, {name: known.sources[name] for name in ready if test})
    found = Connections((), looks)
    if looks and (found.exit_code or not session.quiet):
        page.looked(looks)
    proposed = setting_up.both(setting_up.proposed(looks), new)
    new = setting_up.differs(home, new if was_there else proposed)
    setting_up.write(home, session.environ, new)
    if not session.quiet:
        page.writing(setting_up.shown(home, new))
        page.written(home.settings, new, setting_up.unsaid(home, proposed), was_there=was_there)
        page.to_be_set(str(home.env), setting_up.missing(known, names))
        _end(session)
    raise typer.Exit(found.exit_code)


def _choose(session: Session, given: str | None, wizard: "Wizard") -> None:
    """Where nothing says which home, this folder, or the one that is found from everywhere, used before or not.

    What a conversation that was left made in this folder makes it no other one.
    """
    from growthos import folders, render

    if given is not None:
        return
    here, usual = working_folder(), session.base.root
    if usual in {here, *here.parents}:
        return
    default = "1" if set(folders.of(Home(here))).issuperset(here.iterdir()) else "2"
    render.remark("Where are the data of this shop to be kept?", "strong")
    render.remark(f"  1  in this folder, {here}")
    render.remark(f"  2  in {usual}, which growthos finds from everywhere")
    if wizard.word(f"Which of them? [{default}] ", "12", default) == "1":
        session.base = Home(here)


def _say_home(session: Session, given: str | None) -> None:
    from growthos import render

    home = session.home.root
    if given is not None:
        how = "as it was said"
    elif home in working_folder().parents:
        how = "the nearest folder upwards with a growthos.toml"
    else:
        how = "this folder" if home == working_folder() else "the user's data folder"
    render.remark(f"The home is {home}, {how}; --home chooses another.", "dim")


def _kept(wizard: "Wizard") -> str:
    if not wizard.kept:
        return "Nothing was kept."
    return f"Kept in {wizard.session.home.root}: {', '.join(wizard.kept)}. `growthos init` goes on from there."


def _end(session: Session) -> None:
    """What is connected, and the next command."""
    from growthos import render, settings

    known = settings.load(session.home, session.environ, partly=True)
    ready = settings.connected(known)
    render.remark(f"Connected: {', '.join(ready) or 'nothing yet'}.", "good" if ready else "")
    command = "growthos" if _is_found(session) else f"growthos --home {shlex.quote(str(session.home.root))}"
    render.remark(f"Next: {command} sync" if ready else f"Next: {command} init, or growthos demo, which needs nothing.")


def _is_found(session: Session) -> bool:
    """Whether a command in this folder finds the home without --home."""
    try:
        return choose_home(session.environ.get("GROWTHOS_HOME")) == session.home
    except UsageError:
        return False

"""Whether what is shown is what was built last: the banner above reports, and `--strict`."""

from growthos import last_build
from growthos.cli.session import Session
from growthos.errors import ChecksFailedError, NoDataError
from growthos.last_build import LastBuild


def read(session: Session) -> LastBuild:
    """The last build, from its report, else from what is published."""
    found = last_build.from_report(session.home)
    if found is not None:
        return found
    with session.published() as con:
        return last_build.from_database(con)


def look(session: Session, *, strict: bool, untold: bool = False) -> tuple[str, ...] | None:
    """Warn that a build failed and the numbers are those of one before; under `strict`, end here.

    The checks that failed; None where the last build was published. `untold`: nobody is warned.
    """
    last = last_build.from_report(session.home)
    if last is None or last.published:
        return None
    failed = ", ".join(one.name for one in last.blocking) or "a critical check"
    message = f"The last build was not published: {failed} failed."
    if strict:
        raise ChecksFailedError(message, hint="See `growthos checks`, mend the data, and run `growthos sync` again.")
    if not session.home.database.exists():
        raise NoDataError(f"{message} Nothing was published before it.", hint="See `growthos checks`.")
    if not untold:
        from growthos import render

        with session.published() as con:
            shown = last_build.from_database(con)
        render.banner(last, shown, session.clock.now())
    return tuple(one.name for one in last.blocking)

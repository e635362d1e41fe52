"""Which sources are asked, and what stands between them and the program: their limits' file, the demo's transport."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from growthos.build import connected
from growthos.clock import Clock
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.errors import SettingsError, UsageError
from growthos.home import Home

if TYPE_CHECKING:
    import httpx

    from growthos.settings import Settings


def check(asked: Sequence[str]) -> None:
    """UsageError with the nearest name where one of these is no source's."""
    known = find()
    for name in asked:
        if name not in known:
            near = get_close_matches(name.lower(), known, 1)
            raise UsageError(
                f"No source is called {name!r}.{f' Did you mean {near[0]}?' if near else ''}",
                hint=f"Sources are {', '.join(known)}.",
            )


def choose(home: Home, settings: "Settings", asked: Sequence[str]) -> dict[str, type[Connector]]:
    """The sources of these names, all that are connected where none is named; SettingsError where that is none."""
    check(asked)
    known, ready = find(), connected(settings)
    for name in asked:
        if name not in ready:
            missing = ", ".join(known[name].missing(settings.sources.get(name, {})))
            raise SettingsError(f"{name} is not connected; still to be set: {missing}.", hint=_set_or_demo(home))
    if not ready:
        needed = "\n".join(f"  {name}: {', '.join(one.missing({}))}" for name, one in known.items())
        raise SettingsError(f"No source is connected. Each needs its settings:\n{needed}", hint=_set_or_demo(home))
    return {name: ready[name] for name in (asked or ready)}


def ledger_of(home: Home, settings: "Settings") -> Path:
    """The file of `[limits] file`, which several homes may share, else one of the home's own."""
    return home.root / settings.limits.file if settings.limits.file else home.work / "limits.sqlite"


def transport(demo_seed: int | None, clock: Clock) -> "Callable[[], httpx.BaseTransport] | None":
    """What makes the transport of the demo shop; None where the world is asked."""
    if demo_seed is None:
        return None

    def make() -> "httpx.BaseTransport":
        from growthos import demo

        return demo.transport(lambda: demo.make_shop(demo_seed), clock.now)

    return make


def _set_or_demo(home: Home) -> str:
    return (
        f"`growthos init` asks for them; or set them in the environment, in .env or growthos.toml of {home.root} "
        "(--home chooses another). `growthos demo` needs nothing and shows a whole shop."
    )

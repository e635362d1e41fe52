"""A shop that never was, and its faces: one module per API, each answering as the vendor does.

The whole program runs against it through httpx's transport; nothing else tells the demo from the world.
This package knows the vendors' APIs and nothing of the connectors: that is what makes it a witness.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from growthos.demo.dice import DAYS, FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    import httpx

    from growthos.demo.records import Cause
    from growthos.demo.shop import Shop

__all__ = ["DAYS", "FACES", "FIRST_DAY", "LAST_DAY", "SEED", "happened", "make_shop", "settings", "transport"]

SEED = 42


def _found() -> dict[str, ModuleType]:
    modules = {one.name: import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)}
    return {name: module for name, module in sorted(modules.items()) if "HOSTS" in vars(module)}


FACES = _found()
"""Every face by its source's name: found by having HOSTS, not listed. A face goes by a request's path alone,
so it may be served at any address."""


@lru_cache(maxsize=2)
def make_shop(seed: int = SEED) -> "Shop":
    """The shop of this seed, made once: it takes a tenth of a second."""
    from growthos.demo.shop import make

    return make(seed)


def happened() -> "tuple[Cause, ...]":
    """What the shop knows to have moved its numbers, and on which days."""
    from growthos.demo import causes

    return causes.known()


def settings() -> dict[str, dict[str, str]]:
    """What a person would have to set to be let in, by source and setting name."""
    return {name: dict(face.SETTINGS) for name, face in FACES.items()}


def transport(shop: "Callable[[], Shop]", now: Callable[[], datetime]) -> "httpx.BaseTransport":
    """Answers for every API the shop is on, without leaving the process; nobody else is there.

    The shop is made at the first request. `now` is what the faces take the time to be.
    """
    import httpx

    of_host = {host: face for face in FACES.values() for host in face.HOSTS}
    opened: list[Shop] = []

    def handle(request: httpx.Request) -> httpx.Response:
        face = of_host.get(request.url.host)
        if face is None:
            raise httpx.ConnectError(f"nobody answers at {request.url.host} in the demo", request=request)
        if not opened:
            # The faces' memory of their callers is this transport's own, the truth is everybody's.
            opened.append(replace(shop(), memory={}))
        response: httpx.Response = face.answer(opened[0], request, now)
        return response

    return httpx.MockTransport(handle)

"""The demo's faces behind one address of this machine each, and what may be put in the place of their answers."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import fault_server
import httpx
from demo_home import make_shop
from fault_server import Arrival

from growthos import demo, settings

Fault = Callable[[httpx.Request, httpx.Response], tuple[int, object]]


def refused(request: httpx.Request, _: httpx.Response) -> tuple[int, object]:
    """No source lets this caller in; the words of each of them, in one body."""
    code = 190 if "/act_" in request.url.path else 401
    error = {"message": "no such token", "code": code, "type": "OAuthException", "status": "UNAUTHENTICATED"}
    return 401, {"error": error, "errors": "[API] Invalid API key or access token"}


def failing(_: httpx.Request, __: httpx.Response) -> tuple[int, object]:
    """A server that is down for everybody."""
    return 503, "down"


def instead(**fields: object) -> Fault:
    """The honest answer, with other values wherever a key has one of these names."""

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fields.get(key, put(value)) for key, value in node.items()}
        return [put(one) for one in node] if isinstance(node, list) else node

    return lambda _, honest: (honest.status_code, put(honest.json()))


def more(path: str, **record: str) -> Fault:
    """The honest answers, and to the lists of which `path` is the last key one record more."""

    def put(node: Any, key: str = "") -> Any:
        if isinstance(node, dict):
            return {name: put(value, name) for name, value in node.items()}
        return [*node, record] if isinstance(node, list) and key == path else node

    return lambda _, honest: (honest.status_code, put(honest.json()))


@contextlib.contextmanager
def served(
    clock: Any, faults: dict[str, Fault] | None = None, *, date: str | None = None
) -> Iterator[dict[str, dict[str, str]]]:
    """Settings of the demo's sources with the addresses of this machine; `date` is what the servers' clocks say."""

    def script(arrival: Arrival) -> fault_server.Fault | None:
        fault = (faults or {}).get(arrival.source)
        if fault is None or arrival.operation == "token":
            return None
        return lambda turn: turn.say(*fault(arrival.request, turn.honest()))

    with fault_server.served(make_shop(demo.SEED), clock, script) as apis:
        apis.date = date
        yield {name: {**values, **apis.addresses[name]} for name, values in settings.demo().sources.items()}

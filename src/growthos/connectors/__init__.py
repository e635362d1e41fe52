"""What growthos can read. A module in this folder is a connector: found, not listed."""

import inspect
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from growthos.connectors.base import Connector


@cache
def find() -> dict[str, type[Connector]]:
    """Every connector by the name of its source, in alphabetical order."""
    found = {}
    for module in sorted(one.name for one in iter_modules(__path__)):
        for _, member in inspect.getmembers(import_module(f"{__name__}.{module}"), inspect.isclass):
            if issubclass(member, Connector) and not inspect.isabstract(member):
                found[member.name] = member
    return found

"""Envelopes of APIs that write camelCase, as dataclasses that write snake_case."""

from typing import Any, ClassVar


def camel(name: str) -> str:
    """`end_cursor` as `endCursor`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Camel:
    """Dataclasses below this one are read from camelCase keys; keys they do not name are skipped.

    A number is one: neither infinite nor NaN, which are no JSON.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[Any] = {"alias_generator": camel, "allow_inf_nan": False}

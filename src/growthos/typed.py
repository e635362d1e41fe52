"""Commands in what a person is told, with the options that chose this home: who copies one stays in it."""

import re

COMMAND = re.compile(r"(`|Next: )growthos (--demo )?(?!--)")
"""A command in a sentence, if it chooses no folder by itself."""

_options: list[str] = [""]


def choose(options: str) -> None:
    """The options that chose this home, as they were typed."""
    _options[0] = options


def as_typed(text: str) -> str:
    """The text, with them in each of its commands."""
    options = _options[0]
    demo = "" if "--demo " in options else "--demo "
    return COMMAND.sub(lambda found: f"{found[1]}growthos {options}{demo if found[2] else ''}", text)

"""What staging takes out of the pages, path by path, as its files say it in the structures they parse pages by."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from growthos.warehouse import sqlfiles

_PAGES: Final = re.compile(r"\braw_([a-z0-9_]+?)__(\w+)")
_COMMENT: Final = re.compile(r"--.*")
_TEXT: Final = re.compile(r"'((?:[^']|'')*)'")
_INSIDE: Final = re.compile(r"from_json\(record\.(\w+), '([^']+)'\)")
LIST: Final = "[]"

Forms = Mapping[str, str]


def wanted() -> dict[tuple[str, str], dict[str, str]]:
    """By source and page stream: the form each path is taken for: object, list, value, or any.

    A path is written `data.orders.nodes[].id`; the page itself is the empty path.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for model in sqlfiles.find(sqlfiles.SQL, "staging").values():
        query = _COMMENT.sub("", model.query)
        pages = set(_PAGES.findall(query))
        forms = dict(_forms(query)) if pages else {}
        for key in pages:
            found.setdefault(key, {}).update(forms)
    return found


def _forms(query: str) -> Iterator[tuple[str, str]]:
    texts = _TEXT.findall(query)
    parts = {name: json.loads(text) for name, text in _INSIDE.findall(query)}
    pieces = set(re.findall(r"'\w+', '([^']+)'", query))
    for number, text in enumerate(texts):
        structure = None if text in pieces else _structure(text, *texts[number + 1 : number + 3])
        if structure is not None and structure not in parts.values():
            for path, form in _walk(structure, ""):
                inside = parts.get(path.rpartition(".")[2])
                yield from _walk(inside, path) if inside is not None else [(path, form)]


def _structure(text: str, word: str = "", instead: str = "") -> Any:
    """The structure that a text is; in one with a word to be replaced, the next two texts say which and by what."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(text.replace(word, instead)) if word else None
    except ValueError:
        return None


def _walk(structure: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(structure, dict):
        yield path, "object"
        for key, part in structure.items():
            yield from _walk(part, f"{path}.{key}" if path else key)
    elif isinstance(structure, list):
        yield path, "list"
        yield from _walk(structure[0], path + LIST)
    else:
        yield path, "value" if structure == "VARCHAR" else "any"

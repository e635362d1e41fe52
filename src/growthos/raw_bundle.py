"""A raw file of many segments: their pages as they were, each with its own run, number and page, and all their headers.

Its footer holds the headers as one text, so that what a thousand small files say is read at once. `supersedes` names
the files in whose place it stands, each with its seal: as soon as a bundle is there, they are there no more for any
reader. So its rename is the swap, and when they are deleted makes no difference.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from growthos import raw
from growthos.errors import NewerError
from growthos.raw import DamagedSegmentError, Header

HEADERS_KEY: Final = b"growthos_headers"
_KNOWN: Final = {"account", "format", "headers_sha256", "redacted", "source", "stream", "supersedes"}
_MARK: Final = b'"supersedes": '
_FIELDS: Final = tuple(Header.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file is to be called, the segments in it in their order, and the files it stands for, with their seals.

    `redacted` marks the people whose data were taken out of it.
    """

    name: str
    headers: tuple[Header, ...]
    supersedes: Mapping[str, str] = field(default_factory=dict)
    redacted: tuple[str, ...] = ()


def is_bundle(text: bytes) -> bool:
    """Whether the header of a file is that of a bundle."""
    return _MARK in text


def texts(headers: Sequence[Header], supersedes: Mapping[str, str], redacted: Sequence[str]) -> tuple[str, str]:
    """The header of a bundle, and the headers of its segments, as its footer holds them."""
    rows = [[getattr(header, name) for name in _FIELDS] for header in headers]
    told = json.dumps({"names": _FIELDS, "rows": rows}, separators=(",", ":"))
    first = headers[0]
    about = {
        "account": first.account,
        "format": raw.FORMAT,
        "headers_sha256": hashlib.sha256(told.encode()).hexdigest(),
        "redacted": list(redacted),
        "source": first.source,
        "stream": first.stream,
        "supersedes": dict(supersedes),
    }
    return raw.written(about), told


def parsed(about: bytes, told: bytes, path: Path) -> Contents:
    """What a bundle holds, from the two texts of its footer; raises as `raw.parsed` does."""
    try:
        stored: dict[str, Any] = json.loads(about)
        seal = stored.pop("header_sha256")
        whole = raw.is_as_written(about, stored, seal)
        whole = whole and stored["headers_sha256"] == hashlib.sha256(told).hexdigest()
        newer = whole and (stored["format"] > raw.FORMAT or not stored.keys() <= _KNOWN)
        headers = () if newer or not whole else _headers(json.loads(told))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedSegmentError(f"{path.name}: its header cannot be read ({error})") from error
    if newer or headers is None:
        raise NewerError(path)
    if not whole:
        raise DamagedSegmentError(f"{path.name}: its header is not the one it was written with")
    return Contents(name(headers[0].seq, about), headers, stored["supersedes"], tuple(stored["redacted"]))


def _headers(told: Mapping[str, Any]) -> tuple[Header, ...] | None:
    """None where the headers say what we do not know."""
    names: Sequence[str] = told["names"]
    if not Header.__dataclass_fields__.keys() >= set(names):
        return None
    lists = [number for number, name in enumerate(names) if name in {"again", "reached"}]
    for row in told["rows"]:
        for number in lists:
            row[number] = tuple(row[number])
    if tuple(names) == _FIELDS:
        return tuple(Header(*row) for row in told["rows"])
    return tuple(Header(**dict(zip(names, row, strict=True))) for row in told["rows"])


def name(seq: int, about: bytes) -> str:
    """What a bundle is called: for its first segment, and for all that it says, so that no two share a name."""
    return f"{seq:010d}-{hashlib.sha256(about).hexdigest()[:16]}.parquet"

"""Files that were set aside as damaged: moved out of the way and named for where they stood, never deleted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from growthos import raw, raw_files
from growthos.errors import NewerError
from growthos.folders import make_folders, sync_folder
from growthos.home import Home
from growthos.raw import DamagedSegmentError, Header

BEGINS: Final = b'{"account": '
"""How the text of a header begins: its keys are sorted."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A segment that was set aside; `header` is None where not even that can be made out any more."""

    path: Path
    source: str
    account: str
    stream: str
    seq: int
    run_id: str
    header: Header | None


def set_aside(home: Home, path: Path, at: datetime) -> Path:
    """Move a file of the home into quarantine/, a database with its log; where it is then."""
    make_folders(home.quarantine)
    stood = path.relative_to(home.raw if path.is_relative_to(home.raw) else home.root)
    names = (f"{at:%Y%m%dT%H%M%S}{again}.{'.'.join(stood.parts)}" for again in ("", *(f"-{n}" for n in range(2, 1000))))
    target = next(one for name in names if not (one := home.quarantine / name).exists())
    path.rename(target)
    wal = path.with_name(f"{path.name}.wal")
    if wal.exists():
        wal.rename(target.with_name(f"{target.name}.wal"))
    sync_folder(home.quarantine)
    return target


def segments(home: Home) -> Iterator[Aside]:
    """The segments in quarantine/, each of a file of many; other files that were set aside are none of raw's."""
    for path in sorted(home.quarantine.glob("*.*.*.*.parquet")):
        _, source, account, stream, name = path.name.split(".", 4)
        if found := raw.FILE.fullmatch(name):
            headers = _headers(path)
            if not headers:
                yield Aside(path, source, account, stream, int(found[1]), found[2], None)
            for header in headers:
                yield Aside(path, source, account, stream, header.seq, header.run_id, header)


def _headers(path: Path) -> tuple[Header, ...]:
    """What a damaged file says it was: from its header, or from the text of it where the rest of it is broken."""
    try:
        return raw_files.read(path).headers
    except DamagedSegmentError:
        content = path.read_bytes()
    start = content.rfind(BEGINS)
    text = content[start:].decode("utf-8", errors="replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
        return (raw.parsed(text[:end].encode(), path),)
    except (ValueError, DamagedSegmentError, NewerError):
        return ()

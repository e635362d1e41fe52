"""What a Parquet file says in its footer under a name of ours, found among the bytes without opening the file.

Deriving the state reads every footer at every command, and to open a file costs thirty times as much as to look for
two names at its end.
"""

import os
from pathlib import Path
from typing import Final

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
_FIRST_LOOK: Final = 16 * 1024
_TEXT: Final = b"\x18"
"""What stands before a text in a footer; then comes its length, seven bits a byte, the lowest first."""


def values(path: Path, names: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """The texts under these names, without those that are not there; empty where the file does not end as Parquet does.

    Raises OSError where the system does not read the file. Whether the rest of it is whole is not looked at.
    """
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        end = _read(file.fileno(), max(0, size - _FIRST_LOOK), size)
        if size < _TAIL or end[-4:] != _MAGIC:
            return {}
        length = int.from_bytes(end[-_TAIL:-4], "little") + _TAIL
        footer = end[-length:] if length <= len(end) else _read(file.fileno(), max(0, size - length), size)
    return {name: found for name in names if (found := _value(footer, name)) is not None}


def _read(handle: int, start: int, end: int) -> bytes:
    found = b""
    while part := os.pread(handle, end - start - len(found), start + len(found)):
        found += part
    return found


def _value(footer: bytes, name: bytes) -> bytes | None:
    marked = _TEXT + bytes([len(name)]) + name + _TEXT
    place = footer.find(marked)
    if place < 0:
        return None
    place += len(marked)
    length = shift = 0
    for byte in footer[place : place + 5]:
        length |= (byte & 0x7F) << shift
        shift += 7
        place += 1
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            break
    return footer[place : place + length]

"""The seal of a raw file: in its footer, the hash of all its other bytes, so that no change of one goes unseen.

The hash is taken over the file as it is on disk, compressed, with zeros in its own place.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

KEY: Final = b"growthos_sha256"
BLANK: Final = b"0" * 64
_CHUNK: Final = 1024 * 1024
_TAIL: Final = 8


def hash_of(bodies: Iterable[bytes | memoryview]) -> str:
    """One hash over bodies in their order, each with its length before it."""
    made = hashlib.sha256()
    for body in bodies:
        made.update(len(body).to_bytes(8, "big"))
        made.update(body)
    return made.hexdigest()


def seal(file: BinaryIO) -> None:
    """Seal a Parquet file that is written to its end, whose metadata hold BLANK under KEY, and that may be read."""
    file.flush()
    place = _place(file)
    if place is None:
        raise ValueError("the file has no place for a seal")
    told = _digest(file, place)
    file.seek(place)
    file.write(told)


def is_whole(path: Path) -> bool:
    """Whether each byte of a file is the one it was sealed with; one that bears no seal is not whole.

    Raises OSError where the system does not read the file.
    """
    with path.open("rb") as file:
        place = _place(file)
        if place is None:
            return False
        file.seek(place)
        return file.read(len(BLANK)) == _digest(file, place)


def _place(file: BinaryIO) -> int | None:
    """Where the 64 characters stand: behind their name, which the footer alone can hold last."""
    size = file.seek(0, os.SEEK_END)
    if size < _TAIL:
        return None
    file.seek(size - _TAIL)
    start = max(0, size - _TAIL - int.from_bytes(file.read(4), "little"))
    file.seek(start)
    footer = file.read(size - start)
    name = footer.rfind(KEY)
    place = name + len(KEY) + 2  # a type and a length stand between a name and its value
    return None if name < 0 or place + len(BLANK) > len(footer) else start + place


def _digest(file: BinaryIO, place: int) -> bytes:
    made = hashlib.sha256()
    file.seek(0)
    left = place
    while left and (chunk := file.read(min(left, _CHUNK))):
        made.update(chunk)
        left -= len(chunk)
    made.update(BLANK)
    file.seek(place + len(BLANK))
    while chunk := file.read(_CHUNK):
        made.update(chunk)
    return made.hexdigest().encode()

"""A disk that forgets: what the program did to it is noted, and every state that a power cut may leave is made of that.

What was flushed is there. What was written since may be there, be lost, be there in part, or be zeros; a name that was
given, changed or taken since may be so or not, each by itself.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest

Fate = Literal["kept", "lost", "torn", "zeros", "any"]
FATES: tuple[Fate, ...] = ("kept", "lost", "torn", "zeros", "any", "any", "any")


@dataclass(frozen=True)
class Deed:
    """One thing done to the disk: `file` is the number of the file that was written to, named or flushed."""

    kind: Literal["write", "flush", "folder", "name", "rename", "unname", "flush folder", "promise"]
    path: Path
    file: int = 0
    at: int = 0
    data: bytes = b""
    source: Path | None = None


@dataclass
class Disk:
    """All that was done below `root`, in order."""

    root: Path
    deeds: list[Deed] = field(default_factory=list)
    _open: dict[int, tuple[Path, int]] = field(default_factory=dict)
    _files: dict[Path, int] = field(default_factory=dict)

    def note(self, kind: Any, path: Path, **more: Any) -> None:
        if path.is_relative_to(self.root):
            self.deeds.append(Deed(kind, path.relative_to(self.root), **more))

    def promise(self, path: Path) -> None:
        """The program says that this file is there for good."""
        self.note("promise", path)

    @contextmanager
    def watched(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Note what is done until the block ends."""
        plain = {name: getattr(os, name) for name in ("open", "fdopen", "fsync", "mkdir", "rename", "unlink")}

        def opened(path: Any, flags: int, *given: Any, **more: Any) -> int:
            descriptor = plain["open"](path, flags, *given, **more)
            place = Path(path)
            if flags & os.O_CREAT:
                self._files[place] = len(self._files) + 1
                self.note("name", place, file=self._files[place])
            self._open[descriptor] = place, self._files.get(place, 0)
            return descriptor

        def file(descriptor: int, _mode: str) -> Any:
            return io.BufferedRandom(_Written(descriptor, self, *self._open[descriptor]))

        def flushed(descriptor: int) -> None:
            plain["fsync"](descriptor)
            place, number = self._open[descriptor]
            self.note("flush" if number else "flush folder", place, file=number)

        def made(path: Any, *given: Any, **more: Any) -> None:
            plain["mkdir"](path, *given, **more)
            self.note("folder", Path(path))

        def renamed(source: Any, target: Any) -> None:
            plain["rename"](source, target)
            before = Path(source)
            self.note("rename", Path(target), source=before.relative_to(self.root), file=self._files[before])

        def taken(path: Any, *given: Any, **more: Any) -> None:
            plain["unlink"](path, *given, **more)
            self.note("unname", Path(path))

        with patch.context() as own:
            for name, function in zip(plain, (opened, file, flushed, made, renamed, taken), strict=True):
                own.setattr(os, name, function)
            yield

    def states(self, seed: int) -> Iterator[tuple[dict[Path, bytes], list[Path], str]]:
        """Files by name, what was promised, and in words what happened, for a cut after each deed."""
        dice = Random(seed)
        for cut in range(len(self.deeds) + 1):
            for fate in FATES:
                done = self.deeds[:cut]
                promised = [one.path for one in done if one.kind == "promise"]
                yield self._left(done, fate, dice), promised, f"cut after {cut} of {len(self.deeds)}, {fate}"

    def _left(self, done: list[Deed], fate: Fate, dice: Random) -> dict[Path, bytes]:
        files: dict[int, bytearray] = {}
        names: dict[Path, int] = {}
        folders = {Path()}
        for number, deed in enumerate(done):
            after = done[number + 1 :]
            if deed.kind == "write":
                safe = any(one.kind == "flush" and one.file == deed.file for one in after)
                _write(files.setdefault(deed.file, bytearray()), deed, "kept" if safe else fate, dice)
                continue
            safe = any(one.kind == "flush folder" and one.path == deed.path.parent for one in after)
            if not safe and not (fate in {"kept", "torn", "zeros"} or (fate == "any" and dice.random() < 0.5)):
                continue
            if deed.kind == "folder":
                folders.add(deed.path)
            elif deed.kind in {"name", "rename"}:
                names.pop(deed.source or deed.path, None)
                names[deed.path] = deed.file
            elif deed.kind == "unname":
                names.pop(deed.path, None)
        there = {path: bytes(files.get(number, b"")) for path, number in names.items()}
        return {path: data for path, data in there.items() if folders.issuperset(path.parents)}


class _Written(io.FileIO):
    """An open file whose writes are noted as they reach the system."""

    def __init__(self, descriptor: int, disk: Disk, path: Path, number: int) -> None:
        super().__init__(descriptor, "r+b")
        self._disk, self._path, self._number = disk, path, number

    def write(self, data: Any) -> int:
        at = self.tell()
        written = super().write(data)
        self._disk.note("write", self._path, file=self._number, at=at, data=bytes(data[:written]))
        return written


def _write(file: bytearray, deed: Deed, fate: Fate, dice: Random) -> None:
    if fate == "any":
        fate = dice.choice(["kept", "lost", "torn", "zeros"])
    whole = len(deed.data)
    size = {"kept": whole, "zeros": whole, "lost": 0, "torn": dice.randrange(whole + 1)}[fate]
    if size:
        file.extend(bytes(max(0, deed.at + size - len(file))))
        file[deed.at : deed.at + size] = bytes(size) if fate == "zeros" else deed.data[:size]

"""Packs a tree of files behind the lines of a shell that unpack it once and run it: `pack.py TREE VERSION FILE`."""

import gzip
import hashlib
import io
import re
import sys
import tarfile
from pathlib import Path

STUB = Path(__file__).with_name("stub.sh")
NAME = re.compile(r"[\w.+/-]+")
"""A name that means itself in the words of a shell."""
GLIBC = re.compile(rb"(?<=\0)GLIBC_2\.(\d+)[.\d]*(?=\0)")
MIB = 1 << 20
RUNS = 0o700
READS = 0o600


def main(tree: Path, version: str, target: Path) -> None:
    """The same tree makes the same file, byte for byte; it is put in its place whole."""
    paths = sorted(path for path in tree.rglob("*") if path.is_symlink() or path.is_file())
    names = [path.relative_to(tree).as_posix() for path in paths]
    for name in names:
        if not NAME.fullmatch(name):
            raise SystemExit(f"{name!r} cannot stand in the words of a shell.")
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for path, name in zip(paths, names, strict=True):
            _add(tar, path, name)
    payload = packed.getvalue()
    floor, size = glibc(paths), sum(path.stat().st_size for path in paths if not path.is_symlink())
    filled = {
        "VERSION": version,
        "FLOOR": str(floor),
        "KEY": f"{version}-{hashlib.sha256(payload).hexdigest()[:16]}",
        "FILES": "\n".join(name for path, name in zip(paths, names, strict=True) if path.stat().st_size),
        "MIB": str(-(-size // MIB)),
    }
    text = STUB.read_text(encoding="utf-8")
    for mark, value in filled.items():
        text = text.replace(f"@{mark}@", value)
    text = text.replace("@LINE@", str(text.count("\n") + 1))
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".tmp")
    unfinished.write_bytes(text.encode() + payload)
    unfinished.chmod(0o755)
    unfinished.replace(target)
    sys.stdout.write(f"{target}: {target.stat().st_size / MIB:.1f} MiB, needs glibc 2.{floor} or later.\n")


def glibc(paths: list[Path]) -> int:
    """The second number of the newest version of glibc that any of the programs and libraries asks for."""
    contents = (path.read_bytes() for path in paths if not path.is_symlink())
    asked = [int(one) for content in contents if content.startswith(b"\x7fELF") for one in GLIBC.findall(content)]
    return max(asked, default=0)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """For whoever unpacks it alone, without the time and the owner that it has here."""
    entry = tarfile.TarInfo(name)
    if path.is_symlink():
        entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
        tar.addfile(entry)
        return
    entry.size, entry.mode = path.stat().st_size, RUNS if path.stat().st_mode & 0o100 else READS
    with path.open("rb") as content:
        tar.addfile(entry, content)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))

"""The lines of a shell that unpack the one file once and run it, with a tree of three small files behind them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACK = ROOT / ".ci" / "binary" / "pack.py"
PROGRAM = """#!/bin/sh
printf '%s\\n' "$GROWTHOS_FILE" "$0" "$(cat "$(dirname "$0")/lib/words")" "$@"
exit 3
"""
AGO = 7200

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="the one file is for Linux on x86-64"
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """A file whose program says what it was called by, where it is, a word from beside it, and what it was given."""
    base = tmp_path_factory.mktemp("packed")
    (base / "tree" / "lib").mkdir(parents=True)
    (base / "tree" / "growthos").write_text(PROGRAM)
    (base / "tree" / "growthos").chmod(0o700)
    (base / "tree" / "lib" / "words").write_text("hello")
    (base / "tree" / "lib" / "nothing").write_text("")
    (base / "tree" / "link").symlink_to("lib/words")
    subprocess.run([sys.executable, str(PACK), str(base / "tree"), "1.2", str(base / "bin" / "shop")], check=True)
    return base / "bin" / "shop"


@pytest.fixture
def cache(tmp_path) -> Iterator[Path]:
    """A folder for what is unpacked, open again when a test has closed it."""
    yield tmp_path / "cache"
    for path in (tmp_path, tmp_path / "cache"):
        if path.exists():
            path.chmod(0o700)


def run(packed: Path, *arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(packed), *arguments], env=environ, cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def trees(cache: Path) -> list[Path]:
    return sorted(cache.iterdir())


def test_it_is_unpacked_once_for_its_owner_alone(packed, cache):
    first = run(packed, "a b", "*", GROWTHOS_CACHE=str(cache))
    [tree] = trees(cache)
    said = [str(packed), f"{tree}/growthos", "hello", "a b", "*"]
    assert (first.returncode, first.stdout.splitlines(), first.stderr) == (3, said, "")
    assert [path.stat().st_mode & 0o777 for path in (cache, tree, tree / "growthos", tree / "lib" / "words")] == [
        *(0o700, 0o700, 0o700, 0o600)
    ]
    assert (tree / "link").is_symlink()
    made = (tree / "growthos").stat().st_ctime_ns
    assert run(packed, "a b", "*", GROWTHOS_CACHE=str(cache)).stdout == first.stdout
    assert (tree / "growthos").stat().st_ctime_ns == made


def test_the_same_tree_is_the_same_file(packed, tmp_path):
    again = tmp_path / "again"
    subprocess.run([sys.executable, str(PACK), str(packed.parents[1] / "tree"), "1.2", str(again)], check=True)
    assert again.read_bytes() == packed.read_bytes()


def test_it_knows_its_own_path_however_it_was_called(packed, cache):
    for called, where, path in ((str(packed), "/", ""), ("./shop", packed.parent, ""), ("shop", "/", packed.parent)):
        done = subprocess.run(
            ["sh", "-c", f'cd "{where}"; PATH="{path}:$PATH"; exec {called}'],
            env={"GROWTHOS_CACHE": str(cache)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert Path(done.stdout.splitlines()[0]).resolve() == packed, done.stderr


def test_two_first_runs_at_one_instant_both_work(packed, cache):
    for _ in range(5):
        running = [
            subprocess.Popen([str(packed)], env={"GROWTHOS_CACHE": str(cache)}, stdout=subprocess.PIPE)
            for _ in range(6)
        ]
        assert [(one.communicate(timeout=60)[0].split()[2], one.returncode) for one in running] == [(b"hello", 3)] * 6
        [tree] = trees(cache)
        tree.rename(cache.parent / f"moved-{time.monotonic_ns()}")


@pytest.mark.parametrize("damage", ["gone", "empty", "folder", "program"])
def test_what_is_missing_is_filled_in(packed, cache, damage):
    """And what is there stays, as somebody may be running it."""
    run(packed, GROWTHOS_CACHE=str(cache))
    [tree] = trees(cache)
    kept = (tree / "link").lstat().st_ino
    match damage:
        case "gone":
            (tree / "lib" / "words").unlink()
        case "empty":
            (tree / "lib" / "words").write_text("")
        case "folder":
            (tree / "lib" / "words").unlink()
            (tree / "lib" / "nothing").unlink()
            (tree / "lib").rmdir()
        case "program":
            (tree / "growthos").unlink()
    healed = run(packed, GROWTHOS_CACHE=str(cache))
    assert (healed.returncode, healed.stdout.splitlines()[2], healed.stderr) == (3, "hello", "")
    assert (tree / "link").lstat().st_ino == kept
    assert trees(cache) == [tree]


def test_a_kill_while_unpacking_leaves_nothing_that_counts(packed, cache, tmp_path):
    """The program that unpacks is stopped half-way and killed; the next run works, and a later one clears up."""
    slow = tmp_path / "slow"
    slow.write_bytes(packed.read_bytes().replace(b"tar -xzmof -", b"sleep 30; :"))
    slow.chmod(0o700)
    with subprocess.Popen([str(slow)], env={"GROWTHOS_CACHE": str(cache)}, start_new_session=True) as process:
        while process.poll() is None and not list(cache.glob(".new-*/tree")):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    [left] = trees(cache)
    assert run(packed, GROWTHOS_CACHE=str(cache)).stdout.splitlines()[2] == "hello"
    [_, tree] = trees(cache)
    os.utime(left, (time.time() - AGO, time.time() - AGO))
    (tree / "growthos").unlink()
    assert run(packed, GROWTHOS_CACHE=str(cache)).returncode == 3
    assert trees(cache) == [tree]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_cache_that_others_may_write_to_is_refused(packed, cache, mode):
    cache.mkdir()
    cache.chmod(mode)
    done = run(packed, GROWTHOS_CACHE=str(cache))
    assert (done.returncode, done.stdout) == (73, "")
    assert f"{cache} is not a folder of yours alone" in done.stderr
    assert "chmod 700" in done.stderr
    assert not trees(cache)


def test_a_link_for_a_cache_is_refused(packed, cache, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.symlink_to(tmp_path / "elsewhere")
    done = run(packed, GROWTHOS_CACHE=str(cache))
    assert (done.returncode, done.stdout) == (73, "")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_somebody_else_is_refused(packed, cache):
    """To root as well: he would run what its owner put there."""
    run(packed, GROWTHOS_CACHE=str(cache))
    os.chown(cache, 12345, 12345)
    for environ in ({"GROWTHOS_CACHE": str(cache)}, {"XDG_CACHE_HOME": str(cache.parent)}):
        (cache.parent / "growthos").symlink_to(cache) if "XDG_CACHE_HOME" in environ else None
        done = run(packed, **environ)
        assert (done.returncode, done.stdout) == (73, "")
        assert "is not a folder of yours alone" in done.stderr


def test_the_cache_folder_is_the_users(packed, tmp_path):
    run(packed, HOME=str(tmp_path))
    assert len(trees(tmp_path / ".cache" / "growthos")) == 1
    run(packed, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "xdg"))
    assert len(trees(tmp_path / "xdg" / "growthos")) == 1


def test_a_cache_that_cannot_be_made_gives_way_to_a_temporary_folder(packed, tmp_path):
    """Here a file stands in its place, which stops root too."""
    (tmp_path / ".cache").write_text("")
    (tmp_path / "tmp").mkdir()
    done = run(packed, HOME=str(tmp_path), TMPDIR=str(tmp_path / "tmp"))
    assert (done.returncode, done.stdout.splitlines()[2], done.stderr) == (3, "hello", "")
    [folder] = trees(tmp_path / "tmp")
    assert (folder.name, folder.stat().st_mode & 0o777) == (f"growthos-{os.getuid()}", 0o700)


def test_nobody_else_can_be_there_first(packed, tmp_path):
    """A folder of that name among the temporary ones, open to all, is not used."""
    (tmp_path / ".cache").write_text("")
    squatted = tmp_path / f"growthos-{os.getuid()}"
    squatted.mkdir()
    squatted.chmod(0o777)
    done = run(packed, HOME=str(tmp_path), TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (73, "")
    assert "is not a folder of yours alone" in done.stderr


def test_a_cache_that_was_asked_for_and_cannot_be_made_is_told(packed, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(packed, GROWTHOS_CACHE=str(tmp_path / "file" / "cache"))
    assert (done.returncode, done.stdout) == (73, "")
    assert done.stderr == (
        f"{tmp_path}/file/cache cannot be made.\n  Give GROWTHOS_CACHE a folder that you can write to.\n"
    )


def test_a_file_that_is_cut_off_is_told(packed, cache, tmp_path):
    short = tmp_path / "short"
    short.write_bytes(packed.read_bytes()[:-60])
    short.chmod(0o700)
    done = run(short, GROWTHOS_CACHE=str(cache))
    assert (done.returncode, done.stdout) == (73, "")
    what, mend = done.stderr.splitlines()
    assert what == f"growthos could not be unpacked into {cache}: gzip: stdin: unexpected end of file."
    assert "get the file anew" in mend
    assert not trees(cache)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"$(uname -sm)", b"Linux aarch64", "for Linux on x86-64"),
        (b"/lib64/ld-linux-x86-64.so.2", b"/lib64/ld-musl", "another C library"),
        (b"-lt 0 ]", b"-lt 99 ]", "needs glibc 2."),
    ],
)
def test_a_machine_on_which_it_cannot_run_is_told(packed, cache, tmp_path, old, new, says):
    """What the machine is asked is exchanged for what another one would say."""
    other = tmp_path / "other"
    assert old in packed.read_bytes()
    other.write_bytes(packed.read_bytes().replace(old, new))
    other.chmod(0o700)
    done = run(other, GROWTHOS_CACHE=str(cache))
    assert (done.returncode, done.stdout) == (126, "")
    assert says in done.stderr
    assert "Install it with pip." in done.stderr
    assert not trees(cache)


def test_names_that_mean_something_to_a_shell_are_not_packed(tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a b").write_text("x")
    done = subprocess.run(
        [sys.executable, str(PACK), str(tmp_path / "tree"), "1", str(tmp_path / "out")],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"cannot stand in the words of a shell" in done.stderr

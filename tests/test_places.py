"""Where a home lies: on a disk with room, in folders of its owner alone; looked at before a byte is written."""

import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from small_shop import marts
from stage import Stage

from growthos import cli, folders, raw, room
from growthos.errors import CannotWriteError, ExitCode, GrowthError
from growthos.home import Home
from growthos.raw_check import verify

NOBODY = 65534


@pytest.fixture
def home(tmp_path) -> Home:
    """A home whose folders are made."""
    made = Home(tmp_path / "demo")
    folders.make_home(made)
    return made


def plenty(monkeypatch: pytest.MonkeyPatch, free: int = 10**12) -> None:
    """The disk as it is said to be when a run begins, whatever becomes of it then."""
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


class TestRoom:
    @pytest.mark.parametrize("command", ["sync", "rebuild"])
    def test_without_it_nothing_is_begun_and_nothing_written(self, tmp_path, monkeypatch, capsys, command):
        plenty(monkeypatch, free=999_000_000)
        if command == "rebuild":  # of a home in which there is something to build from
            (tmp_path / "home" / "raw").mkdir(parents=True)
        before = list(tmp_path.rglob("*"))
        for name, value in {"SHOP_DOMAIN": "a.myshopify.com", "ACCESS_TOKEN": "shpat_" + "0" * 32}.items():
            monkeypatch.setenv(f"SHOPIFY_{name}", value)
        assert cli.run(["--home", str(tmp_path / "home"), command]) == ExitCode.CANNOT_WRITE
        said = capsys.readouterr().err
        assert "999.0 MB free, and this run may need 1.1 GB (1,073,741,824 bytes)" in said
        assert "nothing was written" in said
        assert list(tmp_path.rglob("*")) == before

    def test_the_demo_needs_little(self, tmp_path, monkeypatch):
        """It takes 24 MB at its fullest; a real shop may bring anything."""
        plenty(monkeypatch, free=40 * 10**6)
        room.check(Home(tmp_path), pull=True, demo=True)
        with pytest.raises(CannotWriteError):
            room.check(Home(tmp_path), pull=True)

    def test_it_grows_with_the_databases_and_with_what_may_be_read_again(self, home):
        least = room.GIGABYTE
        assert room.needed(home, pull=True) == least
        for path, size in ((home.database, least), (home.warehouse, 2 * least), (home.raw / "one.parquet", least // 2)):
            with path.open("wb") as file:
                file.truncate(size)
        assert room.needed(home, pull=False) == 9 * least
        assert room.needed(home, pull=True) == 9 * least + least // 2

    def test_a_disk_that_takes_no_more_files_is_told_as_that(self, home, monkeypatch):
        about = os.statvfs(home.root)
        values = list(about)
        values[7] = 0
        monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(values))
        with pytest.raises(CannotWriteError, match="inodes are used up"):
            room.check(home, pull=True)


def world_writable(home: Home) -> None:
    home.root.chmod(0o777)


def writable_within(home: Home) -> None:
    home.raw.chmod(0o777)


def anothers(home: Home) -> None:
    os.chown(home.root, NOBODY, NOBODY)


def anothers_link(home: Home) -> None:
    home.root.rename(home.root.with_name("elsewhere"))
    home.root.symlink_to("elsewhere")
    os.chown(home.root, NOBODY, NOBODY, follow_symlinks=False)


def link_to_anothers(home: Home) -> None:
    home.root.rename(home.root.with_name("elsewhere"))
    home.root.symlink_to("elsewhere")
    os.chown(home.root, NOBODY, NOBODY)


def link_to_nowhere(home: Home) -> None:
    home.root.rename(home.root.with_name("elsewhere"))
    home.root.symlink_to("nowhere")


def link_in_a_circle(home: Home) -> None:
    home.root.rename(home.root.with_name("elsewhere"))
    home.root.symlink_to(home.root.name)


def a_file_within(home: Home) -> None:
    home.logs.rmdir()
    home.logs.touch()


ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
REFUSED = [
    (world_writable, "can be written by everybody"),
    (writable_within, "raw can be written by everybody"),
    pytest.param(anothers, "belongs to another user", marks=ROOT),
    pytest.param(anothers_link, "belongs to another user", marks=ROOT),
    pytest.param(link_to_anothers, "belongs to another user", marks=ROOT),
    (link_to_nowhere, "is a link that leads nowhere"),
    (link_in_a_circle, "Too many levels of symbolic links"),
    (a_file_within, "logs cannot be written: it is no folder"),
]


class TestFolders:
    @pytest.mark.parametrize(("change", "says"), REFUSED)
    def test_a_home_that_is_not_its_owners_alone_is_refused(self, home, capsys, change, says):
        """Before anything is made in it; by the doctor too."""
        change(home)
        before = sorted(home.root.parent.rglob("*"))
        for command in ("sync", "doctor"):
            assert cli.run(["--home", str(home.root.parent), "--demo", command]) == ExitCode.CANNOT_WRITE
            told = capsys.readouterr()
            assert says.removeprefix("raw ").removeprefix("logs ") in told.out + told.err
        assert sorted(home.root.parent.rglob("*")) == before

    def test_a_link_to_a_folder_of_ones_own_is_as_good_as_the_folder(self, home, tmp_path):
        """A home may lie on a larger disk."""
        home.root.rename(tmp_path / "elsewhere")
        home.root.symlink_to("elsewhere")
        assert list(folders.refusals(home)) == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="as somebody else than root")
    @pytest.mark.parametrize("mode", [0o500, 0o000])
    @pytest.mark.parametrize("there", [True, False])
    def test_one_that_cannot_be_written_or_made_is_refused_at_the_start(self, mode, there):
        """Before anybody signs in for nothing; in a place that all may enter, as what pytest makes is not."""
        with TemporaryDirectory() as place:
            folder = Path(place) / "folder"
            home = Home(folder if there else folder / "new" / "home")
            if there:
                folders.make_home(home)
            else:
                folder.mkdir()
            folder.parent.chmod(0o711)
            for one in (folder, *folder.rglob("*")):
                os.chown(one, NOBODY, NOBODY)
            folder.chmod(mode)
            os.setresuid(NOBODY, NOBODY, 0)
            try:
                told = list(folders.refusals(home))
            finally:
                os.setresuid(0, 0, 0)
        closed = mode == 0 and not there
        assert told[0] == (
            f"{home.root} cannot be used: Permission denied." if closed else f"{folder} cannot be written."
        )

    def test_a_name_that_is_too_long_says_so(self, tmp_path, capsys):
        assert cli.run(["--home", str(tmp_path / ("x" * 300)), "--demo", "sync"]) == ExitCode.CANNOT_WRITE
        assert "File name too long" in capsys.readouterr().err

    @pytest.mark.parametrize("given", [["--home", ""], ["--home="], ["--home", "  "]])
    def test_a_home_without_a_name_is_none(self, given, capsys):
        assert cli.run([*given, "status"]) == ExitCode.USAGE
        assert "--home names no folder" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["a file", "a link", "a pipe"])
def test_a_file_is_its_owners_alone_whatever_others_put_in_its_way(tmp_path, way):
    """Where a group may write to the folder, one of it could have left its own under the name of the new one."""
    path, planted, theirs = tmp_path / ".env", tmp_path / "..env.tmp", tmp_path / "theirs"
    theirs.touch(mode=0o666)
    match way:
        case "a file":
            theirs.rename(planted)
            planted.chmod(0o666)
        case "a link":
            planted.symlink_to(theirs)
        case _:
            os.mkfifo(planted, 0o666)
    with planted.open("r+b") if way == "a file" else theirs.open("rb") as held:
        folders.replace_file(path, b"SECRET=canary")
        assert held.read() == b""
    assert path.read_bytes() == b"SECRET=canary"
    assert path.lstat().st_mode == stat.S_IFREG | 0o600
    assert not planted.exists()


def test_too_many_open_files_are_told_as_that(copied_stage, capsys):
    """And nothing that cannot be opened for it is taken for damaged."""
    root = copied_stage.root.rename(copied_stage.root.with_name("demo"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert cli.run(["--home", str(root.parent), "--demo", "sync"]) == 0  # what it needs is imported
    capsys.readouterr()
    codes = []
    for spare in (0, 1, 2):
        used = len(list(Path("/proc/self/fd").iterdir())) - 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, hard))
        try:
            codes.append(cli.run(["--home", str(root.parent), "--demo", "sync"]))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        said = capsys.readouterr().err
        assert codes[-1] == 0 or "Too many open files" in said
        assert "bug" not in said
        assert not (root / "quarantine").exists()
    assert ExitCode.IO_ERROR in codes
    assert set(codes) <= {0, ExitCode.IO_ERROR}


MEGABYTE = 1024**2
SIZES = [
    300 * 1024,
    *(pytest.param(int(size * MEGABYTE), marks=pytest.mark.chaos) for size in (0.1, 0.6, 1, 2, 4, 6)),
]


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk of so many bytes, or makes it as large as that."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted: list[int] = []

    def sized(size: int) -> Path:
        how = f"{'remount,' if mounted else ''}size={size},mode=700"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("no right to mount a disk")
        mounted.append(size)
        return place

    yield sized
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="no right to mount a disk")
@pytest.mark.parametrize("size", SIZES)
def test_a_disk_that_fills_up_leaves_no_half_file_and_the_next_run_the_same_numbers(
    synced_stage, small_disk, monkeypatch, size
):
    """Whatever it was at: raw files, the build, the report."""
    plenty(monkeypatch)
    stage = Stage(small_disk(size) / "home", monkeypatch)
    with pytest.raises((GrowthError, OSError)) as full:
        stage.sync()
    if isinstance(full.value, GrowthError):
        assert full.value.code == ExitCode.CANNOT_WRITE
        assert full.value.hint
    for path in raw.scan(stage.root / "raw"):
        verify(path)
    small_disk(200 * MEGABYTE)
    assert stage.sync().exit_code == 0
    assert stage.marts() == marts(synced_stage.root)
    assert list(stage.root.rglob("*.tmp")) == []

"""The .env of a home, written by growthos: every value comes back, every other line stays, and nobody else reads it."""

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from growthos import folders
from growthos.errors import CannotWriteError, SettingsError
from growthos.home import Home
from growthos.settings.keeping import keep
from growthos.settings.origins import Problems, read_env

LINE = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=("Cs",)), max_size=40)
NASTY = st.lists(
    st.sampled_from(["'", '"', "\\", "#", "=", " ", "\t", "$", "é", "x", "export ", "\u2028"]), max_size=12
)
VALUES = LINE | NASTY.map("".join)
NAMES = st.sampled_from(["A", "B_TOKEN", "C_SECRET"])


def values(home: Home) -> dict[str, str]:
    problems = Problems()
    found = dict(read_env(home, problems).values)
    problems.stop()
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@given(first=st.dictionaries(NAMES, VALUES), second=st.dictionaries(NAMES, VALUES), comment=NASTY)
@hypothesis(max_examples=60, deadline=None)
def test_every_value_comes_back_exactly(first, second, comment):
    """Whatever was there before, and whatever it is replaced by."""
    with TemporaryDirectory() as place:
        home = Home(Path(place))
        home.env.write_text(f"# {comment}\nOTHER=stays # {comment}\n", encoding="utf-8")
        keep(home, first)
        keep(home, second)

        assert values(home) == {"OTHER": "stays", **first, **second}
        assert home.env.read_text(encoding="utf-8").startswith(f"# {comment}\nOTHER=stays # {comment}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=new\n"),
        ("A=old\n", "A=new\n"),
        ("A=old", "A=new"),
        ("OTHER=1", "OTHER=1\nA=new\n"),
        ("\n\n# mine\nexport A='old' # why\n\nB=2\n", "\n\n# mine\nexport A=new  # why\n\nB=2\n"),
        ("A=old#no comment\n", "A=new\n"),
        ("A = 'o\\'ld'#why\n", "A=new  #why\n"),
        ("A= # why\n", "A=new  # why\n"),
        ("A # why\n", "A=new  # why\n"),
        ("A='two\nlines'\nB=2\r\n", "A=new\nB=2\r\n"),
        ("A=old\r\nB=2\r\n", "A=new\r\nB=2\r\n"),
        ("A=one\nB=2\nA=two\n", "A=new\nB=2\nA=new\n"),
        ("\ufeffA=old\n", "A=new\n"),
    ],
)
def test_all_other_lines_and_comments_stay(home, before, after):
    home.root.mkdir()
    home.env.write_bytes(before.encode())

    assert keep(home, {"A": "new"}) == home.env
    assert home.env.read_bytes().decode() == after
    assert values(home)["A"] == "new"


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "a\0b", "a\udcffb"])
def test_what_no_line_can_hold_is_refused(home, value):
    with pytest.raises(SettingsError, match="A_TOKEN cannot be kept") as caught:
        keep(home, {"A_TOKEN": value})
    assert value not in str(caught.value)
    assert not home.root.exists()


def test_a_file_with_a_line_that_is_none_is_left_alone(home):
    """An open quote would swallow what comes after it."""
    home.root.mkdir()
    home.env.write_text("A='open\n")
    with pytest.raises(SettingsError, match=r"\.env:1: is not of the form NAME=value"):
        keep(home, {"B": "it's"})
    assert home.env.read_text() == "A='open\n"


def test_it_is_its_owners_alone_from_the_first_byte(home, monkeypatch):
    """Whatever the umask, and whatever rights the file had before."""
    seen = []
    flushed = os.fsync

    def watched(handle: int) -> None:
        seen.extend(stat.S_IMODE(one.stat().st_mode) for one in home.root.iterdir() if "new" in one.read_text())
        flushed(handle)

    monkeypatch.setattr(folders.os, "fsync", watched)
    before = os.umask(0)
    try:
        keep(home, {"A": "new"})
        home.env.chmod(0o644)
        keep(home, {"A": "newer"})
    finally:
        os.umask(before)

    assert seen[0] == 0o600
    assert set(seen[-2:]) == {0o600}
    assert stat.S_IMODE(home.env.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert [one.name for one in home.root.iterdir()] == [".env"]


def test_a_link_is_followed_and_stays_one(home, tmp_path):
    home.root.mkdir()
    shared = tmp_path / "shared"
    shared.write_text("B=2\n")
    home.env.symlink_to(shared)
    keep(home, {"A": "new"})
    assert home.env.is_symlink()
    assert shared.read_text() == "B=2\nA=new\n"


def test_a_home_that_takes_no_file_says_so(home):
    home.root.mkdir()
    home.root.chmod(0o777)
    with pytest.raises(CannotWriteError, match="everybody"):
        keep(home, {"A": "new"})
    assert not home.env.exists()


def test_the_old_file_stays_whole_where_the_new_one_does_not_fit(home, monkeypatch):
    keep(home, {"A": "old"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", full)
    with pytest.raises(CannotWriteError, match="No space left"):
        keep(home, {"A": "new"})
    assert values(home) == {"A": "old"}

"""A person is taken out of a home: nothing tells of them any more, and no number moves."""

import json
import os
import random
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from canaries import dressed, kept
from stage import Stage

from growthos import alert_book, compaction, pipeline, raw_pages
from growthos.alert_book import Book, Silence
from growthos.clock import DemoClock
from growthos.connectors import shopify_people as people
from growthos.connectors.shopify_people import Person
from growthos.errors import DamagedDataError, UsageError
from growthos.home import Home
from growthos.jsonplaces import parse
from growthos.quarantine import set_aside
from growthos.raw import scan
from growthos.raw_check import verify
from growthos.raw_files import look
from growthos.redaction import Redaction, redact
from growthos.state import State

PERSONAL = "email_sha256, country, region"


@pytest.fixture
def stage(copied_stage) -> Stage:
    return copied_stage


def take_out(stage: Stage, *, dry_run: bool = False, **who: str | None) -> Redaction:
    given = {"customer": None, "email": None, **who}
    clock = DemoClock(stage.now)
    return redact(Home(stage.root), stage.settings(), clock, pipeline.Watcher(), dry_run=dry_run, **given)


def orders(root: Path) -> list[dict[str, Any]]:
    """Every version of every order, as the shop told it."""
    files = {one.path for one in look(root / "raw").segments if one.header.stream == "orders"}
    pages = (json.loads(body) for path in sorted(files) for body in raw_pages.bodies(path))
    return [one for page in pages for one in page["data"].get("orders", {}).get("nodes", [])]


def regular(root: Path) -> tuple[str, str]:
    """The number and the e-mail of a customer with several orders."""
    found: dict[str, list[str]] = {}
    for one in orders(root):
        if one["customer"] and one["email"]:
            found.setdefault(one["customer"]["id"].rpartition("/")[2], []).append(one["email"])
    number, emails = max(found.items(), key=lambda one: len(one[1]))
    return number, emails[0].strip().lower()


def guest(root: Path) -> str:
    """The e-mail of somebody who is nobody's customer."""
    known = {one["email"].strip().lower() for one in orders(root) if one["customer"] and one["email"]}
    guests = (one["email"].strip().lower() for one in orders(root) if not one["customer"] and one["email"])
    return next(email for email in guests if email not in known)


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(root / "growthos.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def places(root: Path, email: str) -> list[str]:
    """Wherever in a home an e-mail still stands."""
    forms = {form.lower() for form in dressed(email)}
    return [name for name, content in kept(root) if any(form in content.lower() for form in forms)]


@pytest.mark.long
@pytest.mark.parametrize("compacted", [pytest.param(False, marks=pytest.mark.chaos), True])
def test_a_customer_is_gone_from_every_file_and_no_number_moves(stage, monkeypatch, compacted):
    """What alone changes is what the customer's own row says of the person."""
    home = Home(stage.root)
    if compacted:
        monkeypatch.setattr(compaction, "FEW", 1)
        monkeypatch.setattr(compaction, "batches", lambda files: [[path for path, _ in files]])
        list(compaction.compact(State.read(home.raw)[0]))
    number, email = regular(stage.root)
    (home.logs / "growthos.log.1").write_text(f'{{"event": "failed", "message": "no order of {email}"}}\n')
    shop = next(path for path in scan(home.raw) if path.parent.name == "customers")
    shutil.copy(shop, home.raw / "kept")
    set_aside(home, shop, stage.now)
    (home.raw / "kept").rename(shop)
    before, others = stage.marts(), rows(stage.root, f"select * exclude ({PERSONAL}) from dim_customer order by all")
    assert places(stage.root, email)
    dry = take_out(stage, customer=number, dry_run=True)
    assert stage.marts() == before
    done = take_out(stage, customer=f"gid://shopify/Customer/{number}")
    assert (done.orders, done.customers, done.files) == (dry.orders, dry.customers, dry.files)
    assert (done.orders > 0, done.customers, done.texts, done.set_aside, done.exit_code) == (True, 1, 1, 1, 0)
    assert places(stage.root, email) == []
    after = stage.marts()
    assert {name for name in before if before[name] != after[name]} <= {"dim_customer", "run_info"}
    assert rows(stage.root, f"select * exclude ({PERSONAL}) from dim_customer order by all") == others
    [told] = rows(stage.root, f"select country, region from dim_customer where customer_key = 'shopify:{number}'")
    assert told == (None, None)
    for path in scan(home.raw):
        verify(path, bodies=True)
    assert not take_out(stage, customer=number, dry_run=True).files


def test_no_working_database_is_left_where_it_ends_before_it_builds(stage, monkeypatch):
    """What it held of the person is gone with the first step."""

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    home = Home(stage.root)
    number, _ = regular(stage.root)
    assert list(home.work.glob("*.duckdb"))
    monkeypatch.setattr(pipeline, "rebuild", killed)
    with pytest.raises(KeyboardInterrupt):
        take_out(stage, customer=number)
    assert list(home.work.glob("*.duckdb*")) == []


@pytest.mark.long
def test_a_guest_is_found_by_the_e_mail_and_stays_one_person(stage):
    email = guest(stage.root)
    query = "select * exclude (customer_key) from fact_orders order by order_key"
    groups = "select list(order_key order by order_key) as own from fact_orders group by customer_key order by own"
    before = rows(stage.root, query), rows(stage.root, groups)
    done = take_out(stage, email=f" {email.upper()}")
    assert (done.customers, done.orders > 0, done.exit_code) == (0, True, 0)
    assert places(stage.root, email) == []
    assert (rows(stage.root, query), rows(stage.root, groups)) == before


def test_a_silence_names_nobody_any_more(stage):
    """And is a silence all the same."""
    email, home, now = guest(stage.root), Home(stage.root), stage.now
    silence = Silence(
        id="1a2b3c4d", matcher="*", created_at=now, until=now, author=email, reason=f"{email.upper()} asked for it"
    )
    with alert_book.held(home) as pen:
        pen.write(Book(silences=(silence,)), now)
    assert take_out(stage, email=email).texts == 1
    [told] = alert_book.read(home).silences
    assert (told.id, told.author, told.reason) == ("1a2b3c4d", "[redacted]", "[redacted] asked for it")


@pytest.mark.long
def test_a_sync_that_is_told_of_the_person_again_says_so(stage):
    """Once, with how to be rid of it."""
    number, _ = regular(stage.root)
    take_out(stage, customer=number)
    stage.pass_days(1)
    [told] = [one for one in stage.sync(full=True).notices if one[1] == "redacted_told_again"]
    assert "taken out of this home" in told[2]
    assert take_out(stage, customer=number, dry_run=True).files > 0


class KilledError(BaseException):
    """The process ends here."""


def killed(stage: Stage, call: str, step: int, **who: str) -> bool:
    """Redact until the call of that number; whether it came to it."""
    plain, count = getattr(os, call), 0

    def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == step:
            raise KilledError
        return plain(*arguments, **named)

    with stage.patch.context() as patch:
        patch.setattr(os, call, dies)
        try:
            take_out(stage, **who)
        except KilledError:
            return True
    return False


def dies_at(stage: Stage, root: Path, call: str, step: int) -> bool:
    """Whether a redaction came to that call; the same command after it leaves nothing of the person."""
    number, email = regular(stage.root)
    home = Stage(Path(shutil.copytree(stage.root, root)), stage.patch, now=stage.now)
    (root / "logs" / "growthos.log.1").write_text(f'{{"event": "failed", "message": "no order of {email}"}}\n')
    died = killed(home, call, step, customer=number)
    take_out(home, customer=number)
    assert places(root, email) == [], (call, step)
    shutil.rmtree(root)
    return died


@pytest.mark.long
def test_after_a_kill_the_same_command_finds_all_that_is_left(stage, tmp_path):
    """One of the kills below."""
    seed = random.randrange(10**6)
    print("seed", seed)  # noqa: T201
    dice = random.Random(seed)
    dies_at(stage, tmp_path / "killed", dice.choice(("unlink", "replace", "rename")), dice.randrange(1, 5))


@pytest.mark.chaos
@pytest.mark.parametrize("call", ["unlink", "replace", "rename"])
def test_after_any_kill_the_same_command_finds_all_that_is_left(stage, tmp_path, call):
    """The n-th call is never made, for n = 1, 2, 3 until a run ends by itself."""
    step = 1
    while dies_at(stage, tmp_path / f"{step}", call, step):
        step += 1
    assert step > 1


@pytest.mark.chaos
def test_a_guest_of_whom_half_is_taken_out_stays_one_person(stage):
    """The made-up e-mail is the same in what was written before a kill and after it."""
    stage.pass_days(1)
    stage.sync(full=True)
    email = guest(stage.root)
    assert killed(stage, "rename", 2, email=email)
    take_out(stage, email=email)
    told = {body for path in scan(stage.root / "raw") if path.parts[-4] == "shopify" for body in raw_pages.bodies(path)}
    assert places(stage.root, email) == []
    assert len({made_up for body in told for made_up in re.findall(rb"\w+@redacted.invalid", body)}) == 1


def test_no_database_of_an_earlier_build_outlives_a_person(stage):
    """Neither the spare one of a large home nor what a build was killed over: they go before the first raw file."""
    work = stage.root / "work"
    for name in ("growthos.old", "growthos.new", "growthos.spare", "warehouse.new", "spill/duckdb_temp_storage.block"):
        (work / name).parent.mkdir(exist_ok=True)
        shutil.copy(stage.root / "growthos.duckdb", work / name)
    number, _ = regular(stage.root)
    assert killed(stage, "rename", 1, customer=number)
    assert not [path for path in work.rglob("*") if path.is_file()]


def test_a_damaged_file_is_not_passed_over(stage):
    """A build would put it into quarantine with all that it tells."""
    number, _ = regular(stage.root)
    shop = next(path for path in scan(stage.root / "raw") if path.parent.name == "customers")
    shop.write_bytes(shop.read_bytes()[:-9])
    with pytest.raises(DamagedDataError, match="cannot be known"):
        take_out(stage, customer=number)


def test_nobody_is_no_person(stage):
    with pytest.raises(UsageError, match="Nobody"):
        take_out(stage)
    with pytest.raises(UsageError, match="'ann' is no e-mail"):
        take_out(stage, customer="7012345", email="ann")
    assert not take_out(stage, customer="987654321", dry_run=True).found


BODY = (
    rb'{"nodes": [{"id": "gid:\/\/shopify\/Order\/1", "email" : " Ann@X.example ", "total": 1.10, "total": 2e5,'
    rb' "customer": {"id": "gid:\/\/shopify\/Customer\/12"}, "shippingAddress": {"provinceCode": "BE"},'
    rb' "landingPageUrl": "/?to=ann%40x.example&q=ANN\u0040x.example"},'
    rb' {"id": "gid://shopify/Order/2", "email": "joanna@x.example", "shippingAddress": {"provinceCode": "NY"},'
    rb' "customer": {"id": "gid://shopify/Customer/121"}, "note": "\ud83d, not joann@x.example, '
    b"\xff"
    rb'"}]}'
)


def test_no_byte_changes_but_those_that_tell():
    """Blanks, double names, long numbers, what is no UTF-8, and a customer whose number begins alike stay."""
    person = Person("12", {"ann@x.example": "n0@redacted.invalid"})
    found, count = people.take_out(BODY, person)
    expected = BODY.replace(b" Ann@X.example ", b"n0@redacted.invalid").replace(b'{"provinceCode": "BE"}', b"null")
    for form in (b"ann%40x.example", rb"ANN\u0040x.example"):
        expected = expected.replace(form, b"n0@redacted.invalid")
    assert (found, count) == (expected, 4)
    assert people.take_out(found, person) == (found, 0)


@pytest.mark.parametrize("seed", range(20))
def test_each_value_stands_where_it_is_said_to(seed):
    dice = random.Random(seed)

    def value(depth: int) -> Any:
        kinds = ["text", "number", "null"] + ["list", "object"] * (depth > 0)
        match dice.choice(kinds):
            case "text":
                return "".join(dice.choice('a"\\/é\n{}[],: ') for _ in range(dice.randrange(6)))
            case "number":
                return dice.choice((0, -1.5, 10**30, True))
            case "null":
                return None
            case "list":
                return [value(depth - 1) for _ in range(dice.randrange(4))]
            case _:
                return {f"{number}\u00e9": value(depth - 1) for number in range(dice.randrange(4))}

    given = {"all": value(4)}
    text = json.dumps(given, indent=dice.choice((None, 1)), ensure_ascii=dice.random() < 0.5)
    place = parse(text).get("all")
    assert place is not None
    assert json.loads(text[place.start : place.end]) == given["all"]


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', '{"a": }', "[1 2]", "[1] 2", '"open', "{1: 2}"])
def test_what_is_no_json_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        parse(text)

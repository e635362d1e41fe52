"""What `schema` tells of answers that changed their form, and that it tells of all that is read."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hostile import Copy, Mill, places, spoilt, streams, text_of
from rich.console import Console

from growthos import connectors
from growthos.cli import run
from growthos.drift import Drift, drift
from growthos.errors import NoDataError
from growthos.home import Home
from growthos.render import schema_page, screen
from growthos.warehouse.wanted import wanted

ORDERS = ("shopify", "orders")
ORDER = ("data", "orders", "nodes", 0)
MISTYPED = ('"text"', "[7]", '{"a": 1}')


def two_runs(root: Path, *copies: Copy) -> Drift:
    """A home that was read twice, the second time with these copies; of their sources, or of all."""
    named = {copy.stream[0] for copy in copies if copy.stream}
    mill = Mill(root, tuple(sorted(named))) if named else Mill(root)
    mill.write([Copy(0)])
    mill.write([Copy(0), *copies])
    return drift(Home(root))


def changes(found: Drift) -> list[tuple[Any, ...]]:
    return [(one.stream, one.kind, one.path, one.read, one.before, one.now) for one in found.changes]


def changed(number: int, old: str, new: str, stream: tuple[str, str] = ORDERS) -> Copy:
    """A copy whose body says something else somewhere."""
    text = text_of(stream, number)
    assert old in text
    return Copy(number, stream, text.replace(old, new, 1).encode())


def test_every_stream_is_known_by_what_staging_takes_out_of_it():
    """A stream that no file reads is none that staging needs: Google's conversion actions, for syncs alone."""
    known = wanted()
    assert {stream for stream in streams() if stream not in known} == {("google_ads", "conversion_actions")}
    orders = known[ORDERS]
    assert orders["data.orders.nodes[].totalTaxSet.shopMoney.amount"] == "value"
    assert orders["data.orders.nodes[].lineItems.nodes"] == "list"
    assert known["meta", "ad_insights"]["data[].action_values[].value"] == "value"
    assert known["google_ads", "campaign_metrics"]["[].results[].metrics.costMicros"] == "value"


def test_nothing_is_told_where_nothing_changed(tmp_path):
    found = two_runs(tmp_path)
    assert found.changes == ()
    assert {(one.source, one.stream) for one in found.looked} == set(streams())
    assert all(one.pages and one.before for one in found.looked)


def test_each_kind_of_change_is_told_with_its_place(tmp_path):
    found = two_runs(
        tmp_path,
        changed(1, '"name": "#1042"', '"name": "#1042", "brandNew": {"a": 1, "b": [2]}'),
        changed(2, '"PARTIALLY_REFUNDED"', '"HELD_BACK"'),
        spoilt(("shopify", "customers"), 3, ("data", "customers", "nodes", 0, "numberOfOrders"), "7"),
        spoilt(("meta", "campaign_insights"), 4, ("data", 0, "actions"), '"none"'),
        Copy(5, ("ga4", "traffic"), b"<html>"),
    )
    assert changes(found) == [
        ("traffic", "no JSON", "", True, "", ""),
        ("campaign_insights", "other type", "data[].actions", True, "list", "string"),
        ("customers", "other type", "data.customers.nodes[].numberOfOrders", True, "string", "number"),
        ("orders", "new field", "data.orders.nodes[].brandNew", False, "", "object"),
        ("orders", "new word", "data.orders.nodes[].displayFinancialStatus", True, "PARTIALLY_REFUNDED", "HELD_BACK"),
    ]
    [field] = [one for one in found.changes if one.kind == "new field"]
    assert field.sight is not None
    assert field.sight.page == 1
    assert (tmp_path / "raw/shopify/acme/orders" / field.sight.file).exists()


def test_a_number_for_a_text_is_told_and_does_no_harm(tmp_path):
    place = ("data", "customers", "nodes", 0, "numberOfOrders")
    found = two_runs(tmp_path, spoilt(("shopify", "customers"), 3, place, "7"))
    assert [one.kind for one in found.changes] == ["other type"]
    assert not found.matters


def test_what_is_gone_is_told_where_it_was_read(tmp_path):
    mill = Mill(tmp_path, ("shopify",))
    mill.write([Copy(0)])
    body = text_of(ORDERS, 0).replace('"sourceName": "web", ', "").replace('"brand": 1, ', "")
    mill.write([Copy(0, ORDERS, body.encode())])
    found = drift(Home(tmp_path))
    assert changes(found) == [("orders", "gone", "data.orders.nodes[].sourceName", True, "string", "")]
    assert found.matters


@pytest.mark.parametrize("source", sorted(connectors.find()))
def test_no_other_type_of_what_is_read_goes_untold(source):
    """In the place of each path that staging reads a text, a list or an object, but the one that belongs there."""
    from growthos.drift import _changes
    from growthos.shapes import Shape, Sight

    seen, sight = 0, Sight("0000000001-0.parquet", 1)
    for stream in (one for one in streams() if one[0] == source):
        forms, old = wanted().get(stream, {}), Shape()
        old.add(text_of(stream, 0).encode(), sight)
        for place in places(stream):
            path = "".join("[]" if isinstance(key, int) else f".{key}" for key in place).removeprefix(".")
            for token in MISTYPED[len(place) % 2 :: 2]:
                form = {'"': "value", "[": "list", "{": "object"}[token[0]]
                if path in forms and forms[path] not in ("any", form):
                    now = Shape()
                    now.add(spoilt(stream, 0, place, token).body or b"", sight)
                    told = list(_changes(*stream, old, now, forms))
                    assert any(one.kind == "other type" and path.startswith(one.path) for one in told), (stream, path)
                    seen += 1
    assert seen > 10


def test_bodies_of_any_kind_are_looked_at(tmp_path):
    """Deeper than anything can be read, numbers of any length, half a surrogate: told or passed over, never fatal."""
    deep = b"[" * 100_000
    long = text_of(ORDERS, 2).replace('"13.87"', "1" * 5000).encode()
    half = text_of(ORDERS, 3).replace("web", "\\ud800").encode()
    found = two_runs(tmp_path, Copy(1, ORDERS, deep), Copy(2, ORDERS, long), Copy(3, ORDERS, half))
    assert ("orders", "no JSON", "", True, "", "") in changes(found)
    assert any(one.kind == "other type" and one.path.endswith("totalTaxSet.shopMoney.amount") for one in found.changes)


def test_before_any_sync_there_is_nothing_to_look_at(tmp_path):
    with pytest.raises(NoDataError):
        drift(Home(tmp_path))


@pytest.mark.parametrize("width", [80, 120])
def test_the_page_fits(tmp_path, width):
    found = two_runs(
        tmp_path,
        changed(1, '"name": "#1042"', '"name": "#1042", "[bold]x\\u001b[2J": 1'),
        changed(2, '"PARTIALLY_REFUNDED"', '"HELD_BACK"'),
    )
    terminal = Console(file=StringIO(), width=width, force_terminal=True, color_system=None, highlight=False)
    drawn = screen.draw(schema_page.page(found), terminal)
    assert all(len(line) <= width for line in drawn.splitlines())
    assert "new word" in drawn
    assert "\x1b[2J" not in drawn


def test_the_command_tells_in_every_format_and_fails_only_when_asked(tmp_path, capsys):
    root = tmp_path / "home"
    two_runs(root, spoilt(("meta", "campaign_insights"), 4, ("data", 0, "actions"), '"none"'))
    assert run(["--home", str(root), "schema", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema_version"] == 1
    [change] = told["changes"]
    assert change == {
        "source": "meta",
        "stream": "campaign_insights",
        "change": "other type",
        "path": "data[].actions",
        "read": True,
        "before": "list",
        "now": "string",
        "file": change["file"],
        "page": 1,
    }
    assert run(["--home", str(root), "schema", "--strict", "--format", "csv"]) == 4
    assert capsys.readouterr().out.splitlines()[1].startswith("meta,campaign_insights,other type,data[].actions,True")
    assert run(["--home", str(root), "schema", "--source", "shopify", "--strict"]) == 0
    assert "as they were" in capsys.readouterr().out
    assert run(["--home", str(root), "schema", "--source", "shopfy"]) == 2
    assert run(["--home", str(root), "schema", "--format", "markdown"]) == 0
    assert "| meta" in capsys.readouterr().out

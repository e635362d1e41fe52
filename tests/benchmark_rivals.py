"""What growthos is measured against: the least that reads the same pages, and a library that many would take.

Each is a command of its own, so that it can run where growthos is not installed:

    python benchmark_rivals.py loop ADDRESS FOLDER     httpx, bodies to Parquet, DuckDB parses and keeps the latest
    python benchmark_rivals.py parse RAW FOLDER        DuckDB parses the raw files of growthos and keeps the latest
    python benchmark_rivals.py dlt ADDRESS FOLDER      dlt loads the records of the same pages into DuckDB
    python benchmark_rivals.py typer --help            a typer program with one command
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AMOUNT = {"shopMoney": {"amount": "VARCHAR"}}
ORDER = {
    **dict.fromkeys(
        (
            *("id", "name", "createdAt", "processedAt", "updatedAt", "cancelledAt", "test", "edited", "currencyCode"),
            *("presentmentCurrencyCode", "taxesIncluded", "displayFinancialStatus", "sourceName", "email"),
            *("landingPageUrl", "referrerUrl"),
        ),
        "VARCHAR",
    ),
    "customer": {"id": "VARCHAR"},
    "subtotalPriceSet": AMOUNT,
    "totalTaxSet": AMOUNT,
    "totalPriceSet": AMOUNT,
    "totalRefundedSet": AMOUNT,
    "lineItems": {
        "nodes": [
            {
                **dict.fromkeys(("id", "title", "sku", "quantity", "isGiftCard", "requiresShipping"), "VARCHAR"),
                "product": {"id": "VARCHAR", "productType": "VARCHAR"},
                "variant": {"id": "VARCHAR"},
                "originalUnitPriceSet": AMOUNT,
                "discountAllocations": [{"allocatedAmountSet": AMOUNT}],
                "taxLines": [{"priceSet": AMOUNT}],
            }
        ]
    },
}
PARSE = f"""
create table orders as
with pages as (
    select from_json(decode(body), '{json.dumps({"data": {"orders": {"nodes": [ORDER]}}})}').data.orders.nodes as nodes
    from read_parquet(FILES)
    where stream = 'orders'
),
records as (select unnest(record) from (select unnest(nodes) as record from pages))
select * from records
qualify row_number() over (partition by id order by updatedAt desc) = 1
"""
IDS_A_PAGE = 50


def pages(address: str) -> Iterator[tuple[str, bytes]]:
    """The pages of orders and of their refunds, as a loop would ask for them."""
    import httpx

    with httpx.Client(base_url=address, timeout=60) as client:

        def ask(operation: str, variables: dict[str, Any]) -> bytes:
            return client.post("/", json={"operationName": operation, "variables": variables}).content

        refunds: list[str] = []
        for query in client.get("/plan").json():
            after, more = None, True
            while more:
                body = ask("GrowthOrders", {"first": 250, "after": after, "query": query})
                yield "orders", body
                orders = json.loads(body)["data"]["orders"]
                after, more = orders["pageInfo"]["endCursor"], orders["pageInfo"]["hasNextPage"]
                refunds += [one["id"] for order in orders["nodes"] for one in order["refunds"]]
                while len(refunds) >= IDS_A_PAGE or (refunds and not more):
                    yield "refunds", ask("GrowthRefunds", {"ids": refunds[:IDS_A_PAGE]})
                    refunds = refunds[IDS_A_PAGE:]


def loop(address: str, folder: str) -> None:
    """Bodies to Parquet a few at a time, then one statement."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("stream", pa.string()), ("body", pa.binary())])
    with pq.ParquetWriter(f"{folder}/pages.parquet", schema, compression="zstd", compression_level=1) as writer:
        some: list[dict[str, Any]] = []
        for stream, body in pages(address):
            some.append({"stream": stream, "body": body})
            if len(some) == 14:
                writer.write_table(pa.Table.from_pylist(some, schema))
                some = []
        if some:
            writer.write_table(pa.Table.from_pylist(some, schema))
    _parse([f"{folder}/pages.parquet"], folder)


def parse(raw: str, folder: str) -> None:
    """The same statement over files that are there."""
    _parse([str(path) for path in sorted(Path(raw).glob("shopify/*/orders/*.parquet"))], folder)


def load_with_dlt(address: str, folder: str) -> None:
    """Records as Python objects, normalized into tables by dlt, loaded as Parquet."""
    import dlt

    @dlt.resource(name="orders", primary_key="id", write_disposition="merge")
    def orders() -> Iterator[list[dict[str, Any]]]:
        for stream, body in pages(address):
            if stream == "orders":
                yield json.loads(body)["data"]["orders"]["nodes"]

    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/dlt.duckdb"),
        dataset_name="shop",
    )
    pipeline.run(orders(), loader_file_format="parquet")


def _parse(files: list[str], folder: str) -> None:
    import duckdb

    with duckdb.connect(f"{folder}/orders.duckdb", config={"threads": 2, "memory_limit": "1GB"}) as con:
        con.execute(PARSE.replace("FILES", str(files)))
        print(con.execute("select count(*) from orders").fetchall()[0][0])  # noqa: T201


def hello() -> None:
    """The least that a typer program is."""
    import typer

    app = typer.Typer()

    @app.command()
    def main(name: str = "world") -> None:
        """Say hello."""
        print(f"hello {name}")  # noqa: T201

    app(sys.argv[2:])


if __name__ == "__main__":
    task, *given = sys.argv[1:]
    if task == "typer":
        hello()
    else:
        {"loop": loop, "parse": parse, "dlt": load_with_dlt}[task](*given)

"""What the vendors' own schemas say of a request; they lie beside the repository, in ../shared/schemas.

Each class has `faults`: what is wrong with a request, in words, and nothing where it is right.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qsl

import httpx
import pytest

SCHEMAS = Path(__file__).parents[2] / "shared" / "schemas"
NEEDED = pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"the vendors' schemas are not at {SCHEMAS}")
DEPRECATED_BUT_RULED_IN = {"Order.landingPageUrl", "Order.referrerUrl"}


class Shopify:
    """The Admin API's schema."""

    @staticmethod
    @cache
    def schema(version: str):
        from graphql import build_client_schema

        text = gzip.decompress((SCHEMAS / "shopify" / f"admin_{version}.json.gz").read_bytes())
        return build_client_schema(json.loads(text)["data"], assume_valid=True)

    def faults(self, query: str, version: str = "2026-10") -> list[str]:
        """What is wrong with a query: unknown fields, wrong arguments, fields that are on their way out."""
        from graphql import NoDeprecatedCustomRule, parse, validate

        schema, document = self.schema(version), parse(query)
        wrong = [one.message for one in validate(schema, document)]
        old = [one.message for one in validate(schema, document, [NoDeprecatedCustomRule])]
        return wrong + [one for one in old if not any(field in one for field in DEPRECATED_BUT_RULED_IN)]


class Meta:
    """The Marketing API's fields, parameters and words."""

    KINDS = MappingProxyType(
        {None: "AdAccount", "campaigns": "Campaign", "adsets": "AdSet", "ads": "Ad", "insights": "AdsInsights"}
    )
    """What an edge of the account is a list of."""

    @staticmethod
    @cache
    def pack() -> dict:
        return json.loads((SCHEMAS / "meta" / "marketing_api_v26.0_fields.json").read_text("utf-8"))

    @staticmethod
    @cache
    def parameters(edge: str, method: str = "GET") -> set[str]:
        spec = json.loads((SCHEMAS / "meta" / "codegen_specs" / "AdAccount.json").read_text("utf-8"))
        [found] = [one for one in spec["apis"] if one["method"] == method and one.get("endpoint") == edge]
        paged = {"limit", "after"} if method == "GET" else set()
        return {one["name"] for one in found["params"]} | {"fields", "appsecret_proof"} | paged

    def faults(self, path: str, params: dict[str, str], method: str = "GET") -> list[str]:
        """What is wrong with a request: its version, fields, parameters and the words in them."""
        if path == f"/{self.pack()['graph_api_version']}/me/permissions":
            return [f"parameter {one}" for one in params.keys() - {"limit", "appsecret_proof"}]
        if run := re.fullmatch(r"/(v\d+\.\d+)/\d+(/insights)?", path):
            known = {"appsecret_proof", "limit", "after"} if run[2] else {"appsecret_proof", "fields"}
            wrong = [f"parameter {one}" for one in params.keys() - known]
            wrong += [] if method == "GET" and run[1] == self.pack()["graph_api_version"] else [f"{method} {path}"]
            return wrong + self._fields("AdReportRun", params.get("fields", ""))
        match = re.fullmatch(r"/(v\d+\.\d+)/act_\d+(?:/(campaigns|adsets|ads|insights))?", path)
        if not match or match[1] != self.pack()["graph_api_version"]:
            return [f"path {path}"]
        edge = match[2]
        kind = self.KINDS[edge]
        enums = self.pack()[kind].get("enums", {})
        wrong = self._fields(kind, params["fields"])
        if edge:
            wrong += [f"parameter {one}" for one in params if one not in self.parameters(edge, method)]
        if edge in {"campaigns", "adsets", "ads"}:
            wrong += self._unknown(json.loads(params["effective_status"]), enums["EffectiveStatus"])
        if edge == "insights":
            windows, filters = (params.get(one, "[]") for one in ("action_attribution_windows", "filtering"))
            wrong += self._unknown([params["level"]], enums["Level"])
            wrong += self._unknown([params.get("action_report_time", "mixed")], enums["ActionReportTime"])
            wrong += self._unknown(json.loads(windows), enums["ActionAttributionWindows"])
            for one in json.loads(filters):
                wrong += [f"filter {one}"] if one.keys() != {"field", "operator", "value"} else []
                wrong += [f"filter {one}"] if one["field"] != f"{params['level']}.effective_status" else []
                wrong += self._unknown(one["value"], self.states(params["level"]))
            days = json.loads(params["time_range"])
            wrong += [] if set(days) == {"since", "until"} and days["since"] <= days["until"] else [f"days {days}"]
        return wrong

    def states(self, level: str) -> list[str]:
        """The states that an entity of a level can be in."""
        kind = {"campaign": "Campaign", "adset": "AdSet", "ad": "Ad"}.get(level)
        return self.pack()[kind]["enums"]["EffectiveStatus"] if kind else []

    def _fields(self, kind: str, asked: str) -> list[str]:
        """What is wrong with a list of fields, of which a creative may have fields of its own within braces."""
        wrong = []
        for name, inside in re.findall(r"(\w+)(?:\{([\w,]*)\})?", asked):
            wrong += [f"field {name}"] if name not in self.pack()[kind]["fields"] else []
            known = self.pack()["AdCreative"]["fields"] if name == "creative" else ()
            wrong += [f"field {name}{{{one}}}" for one in inside.split(",") if one and one not in known]
        return wrong

    @staticmethod
    def _unknown(words: list[str], known: list[str]) -> list[str]:
        return [f"word {one}" for one in words if one not in known]


class GoogleAds:
    """The fields of GAQL and the protocol's messages."""

    @staticmethod
    @cache
    def fields() -> dict:
        return json.loads(gzip.decompress((SCHEMAS / "google_ads" / "gaql_fields_v26.json.gz").read_bytes()))

    @staticmethod
    @cache
    def message(name: str):
        return _message(SCHEMAS / "google_ads" / "google_ads_v26.fds.binpb.gz", f"google.ads.googleads.v26.{name}")

    @staticmethod
    @cache
    def words(enum: str) -> set[str]:
        pool = _pool(SCHEMAS / "google_ads" / "google_ads_v26.fds.binpb.gz")
        return set(pool.FindEnumTypeByName(enum).values_by_name)

    def faults(self, query: str) -> list[str]:
        """What is wrong with a query: its grammar, paths that do not exist, words that are not in their enum."""
        grammar = re.fullmatch(
            r"SELECT (?P<fields>[a-z_.]+(?:, [a-z_.]+)*) FROM (?P<table>[a-z_]+)"
            r"(?: WHERE (?P<where>.+?))?(?: ORDER BY (?P<order>[a-z_.]+(?:, [a-z_.]+)*))?(?: LIMIT \d+)?",
            query,
        )
        if not grammar:
            return ["grammar"]
        chosen = grammar["fields"].split(", ")
        order = grammar["order"].split(", ") if grammar["order"] else []
        wrong = [f"field {one}" for one in chosen if one not in self.fields()]
        wrong += [f"order {one}" for one in order if one not in chosen]
        wrong += [] if f"{grammar['table']}.resource_name" in self.fields() else [f"table {grammar['table']}"]
        for field, words in re.findall(r"([a-z_.]+) (?:=|BETWEEN) ('[^']*'(?: AND '[^']*')?)", grammar["where"] or ""):
            known = self.fields().get(field)
            if known is None:
                wrong.append(f"field {field}")
            elif known["type"] == "ENUM":
                wrong += [
                    f"word {one}" for one in re.findall(r"'([^']*)'", words) if one not in self.words(known["enum"])
                ]
        if "segments.date" in chosen and not re.search(
            r"segments\.date BETWEEN '\d{4}-\d\d-\d\d' AND '\d{4}-\d\d-\d\d'", query
        ):
            wrong.append("no range of days")
        return wrong


class Ga4:
    """The Data API's messages and the names of its dimensions and metrics."""

    NAMES = frozenset(
        (
            *("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium"),
            *("sessions", "engagedSessions", "totalUsers", "newUsers", "itemViewEvents", "addToCarts", "checkouts"),
            *("ecommercePurchases", "purchaseRevenue", "eventName", "eventCount", "keyEvents"),
        )
    )
    """KPI_SPEC's words for traffic, the reference's for events; Google publishes no list of names for machines."""

    @staticmethod
    @cache
    def message(name: str):
        return _message(SCHEMAS / "ga4" / "analyticsdata_v1beta.fds.binpb.gz", f"google.analytics.data.v1beta.{name}")

    def faults(self, body: dict) -> list[str]:
        """What is wrong with a report: its form, its names, an order that would let pages overlap."""
        from google.protobuf import json_format

        try:
            json_format.ParseDict(body, self.message("RunReportRequest")())
        except json_format.ParseError as error:
            return [str(error)]
        dimensions = [one["name"] for one in body["dimensions"]]
        metrics = [one["name"] for one in body["metrics"]]
        wrong = [f"name {one}" for one in (*dimensions, *metrics) if one not in self.NAMES]
        wrong += [] if [one["dimension"]["dimensionName"] for one in body["orderBys"]] == dimensions else ["order"]
        wrong += [] if len(dimensions) <= 9 and len(metrics) <= 10 and int(body["limit"]) <= 250_000 else ["size"]
        days = body["dateRanges"][0]
        return wrong + ([] if days["startDate"] <= days["endDate"] else ["days"])


@cache
def _pool(file: Path):
    from google.protobuf import descriptor_pb2, descriptor_pool

    pool = descriptor_pool.DescriptorPool()
    for one in descriptor_pb2.FileDescriptorSet.FromString(gzip.decompress(file.read_bytes())).file:
        pool.Add(one)
    return pool


def _message(file: Path, name: str):
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool(file).FindMessageTypeByName(name))


def faults(source: str, request: httpx.Request) -> list[str]:
    """What is wrong with a request to a source, whatever it asks for; grants of tokens aside."""
    if source == "meta":
        params = dict(parse_qsl(request.content.decode())) if request.method == "POST" else dict(request.url.params)
        return Meta().faults(request.url.path, params, request.method)
    body = json.loads(request.content)
    if source == "shopify":
        return list(_faults_of_query(body["query"]))
    return GoogleAds().faults(body["query"]) if source == "google_ads" else Ga4().faults(body)


@cache
def _faults_of_query(query: str) -> tuple[str, ...]:
    return tuple(Shopify().faults(query))

"""Every request that the connectors can send, held against the vendors' own schemas.

The schemas lie beside the repository, in ../shared/schemas; where they are not, these tests are skipped and say so.
Each kind of validation also refuses a request with one mistake in it, or it would prove nothing.
"""

import gzip
import json
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest

from growthos import connectors, demo
from growthos.clock import DemoClock
from growthos.connectors import google_ads, shopify_queries
from growthos.connectors.api import Api
from growthos.connectors.ga4 import report
from growthos.connectors.meta import insights
from growthos.connectors.terms import Window
from growthos.period import Period

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT.parent / "shared" / "schemas"
GOLDEN = ROOT / "golden" / "api"
AFTER = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
DAYS = Period(date(2026, 3, 1), date(2026, 3, 29))
DEPRECATED_BUT_RULED_IN = {"Order.landingPageUrl", "Order.referrerUrl"}
PERMISSIONS = ((), ("personal",), ("cost",), ("cost", "personal"))

pytestmark = pytest.mark.skipif(not SCHEMAS.is_dir(), reason=f"the vendors' schemas are not at {SCHEMAS}")


@cache
def sent() -> tuple[httpx.Request, ...]:
    """Every request of a reading of the whole demo shop."""
    clock, requests = DemoClock(AFTER), []
    honest = demo.transport(demo.make_shop, clock.now)

    def record(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return honest.handle_request(request)

    for name, source in connectors.find().items():
        one = source(demo.settings()[name])
        with Api(one, transport=httpx.MockTransport(record), clock=clock) as api:
            for stream in one.streams():
                window = {
                    "report": Window(first=DAYS.last - timedelta(days=20), last=DAYS.last),
                    "cursor": Window(until=AFTER, again=("gid://shopify/Order/1",)),
                    "snapshot": Window(),
                }[stream.mode]
                assert list(stream.read(one, api, one.accounts()[0], window))
    return tuple(requests)


def of(name: str) -> list[httpx.Request]:
    """The requests to one source, its tokens' aside."""
    hosts = demo.FACES[name].HOSTS
    found = [one for one in sent() if one.url.host in hosts and "token" not in one.url.path]
    assert found
    return found


class TestShopify:
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

    @pytest.mark.parametrize("operation", shopify_queries.OPERATIONS)
    @pytest.mark.parametrize("without", PERMISSIONS)
    def test_every_operation_is_valid(self, operation, without):
        assert self.faults(shopify_queries.text(operation, without=without)) == []

    def test_permissions_change_what_is_asked(self):
        """What is left out where it is not permitted is what the permission is about, and nothing else."""
        whole = shopify_queries.text("GrowthOrders")
        less = shopify_queries.text("GrowthOrders", without=("personal",))
        assert set(whole.splitlines()) - set(less.splitlines()) == {
            "  email",
            "  shippingAddress { countryCodeV2 provinceCode }",
        }
        assert "unitCost" not in shopify_queries.text("GrowthInventoryItems", without=("cost",))

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("totalTaxSet", "totalTaxesSet"),
            ("sortKey: UPDATED_AT", "sortKey: UPDATED"),
            ("$query: String", "$query: Int"),
        ],
    )
    def test_a_mistake_is_found(self, right, wrong):
        query = shopify_queries.text("GrowthOrders")
        assert right in query
        assert self.faults(query.replace(right, wrong))

    def test_a_deprecated_field_is_found(self):
        assert self.faults(shopify_queries.text("GrowthOrders").replace("totalTaxSet {", "totalTax totalTaxSet {"))

    def test_every_request_sent_is_valid_with_its_variables(self):
        from graphql import parse
        from graphql.execution.values import get_variable_values

        schema, seen = self.schema("2026-10"), set()
        for request in of("shopify"):
            body = json.loads(request.content)
            operation = parse(body["query"]).definitions[0]
            assert operation.name.value == body["operationName"]
            values = get_variable_values(schema, list(operation.variable_definitions or ()), body["variables"])
            assert not isinstance(values, list), values
            assert set(body["variables"]) == {one.variable.name.value for one in operation.variable_definitions or ()}
            if body["query"] not in seen:
                assert self.faults(body["query"]) == []
                seen.add(body["query"])
        assert len(seen) >= 10

    def test_every_nested_list_shows_whether_it_is_cut_off(self):
        """Wherever a connection is asked for, `pageInfo` is asked for with it."""
        from graphql import TypeInfo, TypeInfoVisitor, Visitor, get_named_type, parse, visit

        for name in shopify_queries.OPERATIONS:
            types, bare, lists = TypeInfo(self.schema("2026-10")), [], []

            class Look(Visitor):
                def enter_field(self, node, *_, name=name, types=types, bare=bare, lists=lists):
                    kind = get_named_type(types.get_type())
                    if kind is not None and kind.name.endswith("Connection"):
                        lists.append(kind.name)
                        chosen = {one.name.value for one in node.selection_set.selections}
                        arguments = {one.name.value for one in node.arguments}
                        if not ({"pageInfo", "nodes"} <= chosen and "first" in arguments):
                            bare.append(f"{name}: {node.name.value}")

            visit(parse(shopify_queries.text(name)), TypeInfoVisitor(types, Look()))
            assert bare == []
            assert lists or name == "GrowthShop"

    @pytest.mark.parametrize("file", sorted((GOLDEN / "shopify").glob("*.json")), ids=lambda file: file.stem)
    def test_the_samples_have_the_schemas_form(self, file):
        """Executed against the sample's own data, the query gives the sample back: all its fields, no null too many."""
        from graphql import execute_sync, parse

        sample = json.loads(file.read_text("utf-8"))
        operation, data = sample["request"]["operation"], sample["answer"]["data"]

        def typename(value, _info, _kind):
            return value["id"].split("/")[3]

        result = execute_sync(
            self.schema("2026-10"),
            parse(shopify_queries.text(operation)),
            root_value=data,
            variable_values=sample["request"]["variables"],
            field_resolver=lambda value, info, **_: value[info.path.key],
            type_resolver=typename,
        )
        assert result.errors is None
        assert result.data == data


class TestMeta:
    @staticmethod
    @cache
    def pack() -> dict:
        return json.loads((SCHEMAS / "meta" / "marketing_api_v26.0_fields.json").read_text("utf-8"))

    @staticmethod
    @cache
    def parameters(edge: str) -> set[str]:
        spec = json.loads((SCHEMAS / "meta" / "codegen_specs" / "AdAccount.json").read_text("utf-8"))
        [found] = [one for one in spec["apis"] if one["method"] == "GET" and one.get("endpoint") == edge]
        return {one["name"] for one in found["params"]} | {"fields", "limit", "after", "appsecret_proof"}

    def faults(self, path: str, params: dict[str, str]) -> list[str]:
        """What is wrong with a request: its version, fields, parameters and the words in them."""
        match = re.fullmatch(r"/(v\d+\.\d+)/act_\d+(?:/(campaigns|insights))?", path)
        if not match or match[1] != self.pack()["graph_api_version"]:
            return [f"path {path}"]
        edge = match[2]
        kind = {None: "AdAccount", "campaigns": "Campaign", "insights": "AdsInsights"}[edge]
        known, enums = self.pack()[kind]["fields"], self.pack()[kind].get("enums", {})
        wrong = [f"field {one}" for one in params["fields"].split(",") if one not in known]
        if edge:
            wrong += [f"parameter {one}" for one in params if one not in self.parameters(edge)]
        if edge == "campaigns":
            wrong += self._unknown(json.loads(params["effective_status"]), enums["EffectiveStatus"])
        if edge == "insights":
            wrong += self._unknown([params["level"]], enums["Level"])
            wrong += self._unknown([params["action_report_time"]], enums["ActionReportTime"])
            wrong += self._unknown(json.loads(params["action_attribution_windows"]), enums["ActionAttributionWindows"])
            for one in json.loads(params["filtering"]):
                wrong += [f"filter {one}"] if set(one) != {"field", "operator", "value"} else []
                wrong += self._unknown(one["value"], self.pack()["Campaign"]["enums"]["EffectiveStatus"])
            days = json.loads(params["time_range"])
            wrong += [] if set(days) == {"since", "until"} and days["since"] <= days["until"] else [f"days {days}"]
        return wrong

    @staticmethod
    def _unknown(words: list[str], known: list[str]) -> list[str]:
        return [f"word {one}" for one in words if one not in known]

    def test_every_request_sent_is_valid(self):
        for request in of("meta"):
            assert self.faults(request.url.path, dict(request.url.params)) == []
        assert {request.url.path.rsplit("/", 1)[1] for request in of("meta")} >= {"campaigns", "insights"}

    def test_archived_and_deleted_campaigns_are_asked_for(self):
        every = set(self.pack()["Campaign"]["enums"]["EffectiveStatus"])
        for request in of("meta"):
            asked = dict(request.url.params)
            if "effective_status" in asked:
                assert set(json.loads(asked["effective_status"])) == every
            if "filtering" in asked:
                assert {state for one in json.loads(asked["filtering"]) for state in one["value"]} == every

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("fields", "spend,spendings"),
            ("level", "shop"),
            ("action_attribution_windows", '["7d_view_1d_click"]'),
            ("time_range", '{"since":"2026-03-02","until":"2026-03-01"}'),
            ("time_rnage", "{}"),
        ],
    )
    def test_a_mistake_is_found(self, name, value):
        right = insights(DAYS)
        assert self.faults("/v26.0/act_1/insights", right) == []
        assert self.faults("/v26.0/act_1/insights", right | {name: value})
        assert self.faults("/v25.0/act_1/insights", right)

    @pytest.mark.parametrize("file", sorted((GOLDEN / "meta").glob("*.json")), ids=lambda file: file.stem)
    def test_the_samples_hold_what_was_asked_for(self, file):
        sample = json.loads(file.read_text("utf-8"))
        fields = set(sample["request"]["params"]["fields"].split(","))
        answer = sample["answer"]
        for record in answer.get("data", [answer]):
            assert set(record) <= fields


class TestGoogleAds:
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

    def test_every_request_sent_is_valid(self):
        from google.protobuf import json_format

        for request in of("google_ads"):
            body = json.loads(request.content)
            assert re.fullmatch(r"/v26/customers/\d{10}/googleAds:searchStream", request.url.path)
            assert self.faults(body["query"]) == []
            asked = self.message("services.SearchGoogleAdsStreamRequest")()
            json_format.ParseDict(body, asked)
        assert len({json.loads(one.content)["query"].split(" FROM ")[0] for one in of("google_ads")}) == 4

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("metrics.cost_micros", "metrics.cost"),
            ("FROM campaign ", "FROM campaigns "),
            ("BETWEEN", "SINCE"),
            ("ORDER BY segments.date", "ORDER BY segments.week"),
        ],
    )
    def test_a_mistake_is_found(self, right, wrong):
        query = google_ads.CAMPAIGN_METRICS.format(first="2026-03-01", last="2026-03-29")
        assert self.faults(query) == []
        assert right in query
        assert self.faults(query.replace(right, wrong))

    def test_a_word_that_is_none_is_found(self):
        assert self.faults(google_ads.CONVERSION_ACTIONS.replace("ENABLED", "ACTIVE"))

    @pytest.mark.parametrize("file", sorted((GOLDEN / "google_ads").glob("*.json")), ids=lambda file: file.stem)
    def test_the_samples_have_the_protocols_form(self, file):
        from google.protobuf import json_format

        sample = json.loads(file.read_text("utf-8"))
        assert self.faults(sample["request"]["body"]["query"]) == []
        chunk = self.message("services.SearchGoogleAdsStreamResponse")
        for one in sample["answer"]:
            json_format.ParseDict(one, chunk())
        broken = deepcopy(sample["answer"][0])
        broken["results"][0]["campaigns"] = {}
        with pytest.raises(json_format.ParseError):
            json_format.ParseDict(broken, chunk())


class TestGa4:
    NAMES = frozenset(
        (
            *("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium"),
            *("sessions", "engagedSessions", "totalUsers", "newUsers", "itemViewEvents", "addToCarts", "checkouts"),
            *("ecommercePurchases", "purchaseRevenue"),
        )
    )
    """KPI_SPEC's words for the traffic report; Google publishes no list of names for machines."""

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

    def test_every_request_sent_is_valid(self):
        for request in of("ga4"):
            assert re.fullmatch(r"/v1beta/properties/\d+:runReport", request.url.path)
            assert self.faults(json.loads(request.content)) == []

    @pytest.mark.parametrize(
        "mistake",
        [
            {"metrics": [{"name": "conversions"}]},
            {"dateRange": []},
            {"orderBys": []},
            {"limit": "300000"},
            {"dateRanges": [{"startDate": "2026-03-02", "endDate": "2026-03-01"}]},
        ],
        ids=lambda mistake: next(iter(mistake)),
    )
    def test_a_mistake_is_found(self, mistake):
        right = report("2026-03-01", "2026-03-29", 0)
        assert self.faults(right) == []
        assert self.faults(right | mistake)

    @pytest.mark.parametrize("file", sorted((GOLDEN / "ga4").glob("*.json")), ids=lambda file: file.stem)
    def test_the_sample_has_the_protocols_form(self, file):
        from google.protobuf import json_format

        sample = json.loads(file.read_text("utf-8"))
        assert self.faults(sample["request"]["body"]) == []
        json_format.ParseDict(sample["answer"], self.message("RunReportResponse")())
        with pytest.raises(json_format.ParseError):
            json_format.ParseDict(sample["answer"] | {"row": []}, self.message("RunReportResponse")())


class TestTokens:
    def test_each_grant_is_asked_for_as_its_vendor_wants_it(self):
        forms = {one.url.host: dict(parse_qsl(one.content.decode())) for one in sent() if "token" in one.url.path}
        google = forms.pop("oauth2.googleapis.com")
        assert set(google) == {"grant_type", "client_id", "client_secret", "refresh_token"}
        assert google["grant_type"] == "refresh_token"
        for form in forms.values():
            assert set(form) == {"grant_type", "client_id", "client_secret"}
            assert form["grant_type"] == "client_credentials"


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

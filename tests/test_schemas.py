"""Every request that the connectors can send, held against the vendors' own schemas.

The schemas lie beside the repository, in ../shared/schemas; where they are not, these tests are skipped and say so.
Each kind of validation also refuses a request with one mistake in it, or it would prove nothing.
"""

import json
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
import schema_rules

from growthos import connectors, demo
from growthos.clock import DemoClock
from growthos.connectors import google_ads, meta_reports, shopify_counts, shopify_queries
from growthos.connectors.api import Api
from growthos.connectors.ga4_reports import REPORTS, TRAFFIC
from growthos.connectors.terms import Window
from growthos.period import Period

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "golden" / "api"
AFTER = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
DAYS = Period(date(2026, 3, 1), date(2026, 3, 29))
PERMISSIONS = ((), ("personal",), ("cost",), ("cost", "personal"))

pytestmark = schema_rules.NEEDED


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


class TestShopify(schema_rules.Shopify):
    @pytest.mark.parametrize("operation", shopify_queries.OPERATIONS)
    @pytest.mark.parametrize("without", PERMISSIONS)
    def test_every_operation_is_valid(self, operation, without):
        assert self.faults(shopify_queries.text(operation, without=without)) == []

    def test_counts_are_valid(self):
        assert self.faults(shopify_counts.query(DAYS)) == []
        assert self.faults(shopify_counts.query(DAYS).replace("precision", "exactness"))

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

    @pytest.mark.long
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
        days = Period(date(2026, 11, 20), date(2026, 11, 21))
        counts = operation == shopify_counts.OPERATION
        query = shopify_counts.query(days) if counts else shopify_queries.text(operation)

        def typename(value, _info, _kind):
            return value["id"].split("/")[3]

        result = execute_sync(
            self.schema("2026-10"),
            parse(query),
            root_value=data,
            variable_values=sample["request"]["variables"],
            field_resolver=lambda value, info, **_: value[info.path.key],
            type_resolver=typename,
        )
        assert result.errors is None
        assert result.data == data


class TestMeta(schema_rules.Meta):
    def test_every_request_sent_is_valid(self):
        for request in of("meta"):
            assert self.faults(request.url.path, dict(request.url.params)) == []
        asked = {(one.url.path.rsplit("/", 1)[1], one.url.params.get("level")) for one in of("meta")}
        assert asked >= {("campaigns", None), ("adsets", None), ("ads", None)}
        assert asked >= {("insights", "campaign"), ("insights", "ad"), ("insights", "account")}

    def test_archived_and_deleted_entities_are_asked_for(self):
        """By every state there is; the account as a whole, by none, so that nothing of it is left out."""
        seen = set()
        for request in of("meta"):
            asked = dict(request.url.params)
            edge = request.url.path.rsplit("/", 1)[1]
            if "effective_status" in asked:
                seen.add(edge)
                every = self.pack()[self.KINDS[edge]]["enums"]["EffectiveStatus"]
                assert set(json.loads(asked["effective_status"])) == set(every)
            if asked.get("level") in {"campaign", "ad"}:
                [states] = json.loads(asked["filtering"])
                assert set(states["value"]) == set(self.states(asked["level"]))
            if asked.get("level") == "account":
                assert "filtering" not in asked
        assert seen == {"campaigns", "adsets", "ads"}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("fields", "spend,spendings"),
            ("fields", "spend,campaign_id{object_type}"),
            ("filtering", '[{"field":"ad.effective_status","operator":"IN","value":["ACTIVE"]}]'),
            ("filtering", '[{"field":"campaign.effective_status","operator":"IN","value":["ADSET_PAUSED"]}]'),
            ("level", "shop"),
            ("action_attribution_windows", '["7d_view_1d_click"]'),
            ("time_range", '{"since":"2026-03-02","until":"2026-03-01"}'),
            ("time_rnage", "{}"),
        ],
    )
    def test_a_mistake_is_found(self, name, value):
        right = meta_reports.CAMPAIGN_INSIGHTS.params(DAYS)
        assert self.faults("/v26.0/act_1/insights", right) == []
        assert self.faults("/v26.0/act_1/insights", right | {name: value})
        assert self.faults("/v25.0/act_1/insights", right)

    @pytest.mark.parametrize("file", sorted((GOLDEN / "meta").glob("*.json")), ids=lambda file: file.stem)
    def test_the_samples_hold_what_was_asked_for(self, file):
        sample = json.loads(file.read_text("utf-8"))
        fields = {re.sub(r"\{.*", "", one) for one in sample["request"]["params"]["fields"].split(",")}
        answer = sample["answer"]
        for record in answer.get("data", [answer]):
            assert set(record) <= fields


class TestGoogleAds(schema_rules.GoogleAds):
    def test_every_request_sent_is_valid(self):
        from google.protobuf import json_format

        for request in of("google_ads"):
            body = json.loads(request.content)
            assert re.fullmatch(r"/v26/customers/\d{10}/googleAds:searchStream", request.url.path)
            assert self.faults(body["query"]) == []
            asked = self.message("services.SearchGoogleAdsStreamRequest")()
            json_format.ParseDict(body, asked)
        assert len({json.loads(one.content)["query"].split(" FROM ")[0] for one in of("google_ads")}) == 9

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

    def test_what_a_manager_is_asked_is_valid(self):
        assert self.faults(google_ads.CLIENTS) == []
        assert self.faults(google_ads.CLIENTS.replace("_client.status", "_client.state"))

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


class TestGa4(schema_rules.Ga4):
    def test_every_request_sent_is_valid(self):
        for request in of("ga4"):
            assert re.fullmatch(r"/v1beta/properties/\d+:runReport", request.url.path)
            assert self.faults(json.loads(request.content)) == []

    @pytest.mark.parametrize("one", REPORTS, ids=lambda one: one.name)
    def test_every_report_is_small_enough_and_names_what_there_is(self, one):
        """Nine dimensions and ten metrics at most; key events are no longer called conversions."""
        assert self.faults(one.page(DAYS, 0)) == []
        assert len(one.dimensions) <= 9
        assert len(one.metrics) <= 10
        assert "conversions" not in one.metrics

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
        right = TRAFFIC.page(DAYS, 0)
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

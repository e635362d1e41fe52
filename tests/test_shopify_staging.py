"""What becomes of Shopify's pages: its own counts, refunds that are not all there, orders that are gone."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from warehouse_fixtures import Raw, build, customer, line, money, new, order, refund, refund_line, staged

DAY = "2026-03-20"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    return made


def warned(raw: Raw) -> dict[str, str]:
    built = build(raw)
    assert built.published
    return {one.code: one.message for one in built.warnings}


class TestCounts:
    CONTROL = "select account_id, date, measure, value, currency from staging.stg_shopify__control_totals order by date"

    def test_a_days_count_is_a_control_total(self, raw):
        raw.orders(order(1, DAY, line(1, "1.00")))
        raw.counts(d2026_03_19=0, d2026_03_20=30_000)
        assert staged(raw, self.CONTROL) == [
            ("toyshop", date(2026, 3, 19), "orders", 0, None),
            ("toyshop", date(2026, 3, 20), "orders", 30_000, None),
        ]

    def test_the_newest_count_of_a_day_counts(self, raw):
        """Each day by the newest unit that covers it, also where that one says nothing of the day."""
        days = [date(2026, 3, 19), date(2026, 3, 20)]
        raw.orders(order(1, DAY, line(1, "1.00")))
        raw.counts(d2026_03_18=1, d2026_03_19=1, d2026_03_20=1, days=[date(2026, 3, 18)])
        raw.counts(d2026_03_20=2, days=days)
        assert [row[1:4] for row in staged(raw, self.CONTROL)] == [
            (date(2026, 3, 18), "orders", 1),
            (date(2026, 3, 20), "orders", 2),
        ]

    def test_days_that_were_not_over_or_are_not_loaded_are_no_totals(self, raw):
        """The orders were read from 2025-01-01 until 2026-03-30, half past midnight."""
        raw.orders(order(1, DAY, line(1, "1.00")))
        days = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 3, 29), date(2026, 3, 30)]
        raw.counts(days=days, d2024_12_31=7, d2025_01_01=0, d2026_03_29=0, d2026_03_30=4)
        assert [row[1] for row in staged(raw, self.CONTROL)] == [date(2025, 1, 1), date(2026, 3, 29)]

    def test_a_count_that_is_not_exact_is_put_aside(self, raw):
        raw.orders(order(1, DAY, line(1, "1.00")))
        raw.counts(d2026_03_20=10_000, precision="AT_LEAST")
        assert staged(raw, self.CONTROL) == []
        assert staged(raw, "select entity, reason from staging.stg_rejects") == [("control_totals", "not_exact:orders")]

    def test_what_stands_against_it_is_counted_by_the_day_of_creation(self, raw):
        """A count is of every order, test orders and cancelled ones too, in UTC whatever the reporting zone is."""
        raw.orders(
            order(1, "2026-03-20T23:59:59Z", line(1, "1.00"), test=True),
            order(2, "2026-03-21T00:00:00Z", line(2, "1.00"), processedAt=f"{DAY}T10:00:00Z"),
        )
        found = staged(raw, "select created_at::date, count(*) from staging.stg_shopify__orders group by 1 order by 1")
        assert found == [(date(2026, 3, 20), 1), (date(2026, 3, 21), 1)]


class TestCancelled:
    def test_an_order_that_was_cancelled_at_no_time_is_put_aside(self, raw):
        """It is neither a cancelled order nor one that was not."""
        never = ("soon", "2026-13-01T00:00:00Z", 7, {"at": DAY})
        raw.orders(
            order(1, DAY, line(1, "1.00")),
            *(order(n, DAY, line(n, "1.00"), cancelledAt=one) for n, one in enumerate(never, 2)),
        )
        assert staged(raw, "select order_key from fact_orders") == [("shopify:1",)]
        found = staged(raw, "select external_id, reason from staging.stg_rejects where entity = 'orders' order by all")
        assert found == [(f"{n}", "not_a_time:cancelled_at") for n in range(2, 6)]


class TestRefunds:
    def test_refunds_that_add_up_are_no_matter(self, raw):
        """To the cent: two refunds that are 0.01 apart from what the order says may have been rounded."""
        raw.orders(
            order(1, DAY, line(1, "10.00"), line(2, "5.00"), refund_ids=[7, 8], totalRefundedSet=money("15.0")),
            order(2, DAY, line(3, "5.00"), totalRefundedSet=money("0.0")),
        )
        raw.refunds(
            refund(7, DAY, refund_line(1, 1, "10.00"), totalRefundedSet=money("10.0")),
            refund(8, DAY, refund_line(2, 2, "4.99"), totalRefundedSet=money("4.99")),
        )
        assert "refunds_incomplete" not in warned(raw)

    def test_what_was_refunded_by_no_line_is_no_gap(self, raw):
        """A refund that moved no money, of an order that was never paid, has lines all the same."""
        raw.orders(order(1, DAY, line(1, "10.00"), refund_ids=[7], totalRefundedSet=money("0.0")))
        raw.refunds(refund(7, DAY, refund_line(1, 1, "10.00"), totalRefundedSet=money("0.0")))
        assert "refunds_incomplete" not in warned(raw)

    @pytest.mark.parametrize(
        ("listed", "total"),
        [
            pytest.param([7], "12.0", id="more money than the refunds that are listed"),
            pytest.param([7, 8], "10.0", id="a refund that was not served"),
            pytest.param([7, 8], None, id="a refund that was not served, of an order without a total"),
        ],
    )
    def test_refunds_that_are_not_all_there_are_told(self, raw, listed, total):
        raw.orders(
            order(1, DAY, line(1, "20.00"), refund_ids=listed, totalRefundedSet=total and money(total)),
            order(2, DAY, line(2, "5.00")),
        )
        raw.refunds(refund(7, DAY, refund_line(1, 1, "10.00"), totalRefundedSet=money("10.0")), None)
        assert "of 1 orders are not all that Shopify says they have: #1." in warned(raw)["refunds_incomplete"]

    def test_a_refund_whose_total_is_not_known_is_held_against_nothing(self, raw):
        """As pages have it that were read before refunds were asked for their total."""
        raw.orders(order(1, DAY, line(1, "20.00"), refund_ids=[7], totalRefundedSet=money("12.0")))
        raw.refunds(refund(7, DAY, refund_line(1, 1, "10.00")))
        assert "refunds_incomplete" not in warned(raw)

    def test_at_most_five_orders_are_named(self, raw):
        raw.orders(*(order(n, DAY, line(n, "1.00"), totalRefundedSet=money("1.0")) for n in range(1, 8)))
        assert "of 7 orders" in warned(raw)["refunds_incomplete"]
        assert "#1, #2, #3, #4, #5." in warned(raw)["refunds_incomplete"]


class TestDeleted:
    """The list of ids, and the orders that are not in it."""

    FOUND = "select order_key, is_counted, exclusion_reason from fact_orders order by order_key"

    def test_an_order_that_the_shop_has_no_more_does_not_count(self, raw):
        """It stays in the facts with its lines and refunds, and none of them counts."""
        raw.orders(
            order(1, DAY, line(1, "10.00")),
            order(2, DAY, line(2, "20.00"), refund_ids=[7], test=True),
            order(3, DAY, line(3, "40.00"), refund_ids=[8]),
        )
        raw.refunds(refund(7, DAY, refund_line(1, 2, "1.00")), refund(8, DAY, refund_line(2, 3, "1.00")))
        raw.run = 2
        raw.order_ids(1)
        assert staged(raw, self.FOUND) == [
            ("shopify:1", True, None),
            ("shopify:2", False, "deleted"),
            ("shopify:3", False, "deleted"),
        ]
        assert staged(raw, "select count(*) from fact_order_lines where not is_counted") == [(2,)]
        assert staged(raw, "select count(*) from fact_refunds where not is_counted") == [(4,)]
        assert staged(raw, "select status from dq_results where check_name = 'staging_row_conservation'") == [("pass",)]

    def test_an_empty_list_is_a_list(self, raw):
        raw.orders(order(1, DAY, line(1, "10.00")))
        raw.run = 2
        raw.order_ids()
        assert staged(raw, self.FOUND) == [("shopify:1", False, "deleted")]

    @pytest.mark.long
    def test_an_order_that_was_read_later_counts_again(self, raw):
        """Also in the same run: orders are read before the list is."""
        gone = order(1, DAY, line(1, "10.00"))
        raw.orders(gone, order(2, DAY, line(2, "1.00")))
        raw.run = 2
        raw.orders(gone)
        raw.order_ids()
        assert [row[1] for row in staged(raw, self.FOUND)] == [True, False]
        raw.run = 3
        raw.orders(order(2, DAY, line(2, "1.00")))
        assert [row[1] for row in staged(raw, self.FOUND)] == [True, True]

    def test_only_orders_that_the_list_covers_can_be_missing_in_it(self, raw):
        """An order from before its beginning, and one so new that Shopify's search may not know it yet."""
        raw.orders(
            order(1, "2026-03-19T23:59:59Z", line(1, "1.00")),
            order(2, "2026-03-20T00:00:00Z", line(2, "1.00")),
            order(3, "2026-03-29T23:29:59Z", line(3, "1.00")),
            order(4, "2026-03-29T23:31:00Z", line(4, "1.00")),
        )
        raw.run = 2
        raw.order_ids(since="2026-03-20T00:00:00Z")
        assert [row[1] for row in staged(raw, self.FOUND)] == [True, False, False, True]

    def test_a_list_of_which_a_page_cannot_be_read_says_nothing(self, raw):
        raw.orders(order(1, DAY, line(1, "1.00")))
        raw.run = 2
        raw.order_ids()
        raw.page("shopify", "order_ids", b"<html>")
        assert [row[1] for row in staged(raw, self.FOUND)] == [True]

    @pytest.mark.parametrize("spoilt", [{}, {"id": None}, {"id": "gid://shopify/Order/"}, {"id": [1]}])
    def test_a_list_with_an_id_that_cannot_be_read_says_nothing(self, raw, spoilt):
        """It may be the id of the very order that seems to be gone."""
        raw.orders(order(1, DAY, line(1, "1.00")), order(2, DAY, line(2, "1.00")))
        raw.run = 2
        raw.page(
            "shopify",
            "order_ids",
            {"data": {"orderIds": {"nodes": [{"id": "gid://shopify/Order/1"}, spoilt]}}},
            request="created_at:>='2025-01-01T00:00:00Z'",
        )
        assert [row[1] for row in staged(raw, self.FOUND)] == [True, True]

    def test_orders_that_are_gone_do_not_make_their_customer_an_old_one(self, raw):
        """Shopify says of the customer that she has two orders, one of them from before the loaded history."""
        raw.customers(customer(5, "2024-01-01", orders=2))
        raw.orders(order(1, DAY, line(1, "1.00"), customer_id=5), order(2, DAY, line(2, "1.00"), customer_id=5))
        raw.run = 2
        raw.order_ids(2)
        assert staged(raw, "select order_key, customer_order_seq from fact_orders order by 1") == [
            ("shopify:1", None),
            ("shopify:2", 2),
        ]


class TestPersonalData:
    """What the app is told of people: it may stop without a word."""

    @staticmethod
    def people(raw: Raw, **new_ones: Any) -> None:
        first = date(2026, 1, 1)
        for n in range(1, 61):
            day = (first + timedelta(days=n)).isoformat() if n <= 40 else f"{DAY}T12:00:{n % 60:02d}Z"
            told = {"email": f"{n}@b.example"} | (new_ones if n > 40 else {})
            raw.orders(order(n, day, line(n, "1.00"), **told))

    def test_e_mails_that_are_gone_are_told(self, raw):
        self.people(raw, email=None)
        assert warned(raw)["personal_data_gone"].startswith(
            "0 of the 20 newest orders have an e-mail, of those before 40"
        )

    def test_addresses_that_are_gone_are_told(self, raw):
        self.people(raw, shippingAddress=None)
        assert "have a country" in warned(raw)["personal_data_gone"]

    def test_some_without_are_nothing_new(self, raw):
        self.people(raw)
        raw.orders(*(order(n, f"{DAY}T13:00:00Z", line(n, "1.00"), email=None) for n in range(61, 99)))
        assert "personal_data_gone" not in warned(raw)

    def test_customers_are_looked_at_as_well(self, raw):
        raw.customers(*(customer(n, "2026-01-01", email=f"{n}@b.example") for n in range(1, 30)))
        raw.customers(*(customer(n, DAY) for n in range(31, 60)))
        assert "0 of the 29 newest customers have an e-mail" in warned(raw)["personal_data_gone"]

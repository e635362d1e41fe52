"""How much of its visits GA4 kept back, put together or only sampled, on the days of a window."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

QUALITY = """
    select
        count(distinct date_key) filter (sampled),
        count(distinct date_key) filter (thresholded),
        count(distinct date_key) filter (data_loss),
        coalesce(sum(samples_read) filter (sampled and sampling_space > 0), 0)::bigint,
        coalesce(sum(sampling_space) filter (sampled and samples_read is not null), 0)::bigint
    from traffic_quality
    where date_key between $first and $last
"""


@dataclass(frozen=True, slots=True)
class Quality:
    """Days of a window on which GA4 read a sample, withheld small rows, rolled rows into `(other)`.

    `read` of the `space` events of the sampled days were read; both are 0 where GA4 does not say.
    """

    sampled: int = 0
    thresholded: int = 0
    other_row: int = 0
    read: int = 0
    space: int = 0


def read(con: "DuckDBPyConnection", period: Period) -> Quality:
    """The days of a window that GA4 has a mark on."""
    [row] = con.execute(QUALITY, {"first": period.first, "last": period.last}).fetchall()
    return Quality(*row)

"""What a build came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from growthos.warehouse.checks import CheckResult
from growthos.warehouse.messages import Message
from growthos.warehouse.staging import Rows


@dataclass(frozen=True, slots=True)
class Built:
    """`published` is false where a critical check failed; the old marts then stay.

    `rows` counts the records that this build looked at: in a large home those of the orders that may have changed.
    `rejected` counts by source all records that are put aside.
    """

    published: bool
    checks: tuple[CheckResult, ...]
    rows: tuple[Rows, ...]
    data_through: date | None
    warnings: tuple[Message, ...]
    rejected: Mapping[str, int]

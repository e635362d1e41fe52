"""What has to be understood of GA4's answers: how many rows there are, and Google's own notes on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from growthos.connectors.camel import Camel
from growthos.connectors.verdicts import quoted


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is only counted."""


@dataclass(frozen=True, slots=True)
class Restriction(Camel):
    """A metric that the user's role may not see."""

    metric_name: str = ""


@dataclass(frozen=True, slots=True)
class Restrictions(Camel):
    """What the user's role may not see; such metrics come as zeros."""

    active_metric_restrictions: list[Restriction] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Truncation(Camel):
    """Why days that were asked for are not, or not wholly, in the report."""

    data_truncation_type: str = ""
    data_truncation_message: str = ""


@dataclass(frozen=True, slots=True)
class Metadata(Camel):
    """Google's notes on a report: zone and currency of the property, and whether the rows are all there."""

    time_zone: str | None = None
    currency_code: str | None = None
    data_loss_from_other_row: bool = False
    subject_to_thresholding: bool = False
    sampling_metadatas: list[Row] = field(default_factory=list)
    empty_reason: str | None = None
    schema_restriction_response: Restrictions = field(default_factory=Restrictions)
    data_truncation_reasons: list[Truncation] = field(default_factory=list)

    @property
    def lossy(self) -> bool:
        """Whether the rows are not the whole truth."""
        return self.data_loss_from_other_row or self.subject_to_thresholding or bool(self.sampling_metadatas)

    @property
    def flags(self) -> tuple[str, ...]:
        """What the rows are, where they are not the whole truth, in words."""
        marks = {
            "rolled into an (other) row": self.data_loss_from_other_row,
            "thresholded": self.subject_to_thresholding,
            "sampled": bool(self.sampling_metadatas),
        }
        return tuple(words for words, is_so in marks.items() if is_so)

    def notices(self, account: str) -> Iterator[tuple[str, str]]:
        """What a person should know of this property, by code."""
        if hidden := [one.metric_name for one in self.schema_restriction_response.active_metric_restrictions]:
            names = quoted(", ".join(hidden))
            yield "ga4_restricted", f"ga4 hides {names} of property {account} from this user: they read as zero"
        for cut in self.data_truncation_reasons:
            words = cut.data_truncation_message or cut.data_truncation_type
            yield "ga4_truncated", f"ga4 does not report all of property {account}: {quoted(words)}"
        if self.empty_reason:
            yield "ga4_empty", f"ga4 has no rows of property {account} for some days: {quoted(self.empty_reason)}"


@dataclass(frozen=True, slots=True)
class Quota:
    """What one request took of a quota, and what it left; Google leaves a zero out."""

    consumed: int = 0
    remaining: int = 0

    @property
    def enough(self) -> bool:
        """Whether another request like the last one can be paid."""
        return self.remaining >= self.consumed


@dataclass(frozen=True, slots=True)
class Told(Camel):
    """A page of a report; an empty one has neither rows nor a count. Quotas stand by Google's names."""

    rows: list[Row] = field(default_factory=list)
    row_count: int = 0
    metadata: Metadata = field(default_factory=Metadata)
    property_quota: dict[str, Quota] = field(default_factory=dict)

"""Rows of ads, keywords and control totals put into staging by hand, as any source's staging file would leave them."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from growthos.warehouse import sqlfiles

# The columns of each entity with their types, as its sources agree on them.
ENTITIES = {
    "ads": {
        "account_id": "varchar", "campaign_id": "varchar", "ad_group_id": "varchar", "ad_group_name": "varchar",
        "ad_id": "varchar", "name": "varchar", "format": "varchar", "status": "varchar",
    },
    "ad_spend": {
        "account_id": "varchar", "campaign_id": "varchar", "ad_group_id": "varchar", "ad_id": "varchar",
        "ad_name": "varchar", "currency": "varchar", "attribution_window": "varchar",
        "spend_original": "decimal(18, 6)", "impressions": "bigint", "clicks": "bigint", "clicks_all": "bigint",
        "conversions": "decimal(18, 6)", "conversion_value_original": "decimal(24, 12)", "date": "date",
    },
    "keywords": {
        "account_id": "varchar", "campaign_id": "varchar", "ad_group_id": "varchar", "criterion_id": "varchar",
        "keyword_id": "varchar", "text": "varchar", "match_type": "varchar", "status": "varchar",
    },
    "keyword_spend": {
        "account_id": "varchar", "campaign_id": "varchar", "ad_group_id": "varchar", "criterion_id": "varchar",
        "keyword_id": "varchar", "text": "varchar", "match_type": "varchar", "currency": "varchar",
        "spend_original": "decimal(18, 6)", "impressions": "bigint", "clicks": "bigint",
        "conversions": "decimal(18, 6)", "conversion_value_original": "decimal(24, 12)", "date": "date",
    },
    "control_totals": {
        "account_id": "varchar", "date": "date", "measure": "varchar", "value": "decimal(38, 12)",
        "currency": "varchar",
    },
    "traffic_quality": {
        "account_id": "varchar", "date": "date", "data_loss": "boolean", "thresholded": "boolean",
        "sampled": "boolean", "samples_read": "bigint", "sampling_space": "bigint",
    },
}  # fmt: skip
PLATFORMS = {"meta": "meta", "google_ads": "google"}


class Staged:
    """A copy of sql/ of a test's own, whose staging of some entities is a list of rows."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = tmp_path / "sql"
        shutil.copytree(sqlfiles.SQL, self.folder)
        monkeypatch.setattr(sqlfiles, "SQL", self.folder)

    def put(self, source: str, entity: str, *rows: dict[str, Any]) -> None:
        """These rows, and no others, are what staging holds of an entity of a source; what is not given is null."""
        kinds = ENTITIES[entity]
        assert all(row.keys() <= kinds.keys() for row in rows)
        words = {"source": source} | ({"platform": PLATFORMS[source]} if "ad" in entity or "key" in entity else {})
        told = ", ".join(f"{_literal(word)} as {name}" for name, word in words.items())
        queries = [
            f"select '{number}' as external_id, {told}, "
            + ", ".join(f"{_literal(row.get(name))}::{kind} as {name}" for name, kind in kinds.items())
            + ", null::varchar as reject_reason, null::varchar as payload"
            for number, row in enumerate(rows)
        ]
        text = f"-- By hand.\n-- grain: external_id\n{' union all '.join(queries)}\n"
        (self.folder / f"staging/stg_{source}__{entity}.sql").write_text(text)

    def drop(self, *entities: str) -> None:
        """No source stages these."""
        for entity in entities:
            for path in self.folder.glob(f"staging/stg_*__{entity}.sql"):
                path.unlink()


def _literal(value: Any) -> str:
    return "null" if value is None else f"'{value}'"

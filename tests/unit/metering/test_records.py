import pytest

from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS, RecordTable
from metering.schema import Column


def test_a_request_is_known_by_its_extended_id_and_belongs_to_the_day_of_its_request_time() -> None:
    facts = (API_REQUESTS.key, API_REQUESTS.time, API_REQUESTS.ingested_at, API_REQUESTS.tenant)
    assert facts == (("extended_request_id",), "request_time", "ingested_at", "tenant_id")


def test_an_event_is_known_by_tenant_source_and_id_and_belongs_to_the_day_of_its_own_time() -> None:
    facts = (USAGE_EVENTS.key, USAGE_EVENTS.time, USAGE_EVENTS.ingested_at, USAGE_EVENTS.tenant)
    assert facts == (("tenant_id", "source", "id"), "time", "ingested_at", "tenant_id")


def test_every_table_stands_under_its_role() -> None:
    assert dict(TABLES) == {"api-requests": API_REQUESTS, "usage-events": USAGE_EVENTS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_a_table_says_of_its_columns_is_so(table: RecordTable) -> None:
    by_name = {column.name: column for column in table.columns}
    assert [by_name[name].required for name in table.key] == [True] * len(table.key)
    assert [by_name[name].type for name in table.key] == ["string"] * len(table.key)
    assert by_name[table.time] == Column(table.time, "timestamptz", required=True)
    assert by_name[table.ingested_at] == Column(table.ingested_at, "timestamptz", required=True)
    assert by_name[table.tenant].type == "string"
    assert all(by_name[name].type == "string" for name in (table.event_type, table.data) if name)

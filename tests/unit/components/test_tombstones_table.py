from components import tombstones_table
from metering import records, tombstone
from tests.unit.components.harness import Deployment


def test_the_table_is_made_of_its_definition(program: Deployment) -> None:
    table = program.one("aws-native:s3tables:Table", "lake-table-tombstones").inputs
    assert (table["namespace"], table["tableName"]) == ("metering", "usage_tombstones")
    metadata = table["icebergMetadata"]
    assert metadata["icebergSchema"] == {
        "schemaFieldList": [
            {"id": 1.0, "name": "record_table", "type": "string", "required": True},
            {"id": 2.0, "name": "key_hash", "type": "string", "required": True},
            {"id": 3.0, "name": "tenant_id", "type": "string", "required": True},
            {"id": 4.0, "name": "record_time", "type": "timestamptz", "required": True},
            {"id": 5.0, "name": "voided_at", "type": "timestamptz", "required": True},
            {"id": 6.0, "name": "action", "type": "string", "required": True},
            {"id": 7.0, "name": "action_id", "type": "string", "required": True},
        ]
    }
    assert metadata["icebergPartitionSpec"]["fields"] == [
        {"sourceId": 4.0, "fieldId": 1000.0, "transform": "day", "name": "record_time_day"}
    ]
    assert [field["sourceId"] for field in metadata["icebergSortOrder"]["fields"]] == [3.0]


def test_no_meter_can_read_tombstones_and_no_stream_appends_them(program: Deployment) -> None:
    assert tombstones_table("t")["role"] == tombstone.ROLE
    assert tombstone.ROLE not in records.TABLES
    streams = program.of("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream")
    destinations = {
        one["tableName"]
        for stream in streams
        for one in stream.inputs["icebergConfiguration"]["destinationTableConfigurations"]
    }
    assert destinations == {"api_requests", "usage_events"}


def test_whoever_queries_waits_until_glue_sees_the_table(program: Deployment) -> None:
    for function in ("billing-planner", "billing-rollup", "customer-lines"):
        assert "lake-table-tombstones-schema" in program.one("Function", f"{function}-function").depends_on

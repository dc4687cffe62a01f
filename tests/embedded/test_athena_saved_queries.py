"""Every saved query of the deployed program runs, and answers with the columns that it names."""

import time

from embedded_aws.server import EmbeddedAws
from tools.outputs import StackOutputs

COLUMNS = {
    "usage-by-tenant-and-day": ["tenant_id", "usage_day", "requests", "billable_requests", "users", "response_bytes"],
    "unbillable-by-reason": ["status", "error_type", "http_method", "resource_path", "without_tenant", "requests"],
    "latency-by-route": ["http_method", "resource_path", "requests", "median_ms", "p99_ms", "max_ms"],
    "delivered-more-than-once": ["extended_request_id", "requested_at", "deliveries"],
    "events-by-tenant-type-and-day": ["tenant_id", "event_type", "usage_day", "events"],
    "events-sent-again-with-other-data": [
        *("tenant_id", "event_source", "event_id", "first_ingested_at"),
        *("deliveries", "types", "times", "subjects", "data"),
    ],
}


def test_every_saved_query_answers_with_its_columns(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    athena, workgroup = aws.session().client("athena"), outputs.athena_workgroup
    saved = athena.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]
    found = {}
    for query_id in saved:
        query = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
        started = athena.start_query_execution(QueryString=query["QueryString"], WorkGroup=workgroup)[
            "QueryExecutionId"
        ]
        while True:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.02)
        assert (status["State"], status.get("StateChangeReason")) == ("SUCCEEDED", None), query["Name"]
        info = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        [role] = [role for role in COLUMNS if role in query["Name"]]
        found[role] = [column["Name"] for column in info]
    assert found == COLUMNS

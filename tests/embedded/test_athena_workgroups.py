"""A workgroup's rules."""

import os
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    return Lake.make(aws, "workgroups")


def test_an_enforced_location_wins(lake: Lake) -> None:
    own = {"OutputLocation": f"s3://{lake.results}/mine/"}
    found = lake.query("SELECT 1", ResultConfiguration=own)
    assert found.location == f"s3://{lake.results}/answers/{found.id}.csv"


def test_a_location_that_is_not_enforced_gives_way(lake: Lake) -> None:
    name = f"{lake.workgroup}-free"
    location = {"OutputLocation": f"s3://{lake.results}/group"}
    lake.client("athena").create_work_group(
        Name=name, Configuration={"EnforceWorkGroupConfiguration": False, "ResultConfiguration": location}
    )
    found = lake.query("SELECT 1", WorkGroup=name, ResultConfiguration={"OutputLocation": f"s3://{lake.results}/mine/"})
    assert found.location == f"s3://{lake.results}/mine/{found.id}.csv"
    default = lake.query("SELECT 1", WorkGroup=name)
    assert default.location == f"s3://{lake.results}/group/{default.id}.csv"


def test_a_query_without_a_location_does_not_start(lake: Lake) -> None:
    name = f"{lake.workgroup}-nowhere"
    lake.client("athena").create_work_group(Name=name, Configuration={})
    with pytest.raises(ClientError, match="No output location provided"):
        lake.start("SELECT 1", WorkGroup=name)


def test_missing_and_disabled_workgroups_start_nothing(lake: Lake) -> None:
    with pytest.raises(ClientError, match=r"WorkGroup nope is not found\."):
        lake.start("SELECT 1", WorkGroup="nope")
    name, athena = f"{lake.workgroup}-off", lake.client("athena")
    athena.create_work_group(Name=name, Configuration={})
    athena.update_work_group(WorkGroup=name, State="DISABLED")
    with pytest.raises(ClientError, match=f"WorkGroup {name} is disabled"):
        lake.start("SELECT 1", WorkGroup=name)


def test_a_missing_results_bucket_starts_nothing(lake: Lake) -> None:
    name = f"{lake.workgroup}-gone"
    location = {"OutputLocation": "s3://there-is-no-such-bucket/"}
    lake.client("athena").create_work_group(Name=name, Configuration={"ResultConfiguration": location})
    with pytest.raises(ClientError, match="Unable to verify/create output bucket there-is-no-such-bucket"):
        lake.start("SELECT 1", WorkGroup=name)


def test_a_query_that_would_scan_too_much_is_cancelled(lake: Lake) -> None:
    rows = [
        {
            "key": os.urandom(500_000).hex(),
            "time": datetime(2026, 11, 22, tzinfo=UTC),
            "bytes": 1,
            "price": None,
            "billable": None,
        }
        for _ in range(25)
    ]
    lake.append(rows)
    athena = lake.client("athena")
    limit = {"BytesScannedCutoffPerQuery": 10_000_000}
    athena.update_work_group(WorkGroup=lake.workgroup, ConfigurationUpdates=limit)
    found = lake.query("SELECT count(*) FROM {table}")
    assert (found.state, found.reason) == ("CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded")
    lifted = {"RemoveBytesScannedCutoffPerQuery": True}
    athena.update_work_group(WorkGroup=lake.workgroup, ConfigurationUpdates=lifted)
    unlimited = lake.query("SELECT count(*) FROM {table}")
    assert (unlimited.state, unlimited.rows, unlimited.scanned > 10_000_000) == ("SUCCEEDED", [["_col0"], ["25"]], True)


def test_a_workgroup_with_queries_is_deleted_only_on_demand(lake: Lake) -> None:
    name, athena = f"{lake.workgroup}-full", lake.client("athena")
    athena.create_work_group(Name=name, Configuration={})
    saved = athena.create_named_query(Name="q", Database="d", QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"]
    with pytest.raises(ClientError, match=f"WorkGroup {name} is not empty"):
        athena.delete_work_group(WorkGroup=name)
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
    with pytest.raises(ClientError):
        athena.get_named_query(NamedQueryId=saved)

import json

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import ACTIONS, COPY, Stream, client, eventually, row

IN_THE_TABLE = {
    **dict.fromkeys(("glue:GetTable", "glue:GetDatabase", "glue:UpdateTable"), "Glue.AccessDenied"),
    **dict.fromkeys([action for action in ACTIONS if action.startswith("s3tables:")], "S3.AccessDenied"),
}
IN_THE_TRANSFORM = ("lambda:InvokeFunction", "lambda:GetFunctionConfiguration")
IN_THE_ERROR_BUCKET = [action for action in ACTIONS if action.startswith("s3:")]


@pytest.mark.parametrize(("action", "code"), IN_THE_TABLE.items())
def test_without_a_permission_on_the_table_records_go_to_the_error_bucket(
    aws: EmbeddedAws, action: str, code: str
) -> None:
    stream = Stream(aws)
    stream.allow(set(ACTIONS) - {action})
    stream.put(row(1), row(2))
    stream.flush()
    assert (stream.ids(), stream.raw(), stream.codes()) == ([], [row(1), row(2)], [code] * 2)
    session = f"arn:aws:sts::000000000000:assumed-role/{stream.role_name}/{stream.name}"
    (line,) = stream.log()
    assert line["message"].startswith(f"User: {session} is not authorized to perform: {action} on resource: arn:aws:")


@pytest.mark.parametrize("action", IN_THE_TRANSFORM)
def test_without_a_permission_on_the_transform_records_go_to_the_error_bucket(aws: EmbeddedAws, action: str) -> None:
    stream = Stream(aws, COPY, parameters={"NumberOfRetries": "0"})
    stream.allow(set(ACTIONS) - {action})
    stream.put(row(1))
    stream.flush()
    assert (stream.ids(), stream.raw(), stream.codes()) == ([], [row(1)], ["Lambda.InvokeAccessDenied"])
    assert next(iter(stream.objects())).startswith("failed/processing-failed/")


@pytest.mark.parametrize("action", IN_THE_ERROR_BUCKET)
def test_without_a_permission_on_the_error_bucket_failed_records_are_kept_until_it_is_back(
    aws: EmbeddedAws, action: str
) -> None:
    stream = Stream(aws)
    stream.allow(set(ACTIONS) - {action})
    stream.put(row(1), b"no row")
    eventually(lambda: stream.log("BackupDelivery"))
    (line,) = stream.log("BackupDelivery")
    assert (line["errorCode"], line["destination"]) == ("S3.AccessDenied", f"arn:aws:s3:::{stream.bucket}")
    counts = aws.firehose.report().streams[stream.name]
    assert (stream.ids(), counts.undelivered, action in counts.stuck) == (["r00001"], 1, True)
    stream.allow(ACTIONS)
    eventually(stream.errors)
    assert aws.firehose.report().streams[stream.name].stuck == ""
    assert stream.codes() == ["Iceberg.MalformedRecord"]


def test_an_error_bucket_that_is_gone_loses_nothing_either(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    s3 = client(aws, "s3")
    s3.delete_bucket(Bucket=stream.bucket)
    stream.put(b"no row")
    (line,) = eventually(lambda: stream.log("BackupDelivery"))
    assert line["errorCode"] == "S3.NoSuchBucket"
    s3.create_bucket(Bucket=stream.bucket)
    assert len(eventually(stream.errors)) == 1


def test_without_the_permission_to_log_records_are_delivered_and_stderr_tells(
    aws: EmbeddedAws, caplog: pytest.LogCaptureFixture
) -> None:
    stream = Stream(aws)
    stream.allow(set(ACTIONS) - {"logs:PutLogEvents"})
    stream.put(row(1), b"no row")
    stream.flush()
    assert (stream.ids(), stream.codes(), stream.log()) == (["r00001"], ["Iceberg.MalformedRecord"], [])
    (told,) = [text for text in caplog.messages if stream.name in text]
    assert "Iceberg.MalformedRecord" in told
    assert "logs:PutLogEvents" in told


def test_a_bucket_policy_that_refuses_plain_http_is_no_hindrance(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    refuse = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{stream.bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refuse]})
    client(aws, "s3").put_bucket_policy(Bucket=stream.bucket, Policy=policy)
    stream.put(b"no row")
    stream.flush()
    assert stream.codes() == ["Iceberg.MalformedRecord"]


@pytest.mark.parametrize("key", ["sts:ExternalId", "aws:SourceAccount", "aws:SourceArn"])
def test_a_trust_policy_for_somebody_else_is_refused_at_creation(aws: EmbeddedAws, key: str) -> None:
    stream = Stream(aws, create=False)
    policy = stream.trust_policy()
    other = policy.replace(f'"{key}": "', f'"{key}": "other')
    assert other != policy
    client(aws, "iam").update_assume_role_policy(RoleName=stream.role_name, PolicyDocument=other)
    with pytest.raises(stream.firehose.exceptions.InvalidArgumentException, match="unable to assume role"):
        stream.firehose.create_delivery_stream(
            DeliveryStreamName=stream.name, IcebergDestinationConfiguration=stream.configuration()
        )


def test_records_are_kept_while_the_role_cannot_be_assumed(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    iam = client(aws, "iam")
    nobody = stream.trust_policy().replace("firehose.amazonaws.com", "ec2.amazonaws.com")
    iam.update_assume_role_policy(RoleName=stream.role_name, PolicyDocument=nobody)
    stream.put(row(1))
    eventually(lambda: aws.firehose.report().streams[stream.name].stuck)
    assert aws.firehose.report().streams[stream.name].undelivered == 1
    iam.update_assume_role_policy(RoleName=stream.role_name, PolicyDocument=stream.trust_policy())
    assert eventually(stream.codes) == ["Glue.AccessDenied"]
    assert stream.raw() == [row(1)]


def test_records_that_wait_for_the_error_bucket_hold_no_row_back(aws: EmbeddedAws) -> None:
    source = COPY.replace(
        '"Ok"', '"Ok" if "amount" in str(__import__("base64").b64decode(r["data"])) else "ProcessingFailed"'
    )
    stream = Stream(aws, source, settings={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900}})
    stream.allow(set(ACTIONS) - {"s3:PutObject"})
    stream.put(row(1), b"no row")
    stream.flush(timeout=2)
    assert (stream.ids(), stream.errors()) == (["r00001"], [])
    stream.allow(ACTIONS)
    stream.flush()
    assert (stream.ids(), stream.codes()) == (["r00001"], ["Lambda.ProcessingFailedStatus"])

"""Links to objects, as the customer's API signs them: they hold until they expire, for one object and unaltered."""

import json
from datetime import UTC, datetime, timedelta

import botocore.auth
import pytest

from customer.downloads import Downloads, signing_client
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import Response, client, request, unique

CONTENT = '"day","name"\n"2026-11-01","租户"\n'.encode()
AT = datetime(2026, 11, 1, tzinfo=UTC)
KEY = "usage/answer.csv"


@pytest.fixture(scope="module")
def bucket(aws: EmbeddedAws) -> str:
    name = unique("answers")
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key=KEY, Body=CONTENT)
    s3.put_object(Bucket=name, Key="usage/other.csv", Body=b"secret")
    return name


def _link(aws: EmbeddedAws, bucket: str, may: str = KEY) -> str:
    """A link that a role signs which may read one object."""
    iam, name = client(aws, "iam"), unique("signs")
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/{may}"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=_policy(allowed))
    keys = client(aws, "sts").assume_role(RoleArn=role, RoleSessionName="signs")["Credentials"]
    session = aws.session(
        access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"]
    )
    link = Downloads(signing_client(session)).link(bucket, KEY, name="rows.csv", content_type="text/csv", at=AT)
    assert link["expires_at"] == "2026-11-01T00:15:00Z"
    return link["url"]


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _refusal(answer: Response) -> tuple[int, bytes]:
    return answer.status, answer.body.split(b"<Code>")[1].split(b"</Code>")[0]


def test_a_link_gives_the_object_as_a_file_without_a_token(aws: EmbeddedAws, bucket: str) -> None:
    answer = request(_link(aws, bucket))
    shown = {name: answer.headers[name] for name in ("content-type", "content-disposition", "content-length")}
    assert (answer.status, answer.body) == (200, CONTENT)
    assert shown == {
        "content-type": "text/csv",
        "content-disposition": 'attachment; filename="rows.csv"',
        "content-length": str(len(CONTENT)),
    }


def test_an_altered_link_is_refused(aws: EmbeddedAws, bucket: str) -> None:
    link = _link(aws, bucket)
    for old, new in (
        ("X-Amz-Expires=900", "X-Amz-Expires=901"),
        ("rows.csv", "page.html"),
        ("text%2Fcsv", "text%2Fhtml"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
    ):
        assert old in link
        assert _refusal(request(link.replace(old, new))) == (403, b"SignatureDoesNotMatch")
    assert request(link.replace("answer.csv", "other.csv")).status == 403  # of another object, which the signer may not
    assert request(link, method="DELETE").status == 403
    assert request(link.split("?")[0]).status == 403


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 403)])
def test_a_link_holds_for_fifteen_minutes(
    aws: EmbeddedAws, bucket: str, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int
) -> None:
    signed = datetime.now(UTC) - timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: signed.replace(tzinfo=None))
    answer = request(_link(aws, bucket))
    assert answer.status == status
    assert status == 200 or (_refusal(answer) == (403, b"AccessDenied") and b"Request has expired" in answer.body)


def test_a_link_permits_no_more_than_its_signer(aws: EmbeddedAws, bucket: str) -> None:
    assert _refusal(request(_link(aws, bucket, may="usage/other.csv"))) == (403, b"AccessDenied")

"""Calls that no SDK would make: the answer is AWS's refusal, and the next call is served."""

import json
import logging

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from embedded_aws.server import EmbeddedAws

TARGETS = {
    "cognito-idp": "AWSCognitoIdentityProviderService.SignUp",
    "firehose": "Firehose_20150804.PutRecord",
    "athena": "AmazonAthena.StartQueryExecution",
    "glue": "AWSGlue.GetTable",
    "cloudcontrolapi": "CloudApiService.GetResource",
    "logs": "Logs_20140328.FilterLogEvents",
}
REST = {
    "lambda": ("POST", "/2015-03-31/functions"),
    "apigateway": ("PATCH", "/restapis/a/stages/v1"),
    "s3tables": ("PUT", "/buckets"),
}


def _call(aws: EmbeddedAws, service: str, body: bytes) -> tuple[int, str]:
    method, path = REST.get(service, ("POST", "/"))
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if service in TARGETS:
        headers["X-Amz-Target"] = TARGETS[service]
    request = AWSRequest(method=method, url=aws.url + path, data=body, headers=headers)
    SigV4Auth(Credentials("test", "test"), service, aws.region).add_auth(request)
    answer = urllib3.request(method, aws.url + path, body=body, headers=dict(request.headers), retries=False)
    return answer.status, json.loads(answer.data)["__type"]


@pytest.mark.parametrize("service", [*TARGETS, *REST])
def test_a_body_that_is_no_json_object_is_refused(
    aws: EmbeddedAws, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = "InvalidRequestContentException" if service == "lambda" else "SerializationException"
    with caplog.at_level(logging.ERROR):
        assert [_call(aws, service, body) for body in (b'{"a":', b"\xff\xfe\x00")] == [(400, bad)] * 2
        assert [_call(aws, service, body) for body in (b"[1]", b'"x"', b"null")] == [
            (400, "SerializationException")
        ] * 3
    assert caplog.records == []


def test_a_large_body_reaches_its_service_whole(aws: EmbeddedAws) -> None:
    with pytest.raises(aws.session().client("firehose").exceptions.ResourceNotFoundException):
        aws.session().client("firehose").put_record(DeliveryStreamName="nobodys", Record={"Data": b"x" * 1_000_000})

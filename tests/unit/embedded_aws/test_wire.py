import pytest

from embedded_aws.wire import refusal

CREDENTIAL = "AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
OBJECT = ("SerializationException", "The request's body must be a JSON object, not {}")


def _target(body: bytes) -> tuple[str, str] | None:
    return refusal("POST", "/", {"host": "127.0.0.1:1", "x-amz-target": "AmazonAthena.StartQueryExecution"}, body)


def _signed(service: str, path: str, body: bytes, **headers: str) -> tuple[str, str] | None:
    return refusal("POST", path, {"authorization": CREDENTIAL.format(service), **headers}, body)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a":[1]}', '{"ü":1}'.encode()], ids=["none", "{}", "object", "UTF-8"])
def test_objects_and_nothing_at_all_pass(body: bytes) -> None:
    assert _target(body) is None
    assert _signed("apigateway", "/restapis", body) is None


@pytest.mark.parametrize(
    ("body", "name"), [(b"[1]", "list"), (b'"x"', "str"), (b"null", "NoneType"), (b"7", "int")], ids=str
)
def test_json_that_is_no_object_is_refused(body: bytes, name: str) -> None:
    code, message = OBJECT
    assert _target(body) == (code, message.format(name))
    assert _signed("s3tables", "/buckets", body) == (code, message.format(name))


@pytest.mark.parametrize("body", [b'{"a":', b"\xff\xfe{\x00}\x00", b"x", b"[" * 200_000], ids=range(4))
def test_what_is_no_json_is_refused(body: bytes) -> None:
    refused = _target(body)
    assert refused is not None
    assert refused[0] == "SerializationException"
    assert refused[1].startswith("The request's body is no JSON: ")


def test_a_function_takes_any_json_but_nothing_else() -> None:
    path = "/2015-03-31/functions/f/invocations"
    assert _signed("lambda", path, b"[1]") is None
    refused = _signed("lambda", path, b"{")
    assert refused is not None
    assert refused[0] == "InvalidRequestContentException"
    assert _signed("lambda", "/2015-03-31/functions", b"[1]") == (OBJECT[0], OBJECT[1].format("list"))


def test_other_protocols_may_send_what_they_like() -> None:
    target = {"x-amz-target": "AmazonAthena.StartQueryExecution"}
    assert _signed("s3", "/bucket/key", b"[1") is None
    assert _signed("iam", "/", b"Action=ListRoles") is None
    assert _signed("s3tables", "/iceberg/v1/b/namespaces", b"[1") is None
    assert _signed("apigateway", "/restapis", b"\x1f\x8b", **{"content-encoding": "gzip"}) is None
    assert refusal("POST", "/_aws/execute-api/a/v1/x", target, b"[1") is None
    assert refusal("POST", "/", {"host": "a.execute-api.us-east-1.amazonaws.com", **target}, b"[1") is None

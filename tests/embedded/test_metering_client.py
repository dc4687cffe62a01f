"""`metering_client` against the deployed program: through its API, on its stream, and inside a Lambda function."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from embedded_aws.server import EmbeddedAws
from metering_client import MeteringClient, Report, StreamSender
from metering_client.post import HttpAnswer, Poster
from tests.embedded.gateway_kit import invoke, make_function, unique
from tools import demo, event_traffic
from tools.lake import Lake
from tools.outputs import StackOutputs
from tools.people import User, signed_in
from tools.usage_events import TOKENS, USAGE

TENANT = "client-tests"
_SOURCE = """\
from decimal import Decimal

from metering_client import MeteringClient


def handler(event, context):
    with MeteringClient(event["url"], event["token"], source=event["source"]) as client:
        client.record("com.example.tokens", {"value": Decimal("0.5"), "model": "lambda"}, id="once")
        client.record("com.example.other")
        report = client.flush()
    return {"accepted": report.accepted, "rejected": [one.reason for one in report.rejected]}
"""


@pytest.fixture(scope="module")
def user(outputs: StackOutputs) -> Iterator[User]:
    with signed_in(outputs, [TENANT], 1, unique("client")) as [made]:
        yield made


def _rows(aws: EmbeddedAws, outputs: StackOutputs, source: str) -> list[dict[str, str | None]]:
    aws.firehose.flush()
    columns = "tenant_id, id, type, subject, data"
    return Lake(outputs).query(f"SELECT {columns} FROM {outputs.events_table} WHERE source = '{source}' ORDER BY id")  # noqa: S608 - our own source


def test_events_whose_answer_is_lost_are_sent_again_and_are_one_row_by_key(
    aws: EmbeddedAws, outputs: StackOutputs, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"/{unique('lost')}"
    tokens = iter([demo.expired_token(aws.url, user), user.id_token])
    client = MeteringClient(outputs.rest_api_url, lambda: next(tokens), source=source)
    client.record(TOKENS, {"value": Decimal("1234567890.000000000001"), "model": "large"}, id="a", subject="page 7")
    client.record(USAGE, id="b")
    client.record(TOKENS, {"value": -1}, id="c")
    real, lost = Poster.post, list[int]()

    def once_lost(self: Poster, *arguments: Any) -> HttpAnswer:
        answer = real(self, *arguments)
        if answer.status != 401 and not lost:
            lost.append(answer.status)
            raise ConnectionResetError
        return answer

    monkeypatch.setattr(Poster, "post", once_lost)
    report = client.flush()
    assert lost == [207]
    assert (report.accepted, report.pending) == (2, 0)
    assert [(one.event.id, one.reason) for one in report.rejected] == [("c", "data.value must not be negative, got -1")]
    rows = _rows(aws, outputs, source)
    event = {"tenant_id": TENANT, "id": "a", "type": TOKENS, "subject": "page 7"}
    first = {**event, "data": '{"model":"large","value":1234567890.000000000001}'}
    second = {"tenant_id": TENANT, "id": "b", "type": USAGE, "subject": None, "data": None}
    assert rows == [first, first, second, second]
    counted = Lake(outputs).count_events([source], datetime.now(UTC))
    assert (counted.rows, counted.distinct_keys) == (4, 2)


def test_a_trusted_backend_puts_events_of_any_tenant_in_a_role_of_its_own(
    aws: EmbeddedAws, outputs: StackOutputs
) -> None:
    source = f"/{unique('backend')}"
    firehose: Any = event_traffic.producer(outputs).client("firehose")
    with StreamSender(firehose, outputs.usage_events_stream_name, source=source) as sender:
        for tenant in ("client-acme", "client-globex"):
            sender.record(TOKENS, {"value": "12.5", "model": tenant}, tenant=tenant, id="1")
    rows = [(row["tenant_id"], row["data"]) for row in _rows(aws, outputs, source)]
    assert sorted(rows) == [
        ("client-acme", '{"model":"client-acme","value":"12.5"}'),
        ("client-globex", '{"model":"client-globex","value":"12.5"}'),
    ]
    other = StreamSender(firehose, outputs.delivery_stream_name, source=source, retry_seconds=5)
    other.record(USAGE, tenant="client-acme")
    report = other.flush()
    assert (report.accepted, report.pending) == (0, 1)
    assert "AccessDenied" in str(report.problem)
    other._buffer.clear()


def test_a_function_of_the_program_has_the_client_in_its_zip(
    aws: EmbeddedAws, outputs: StackOutputs, user: User
) -> None:
    source = f"/{unique('inside')}"
    functions: Any = aws.session().client("lambda")
    deployed = functions.get_function(FunctionName=outputs.transform_function_name)["Code"]["Location"]
    code = io.BytesIO(urllib3.request("GET", deployed).data)
    with zipfile.ZipFile(code, "a") as archive:
        archive.writestr("app.py", _SOURCE)
    name = make_function(aws, "def handler(event, context): return 1", Timeout=30)
    functions.update_function_code(FunctionName=name, ZipFile=code.getvalue())
    asked = {"url": outputs.rest_api_url, "token": user.id_token, "source": source}
    reason = 'type must be one that a meter counts (com.example.tokens, com.example.usage), got "com.example.other"'
    assert invoke(aws, name, asked) == ({"accepted": 1, "rejected": [reason]}, None)
    [row] = _rows(aws, outputs, source)
    assert (row["id"], row["data"]) == ("once", '{"model":"lambda","value":0.5}')


def test_a_client_whose_token_is_nobodys_loses_nothing(outputs: StackOutputs) -> None:
    client = MeteringClient(outputs.rest_api_url, "nobody", source="/nobody", retry_seconds=5)
    client.record(USAGE)
    assert client.flush() == Report(accepted=0, pending=1, problem="HTTP 401: Unauthorized")
    client._buffer.clear()

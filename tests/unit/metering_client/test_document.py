"""The examples of docs/client.md run, one after the other, against an API on loopback."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.metering_client.stub import Answer, Api, Received, result, results
from tests.unit.metering_client.test_stream import Stream

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "client.md"


def _blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def _sent(api: Api) -> list[tuple[str, Any]]:
    return [(event["type"], event.get("data")) for received in api.received for event in received.events]


def test_the_examples_do_what_they_say(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    block, token, function, report, stream = _blocks()
    firehose = Stream()
    asked: list[dict[str, Any]] = []

    def initiate_auth(**arguments: Any) -> dict[str, Any]:
        asked.append(arguments)
        return {"AuthenticationResult": {"IdToken": f"token-{len(asked)}"}}

    names: dict[str, Any] = {
        "rest_api_url": api.url,
        "id_token": "token",
        "cognito": SimpleNamespace(initiate_auth=initiate_auth),
        **{name: name for name in ("user_pool_client_id", "email", "password")},
        "firehose": firehose,
        "usage_events_stream_name": "events",
    }
    exec(block, names)  # noqa: S102 - our own document
    assert _sent(api) == [
        ("com.example.usage", None),
        ("com.example.tokens", {"value": 1250.5, "model": "large"}),
    ]

    exec(token + function, names)  # noqa: S102 - our own document
    job = {"job": "j7", "pages": [{"number": 1, "tokens": 40}, {"number": 2, "tokens": 2}]}
    assert names["handler"](job, None) == {"metered": 2, "refused": [], "waiting": 0}
    assert [(event["id"], event["data"]) for event in api.received[1].events] == [
        ("j7/1", {"value": 40}),
        ("j7/2", {"value": 2}),
    ]
    assert api.received[1].headers["Authorization"] == "token-1"

    def refuse(received: Received) -> Answer:
        return results(400, [result(event, "rejected", "type: unknown") for event in received.events])

    api.script = [refuse]
    names["client"].record("com.example.other", id="a")
    exec(report, names)  # noqa: S102 - our own document
    assert capsys.readouterr().out == "com.example.other a type: unknown\n0 wait: None\n"

    exec(stream, names)  # noqa: S102 - our own document
    assert [(event["tenantid"], event["id"], event["data"]) for event in firehose.calls[0]] == [
        ("acme", "2026-11-23/acme", {"value": "12.5"}),
        ("globex", "2026-11-23/globex", {"value": "3"}),
    ]

import json
from typing import Any

import pytest

from tools.billing.runs import _letter

SENT = "1793952000000"
FAILED = {
    "requestContext": {"condition": "RetriesExhausted"},
    "requestPayload": {"scheduled_time": "2026-11-01T06:00:00Z"},
}


@pytest.mark.parametrize(
    ("body", "reason", "about"),
    [
        pytest.param(
            json.dumps({"reason": "no plan", "run_id": "r", "tenant_id": "t"}),
            "no plan",
            {"run_id": "r", "tenant_id": "t"},
            id="buried by a worker",
        ),
        pytest.param(
            json.dumps({**FAILED, "responsePayload": {"errorMessage": "query failed"}}),
            "planner: query failed",
            FAILED["requestPayload"],
            id="a planner that failed",
        ),
        pytest.param(
            json.dumps({**FAILED, "responsePayload": None}),
            "planner: RetriesExhausted",
            FAILED["requestPayload"],
            id="a planner that was not heard of again",
        ),
        pytest.param(
            json.dumps({"scheduled_time": "2026-11-01T06:00:00Z"}),
            "the queue gave it up, or a call that was not taken",
            {"scheduled_time": "2026-11-01T06:00:00Z"},
            id="a schedule that could not call",
        ),
        pytest.param("rubbish", "not a message of ours", "rubbish", id="anything"),
        pytest.param("[1]", "not a message of ours", "[1]", id="no object"),
    ],
)
def test_a_dead_letter_says_why_it_is_one(body: str, reason: str, about: Any) -> None:
    found = _letter({"Body": body, "Attributes": {"SentTimestamp": SENT}})
    assert found == {"sent": "2026-11-06T08:00:00Z", "reason": reason, "about": about}

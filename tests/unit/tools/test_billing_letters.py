"""What the dead-letter queue has, told to people and left where it is."""

import io
import json
import re
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from tools.billing.letters import dead_letters, letter, look, reasons
from tools.command.output import Output

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
    found = letter({"Body": body, "Attributes": {"SentTimestamp": SENT}})
    assert found == {"sent": "2026-11-06T08:00:00Z", "reason": reason, "about": about}


class _Queue:
    """A dead-letter queue as SQS has it: what is received is hidden until its time is over, or is set to nothing."""

    def __init__(self, *bodies: str) -> None:
        self.there = {f"m{number}": body for number, body in enumerate(bodies)}
        self.hidden: dict[str, int] = {}

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        visible = [one for one in self.there if one not in self.hidden][: asked["MaxNumberOfMessages"]]
        self.hidden |= dict.fromkeys(visible, asked["VisibilityTimeout"])
        attributes = {"SentTimestamp": SENT}
        return {
            "Messages": [
                {"MessageId": one, "ReceiptHandle": f"r-{one}", "Body": self.there[one], "Attributes": attributes}
                for one in visible
            ]
        }

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803
        assert QueueUrl == "dead"
        assert 0 < len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        for entry in Entries:
            assert entry["VisibilityTimeout"] == 0
            del self.hidden[entry["ReceiptHandle"].removeprefix("r-")]


def _stack(queue: _Queue) -> Any:
    outputs = SimpleNamespace(billing_dead_letter_queue_url="dead")
    return SimpleNamespace(outputs=outputs, session=SimpleNamespace(client=lambda _: queue))


def _buried(reason: str, **about: Any) -> str:
    return json.dumps({"reason": reason, **about})


def test_whoever_looks_next_finds_it_all_again() -> None:
    queue = _Queue(*(_buried(f"reason {number}") for number in range(23)))
    first = look(_stack(queue))
    assert (len(first), queue.hidden) == (23, {})
    assert look(_stack(queue)) == first


def test_what_is_said_of_a_thing_each_day_is_one_row() -> None:
    queue = _Queue(
        *(_buried("no customer", run_id=f"draft-{day}", tenant_id="a[b]") for day in range(3)),
        _buried("no customer", run_id="draft-1", tenant_id="b"),
        *(_buried("period 2026-10 is not finalized: no seller", run_id=f"final-{day}") for day in range(2)),
        _buried("it broke", task={"task": "sweep"}),
        "rubbish",
    )
    shown = io.StringIO()
    assert dead_letters(_stack(queue), Namespace(), Output(Console(width=120, file=shown))) == 1
    rows = [re.split(r" {2,}", line.strip())[1:] for line in shown.getvalue().splitlines()[4:-1]]
    assert rows == [
        ["3", "tenant a[b]", "no customer"],
        ["1", "tenant b", "no customer"],
        ["2", "–", "period 2026-10 is not finalized: no seller"],  # noqa: RUF001
        ["1", '{"task": {"task": "sweep"}}', "it broke"],
        ["1", "rubbish", "not a message of ours"],
    ]


def test_an_empty_queue_is_no_fault() -> None:
    shown = io.StringIO()
    assert dead_letters(_stack(_Queue()), Namespace(), Output(Console(file=shown))) == 0
    assert shown.getvalue() == "Dead letters\n none\n\n"


def test_the_reasons_of_one_run_are_told_by_tenant() -> None:
    found = [
        letter({"Body": body, "Attributes": {"SentTimestamp": SENT}})
        for body in (
            _buried("no plan", run_id="r", tenant_id="t"),
            _buried("of another run", run_id="s", tenant_id="t"),
            _buried("too long", run_id="r"),
            "rubbish",
        )
    ]
    assert reasons(found, "r") == ({"t": "no plan"}, ["too long"])

"""What nobody could handle: the dead-letter queue is looked at, and left as it is."""

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from billing.chunks import in_chunks
from tools.billing import sheet
from tools.billing.stack import BillingStack
from tools.command.output import Output

_HIDDEN_SECONDS = 120
"""How long a look may take; what is seen is hidden from others until its end."""
_WAIT_SECONDS = 1
"""Any wait makes SQS ask all of its servers, without one it asks some."""
_MOST = 10
"""Messages in one call of SQS."""

Letter = Mapping[str, Any]
"""A dead letter: `sent`, `reason`, `about`."""


def dead_letters(stack: BillingStack, _: Namespace, out: Output) -> int:
    """Show what waits on the dead-letter queue; it stays there.

    Returns:
        1 if anything waits.
    """
    found = look(stack)
    out.show(sheet.listing("Dead letters", ("since", "times", "about", "reason"), _summary(found), ("times",)), found)
    return 1 if found else 0


def look(stack: BillingStack) -> list[Letter]:
    """Return what waits on the dead-letter queue, the oldest first; the next one who looks finds it all again."""
    queues: Any = stack.session.client("sqs")
    url, seen = stack.outputs.billing_dead_letter_queue_url, dict[str, dict[str, Any]]()
    try:
        while messages := queues.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_MOST,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            AttributeNames=["SentTimestamp"],
        ).get("Messages", []):
            if all(message["MessageId"] in seen for message in messages):
                break  # the first ones are no longer hidden: it is gone through
            seen |= {message["MessageId"]: message for message in messages}
    finally:
        _show_again(queues, url, seen.values())
    return sorted(map(letter, seen.values()), key=lambda one: str(one["sent"]))


def letter(message: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a message: ours have a reason; Lambda's and Scheduler's say it in their own ways.

    Args:
        message: as SQS gives it, with `SentTimestamp`.
    """
    sent = sheet.from_epoch(int(message["Attributes"]["SentTimestamp"]) / 1000)
    try:
        content = json.loads(message["Body"])
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return {"sent": sent, "reason": "not a message of ours", "about": message["Body"]}
    if "requestContext" in content:  # an asynchronous call of the planner that failed for good
        failure = content.get("responsePayload") or {}
        reason = failure.get("errorMessage") or content["requestContext"].get("condition")
        return {"sent": sent, "reason": f"planner: {reason}", "about": content.get("requestPayload")}
    reason = content.pop("reason", "the queue gave it up, or a call that was not taken")
    return {"sent": sent, "reason": reason, "about": content}


def reasons(found: Iterable[Letter], run_id: str) -> tuple[dict[str, str], list[str]]:
    """Return what kept a run's tenants from being billed: by tenant, and for those whose id is none."""
    own = [one for one in found if isinstance(one["about"], dict) and one["about"].get("run_id") == run_id]
    tenants = {one["about"]["tenant_id"]: one["reason"] for one in own if "tenant_id" in one["about"]}
    return tenants, [one["reason"] for one in own if "tenant_id" not in one["about"]]


def _show_again(queues: Any, url: str, messages: Iterable[Mapping[str, Any]]) -> None:
    for some in in_chunks(messages, _MOST):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(some)
        ]
        queues.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _summary(found: Iterable[Letter]) -> Iterator[tuple[str, int, str | None, str]]:
    """Yield one row for each thing and reason: a run a day says the same of a tenant until somebody mends it."""
    rows: dict[tuple[str | None, str], list[str]] = {}
    for one in found:
        rows.setdefault((_subject(one["about"]), one["reason"]), []).append(one["sent"])
    for (subject, reason), sent in rows.items():
        yield sent[0], len(sent), subject, reason


def _subject(about: Any) -> str | None:
    """Name what a letter is about; a run of its own is of no interest, for there is another one each day."""
    if not isinstance(about, dict):
        return str(about)
    if "tenant_id" in about:
        return f"tenant {about['tenant_id']}"
    rest = {name: value for name, value in about.items() if name != "run_id"}
    return json.dumps(rest, ensure_ascii=False) if rest else None

"""EventBridge of the embedded AWS: who may put which events, which entries are none, and which queues rules reach."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.server import EmbeddedAws

_EVENTS = hooks.use("ministack.services.eventbridge", "_invoke_target", "_put_events", "handle_request")
_ACTIONS = hooks.use("ministack.core.iam_actions", "request_tag_context")
_ROUTER = hooks.use("ministack.core.router", "extract_access_key_id")
_SQS = hooks.use("ministack.services.sqs", "queue_policy_allows")
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "get_account_id", "get_region")
_LOG = logging.getLogger(__name__)

SERVICE = "events.amazonaws.com"
ENTRY_LIMIT = 262_144
"""Bytes that all entries of a call may have together."""
_PUT = "AWSEvents.PutEvents"
_REQUIRED = ("Source", "DetailType", "Detail")

Entry = Mapping[str, Any]


def install(_: EmbeddedAws) -> None:
    """Put the checks around ministack's."""
    _ACTIONS.request_tag_context = _with_source(_ACTIONS.request_tag_context)
    _EVENTS.handle_request = _authorizing(_EVENTS.handle_request)
    _EVENTS._put_events = _refusing(_EVENTS._put_events)
    _EVENTS._invoke_target = _permitted(_EVENTS._invoke_target)


def problem(entry: Entry) -> tuple[str, str] | None:
    """Give the error code and message with which EventBridge refuses an entry; None if it takes it."""
    for name in _REQUIRED:
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")


def _entries(body: bytes) -> Sequence[Entry]:
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return []
    entries = sent.get("Entries") if isinstance(sent, dict) else None
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _context(entry: Entry) -> dict[str, str]:
    return {"events:source": str(entry.get("Source", "")), "events:detail-type": str(entry.get("DetailType", ""))}


def _with_source(context_of: Any) -> Any:
    """Show ministack's check the first entry; `_authorizing` looks at the others."""

    def request_context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = context_of(service, action, body, params)
        first = _entries(body)[:1] if action == "events:PutEvents" else []
        return {**found, **(_context(first[0]) if first else {})}

    return request_context


def _authorizing(handle: Any) -> Any:
    """Demand the permission for every entry of a call, by its bus, source and detail type."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if headers.get("x-amz-target") == _PUT:
            try:
                caller = iam.caller(_ROUTER.extract_access_key_id(headers, query))
                for entry in _entries(body)[1:]:
                    iam.require(caller, "events:PutEvents", _bus(entry), context=_context(entry))
            except iam.AccessDeniedError as error:
                return _RESPONSES.error_response_json("AccessDeniedException", str(error), 400)
        return await handle(method, path, headers, body, query)

    return handle_request


def _bus(entry: Entry) -> str:
    name = str(entry.get("EventBusName") or "default")
    prefix = f"arn:aws:events:{_RESPONSES.get_region()}:{_RESPONSES.get_account_id()}:event-bus/"
    return name if name.startswith("arn:") else prefix + name


def _refusing(put: Any) -> Any:
    """Refuse single entries that are no events; the others of the call are put."""

    def put_events(data: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        entries: list[Entry] = data.get("Entries", [])
        size = sum(len(str(entry.get(name, "")).encode()) for entry in entries for name in _REQUIRED)
        if size > ENTRY_LIMIT:
            message = f"Total size of the entries in the request is over the limit: {size} of {ENTRY_LIMIT} bytes"
            return _RESPONSES.error_response_json("ValidationException", message, 400)
        refused = {number: told for number, entry in enumerate(entries) if (told := problem(entry))}
        good = [entry for number, entry in enumerate(entries) if number not in refused]
        status, headers, body = put({**data, "Entries": good}, *args, **kwargs)
        if not refused or status != 200:  # noqa: PLR2004 - HTTP's OK
            return status, headers, body
        answer = json.loads(body)
        taken = iter(answer["Entries"])
        answer["Entries"] = [
            {"ErrorCode": refused[number][0], "ErrorMessage": refused[number][1]} if number in refused else next(taken)
            for number in range(len(entries))
        ]
        answer["FailedEntryCount"] += len(refused)
        return status, headers, json.dumps(answer).encode()

    return put_events


def _permitted(invoke: Any) -> Any:
    """Let a rule send to a queue only if the queue's policy lets EventBridge, for this rule."""

    def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], *args: Any) -> None:
        arn, rule_arn = target.get("Arn", ""), rule.get("Arn", "")
        of_queue = arn.split(":")[2:3] == ["sqs"]
        if of_queue and not _SQS.queue_policy_allows(arn, SERVICE, rule_arn, _RESPONSES.get_account_id()):
            _LOG.warning("%s: %s does not let it send: the event is lost", rule_arn, arn)
            return
        invoke(target, event, rule, *args)

    return invoke_target

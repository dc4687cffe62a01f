"""Where access log lines go: Firehose, CloudWatch Logs."""

import base64
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from embedded_aws import hooks
from embedded_aws.gateway import access_log
from embedded_aws.gateway.exchange import Exchange
from embedded_aws.gateway.lost_lines import LOST_LINES

_FIREHOSE = hooks.use("ministack.services.firehose", "_put_record")
_LOGS = hooks.use("ministack.services.cloudwatch_logs", "_create_log_stream", "_log_groups", "_put_log_events")
_RESPONSES = hooks.use("ministack.core.responses", "request_scope")

ATTEMPTS = 3
"""How often a line is offered to a destination that is busy."""
LOST: Counter[str] = LOST_LINES.counts
"""Access log lines that could not be delivered, by destination ARN. AWS loses them silently; this counts and logs."""

_LOG = logging.getLogger(__name__)
_OK = 200
_SERVER_ERROR = 500


def offer(exchange: Exchange) -> bool | None:
    """Write the access log line of a finished request to where its stage says, without any wait.

    Returns:
        False if the destination did not take it: it is lost. None if that is busy: `insist` is to be called.
    """
    return _deliver(exchange, [1])


def insist(exchange: Exchange) -> bool:
    """Write the line to a destination that was busy; blocks between the attempts.

    Returns:
        False if the destination did not take it: it is lost.
    """
    return bool(_deliver(exchange, range(2, ATTEMPTS + 1)))


def _deliver(exchange: Exchange, attempts: Sequence[int]) -> bool | None:
    settings = (exchange.stage or {}).get("accessLogSettings") or {}
    destination, line_format = settings.get("destinationArn"), settings.get("format")
    if not destination or not line_format:
        return True
    line = b""
    try:
        # A claim may hold what UTF-8 cannot; the line must not be lost for it.
        line = access_log.render(line_format, exchange.context()).encode("utf-8", "replace")
        status, refusal = _put(destination, line, exchange, attempts)
        if status >= _SERVER_ERROR and attempts[-1] < ATTEMPTS:
            return None
    except Exception as error:  # noqa: BLE001 - the client has its answer, whatever went wrong; it is told below
        refusal = repr(error)
    if refusal is not None:
        LOST_LINES.add(destination, line.decode(), refusal)
        _LOG.error("access log line %s lost: %s answers %s", exchange.extended_request_id, destination, refusal)
    return refusal is None


def _put(destination: str, line: bytes, exchange: Exchange, attempts: Sequence[int]) -> tuple[int, str | None]:
    """Offer the line to its destination; gives the last answer's status, and why it was not taken, or None."""
    _, _, service, region, account, resource = destination.split(":", 5)
    put = _put_to_stream if service == "firehose" else _put_to_log_group
    with _RESPONSES.request_scope(account, region):
        for attempt in attempts:
            if attempt > 1:
                time.sleep(0.05 * (attempt - 1))
            status, _, body = put(resource, line, exchange)
            if status < _SERVER_ERROR:
                break
    if status == _OK:
        return status, None
    return status, body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)


def _put_to_stream(resource: str, line: bytes, _: Exchange) -> Any:
    record = {"Data": base64.b64encode(line).decode()}
    return _FIREHOSE._put_record({"DeliveryStreamName": resource.removeprefix("deliverystream/"), "Record": record})


def _put_to_log_group(resource: str, line: bytes, exchange: Exchange) -> Any:
    group = resource.removeprefix("log-group:").removesuffix(":*")
    stream = hashlib.sha256(f"{exchange.api_id}/{exchange.stage_name}".encode()).hexdigest()[:32]
    target = {"logGroupName": group, "logStreamName": stream}
    if group in _LOGS._log_groups and stream not in _LOGS._log_groups[group]["streams"]:
        _LOGS._create_log_stream(target)
    event = {"timestamp": exchange.request_time_epoch, "message": line.decode().removesuffix("\n")}
    return _LOGS._put_log_events({**target, "logEvents": [event]})

"""Sending usage events: through the API as a user of a tenant, and on the stream as a trusted backend."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3

from embedded_aws.session import EmbeddedSession
from metering_client import MeteringClient, Report, StreamSender
from tools.malformed import NotAcceptedError
from tools.outputs import StackOutputs
from tools.people import User
from tools.usage_events import ACCEPTED, API, REJECTED, STREAM, TAKEN, Sent, Usage, plan, source_of

RETRY_SECONDS = 60.0
"""A fresh deployment's permissions take a moment to reach every host of AWS."""


def through_api(
    outputs: StackOutputs, users: Iterable[User], run_id: str, types: frozenset[str]
) -> tuple[list[Sent], int]:
    """Send the events of each tenant as its first user, the duplicates after all the others.

    Returns:
        The events, and how many requests that took.
    """
    first = {user.tenant: user for user in reversed(list(users))}
    sent, requests = list[Sent](), 0
    for tenant, user in sorted(first.items()):
        client = MeteringClient(
            outputs.rest_api_url, user.id_token, source=source_of(run_id, API), retry_seconds=RETRY_SECONDS
        )
        for usages in plan(tenant, API, run_id, types, datetime.now(UTC)):
            for usage in usages:
                client.record(usage.type, usage.data, id=usage.id, time=usage.time)
            sent += _answers(usages, client.flush(), ACCEPTED)
        requests += client.requests
    return sent, requests


def on_stream(outputs: StackOutputs, tenants: Iterable[str], run_id: str, types: frozenset[str]) -> list[Sent]:
    """Put the events of each tenant on the stream, in the role that is for that.

    Raises:
        NotAcceptedError: the stream refused a record that the run needs.
    """
    firehose: Any = producer(outputs).client("firehose")
    sender = StreamSender(
        firehose, outputs.usage_events_stream_name, source=source_of(run_id, STREAM), retry_seconds=RETRY_SECONDS
    )
    sent = []
    for tenant in tenants:
        for usages in plan(tenant, STREAM, run_id, types, datetime.now(UTC)):
            timed = [usage for usage in usages if usage.time]
            for usage in timed:
                sender.record(usage.type, usage.data, tenant=tenant, id=usage.id, time=usage.time)
            sent += _answers(timed, sender.flush(), TAKEN)
            # The client sends no event without a time: this is what a producer does who writes the records itself.
            for usage in usages:
                if usage.time is None:
                    record = {"Data": json.dumps(_timeless(usage)).encode()}
                    firehose.put_record(DeliveryStreamName=outputs.usage_events_stream_name, Record=record)
                    sent.append(Sent(usage, TAKEN))
    if lost := [one for one in sent if one.outcome != TAKEN]:
        raise NotAcceptedError(f"{outputs.usage_events_stream_name}: {len(lost)} records refused: {lost[0].outcome}")
    return sent


def producer(outputs: StackOutputs) -> boto3.Session:
    """Give a session of the role that may put on the stream of usage events and do nothing else."""
    assumed = (
        outputs.session()
        .client("sts")
        .assume_role(RoleArn=outputs.usage_events_producer_role_arn, RoleSessionName="trusted-backend")["Credentials"]
    )
    keys = (assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
    if outputs.endpoint_url:
        access_key, secret_key, token = keys
        return EmbeddedSession(
            outputs.endpoint_url, region=outputs.region, access_key=access_key, secret_key=secret_key, token=token
        )
    return boto3.Session(*keys, region_name=outputs.region)


def _answers(usages: Sequence[Usage], report: Report, well: str) -> list[Sent]:
    if report.pending:
        return [Sent(usage, f"not known: {report.problem}") for usage in usages]
    reasons = {one.event.id: one.reason for one in report.rejected}
    return [Sent(usage, REJECTED, reasons[usage.id]) if usage.id in reasons else Sent(usage, well) for usage in usages]


def _timeless(usage: Usage) -> Mapping[str, str]:
    return {
        "specversion": "1.0",
        "id": usage.id,
        "source": usage.source,
        "type": usage.type,
        "tenantid": usage.tenant,
    }

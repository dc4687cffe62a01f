"""What a deployed stack hands on: its exports, and how to reach the account behind them."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import boto3

from embedded_aws.session import EmbeddedSession


class OutputsError(ValueError):
    """The stack's outputs cannot be had or lack something; the message says what to do."""


@dataclass(frozen=True)
class StackOutputs:
    """The exports of the program that the commands use, as `pulumi stack output --json` gives them.

    `endpoint_url` is there for a stack in the embedded AWS only.
    """

    rest_api_url: str
    user_pool_id: str
    user_pool_client_id: str
    delivery_stream_name: str
    transform_function_name: str
    error_bucket_name: str
    table_bucket_arn: str
    namespace: str
    table_name: str
    usage_events_table_name: str
    tombstones_table_name: str
    usage_events_stream_name: str
    usage_events_error_bucket_name: str
    usage_events_transform_function_name: str
    usage_events_producer_role_arn: str
    athena_catalog: str
    athena_workgroup: str
    database_name: str
    subscriptions_table_name: str
    invoices_table_name: str
    reconciliation_table_name: str
    usage_table_name: str
    invoice_bucket_name: str
    billing_planner_function_name: str
    billing_rollup_function_name: str
    billing_queue_name: str
    billing_dead_letter_queue_url: str
    billing_schedule_group_name: str
    billing_schedule_name: str
    billing_rollup_schedule_name: str
    billing_settings: str
    tombstones_table_arn: str
    alarm_topic_arn: str
    usage_at_risk_alarm_name: str
    dashboard_name: str
    dashboard_url: str
    reconciler_function_name: str
    reconciliation_schedule_group_name: str
    reconciliation_schedule_name: str
    reconciliation_settings: str
    actions_table_name: str
    operator_policy_arn: str
    operator_role_arn: str
    portal_url: str
    endpoint_url: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Take the outputs from a mapping.

        Raises:
            OutputsError: an output is missing or is not a text; names every such output.
        """
        wanted = {field.name for field in fields(cls)}
        bad = sorted(name for name in wanted - {"endpoint_url"} if not isinstance(values.get(name), str))
        if bad:
            raise OutputsError(f"stack outputs without a text value: {', '.join(bad)}; is the stack up to date?")
        return cls(**{name: value for name, value in values.items() if name in wanted})

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read the outputs from a JSON file, such as `.local/outputs.json`.

        Raises:
            OutputsError: the file is missing, is no JSON object, or lacks an output.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise OutputsError(f"outputs file {path}: {error.strerror}") from error
        except ValueError as error:
            raise OutputsError(f"outputs file {path}: {error}") from error
        if not isinstance(values, dict):
            raise OutputsError(f"outputs file {path}: a JSON object is needed, got {type(values).__name__}")
        return cls.of(values)

    @classmethod
    def from_stack(cls, stack: str) -> Self:
        """Ask Pulumi's CLI for the outputs of a stack of this project.

        Raises:
            OutputsError: the CLI is not installed or refuses.
        """
        command = ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", stack]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - no shell
        except FileNotFoundError as error:
            raise OutputsError(
                "pulumi is not on the PATH; install it, or name a file by OUTPUTS= or --outputs"
            ) from error
        except subprocess.CalledProcessError as error:
            raise OutputsError(f"{' '.join(command)}: {error.stderr.strip()}") from error
        return cls.of(json.loads(done.stdout))

    @property
    def region(self) -> str:
        """The Region of the stack, as its table bucket's ARN names it."""
        return self.table_bucket_arn.split(":")[3]

    @property
    def table(self) -> str:
        """The table's full name in Athena's SQL."""
        return self._named(self.table_name)

    @property
    def events_table(self) -> str:
        """The full name of the table of usage events in Athena's SQL."""
        return self._named(self.usage_events_table_name)

    @property
    def tombstones_table(self) -> str:
        """The full name of the table of tombstones in Athena's SQL."""
        return self._named(self.tombstones_table_name)

    def _named(self, table: str) -> str:
        return f'"{self.athena_catalog}"."{self.database_name}"."{table}"'

    def session(self) -> boto3.Session:
        """Give a session of the account: the embedded AWS's, or the default credential chain's."""
        if self.endpoint_url:
            return EmbeddedSession(self.endpoint_url, region=self.region)
        return boto3.Session(region_name=self.region)

"""What the rules take from the program, and what is allowed or forbidden for a reason.

It is one file of data, which the program's own tests hold against the program: the rules import nothing of it.
"""

import json
import pathlib
from typing import Any

_REASONS: dict[str, Any] = json.loads(pathlib.Path(__file__).with_name("reasons.json").read_text(encoding="utf-8"))

TENANT_ATTRIBUTE: str = _REASONS["program"]["tenant_attribute"]
"""What Cognito calls the attribute by which requests are billed."""
STREAM_PREFIX: str = _REASONS["program"]["stream_prefix"]
"""API Gateway logs to no stream of another name."""
KEPT_PREFIXES: tuple[str, ...] = tuple(_REASONS["program"]["kept_prefixes"])
"""Where the bucket of invoices has what bills rest on."""
ERROR_RETENTION_DAYS: int = _REASONS["program"]["error_retention_days"]
"""The days in which failed records are to be replayed by default, and the program's margin beyond them."""
REQUIRED_VARIABLES: tuple[str, ...] = tuple(_REASONS["program"]["required_variables"])
"""Variables without which no line of an access log becomes a row."""
EVERY_RESOURCE: dict[str, dict[str, str]] = _REASONS["every_resource"]
"""Actions that AWS permits on `*` alone, with the `reason`, and the `condition` key that must narrow it, if any."""
NEVER_PERMITTED: dict[str, str] = _REASONS["never_permitted"]
"""Patterns of actions that no role of the stack has, with the reason."""
REQUEST_ROW_WRITERS: dict[str, str] = _REASONS["request_row_writers"]
"""Names of the policies that may let somebody else than API Gateway put lines on its streams, with the reason."""
UNGUARDED_STACKS: dict[str, str] = _REASONS["unguarded_stacks"]
"""Patterns of the names of stacks whose data may go, with the reason; every other stack is guarded."""
MADE_ANEW: dict[str, str] = _REASONS["made_anew"]
"""Names of the DynamoDB tables that may be lost, with the reason."""
OPEN_METHODS: dict[str, str] = _REASONS["open_methods"]
"""Routes that anyone may call, with the reason."""
ACCOUNT_WIDE: dict[str, str] = _REASONS["account_wide"]
"""Types of what exists once per account, which a stack must not own, with the reason."""
NATIVE: dict[str, str] = _REASONS["native"]
"""Types that may come from aws-native, with the reason."""
LOGGED_VARIABLES: frozenset[str] = frozenset(_REASONS["logged_variables"])
"""Variables that an access log may have: none that a caller can choose freely."""

"""Functions that call functions: which one, with what, and without waiting for it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from billing.config import Config
from billing.parts import connect
from tests.unit.billing.test_config import ENVIRONMENT

EVENT = {"as_of": "2026-11-16T00:00:00Z"}
PAYLOAD = b'{"as_of": "2026-11-16T00:00:00Z"}'


@dataclass
class Session:
    """A session of boto3 whose clients only note which functions are invoked."""

    invoked: list[dict[str, Any]] = field(default_factory=list)

    def client(self, service: str, *, config: Any) -> Any:
        # botocore writes what is meant by it into the very object, once a client was made with it.
        assert config.retries in (
            {"mode": "standard", "max_attempts": 8},
            {"mode": "standard", "total_max_attempts": 9},
        )
        events = SimpleNamespace(register_last=lambda *_: None)
        return SimpleNamespace(
            meta=SimpleNamespace(events=events),
            **({"invoke": lambda **call: self.invoked.append(call)} if service == "lambda" else {}),
        )


def test_planner_and_rollup_are_called_by_the_names_in_the_environment() -> None:
    session = Session()
    names = {"PLANNER_FUNCTION": "the-planner", "ROLLUP_FUNCTION": "the-rollup"}
    parts = connect(Config.read({**ENVIRONMENT, **names}), None, session)
    parts.call_planner(EVENT)
    assert parts.call_rollup
    parts.call_rollup(EVENT)
    assert parts.usage is None
    assert session.invoked == [
        {"FunctionName": name, "InvocationType": "Event", "Payload": PAYLOAD} for name in ("the-planner", "the-rollup")
    ]


def test_what_the_environment_does_not_name_is_not_there() -> None:
    parts = connect(Config.read(ENVIRONMENT), None, Session())
    assert (parts.call_rollup, parts.usage) == (None, None)
    with pytest.raises(RuntimeError, match="PLANNER_FUNCTION must be set where the planner is called"):
        parts.call_planner(EVENT)

"""What roles ask for: every decision of the policy evaluator, and the one statement that it hangs on."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ministack.core import iam_evaluator

Document = Mapping[str, Any]


@dataclass
class Decisions:
    """What one role was asked for, each call once for its resource and conditions, and whether it was allowed."""

    role: str
    _found: dict[str, tuple[Any, bool]] = field(default_factory=dict)

    def note(self, context: Any, *, allowed: bool) -> None:
        place = f"{context.action} {context.resource_arn} {sorted(context.service_context.items())} {allowed}"
        self._found.setdefault(place, (context, allowed))

    def hanging_on(self, statements: Mapping[str, Document]) -> dict[str, set[str]]:
        """Give the actions that were allowed by just one of the statements, by the name of that one."""
        parsed = {name: iam_evaluator.parse_policy_document({"Statement": [one]}) for name, one in statements.items()}
        found: dict[str, set[str]] = {name: set() for name in statements}
        for context, allowed in self._found.values():
            allowing = [name for name, one in parsed.items() if allowed and _allows(one, context)]
            if len(allowing) == 1:
                found[allowing[0]].add(context.action)
        return found

    def refused(self, statement: Document) -> set[str]:
        """Give the actions that were refused and that a statement would have allowed."""
        parsed = iam_evaluator.parse_policy_document({"Statement": [statement]})
        return {context.action for context, allowed in self._found.values() if not allowed and _allows(parsed, context)}


@contextlib.contextmanager
def decisions_of(role: str) -> Iterator[Decisions]:
    """Note for a while what a role is asked for, by requests and by services that act with it."""
    made, evaluate = Decisions(role), iam_evaluator.evaluate

    def noted(context: Any, policies: Any, *limits: Any) -> Any:
        result = evaluate(context, policies, *limits)
        if f":assumed-role/{role}/" in context.principal_arn:
            made.note(context, allowed=result.decision == "Allow")
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(iam_evaluator, "evaluate", noted)
        yield made


def _allows(statements: Any, context: Any) -> bool:
    return bool(iam_evaluator.evaluate(context, [statements]).decision == "Allow")

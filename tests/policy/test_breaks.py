"""Every rule, each with a program that breaks it: the rule says so, of that resource, and no other rule does."""

import pytest

from metering_policy import POLICIES
from tests.policy import breaks_data, breaks_gateway, breaks_permissions, breaks_public, breaks_tenants
from tests.policy.breaking import Break
from tests.policy.wire import Pack, Resource

BREAKS = (
    *breaks_public.BREAKS,
    *breaks_permissions.BREAKS,
    *breaks_tenants.BREAKS,
    *breaks_data.BREAKS,
    *breaks_gateway.BREAKS,
)


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.rule}: {broken.what}")
def test_a_broken_rule_says_so(pack: Pack, prod: list[Resource], broken: Break) -> None:
    found = pack.findings(broken.change(prod), but=prod)
    assert {(one.policy, one.resource) for one in found} == {(broken.rule, broken.resource), *broken.also}
    said = [one.message for one in found if (one.policy, one.resource) == (broken.rule, broken.resource)]
    assert any(f"\n{broken.resource}: {broken.says}" in message for message in said), said
    assert all(one.mandatory for one in found)


def test_every_rule_is_broken_by_something() -> None:
    assert {broken.rule for broken in BREAKS} == {policy.name for policy in POLICIES}

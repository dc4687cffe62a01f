"""What a preview does not know crashes no rule, is never taken for a fault, and never passes in silence."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.policy.wire import UNKNOWN, Pack, Resource, changed, made_up


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a resource's inputs: of each value, and of each dictionary and list around it."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from leaves(child, (*path, key))


def blurred(resource: Resource, path: tuple[Any, ...]) -> Resource:
    """Return the resource with one value unknown."""
    copied = copy.deepcopy(resource)
    place = copied["inputs"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = UNKNOWN
    return copied


def one_of_each_kind(resources: list[Resource]) -> list[Resource]:
    return list({resource["type"]: resource for resource in resources}.values())


def test_no_unknown_value_of_any_resource_is_taken_for_a_fault(pack: Pack, prod: list[Resource]) -> None:
    undecided = set()
    for resource in one_of_each_kind(prod):
        for path in leaves(resource["inputs"]):
            found = [one for one in pack.findings([blurred(resource, path)]) if one.policy not in OF_STACKS]
            assert [one for one in found if one.mandatory] == [], path
            undecided |= {one.policy for one in found}
    assert len(undecided) > len(OF_STACKS)


OF_STACKS = {
    "bucket-encrypted",
    "bucket-public-access-blocked",
    "callers-known",
    "failures-outlast-replay",
    "function-has-log-group",
    "invoices-locked",
    "policy-attached",
    "requests-throttled",
}


def test_a_stack_of_which_nothing_is_known_is_no_fault(pack: Pack, prod: list[Resource]) -> None:
    blank = [{**resource, "outputs": dict.fromkeys(resource["outputs"], UNKNOWN)} for resource in prod]
    found = pack.findings(blank, but=blank)
    assert [one for one in found if one.mandatory] == []
    assert {one.policy for one in found} == {
        "callers-known",
        "failures-outlast-replay",
        "invoices-locked",
        "requests-throttled",
        "tenant-attribute-kept",
        "user-names-made-up",
    }
    assert "api-method-GET/portal: `authorization` is not known yet; `pulumi up` asks when it is done" in next(
        one.message for one in found if one.policy == "callers-known"
    )


@pytest.mark.parametrize(
    ("rule", "name", "path", "bad"),
    [
        ("no-wildcard-permission", "ingest-policy", "policy", '{"Statement":{"Effect":"Allow","Action":"*"}}'),
        ("trust-narrow", "ingest-role", "assumeRolePolicy", '{"Statement":{"Effect":"Allow","Principal":"*"}}'),
        ("plain-http-refused", "lake-results-policy", "policy", '{"Statement":[]}'),
        ("requests-logged", "api-stage", "accessLogSettings__destinationArn", "arn:aws:logs:a:b:c"),
        ("function-invoked-by-one-source", "api-permission-GET/usage", "sourceArn", "*"),
        ("tenant-not-writable", "api-client", "writeAttributes", ["custom:tenant_id"]),
        ("log-retention-set", "ingest-logs", "retentionInDays", 0),
    ],
)
def test_what_was_not_known_is_told_and_asked_again(  # noqa: PLR0917 - pytest gives each by its name
    pack: Pack, prod: list[Resource], rule: str, name: str, path: str, bad: Any
) -> None:
    (told,) = [one for one in pack.findings(changed(prod, name, **{path: UNKNOWN}), but=prod) if one.policy == rule]
    assert not told.mandatory
    assert f"{name}: `{path.replace('__', '.')}` is not known yet" in told.message
    assert (rule, name) in pack.violations(changed(prod, name, **{path: bad}), but=prod)


def test_a_fault_beside_an_unknown_value_is_told(pack: Pack) -> None:
    """The SDK gives up a rule at the first unknown value; these rules say first what they know."""
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "sts:AssumeRole"}
    role = made_up("aws:iam/role:Role", assumeRolePolicy={"Statement": statement}, managedPolicyArns=[UNKNOWN])
    assert pack.violations([role]) == {("trust-narrow", "made-up")}
    settings = made_up(
        "aws:apigateway/methodSettings:MethodSettings", settings={"dataTraceEnabled": True, "loggingLevel": UNKNOWN}
    )
    assert {(one.policy, one.mandatory) for one in pack.findings([settings])} == {
        ("no-payload-in-logs", True),
        ("no-payload-in-logs", False),
    }


def test_a_secret_is_looked_into(pack: Pack) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"Statement": []}}
    policy = made_up("aws:s3/bucketPolicy:BucketPolicy", policy=secret, bucket="mine")
    assert pack.violations([policy]) == {("plain-http-refused", "made-up")}

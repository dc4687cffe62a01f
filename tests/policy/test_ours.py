"""This program breaks no rule: not as it is, not in its first preview, which knows little of what AWS makes up."""

import json

import pytest

from metering_policy import POLICIES
from tests.policy.breaks_data import PROTECTED
from tests.policy.wire import Pack, Resource, changed, one, recorded

UNKNOWN_AT_FIRST = {
    "evidence-kept": "policy",
    "function-invoked-by-one-source": "sourceArn",
    "no-policy-of-aws": "policyArn",
    "no-wildcard-permission": "policy",
    "plain-http-refused": "policy",
    "policy-not-for-everyone": "policy",
    "request-rows-from-the-gateway": "policy",
    "requests-logged": "accessLogSettings.destinationArn",
    "trust-narrow": "assumeRolePolicy",
}
"""What a first preview cannot judge: policies and ARNs with names that AWS makes up. `up` does, before it goes on."""


@pytest.mark.parametrize(("recording", "stack"), [("dev", "dev"), ("prod", "prod"), ("prod-lakeformation", "prod")])
def test_this_program_breaks_no_rule_and_leaves_none_undecided(pack: Pack, recording: str, stack: str) -> None:
    resources = recorded(recording)
    assert len(resources) > 200
    assert [resource for resource in resources if not resource["urn"].startswith(f"urn:pulumi:{stack}::")] == []
    assert pack.findings(resources) == []


def test_its_first_preview_breaks_no_rule_and_says_what_is_asked_again(pack: Pack) -> None:
    resources = recorded("prod-preview")
    found = pack.findings(resources)
    assert [finding for finding in found if finding.mandatory] == []
    assert {finding.policy for finding in found} == set(UNKNOWN_AT_FIRST)
    for finding in found:
        assert finding.message == (
            f"can't run policy '{finding.policy}' from policy pack 'saas-metering@v0.1.0' during preview: "
            f"{finding.resource}: `{UNKNOWN_AT_FIRST[finding.policy]}` is not known yet; "
            "`pulumi up` asks before it goes on"
        )


def test_every_bucket_is_judged_in_the_first_preview(pack: Pack) -> None:
    """What belongs together is known by Pulumi's dependencies, though no bucket has a name yet."""
    preview = recorded("prod-preview")
    assert "bucket" not in one(preview, "lake-results")["outputs"]
    missing = [resource for resource in preview if resource["name"] != "lake-results-access-block"]
    assert pack.violations(missing) == {("bucket-public-access-blocked", "lake-results")}


def test_a_change_of_what_a_preview_knows_is_refused_in_it(pack: Pack) -> None:
    preview = recorded("prod-preview")
    assert pack.violations(changed(preview, "ingest-stream", icebergConfiguration__appendOnly=False)) == {
        ("stream-append-only", "ingest-stream")
    }


def test_a_stack_that_nobody_named_is_guarded(pack: Pack) -> None:
    renamed = json.loads(json.dumps(recorded("dev")).replace("urn:pulumi:dev::", "urn:pulumi:dev-of-customers::"))
    assert {rule for rule, _ in pack.violations(renamed)} == {"guarded-stack-keeps-its-data"}


def test_what_is_not_protected_in_dev_is_what_a_guarded_stack_protects() -> None:
    guarded = Pack().configure(guarded_stack_keeps_its_data={"unguardedStacks": []})
    blamed = {resource for rule, resource in guarded.violations(recorded("dev")) if rule.startswith("guarded")}
    protects = {resource["name"] for resource in recorded("prod") if resource["protect"]}
    assert {*PROTECTED, "lake-table-usage-events", "lake-table-tombstones"} == protects
    of_invoices = {f"billing-{function}-function" for function in ("planner", "rollup", "worker")}
    emptied = {"events-ingest-errors", "ingest-errors", "lake-results", "lake-workgroup"}
    assert protects | emptied <= blamed <= protects | emptied | of_invoices


def test_the_recordings_are_of_kinds_that_the_rules_are_about(prod: list[Resource]) -> None:
    """Were Pulumi to call a kind differently, its rules would be silent."""
    kinds = {resource["type"] for resource in prod}
    assert {
        "aws-native:s3tables:Table",
        "aws:apigateway/method:Method",
        "aws:cognito/userPoolClient:UserPoolClient",
        "aws:dynamodb/table:Table",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "aws:lambda/function:Function",
        "aws:s3/bucketPolicy:BucketPolicy",
        "saas-metering:index:UsageBilling",
    } <= kinds


def test_every_rule_has_a_name_a_sentence_a_remedy_and_stops_pulumi() -> None:
    names = [policy.name for policy in POLICIES]
    assert len(set(names)) == len(names)
    for policy in POLICIES:
        assert policy.name == policy.name.lower().replace(" ", "-")
        assert policy.description.endswith(".")
        assert policy.remediation_steps
        assert policy.enforcement_level is not None
        assert policy.enforcement_level.value == "mandatory"

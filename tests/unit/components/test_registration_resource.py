"""The registration as a resource: refused at preview, looked at by a refresh, left by a destroy."""

from pulumi.output import Unknown
from pulumi.runtime import rpc

from components._ensure.registration import RegistrationProvider
from tests.unit.components.lake_formation_kit import BUCKETS, REGION, ROLE, LakeFormationAws
from tests.unit.components.test_ensure_registration import FOREIGN, PROPS, permits_role

OUTS = {"resource_arn": BUCKETS, "region": REGION, "role_arn": ROLE}


def provider(aws: LakeFormationAws) -> RegistrationProvider:
    made = RegistrationProvider()
    made.client = aws.client  # type: ignore[method-assign,assignment]
    return made


def test_a_preview_refuses_it_too_and_lets_the_rest_pass(lake_formation: LakeFormationAws) -> None:
    made_by = provider(lake_formation)
    lake_formation.has_registration(WithFederation=False)
    (failure,) = made_by.check({}, dict(PROPS)).failures
    assert (failure.property, "without federation" in failure.reason) == ("resource_arn", True)
    lake_formation.has_registration()
    lake_formation.has_no_registration()
    assert made_by.check({}, dict(PROPS)).failures == []
    assert made_by.check({}, dict(PROPS)).failures == []
    for unknown in (rpc.UNKNOWN, Unknown()):
        assert made_by.check({}, {**PROPS, "resource_arn": unknown}).failures == []


def test_a_preview_that_may_not_look_says_so_in_one_line(lake_formation: LakeFormationAws) -> None:
    lake_formation.fails("lakeformation", "describe_resource", "AccessDeniedException", "not you")
    (failure,) = provider(lake_formation).check({}, dict(PROPS)).failures
    assert failure.reason == (
        f"the registration of {BUCKETS} with Lake Formation cannot be looked at (An error occurred"
        " (AccessDeniedException) when calling the DescribeResource operation: not you): whoever deploys needs"
        " lakeformation:DescribeResource"
    )


def test_the_resource_is_made_updated_and_deleted_without_taking_anything_away(
    lake_formation: LakeFormationAws,
) -> None:
    made_by = provider(lake_formation)
    for _ in range(2):
        lake_formation.has_registration()
        lake_formation.has_role()
        permits_role(lake_formation)
    made = made_by.create(dict(PROPS))
    assert (made.id, made.outs) == (BUCKETS, OUTS)
    assert made_by.diff(made.id, OUTS, PROPS).changes is False
    assert made_by.diff(made.id, OUTS, {**PROPS, "region": "eu-west-1"}).changes is True
    assert made_by.update(made.id, OUTS, dict(PROPS)).outs == OUTS
    made_by.delete(made.id, OUTS)


def test_a_refresh_sees_that_registration_or_role_is_gone(lake_formation: LakeFormationAws) -> None:
    made_by = provider(lake_formation)
    lake_formation.has_registration()
    lake_formation.has_role()
    read = made_by.read(BUCKETS, dict(PROPS))
    assert (read.id, read.outs) == (BUCKETS, OUTS)
    lake_formation.has_registration(RoleArn=FOREIGN)
    assert made_by.read(BUCKETS, dict(PROPS)).outs == {**OUTS, "role_arn": FOREIGN}
    lake_formation.has_registration()
    lake_formation.has_no_role()
    assert made_by.read(BUCKETS, dict(PROPS)).id is None
    lake_formation.has_no_registration()
    assert made_by.read(BUCKETS, dict(PROPS)).id is None

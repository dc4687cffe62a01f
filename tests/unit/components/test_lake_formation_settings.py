"""The keys that Lake Formation's part of a stack goes by."""

import json
from typing import Any

import pytest

from tests.unit.components.settings_kit import errors, read

ANALYST = "arn:aws:iam::123456789012:role/team/analyst"
ADMIN = "arn:aws-us-gov:iam::123456789012:user/admin"
GRANTEES = "must be a list, each item must be the ARN of a user or role, without wildcards"


def test_principals_are_read_once_each_and_in_order() -> None:
    lake = read(
        {
            "accessControl": "lakeformation",
            "lakeFormationReaders": json.dumps([ANALYST, "arn:aws:iam::123456789012:user/a", ANALYST]),
            "lakeFormationAdmins": json.dumps([ADMIN]),
            "switchAccessControl": "true",
        }
    ).lake
    assert (lake["access_control"], lake["switch_access_control"]) == ("lakeformation", True)
    assert (lake["readers"], lake["administrators"]) == (
        [ANALYST, "arn:aws:iam::123456789012:user/a"],
        [ADMIN],
    )


@pytest.mark.parametrize("key", ["lakeFormationReaders", "lakeFormationAdmins"])
@pytest.mark.parametrize(
    "value",
    [
        "alice",
        "[" * 100_000,
        '["alice"]',
        '["arn:aws:iam::123456789012:root"]',
        '["arn:aws:iam::123456789012:role/*"]',
        '["arn:aws:sts::123456789012:assumed-role/analyst/session"]',
        '["arn:aws:iam::123456789012:group/analysts"]',
    ],
    ids=["text", "deep", "name", "root", "wildcard", "session", "group"],
)
def test_whom_lake_formation_cannot_grant_to_is_refused(key: str, value: str) -> None:
    assert errors({"accessControl": "lakeformation", key: value}) == [f"saas-metering:{key}: {GRANTEES}, got {value!r}"]


@pytest.mark.parametrize("mode", [{}, {"accessControl": "iam"}], ids=["default", "iam"])
def test_principals_need_lake_formation(mode: dict[str, Any]) -> None:
    assert errors(
        {
            **mode,
            "lakeFormationReaders": json.dumps([ANALYST]),
            "lakeFormationAdmins": json.dumps([ADMIN]),
        }
    ) == [
        f"saas-metering:lakeFormationReaders: must be empty unless accessControl is lakeformation, got [{ANALYST!r}]",
        f"saas-metering:lakeFormationAdmins: must be empty unless accessControl is lakeformation, got [{ADMIN!r}]",
    ]


def test_an_administrator_is_no_reader() -> None:
    arns = json.dumps([ADMIN])
    assert errors({"accessControl": "lakeformation", "lakeFormationReaders": arns, "lakeFormationAdmins": arns}) == [
        f"saas-metering:lakeFormationReaders: must name no administrator of lakeFormationAdmins, got [{ADMIN!r}]"
    ]


def test_a_switch_that_is_neither_true_nor_false_is_refused() -> None:
    assert errors({"switchAccessControl": "now"}) == [
        "saas-metering:switchAccessControl: must be true or false, got 'now'"
    ]

"""The delivery roles' policies suffice, in either mode of access: one deploys everything, the other sees all of it."""

import json
import subprocess
import sys

import pytest

from delivery_roles.documents import POLICIES, policy
from tests.embedded.delivered_by_roles import LOOKING_ON_ALL, NAMES, PLACE, WRITING_ON_ALL
from tests.unit.components.harness import ROOT

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("access_control", ["iam", "lakeformation"])
def test_one_role_deploys_and_the_other_sees_that_nothing_differs(access_control: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.embedded.delivered_by_roles", access_control],
        cwd=ROOT,
        env={"PYTHONPATH": "lambda_src:delivery", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("resources") > 200
    # In the embedded AWS the role is part of the configuration, and with it of what this provider is.
    assert found == {"preview": ["aws-native"], "drift": []}


def test_what_the_embedded_aws_asks_for_on_all_is_in_the_policies() -> None:
    for write, actions in ((False, LOOKING_ON_ALL), (True, WRITING_ON_ALL)):
        statements = [
            statement
            for name in POLICIES
            for statement in json.loads(policy(name, PLACE, NAMES, write=write))["Statement"]
        ]
        assert set(actions) <= {action for statement in statements for action in statement["Action"]}

"""Every grant of every role taken away in turn: what fails says which, and no record is lost. None is there in vain.

The work of each role is that of the sweep of its policies (`test_security_permissions`); what is taken away is what
Lake Formation grants it. Meanwhile that decides for the whole account, so nothing else is done in it.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from embedded_aws.scheduler import delivery
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import FEDERATION
from tests.embedded.sweep_billing import TENANT, Months
from tests.embedded.sweep_exercises import Exercise
from tests.embedded.sweep_kit import Deployment
from tests.embedded.sweep_streams import Assumed
from tests.embedded.test_security_permissions import CASES, World
from tools.billing.stack import BillingStack

pytestmark = pytest.mark.soak

PERMISSIONS = "aws:lakeformation/permissions:Permissions"
GUARDED = {"saas-metering:accessControl": "lakeformation", "saas-metering:switchAccessControl": "true"}
LINK = "Firehose names the table by its own catalog; the link is for whoever shall see both, as AWS's guide has it"
EVERY_TABLE = "whoever queries the lake may read each of its tables, by its policy, too"
UNSEEN: dict[str, dict[str, str]] = {
    "ingest-role": {"ingest-grant-link": LINK},
    "events-ingest-role": {"events-ingest-grant-link": LINK},
    "operations-reconciler-role": {"operations-reconciler-grant-table-tombstones": EVERY_TABLE},
}
"""Grants without which nothing fails, by role, with the reason why they are there."""
_QUERY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OPERATOR = "operations-operator-role"
ROLES = (
    *("ingest-role", "events-ingest-role", "billing-planner-role", "billing-worker-role", "billing-rollup-role"),
    *("customer-lines-role", "operations-reconciler-role", OPERATOR),
)


class Guarded(World):
    """A deployment whose tables Lake Formation guards, and the months that it lives through."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.deployment = Deployment.up(aws, "granted", GUARDED)
        self.months = Months(self.deployment)

    def grants(self, role: str | None = None) -> dict[str, dict[str, Any]]:
        """Give the grants, of a role or all, by their logical names, as requests of Lake Formation."""
        arn = role and self.deployment.client("iam").get_role(RoleName=self.deployment.roles()[role])["Role"]["Arn"]
        requests = {one.name: json.loads(one.id) for one in self.deployment.stack.resources if one.type == PERMISSIONS}
        return {
            name: request
            for name, request in requests.items()
            if arn in {None, request["Principal"]["DataLakePrincipalIdentifier"]}
        }

    @contextmanager
    def without(self, request: dict[str, Any]) -> Iterator[None]:
        """Take a grant away for a while."""
        lake_formation = self.deployment.client("lakeformation")
        lake_formation.revoke_permissions(**request)
        try:
            yield
        finally:
            lake_formation.grant_permissions(**request)


def _of_lines(world: World) -> Exercise:
    """Ask for lines of both kinds: what is behind one of requests, and one of events."""
    made: Any = CASES["customer-lines-role"](world)
    stack = BillingStack(world.deployment.outputs)
    location = stack.store.tenant(TENANT).invoices[0].location
    meters = [line["meter"] for line in stack.parts.documents.document(location)["lines"]]
    tokens = str(meters.index("tokens") + 1)
    made._asked += [(path, {**places, "line": tokens}) for path, places in made._asked]
    return made


OWN: dict[str, Callable[[World], Exercise]] = {
    "customer-lines-role": _of_lines,
    OPERATOR: lambda world: Assumed(world.deployment, world.deployment.outputs.operator_role_arn, _queries),
}
"""Work that asks for more of the tables than the sweep of policies needs, or for nothing else."""


@pytest.fixture(scope="module")
def world(aws: EmbeddedAws) -> Iterator[Guarded]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "LONGEST_WAIT_SECONDS", 0.02)  # a schedule's 24 retries are otherwise twelve seconds
        made = Guarded(aws)
        try:
            yield made
            made.deployment.stack.destroy()
        finally:
            overwrite = {"OverwriteChildResourcePermissionsWithDefault": "Accept"}
            made.deployment.client("glue").update_catalog(
                CatalogId="s3tablescatalog", CatalogInput={**FEDERATION, **overwrite}
            )


def test_every_grant_is_some_roles_that_has_a_case(world: Guarded) -> None:
    assert sorted(name for role in ROLES for name in world.grants(role)) == sorted(world.grants())


@pytest.mark.parametrize("role", ROLES)
def test_without_a_grant_something_fails_by_its_name_and_nothing_is_lost(world: Guarded, role: str) -> None:
    exercise, grants = OWN.get(role, CASES[role])(world), world.grants(role)
    exercise.prepare()
    assert exercise.work() == [], "the role does not suffice"
    unseen = {name for name, request in grants.items() if not _seen(world, exercise, request)}
    assert unseen == set(UNSEEN.get(role, {}))
    exercise.whole()


def _seen(world: Guarded, exercise: Any, request: dict[str, Any]) -> bool:
    """Take a grant away and have the work done; once more with work of its own if what was left needs it not."""
    [named] = request["Resource"].values()
    for again in (False, True):
        if again:
            exercise.prepare()
        with world.without(request):
            signs = exercise.work()
        signs += _reasons(world, signs)
        exercise.rest()
        if any("Lake Formation permission" in sign and f" on {named['Name']}" in sign for sign in signs):
            return True
        assert signs == []
    return False


def _reasons(world: Guarded, signs: list[str]) -> list[str]:
    """Look up why the queries failed that are named in what is seen: customers are not told, and the log has the id."""
    athena = world.deployment.client("athena")
    ids = {found for sign in signs for found in _QUERY_ID.findall(sign)}
    executions = athena.batch_get_query_execution(QueryExecutionIds=sorted(ids))["QueryExecutions"] if ids else []
    return [one["Status"]["StateChangeReason"] for one in executions if one["Status"]["State"] == "FAILED"]


def _queries(session: Any, deployment: Deployment) -> list[Callable[[], Any]]:
    """Give the queries of an operator."""
    outputs = deployment.outputs
    tables = (outputs.table, outputs.events_table, outputs.tombstones_table)
    inserts = f"INSERT INTO {outputs.tombstones_table} SELECT * FROM {outputs.tombstones_table} WHERE false"  # noqa: S608
    selects = [f"SELECT count(*) FROM {table}" for table in tables]  # noqa: S608 - our own
    return [lambda sql=sql: _ask(session, outputs.athena_workgroup, sql) for sql in (*selects, inserts)]


def _ask(session: Any, workgroup: str, sql: str) -> None:
    athena = session.client("athena")
    query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(0.02)
    if status["State"] != "SUCCEEDED":
        raise RuntimeError(status["StateChangeReason"])

"""A victim and an attacker before the deployed API: every route asked for what the victim has."""

import functools
import json
import uuid
from dataclasses import dataclass, field

from embedded_aws.server import EmbeddedAws
from tests.embedded.security_kit import Answer, Headers, Tenant, event, make_tenant, send
from tools.lake import Lake
from tools.outputs import StackOutputs

BATCH = ("Content-Type", "application/cloudevents-batch+json")
MONTH = "period=2025-03"


@dataclass(frozen=True)
class Case:
    """How a route is asked for what a tenant has; `places` fill the path."""

    query: str = ""
    is_open: bool = False
    """Whether anybody may ask."""
    shows: bool = True
    """Whether a tenant's own data are in the answer."""


CASES = {
    "GET /random/strings": Case(shows=False),
    "POST /events": Case(shows=False),
    "GET /usage": Case(f"?{MONTH}"),
    "GET /invoices": Case(),
    "GET /invoices/{number}": Case(),
    "GET /invoices/{number}/lines/{line}": Case(),
    "GET /invoices/{number}/lines/{line}/rows": Case(),
    "GET /portal": Case(is_open=True, shows=False),
}
PROTECTED = [route for route, case in CASES.items() if not case.is_open]
SHOWING = [route for route, case in CASES.items() if case.shows]
OF_A_NUMBER = [route for route in CASES if "{number}" in route]


@dataclass
class World:
    """Two tenants before the API, the second an attacker; and every request that was not the first's own."""

    outputs: StackOutputs
    victim: Tenant
    attacker: Tenant
    sent: list[Answer] = field(default_factory=list)

    def ask(
        self,
        route: str,
        token: str | None,
        *,
        of: Tenant,
        query: str | None = None,
        headers: Headers = (),
        **places: str,
    ) -> Answer:
        """Ask for what a tenant has."""
        method, path = route.split(" ")
        filled = {"number": of.number, "line": str(of.calls_line), **places}
        for name, value in filled.items():
            path = path.replace(f"{{{name}}}", value)
        body = json.dumps([event(f"{of.mark}-{uuid.uuid4()}")]).encode() if method == "POST" else None
        given = [*headers, *([] if token is None else [("Authorization", token)]), *([BATCH] if body else [])]
        asked = CASES[route].query if query is None else query
        answer = send(f"{self.outputs.rest_api_url}{path}{asked}", method, given, body)
        if token != self.victim.token:
            self.sent.append(answer)
        return answer

    def shown(self, answer: Answer) -> bytes:
        """Give all that an answer leads to: itself, and the file behind a link in it."""
        if answer.status == 200 and b'"url"' in answer.body:
            return answer.body + send(answer.json()["url"]).body
        return answer.body + json.dumps(dict(answer.headers)).encode()

    def sees_nothing(self, answer: Answer) -> bool:
        shown = self.shown(answer)
        return self.victim.mark.encode() not in shown and self.victim.number.encode() not in shown

    def check_bills(self, aws: EmbeddedAws) -> None:
        """Demand that no request but the victim's own is a row of the victim's."""
        aws.firehose.flush()
        listed = ", ".join(f"'{one.id}'" for one in self.sent if one.id)
        rows = Lake(self.outputs).query(
            f"SELECT DISTINCT tenant_id FROM {self.outputs.table} WHERE extended_request_id IN ({listed})"  # noqa: S608
        )
        found = {row["tenant_id"] for row in rows}
        assert {None, self.attacker.id} <= found
        assert self.victim.id not in found


@functools.cache
def world_of(outputs: StackOutputs) -> World:
    """Give the two tenants of a stack, made once. The attacker's name begins as the victim's does."""
    name = uuid.uuid4().hex[:8]
    number = int(name[:4], 16)
    return World(
        outputs,
        make_tenant(outputs, name, f"INV-2025-{number:06}"),
        make_tenant(outputs, f"{name}#INVOICE", f"INV-2025-{number + 100_000:06}"),
    )

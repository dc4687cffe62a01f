"""Bills of a few tenants in memory, and requests of their customers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.void import Voider
from tests.unit.billing.world import World, at

NOW = "2027-02-10T12:00:00"
EPOCH_MS = int(at(NOW).timestamp() * 1000)


def event(
    tenant_id: str | None = "acme", *, resource: str = "", query: Mapping[str, str] | None = None, **keys: Any
) -> Any:
    """A proxy event; further keys are headers, with `_` for hyphens, or path parameters if they are named so."""
    paths = {name: keys.pop(name) for name in ("number", "line") if name in keys}
    claims = {"claims": {"custom:tenant_id": tenant_id, "sub": "s"}} if tenant_id else None
    return {
        "httpMethod": "GET",
        "resource": resource,
        "pathParameters": paths or None,
        "queryStringParameters": query,
        "headers": {name.replace("_", "-"): value for name, value in keys.items()},
        "requestContext": {"requestTimeEpoch": EPOCH_MS, "authorizer": claims},
    }


def body(answer: Mapping[str, Any]) -> Any:
    """The JSON values of an answer."""
    return json.loads(answer["body"])


def problem_of(answer: Mapping[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """Status and detail of a problem, and what else it has; what all problems have is held here."""
    value = body(answer)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert (value.pop("type"), value.pop("status")) == ("about:blank", answer["statusCode"])
    assert value.pop("title")
    return answer["statusCode"], value.pop("detail"), value


@dataclass
class FakeSigner:
    """A client for S3 that signs nothing."""

    def generate_presigned_url(self, operation: str, *, Params: Mapping[str, str], ExpiresIn: int) -> str:  # noqa: N803
        return json.dumps([operation, Params, ExpiresIn])


def void(world: World, number: str, time: str, *, reissue: bool = False) -> None:
    """Take back an invoice of acme's."""
    parts = world.planner
    voider = Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)
    voider.void("acme", number, by="arn:someone", reason="price", at=at(time))
    if reissue:
        voider.reissue("acme", number)


def billed() -> World:
    """Acme: September to December 2026, September taken back and issued again, under a new prefix; other: September."""
    world = World()
    for tenant_id in ("acme", "other"):
        world.account(tenant_id, ("team", "2026-09-01", None))
    world.account("other", ("team", "2026-09-01", "2026-10-01"))
    world.calls("acme", "2026-09-10", 5)
    world.run("2026-10-04T06:00:00Z")
    world.run("2026-11-04T06:00:00Z")
    void(world, "INV-2026-000001", "2026-11-05T10:00:00", reissue=True)
    world.deploy(world.raw, invoice_prefix="BILL")
    world.run("2026-11-06T06:00:00Z")
    world.run("2026-12-04T06:00:00Z")
    world.run("2027-01-04T06:00:00Z")
    return world

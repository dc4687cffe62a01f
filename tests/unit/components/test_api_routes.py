"""Routes as resources, and a deployment that follows them."""

import asyncio
import hashlib
from typing import Any

import pulumi
import pytest

from components import MeteredApi, RouteArgs, _api_routes
from tests.unit.components.api_kit import STREAM, api, route, trigger
from tests.unit.components.fake_aws import FakeAws, arn
from tests.unit.components.harness import Deployment, deploy, run_main


def test_a_route_needs_an_id_token_and_may_invoke_one_alias_from_one_path(program: Deployment) -> None:
    function = arn("lambda", "function:random-strings-function-4444")
    assert program.one("Authorizer").inputs == {
        "restApi": "api-api-id",
        "type": "COGNITO_USER_POOLS",
        "providerArns": [arn("cognito-idp", "userpool/api-users-arn")],
        "identitySource": "method.request.header.Authorization",
    }
    assert program.one("Method", "api-method-GET/random/strings").inputs == {
        "restApi": "api-api-id",
        "resourceId": "api-resource/random/strings-id",
        "httpMethod": "GET",
        "authorization": "COGNITO_USER_POOLS",
        "authorizerId": "api-authorizer-id",
    }
    assert program.one("Integration", "api-integration-GET/random/strings").inputs == {
        "restApi": "api-api-id",
        "resourceId": "api-resource/random/strings-id",
        "httpMethod": "GET",
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": f"arn:aws-test:apigateway:eu-west-7:lambda:path/2015-03-31/functions/{function}:live/invocations",
        "timeoutMilliseconds": 29_000,
    }
    permission = dict(program.one("Permission", "api-permission-GET/random/strings").inputs)
    assert permission.pop("statementId").startswith("api-")
    assert permission == {
        "action": "lambda:InvokeFunction",
        "principal": "apigateway.amazonaws.com",
        "function": "random-strings-function-4444",
        "qualifier": "live",
        "sourceArn": arn("execute-api", "api-api-execution/v1/GET/random/strings"),
    }


def test_a_free_for_all_route_takes_no_authorizer() -> None:
    method = api(route(authorize=False)).one("Method").inputs
    assert method["authorization"] == "NONE"
    assert "authorizerId" not in method


def test_routes_share_the_resources_of_their_common_path() -> None:
    deployed = api(
        route(path="/"), route(path="/t"), route("ANY", "/t/{id}"), route("POST", "/t/{id}/x"), route(path="/p/{all+}")
    )
    assert {
        record.name: (record.inputs["parentId"], record.inputs["pathPart"]) for record in deployed.of("Resource")
    } == {
        "api-resource/p": ("api-api-root", "p"),
        "api-resource/t": ("api-api-root", "t"),
        "api-resource/p/{}": ("api-resource/p-id", "{all+}"),
        "api-resource/t/{}": ("api-resource/t-id", "{id}"),
        "api-resource/t/{}/x": ("api-resource/t/{}-id", "x"),
    }
    assert {record.name: record.inputs["resourceId"] for record in deployed.of("Method")} == {
        "api-method-GET/": "api-api-root",
        "api-method-GET/t": "api-resource/t-id",
        "api-method-ANY/t/{}": "api-resource/t/{}-id",
        "api-method-POST/t/{}/x": "api-resource/t/{}/x-id",
        "api-method-GET/p/{}": "api-resource/p/{}-id",
    }
    execution = arn("execute-api", "api-api-execution/v1")
    assert {record.inputs["sourceArn"] for record in deployed.of("Permission")} == {
        f"{execution}/GET/",
        f"{execution}/GET/t",
        f"{execution}/*/t/*",
        f"{execution}/POST/t/*/x",
        f"{execution}/GET/p/*",
    }
    assert len({record.inputs["statementId"] for record in deployed.of("Permission")}) == 5


def test_a_renamed_variable_changes_its_resource_in_place_and_redeploys() -> None:
    """API Gateway refuses a second variable below one parent, and Pulumi makes new resources before it deletes old."""
    old, new = (api(route(path=f"/t/{{{variable}}}/x")) for variable in ("id", "name"))
    assert {record.name for record in old.records} == {record.name for record in new.records}
    parts = [run.one("Resource", "api-resource/t/{}").inputs["pathPart"] for run in (old, new)]
    assert parts == ["{id}", "{name}"]
    assert trigger(old) != trigger(new)


def test_a_permission_for_another_source_has_an_id_of_its_own() -> None:
    """Pulumi adds the new permission before it takes the old one away; Lambda refuses a second one of the same id."""
    ids = [api(route(), stage_name=stage).one("Permission").inputs["statementId"] for stage in ("v1", "v2", "v1")]
    digest = hashlib.sha256(arn("execute-api", "api-api-execution/v1/GET/a").encode()).hexdigest()[:16]
    assert ids[0] == ids[2] == f"api-{digest}"
    assert ids[1] != ids[0]


def test_the_deployment_waits_for_all_that_a_call_needs() -> None:
    deployed = api(route(), route("POST", "/b"))
    assert set(deployed.one("Deployment").depends_on) >= {
        "api-method-GET/a",
        "api-method-POST/b",
        "api-integration-GET/a",
        "api-integration-POST/b",
        "api-permission-GET/a",
        "api-permission-POST/b",
    }
    assert deployed.one("Deployment").inputs.keys() == {"restApi", "triggers"}


BASE = (route(), route("POST", "/b"))


@pytest.mark.parametrize(
    "changed",
    [
        (route(), route("POST", "/b"), route("PUT", "/b")),
        (route(),),
        (route(), route("PATCH", "/b")),
        (route(), route("POST", "/c")),
        (route(), route("POST", "/b", authorize=False)),
        (route(), {**route("POST", "/b"), "function": arn("lambda", "function:g:live")}),
    ],
    ids=["added", "removed", "method", "path", "authorize", "function"],
)
def test_a_change_of_any_route_redeploys_the_stage(changed: Any) -> None:
    assert trigger(api(*changed)) != trigger(api(*BASE))


@pytest.mark.parametrize(
    "same",
    [BASE, tuple(reversed(BASE)), (route(), route("POST", "/b", billable=False)), (route(authorize=True), BASE[1])],
    ids=["nothing", "order", "billable", "default"],
)
def test_a_change_of_nothing_that_is_deployed_redeploys_nothing(same: Any) -> None:
    assert trigger(api(*same)) == trigger(api(*BASE))


def test_another_timeout_redeploys_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    before = trigger(api(*BASE))
    monkeypatch.setattr(_api_routes, "INTEGRATION_TIMEOUT_MS", 5_000)
    assert trigger(api(*BASE)) != before


class OtherCloud(FakeAws):
    """A cloud that computes another value for a property of one type."""

    def __init__(self, typ: str, **computed: str) -> None:
        super().__init__()
        self._typ, self._computed = typ, computed

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        made, state = super().new_resource(args)
        return made, {**state, **self._computed} if args.typ == self._typ else state


def test_another_user_pool_redeploys_the_stage(program: Deployment) -> None:
    assert trigger(run_main(fake=OtherCloud("aws:cognito/userPool:UserPool", arn="arn:other"))) != trigger(program)


def test_new_code_behind_an_alias_redeploys_nothing(program: Deployment) -> None:
    published = run_main(fake=OtherCloud("aws:lambda/function:Function", version="8"))
    assert {record.inputs["functionVersion"] for record in published.of("Alias")} == {"8"}
    assert trigger(published) == trigger(program)


def test_a_preview_does_not_know_functions_and_goes_on() -> None:
    def program() -> None:
        unknown: Any = pulumi.Output(settled(), settled(), settled(known=False))
        routes: Any = [{"method": "GET", "path": "/a", "function": unknown}]
        MeteredApi("api", {"delivery_stream_arn": STREAM, "routes": routes})

    def settled(*, known: bool = True) -> Any:
        future = asyncio.get_event_loop().create_future()
        future.set_result(set() if known else False)
        return future

    deployed = deploy(program, preview=True)
    assert deployed.names("Permission") == ["api-permission-GET/a"]


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([], r"api: routes: must have at least one route, got \[\]"),
        ([route("get")], r"api: routes: method must be ANY or one of .*, got 'get'"),
        ([route(path="a")], r"api: routes: path must be .*, got 'a'"),
        ([route(path="/a/")], r"got '/a/'"),
        ([route(path="/a b")], r"got '/a b'"),
        ([route(path="/{rest+}/a")], r"got '/\{rest\+\}/a'"),
        ([route(), route()], r"api: routes: a route may be there once, got 'GET /a' 2 times"),
        ([route(path="/t/{a}"), route(path="/t/{b}/c")], r"/t may have one variable below it, got \{a\} and \{b\}"),
    ],
    ids=["none", "method", "relative", "slash", "space", "greedy", "twice", "variables"],
)
def test_wrong_routes_stop_before_anything_is_made(routes: list[RouteArgs], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            MeteredApi("api", {"delivery_stream_arn": STREAM, "routes": routes})

    assert deploy(program).records == []


def test_a_function_without_alias_is_refused() -> None:
    unqualified: Any = {**route(), "function": arn("lambda", "function:f")}
    with pytest.raises(ValueError, match=r"route GET /a: function must be the ARN of .*alias or version, got 'arn:"):
        api(unqualified)

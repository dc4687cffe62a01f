"""The main job, whole: tenants call the deployed program's API, and every request is found again by Athena."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.conftest import Deployed
from tools import error_records, malformed, traffic
from tools.demo import expired_token
from tools.lake import Lake, TenantUsage
from tools.outputs import StackOutputs
from tools.people import User, signed_in
from tools.traffic import Answer, Call

ROWS = """\
SELECT extended_request_id AS id, tenant_id, status, billable, http_method, resource_path, error_type, api_id, stage
FROM {table} WHERE extended_request_id IN ({ids})"""


@pytest.fixture(scope="module")
def users(outputs: StackOutputs) -> Iterator[list[User]]:
    with signed_in(outputs, ("acme", "globex"), 2, "main-job") as people:
        yield people


def _ids(answers: list[Answer]) -> list[str]:
    assert [answer.problem for answer in answers if answer.problem] == []
    return [str(answer.extended_request_id) for answer in answers]


def _rows(outputs: StackOutputs, ids: list[str]) -> dict[str, dict[str, str | None]]:
    listed = ", ".join(f"'{one}'" for one in ids)
    found = Lake(outputs).query(ROWS.format(table=outputs.table, ids=listed))
    assert len(found) == len({row["id"] for row in found})
    return {str(row.pop("id")): row for row in found}


def _expired(aws: EmbeddedAws) -> Callable[[User], str]:
    return lambda user: expired_token(aws.url, user)


def test_every_request_is_a_row_that_says_what_happened(
    aws: EmbeddedAws, outputs: StackOutputs, users: list[User]
) -> None:
    calls = traffic.plan(users, 60, _expired(aws))
    answers = list(traffic.send(outputs.rest_api_url, calls))
    assert [answer.status for answer in answers] == [answer.call.expected_status for answer in answers]
    aws.firehose.flush()
    api_id, stage = outputs.rest_api_url.split("/")[-2:]
    assert _rows(outputs, _ids(answers)) == {
        answer.extended_request_id: {
            "tenant_id": answer.call.tenant,
            "status": str(answer.status),
            "billable": "true" if answer.status == 200 else "false",
            "http_method": "GET",
            "resource_path": "/random/strings",
            "error_type": "UNAUTHORIZED" if answer.status == 401 else None,
            "api_id": api_id,
            "stage": stage,
        }
        for answer in answers
    }


@pytest.mark.soak
def test_two_thousand_requests_by_eight_clients_are_two_thousand_rows(
    aws: EmbeddedAws, outputs: StackOutputs, users: list[User]
) -> None:
    calls = [Call("good", "/random/strings?len=4", users[number % 4].id_token, 200, None) for number in range(2000)]
    answers = list(traffic.send(outputs.rest_api_url, calls, clients=8))
    aws.firehose.flush()
    rows = _rows(outputs, _ids(answers))
    # The stage's throttle may refuse some: a refused request is a row as well.
    assert {answer.extended_request_id: str(answer.status) for answer in answers} == {
        one: row["status"] for one, row in rows.items()
    }
    assert len(rows) == 2000


def test_malformed_records_are_in_the_error_bucket_with_their_original_bytes_and_a_reason(
    aws: EmbeddedAws, outputs: StackOutputs
) -> None:
    since, run_id = datetime.now(UTC), "malformed-run"
    sent = malformed.records(run_id)
    malformed.put(outputs, sent)
    aws.firehose.flush()
    found = error_records.read(outputs, since, lambda raw: run_id.encode() in raw)
    assert sorted((record.raw, record.code) for record in found) == sorted(
        (raw, "Lambda.ProcessingFailedStatus") for raw in sent
    )
    assert {tuple(record.key.split("/")[:2]) for record in found} == {("errors", "processing-failed")}
    reasons = error_records.transform_reasons(outputs, since)
    assert reasons == {
        "NotJson": 1,
        "NotAnObject": 1,
        "MissingKey": 1,
        "UnknownVersion": 1,
        "UnknownKey": 1,
        "DuplicateKey": 1,
        "NotUtf8": 1,
    }


def test_usage_per_tenant_counts_a_request_once_though_it_was_delivered_twice(
    aws: EmbeddedAws, outputs: StackOutputs, users: list[User]
) -> None:
    since = datetime.now(UTC)
    calls = [Call("good", "/random/strings?len=4&num=1", user.id_token, 200, None) for user in users]
    answers = list(traffic.send(outputs.rest_api_url, calls))
    firehose = outputs.session().client("firehose")
    line = {
        "v": "1",
        "request_time_epoch": str(int(time.time() * 1000)),
        "extended_request_id": "twice=",
        "request_id": "r",
        "status": "200",
        "tenant_id": "acme",
        "user": "u",
        "response_length": "10",
    }
    for _ in range(2):
        firehose.put_record(DeliveryStreamName=outputs.delivery_stream_name, Record={"Data": json.dumps(line).encode()})
    aws.firehose.flush()
    ids = [*_ids(answers), "twice="]
    assert Lake(outputs).count(ids, since).rows == len(ids) + 1
    assert Lake(outputs).usage(ids, since) == [
        TenantUsage("acme", 3, 3, 3, 2 * 8 + 10),
        TenantUsage("globex", 2, 2, 2, 2 * 8),
    ]


def test_a_user_cannot_move_to_another_tenants_bill(outputs: StackOutputs) -> None:
    cognito: Any = outputs.session().client("cognito-idp")
    tenant = {"Name": "custom:tenant_id", "Value": "globex"}
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        cognito.sign_up(
            ClientId=outputs.user_pool_client_id,
            Username="thief@example.com",
            Password="Correct-horse-1!",
            UserAttributes=[{"Name": "email", "Value": "thief@example.com"}, tenant],
        )
    password = "Correct-horse-1!"
    cognito.sign_up(
        ClientId=outputs.user_pool_client_id,
        Username="honest@example.com",
        Password=password,
        UserAttributes=[{"Name": "email", "Value": "honest@example.com"}],
    )
    cognito.admin_confirm_sign_up(UserPoolId=outputs.user_pool_id, Username="honest@example.com")
    tokens = cognito.initiate_auth(
        ClientId=outputs.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "honest@example.com", "PASSWORD": password},
    )
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        cognito.update_user_attributes(
            AccessToken=tokens["AuthenticationResult"]["AccessToken"], UserAttributes=[tenant]
        )


def test_a_user_without_a_tenant_is_its_own(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    cognito: Any = outputs.session().client("cognito-idp")
    email, password = "alone@example.com", "Correct-horse-1!"
    subject = cognito.sign_up(
        ClientId=outputs.user_pool_client_id,
        Username=email,
        Password=password,
        UserAttributes=[{"Name": "email", "Value": email}],
    )["UserSub"]
    cognito.admin_confirm_sign_up(UserPoolId=outputs.user_pool_id, Username=email)
    token = cognito.initiate_auth(
        ClientId=outputs.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    call = Call("good", "/random/strings", token["AuthenticationResult"]["IdToken"], 200, subject)
    answers = list(traffic.send(outputs.rest_api_url, [call]))
    aws.firehose.flush()
    [row] = _rows(outputs, _ids(answers)).values()
    assert (row["tenant_id"], row["billable"]) == (subject, "true")


def test_another_existing_api_is_metered_by_its_stages_access_log(
    aws: EmbeddedAws, outputs: StackOutputs, deployed: Deployed
) -> None:
    gateway: Any = outputs.session().client("apigateway")
    api = gateway.create_rest_api(name="existing")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    place = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(**place, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    gateway.put_method_response(**place, statusCode="200")
    gateway.put_integration_response(**place, statusCode="200")
    gateway.create_deployment(restApiId=api, stageName="live")
    gateway.update_stage(
        restApiId=api,
        stageName="live",
        patchOperations=[
            {
                "op": "replace",
                "path": "/accessLogSettings/destinationArn",
                "value": deployed.exports["delivery_stream_arn"],
            },
            {"op": "replace", "path": "/accessLogSettings/format", "value": deployed.exports["access_log_format"]},
        ],
    )
    url = f"{aws.url}/_aws/execute-api/{api}/live"
    answers = list(traffic.send(url, [Call("good", "/", None, 200, None)]))
    assert [answer.status for answer in answers] == [200]
    aws.firehose.flush()
    assert list(_rows(outputs, _ids(answers)).values()) == [
        {
            "tenant_id": None,
            "status": "200",
            "billable": "false",
            "http_method": "GET",
            "resource_path": "/",
            "error_type": None,
            "api_id": api,
            "stage": "live",
        }
    ]

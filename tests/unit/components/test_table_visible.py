"""Tables are waited for until Glue sees them."""

import pytest

from components._ensure.table_visible import TableVisibleProvider, wait_until_visible
from tests.unit.components.table_kit import SEEN, VISIBLE, Aws, Clock


def visible_provider(aws: Aws) -> TableVisibleProvider:
    provider = TableVisibleProvider()
    provider.client = aws.client  # type: ignore[method-assign,assignment]
    return provider


def test_waiting_ends_when_glue_sees_the_table(aws: Aws) -> None:
    clock = Clock()
    for _ in range(3):
        aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException", expected_params=SEEN)
    aws.stubs["glue"].add_response("get_table", {"Table": {"Name": "t"}}, SEEN)
    wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 15


def test_a_source_that_does_not_answer_yet_is_waited_for(aws: Aws) -> None:
    clock = Clock()
    for error in ("FederationSourceRetryableException", "OperationTimeoutException", "ResourceNotReadyException"):
        aws.stubs["glue"].add_client_error("get_table", error, expected_params=SEEN)
    aws.stubs["glue"].add_response("get_table", {"Table": {"Name": "t"}}, SEEN)
    wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 15


def test_waiting_is_given_up_after_a_quarter_of_an_hour(aws: Aws) -> None:
    clock = Clock()
    for _ in range(181):
        aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException")
    with pytest.raises(
        TimeoutError, match=r"Glue does not see table ns\.t in catalog 1:s3tablescatalog/lake after 900 s"
    ):
        wait_until_visible(aws.client("glue"), VISIBLE, sleep=clock.sleep, clock=clock)
    assert clock.now == 900


def test_denied_is_not_waited_for(aws: Aws) -> None:
    aws.stubs["glue"].add_client_error("get_table", "AccessDeniedException")
    with pytest.raises(aws.client("glue").exceptions.AccessDeniedException):
        visible_provider(aws).create(dict(VISIBLE))


def test_the_wait_is_a_resource_that_is_gone_when_the_table_is(aws: Aws) -> None:
    provider = visible_provider(aws)
    seen = {"Table": {"Name": "t"}}
    for _ in range(3):
        aws.stubs["glue"].add_response("get_table", seen, SEEN)
    made = provider.create(dict(VISIBLE))
    assert (made.id, made.outs) == ("1:s3tablescatalog/lake/ns/t", VISIBLE)
    assert provider.update(made.id, {}, dict(VISIBLE)).outs == VISIBLE
    assert provider.read(made.id, dict(VISIBLE)).outs == VISIBLE
    assert provider.diff(made.id, VISIBLE, VISIBLE).changes is False
    assert provider.diff(made.id, VISIBLE, {**VISIBLE, "table_name": "u"}).changes is True
    aws.stubs["glue"].add_client_error("get_table", "EntityNotFoundException")
    assert provider.read(made.id, dict(VISIBLE)).id is None

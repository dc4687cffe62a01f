"""What the engine remembers, and values on their way through it."""

from pathlib import Path
from typing import Any

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import rpc

from embedded_aws.engine.archives import zip_bytes
from embedded_aws.engine.registration import Registration
from embedded_aws.engine.state import ResourceState, State, dependents_first, needed_by
from embedded_aws.engine.values import has_unknowns, unwrap, with_archives, wrap


def resource(urn: str, *needs: str, parent: str = "") -> ResourceState:
    return ResourceState(urn, "t", urn, parent, urn, {}, {}, frozenset(needs))


def test_resources_are_kept_in_the_order_in_which_they_were_last_put() -> None:
    state = State()
    for urn in ("a", "b", "c", "a"):
        state.put(resource(urn))
    assert [one.urn for one in state.all()] == ["b", "c", "a"]


def test_dependents_go_first_even_when_they_are_older() -> None:
    stage, deployment, api, child = resource("s", "d"), resource("d", "a"), resource("a"), resource("c", parent="a")
    order = dependents_first([stage, child, api, deployment])
    assert [one.urn for one in order] == ["s", "d", "c", "a"]
    assert [one.urn for one in dependents_first([resource("a"), resource("b"), resource("c")])] == ["c", "b", "a"]


def test_a_successor_takes_the_place_and_the_old_one_waits() -> None:
    state, old, new = State(), resource("a"), resource("a")
    state.put(old)
    state.supersede(old, new)
    assert (state.get("a"), state.superseded()) == (new, [old])
    state.forget(old)
    assert (state.get("a"), state.superseded()) == (new, [])
    state.forget(new)
    assert state.all() == []


def test_an_alias_hands_a_resource_over() -> None:
    state = State()
    state.put(resource("old"))
    state.rename("old", "new")
    assert [one.urn for one in state.all()] == ["new"]


def test_what_something_needs_includes_parents_and_goes_on() -> None:
    everything = [resource("p"), resource("a"), resource("b", "a", parent="p"), resource("c", "b"), resource("d")]
    assert needed_by([everything[3]], everything) == {"a", "b", "c", "p", ""}
    assert needed_by([], everything) == set()


def test_ignored_changes_take_what_was_registered_last() -> None:
    old = ResourceState("u", "t", "n", "", "i", {"a": 1, "b": {"c": 2, "d": 3}}, {})
    wanted = Registration(
        "u", "t", "n", "", {"a": 9, "b": {"c": 9, "d": 9}, "new": 9}, ignore_changes=("a", "b.c", "new")
    )
    assert wanted.inputs_over(old) == {"a": 1, "b": {"c": 2, "d": 9}}
    assert wanted.inputs_over(None) == {"a": 9, "b": {"c": 9, "d": 9}, "new": 9}
    assert wanted.inputs["b"] == {"c": 9, "d": 9}


def test_secrets_are_unwrapped_at_any_depth_and_wrapped_again_at_the_top() -> None:
    wrapped: dict[str, Any] = {"a": rpc.wrap_rpc_secret({"b": 1}), "c": [rpc.wrap_rpc_secret(2)], "d": 3}
    plain, secret = unwrap(wrapped)
    assert (plain, secret) == ({"a": {"b": 1}, "c": [2], "d": 3}, {"a"})
    assert wrap({"a": 1, "d": 3, "e": None}, secret) == {"a": rpc.wrap_rpc_secret(1), "d": 3}


def test_unknowns_are_found_at_any_depth() -> None:
    value = {"a": [{"b": Unknown()}], "c": 1}
    assert (has_unknowns(value), has_unknowns({"a": [1]})) == (True, False)


def test_archives_and_assets_become_bytes(tmp_path: Path) -> None:
    archive = pulumi.AssetArchive({"a": pulumi.StringAsset("a")})
    value = with_archives({"code": archive, "more": [pulumi.StringAsset("b")], "n": 1}, tmp_path)
    assert value == {"code": zip_bytes(archive, tmp_path), "more": [b"b"], "n": 1}

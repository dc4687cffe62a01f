"""What a deployment decides, with a provider of the test's own instead of AWS."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.engine import DeploymentError, Kind, Operation, ProtectedError, ResourceEvent
from embedded_aws.engine.deployment import Deployment
from embedded_aws.engine.protocol import Diff
from embedded_aws.engine.registration import Registration
from embedded_aws.engine.state import ResourceState, State
from embedded_aws.resources.diff import changed_paths


class Cloud:
    """A provider, and the table of providers: `label` replaces, `first` makes it delete before, `fail` raises."""

    folder = Path()
    replace_on = frozenset({"label", "needs"})

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count()
        self.log: list[str] = []
        self.broken: set[str] = set()

    def of(self, _: str) -> "Cloud":
        return self

    def check(self, _: ResourceState | None, news: dict[str, Any]) -> dict[str, Any]:
        return news

    def diff(self, old: ResourceState, news: Mapping[str, Any]) -> Diff:
        changed = changed_paths(old.inputs, news)
        return Diff(changed, bool(changed & self.replace_on), bool(news.get("first")))

    def create(self, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self._do("create", name)
        id_ = f"{name}-{next(self.numbers)}"
        self.things[id_] = inputs
        return id_, {**inputs, "arn": f"arn:{id_}"}

    def read(self, old: ResourceState) -> dict[str, Any] | None:
        return self.things.get(old.id)

    def update(self, old: ResourceState, news: dict[str, Any]) -> dict[str, Any]:
        self._do("update", old.name)
        self.things[old.id] = news
        return {**news, "arn": f"arn:{old.id}"}

    def delete(self, old: ResourceState) -> None:
        self._do("delete", old.name)
        del self.things[old.id]

    def secret_outputs(self) -> frozenset[str]:
        return frozenset()

    def _do(self, what: str, name: str) -> None:
        if name in self.broken:
            raise RuntimeError(f"{name} is broken")
        self.log.append(f"{what} {name}")


class Run:
    """One state and one cloud over several deployments."""

    def __init__(self) -> None:
        self.cloud, self.state = Cloud(), State()
        self.events: list[ResourceEvent] = []

    def up(self, *wanted: Registration) -> dict[str, str]:
        self.cloud.log.clear()
        deployment = Deployment(self.state, self.cloud, self.events.append)  # type: ignore[arg-type]
        for one in wanted:
            deployment.register(one)
        deployment.finish()
        return {urn: str(operation) for urn, operation in deployment.changes.items()}


def thing(name: str, *, needs: str = "", **more: Any) -> Registration:
    options = {key: more.pop(key) for key in ("protect", "retain_on_delete", "delete_before_replace") if key in more}
    depends = {"needs": frozenset({needs})} if needs else {}
    options |= {"dependencies": frozenset(depends and {needs}), "property_dependencies": depends}
    return Registration(name, "t:t:T", name, "", more, **options)


@pytest.fixture
def run() -> Run:
    return Run()


def test_nothing_is_done_twice(run: Run) -> None:
    assert run.up(thing("a"), thing("b", needs="a", size=1)) == {"a": "create", "b": "create"}
    assert run.up(thing("a"), thing("b", needs="a", size=1)) == {"a": "same", "b": "same"}
    assert run.up(thing("a"), thing("b", needs="a", size=2)) == {"a": "same", "b": "update"}
    assert run.cloud.log == ["update b"]


def test_a_successor_comes_before_the_old_one_goes(run: Run) -> None:
    run.up(thing("a", label="1"))
    assert run.up(thing("a", label="2"), thing("b")) == {"a": "replace", "b": "create"}
    assert run.cloud.log == ["create a", "create b", "delete a"]
    assert (run.state.superseded(), len(run.cloud.things)) == ([], 2)


@pytest.mark.parametrize("options", [{"first": True}, {"delete_before_replace": True}])
def test_deleting_first_takes_along_what_cannot_outlive_it(run: Run, options: dict[str, Any]) -> None:
    run.up(thing("a", label="1", **options), thing("b", needs="a"), thing("c", needs="b"), thing("d"))
    changes = run.up(thing("a", label="2", **options), thing("b", needs="a"), thing("c", needs="b"), thing("d"))
    assert changes == {"a": "replace", "b": "replace", "c": "replace", "d": "same"}
    assert run.cloud.log == ["delete c", "delete b", "delete a", "create a", "create b", "create c"]


def test_the_option_wins_over_the_provider(run: Run) -> None:
    run.up(thing("a", label="1", first=True))
    run.up(thing("a", label="2", first=True, delete_before_replace=False))
    assert run.cloud.log == ["create a", "delete a"]


def test_what_is_gone_from_the_program_goes_dependents_first(run: Run) -> None:
    run.up(thing("a"), thing("b", needs="a"), thing("c", needs="b"))
    assert run.up(thing("a")) == {"a": "same", "b": "delete", "c": "delete"}
    assert run.cloud.log == ["delete c", "delete b"]


def test_a_failed_deletion_keeps_what_it_needs_and_the_rest_goes_on(run: Run) -> None:
    run.up(thing("a"), thing("b", needs="a"), thing("c"))
    run.cloud.broken = {"b"}
    with pytest.raises(DeploymentError, match="b: delete failed: b is broken"):
        run.up()
    assert [one.urn for one in run.state.all()] == ["a", "b"]
    run.cloud.broken.clear()
    assert run.up() == {"a": "delete", "b": "delete"}


def test_a_failed_creation_leaves_the_others_to_go_on_from(run: Run) -> None:
    run.cloud.broken = {"b"}
    with pytest.raises(DeploymentError, match=r"^b: create failed: b is broken$") as caught:
        run.up(thing("a"), thing("b", needs="a"))
    assert [failure.operation for failure in caught.value.failures] == [Operation.CREATE]
    run.cloud.broken.clear()
    assert run.up(thing("a"), thing("b", needs="a")) == {"a": "same", "b": "create"}


def test_a_failed_update_keeps_the_old_state(run: Run) -> None:
    run.up(thing("a", size=1))
    run.cloud.broken = {"a"}
    with pytest.raises(DeploymentError, match=r"^a: update failed"):
        run.up(thing("a", size=2))
    run.cloud.broken.clear()
    assert run.up(thing("a", size=2)) == {"a": "update"}


def test_protection_stops_deletion_and_replacement_but_no_update(run: Run) -> None:
    run.up(thing("a", label="1", size=1, protect=True))
    with pytest.raises(ProtectedError, match="no longer in the program, but protected: a"):
        run.up()
    with pytest.raises(DeploymentError, match="it is protected, and label cannot change in place"):
        run.up(thing("a", label="2", size=1, protect=True))
    assert run.up(thing("a", label="1", size=2, protect=True)) == {"a": "update"}
    assert run.up(thing("a", label="1", size=2)) == {"a": "same"}
    assert run.up() == {"a": "delete"}


def test_something_protected_is_not_taken_along_by_a_deletion(run: Run) -> None:
    run.up(thing("a", label="1", first=True), thing("b", needs="a", protect=True))
    with pytest.raises(DeploymentError, match="b is protected, and has to be deleted to replace a"):
        run.up(thing("a", label="2", first=True), thing("b", needs="a", protect=True))
    assert len(run.cloud.things) == 2


def test_what_is_retained_is_forgotten_not_deleted(run: Run) -> None:
    run.up(thing("a", retain_on_delete=True))
    assert (run.up(), len(run.cloud.things), run.state.all()) == ({"a": "delete"}, 1, [])


def test_events_tell_start_and_end_or_failure(run: Run) -> None:
    run.up(thing("a"))
    run.cloud.broken = {"b"}
    with pytest.raises(DeploymentError):
        run.up(thing("a"), thing("b"))
    told = [(event.name, event.kind, event.operation, event.error) for event in run.events]
    assert told == [
        ("a", Kind.STARTED, Operation.CREATE, None),
        ("a", Kind.DONE, Operation.CREATE, None),
        ("a", Kind.STARTED, Operation.SAME, None),
        ("a", Kind.DONE, Operation.SAME, None),
        ("b", Kind.STARTED, Operation.CREATE, None),
        ("b", Kind.FAILED, Operation.CREATE, "b is broken"),
    ]


def test_a_dry_run_decides_and_does_nothing(run: Run) -> None:
    run.up(thing("a", label="1", first=True), thing("b", needs="a"), thing("c"))
    run.cloud.log.clear()
    deployment = Deployment(run.state, run.cloud, None, dry_run=True)  # type: ignore[arg-type]
    for one in (thing("a", label="2", first=True), thing("b", needs="a"), thing("d")):
        deployment.register(one)
    deployment.finish()
    assert deployment.changes == {
        "a": Operation.REPLACE,
        "b": Operation.SAME,
        "c": Operation.DELETE,
        "d": Operation.CREATE,
    }
    assert run.cloud.log == []
    assert [one.urn for one in run.state.all()] == ["a", "b", "c"]

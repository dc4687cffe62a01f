"""One run of a program against what exists: decides for each registration what to do, and does it."""

import threading
import time
from collections.abc import Callable
from typing import Any

from embedded_aws.engine.errors import DeploymentError, Failure, ProtectedError, ResourceError
from embedded_aws.engine.events import Kind, OnEvent, Operation, Reporter
from embedded_aws.engine.protocol import Diff, Provider
from embedded_aws.engine.providers import Providers
from embedded_aws.engine.registration import Registration
from embedded_aws.engine.state import ResourceState, State, dependents_first, needed_by
from embedded_aws.engine.values import with_archives


class Deployment:
    """Brings a stack's resources to what its program registers.

    Args:
        state: what exists; changed as the deployment goes on, so that a failed one can be continued.
        providers: who carries things out.
        on_event: told of each step.
        dry_run: a preview: decide, but carry out nothing.
    """

    def __init__(self, state: State, providers: Providers, on_event: OnEvent | None, *, dry_run: bool = False) -> None:
        self.state, self._providers, self._dry_run = state, providers, dry_run
        self._reporter = Reporter(on_event)
        self._lock = threading.Lock()
        self._registered: set[str] = set()
        self._deleted_first: set[str] = set()
        self.changes: dict[str, Operation] = {}
        self.failures: list[Failure] = []

    def register(self, wanted: Registration) -> ResourceState:
        """Carry out a registration; called from several threads.

        Raises:
            DeploymentError: it failed, or another did and nothing more is begun.
        """
        if self.failures:
            raise DeploymentError(self.failures)
        try:
            return self._register_custom(wanted) if wanted.custom else self._register_component(wanted)
        except DeploymentError:
            raise
        except Exception as error:  # whatever it is, it is reported with the resource's URN
            self._fail(wanted, Operation.CREATE, error, 0.0)
            raise DeploymentError(self.failures) from error

    def complete(self, component: Registration, seconds: float) -> None:
        """Note that a component has registered all of its children."""
        self._reporter.tell(Kind.DONE, self.changes[component.urn], component, seconds)

    def secret_outputs(self, wanted: Registration) -> frozenset[str]:
        """Outputs of a resource that its provider marks as secret."""
        return self._providers.of(wanted.type).secret_outputs() if wanted.custom else frozenset()

    def look_up(self, token: str, id_: str) -> dict[str, Any]:
        """Read a resource that belongs to somebody else.

        Raises:
            ResourceError: there is none.
        """
        found = self._providers.of(token).read(ResourceState("", token, "", "", id_, {}, {}))
        if found is None:
            raise ResourceError(f"there is no {token} with the id {id_}")
        return found

    def finish(self) -> None:
        """Delete what has a successor and what the program no longer registers, dependents first.

        Raises:
            ProtectedError: something to delete is protected; nothing is deleted then.
            DeploymentError: a deletion failed; the others were carried out.
        """
        gone = [one for one in self.state.all() if one.urn not in self._registered]
        protected = [one.urn for one in gone if one.protect]
        if protected:
            raise ProtectedError(f"no longer in the program, but protected: {', '.join(protected)}")
        self.delete([*self.state.superseded(), *gone])

    def delete(self, resources: list[ResourceState]) -> None:
        """Delete resources, dependents first, skipping what a failed one still needs.

        Raises:
            DeploymentError: a deletion failed.
        """
        kept: list[ResourceState] = []
        for resource in dependents_first(resources):
            if resource.urn in needed_by(kept, self.state.all()):
                continue
            if not self._delete(resource):
                kept.append(resource)
        if self.failures:
            raise DeploymentError(self.failures)

    def _register_component(self, wanted: Registration) -> ResourceState:
        old = self._old(wanted)
        self.changes[wanted.urn] = Operation.SAME if old else Operation.CREATE
        component = wanted.state("", {}, {})
        if not self._dry_run:
            self.state.put(component)
        self._reporter.tell(Kind.STARTED, self.changes[wanted.urn], wanted)
        return component

    def _register_custom(self, wanted: Registration) -> ResourceState:
        old = self._old(wanted)
        provider = self._providers.of(wanted.type)
        given = with_archives(wanted.inputs_over(old), self._providers.folder)
        inputs = provider.check(old, given)
        if old is None:
            operation = Operation.REPLACE if wanted.urn in self._deleted_first else Operation.CREATE
            return self._step(operation, wanted, lambda: self._create(wanted, provider, inputs))
        diff = provider.diff(old, inputs)
        forced = any(path.split(".")[0] in wanted.replace_on_changes for path in diff.changed)
        if not diff.changed:
            return self._step(Operation.SAME, wanted, lambda: self._keep(wanted, old, inputs, old.outputs))
        if not (diff.replaces or forced):
            return self._step(Operation.UPDATE, wanted, lambda: self._update(wanted, provider, old, inputs))
        if old.protect:
            raise ProtectedError(f"it is protected, and {', '.join(sorted(diff.changed))} cannot change in place")
        return self._step(Operation.REPLACE, wanted, lambda: self._replace(wanted, provider, old, inputs, diff))

    def _create(self, wanted: Registration, provider: Provider, inputs: dict[str, Any]) -> ResourceState:
        if self._dry_run:
            return wanted.state("", inputs, inputs)
        id_, outputs = provider.create(wanted.name, inputs)
        made = wanted.state(id_, inputs, outputs)
        self.state.put(made)
        return made

    def _keep(
        self, wanted: Registration, old: ResourceState, inputs: dict[str, Any], outputs: dict[str, Any]
    ) -> ResourceState:
        kept = wanted.state(old.id, inputs, outputs)
        if not self._dry_run:
            self.state.put(kept)
        return kept

    def _update(
        self, wanted: Registration, provider: Provider, old: ResourceState, inputs: dict[str, Any]
    ) -> ResourceState:
        # In a preview what AWS would compute is taken to stay as it is.
        outputs = {**old.outputs, **inputs} if self._dry_run else provider.update(old, inputs)
        return self._keep(wanted, old, inputs, outputs)

    def _replace(
        self, wanted: Registration, provider: Provider, old: ResourceState, inputs: dict[str, Any], diff: Diff
    ) -> ResourceState:
        explicit = wanted.delete_before_replace
        if self._dry_run or not (diff.delete_first if explicit is None else explicit):
            id_, outputs = ("", inputs) if self._dry_run else provider.create(wanted.name, inputs)
            new = wanted.state(id_, inputs, outputs)
            if not self._dry_run:
                self.state.supersede(old, new)
            return new
        for one in [*reversed(self._replaced_with(old)), old]:
            if one.protect:
                raise ProtectedError(f"{one.urn} is protected, and has to be deleted to replace {old.urn}")
            if not self._delete(one, Operation.REPLACE):
                raise DeploymentError(self.failures)
            self._deleted_first.add(one.urn)
        return self._create(wanted, provider, inputs)

    def _replaced_with(self, old: ResourceState) -> list[ResourceState]:
        """What cannot stay when a resource goes away first: those whose input from it cannot change in place."""
        going, found = {old.urn}, []
        for one in self.state.all():
            if not one.custom or one.urn == old.urn:
                continue
            replace_on = self._providers.of(one.type).replace_on
            if any(urns & going for key, urns in one.property_dependencies.items() if key in replace_on):
                going.add(one.urn)
                found.append(one)
        return found

    def _delete(self, resource: ResourceState, operation: Operation = Operation.DELETE) -> bool:
        """Delete one; gives whether it is gone."""
        if self._dry_run or not resource.custom:
            self.changes.setdefault(resource.urn, operation)
            if not self._dry_run:
                self.state.forget(resource)
            return True
        started = time.monotonic()
        self._reporter.tell(Kind.STARTED, operation, resource)
        try:
            if not resource.retain_on_delete:
                self._providers.of(resource.type).delete(resource)
        except Exception as error:  # noqa: BLE001 - reported with the URN; the other deletions go on
            self._fail(resource, operation, error, time.monotonic() - started)
            return False
        self.state.forget(resource)
        self.changes.setdefault(resource.urn, operation)
        self._reporter.tell(Kind.DONE, operation, resource, time.monotonic() - started)
        return True

    def _step(self, operation: Operation, wanted: Registration, action: Callable[[], ResourceState]) -> ResourceState:
        started = time.monotonic()
        self._reporter.tell(Kind.STARTED, operation, wanted)
        try:
            done = action()
        except Exception as error:
            if not isinstance(error, DeploymentError):
                self._fail(wanted, operation, error, time.monotonic() - started)
            raise DeploymentError(self.failures) from error
        self.changes[wanted.urn] = operation
        self._reporter.tell(Kind.DONE, operation, wanted, time.monotonic() - started)
        return done

    def _old(self, wanted: Registration) -> ResourceState | None:
        with self._lock:
            if wanted.urn in self._registered:
                raise ResourceError("duplicate resource URN: give each resource of a type its own name")
            self._registered.add(wanted.urn)
        for alias in wanted.aliases:
            if self.state.get(wanted.urn) is None and self.state.get(alias) is not None:
                self.state.rename(alias, wanted.urn)
        return self.state.get(wanted.urn)

    def _fail(self, what: Registration | ResourceState, operation: Operation, error: Exception, seconds: float) -> None:
        self.failures.append(Failure(what.urn, operation, error))
        self._reporter.tell(Kind.FAILED, operation, what, seconds, str(error))

"""A stack of a Pulumi project in the embedded AWS: up, preview, refresh, destroy."""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.engine.config import Project, read_project
from embedded_aws.engine.deployment import Deployment
from embedded_aws.engine.errors import DeploymentError, EngineError, ProtectedError, UnknownTypeError
from embedded_aws.engine.events import OnEvent, Operation
from embedded_aws.engine.monitor import Monitor
from embedded_aws.engine.program import run_program, surroundings
from embedded_aws.engine.providers import Providers
from embedded_aws.engine.state import ResourceState, State, needed_by
from embedded_aws.engine.values import has_unknowns
from embedded_aws.resources import INVOKES
from embedded_aws.session import EmbeddedSession


@dataclass(frozen=True)
class UpResult:
    """What an operation did.

    Attributes:
        exports: the program's exports, secrets in plain; empty after a refresh or a destroy.
        secret_exports: the exports that must not be shown.
        changes: URN -> what was done to it, components included.
        seconds: how long it took.
    """

    exports: Mapping[str, Any]
    secret_exports: frozenset[str]
    changes: Mapping[str, Operation]
    seconds: float

    @property
    def counts(self) -> dict[Operation, int]:
        """How many resources each operation was done to."""
        return dict(Counter(self.changes.values()))


class Stack:
    """Deploys an unmodified Pulumi program; remembers between its calls what exists.

    Args:
        project_dir: the folder with `Pulumi.yaml`.
        stack_name: whose `Pulumi.<stack>.yaml` counts.
        session: reaches the embedded AWS; dynamic providers do, as the same identity, by the usual AWS_* variables.
        on_event: told of each step of each resource.
        config: `namespace:key` -> text that goes above the stack's file.
    """

    def __init__(
        self,
        project_dir: Path,
        stack_name: str,
        session: EmbeddedSession,
        on_event: OnEvent | None = None,
        config: Mapping[str, str] | None = None,
    ) -> None:
        self._folder, self._name = project_dir.resolve(), stack_name
        self._session, self._on_event, self._config = session, on_event, dict(config or {})
        self._state = State()

    @property
    def resources(self) -> list[ResourceState]:
        """What exists, oldest first."""
        return self._state.all()

    def up(self) -> UpResult:
        """Run the program and bring what exists to what it registers.

        Raises:
            ConfigError: the project's or the stack's file does not fit.
            ProgramError: the program stopped.
            DeploymentError: resources failed; what was made stays, and a further `up` goes on from there.
            ProtectedError: something protected would have been deleted.
        """
        return self._deploy(dry_run=False)

    def preview(self) -> UpResult:
        """Run the program and tell what `up` would do; exports that only `up` can know are left out."""
        return self._deploy(dry_run=True)

    def refresh(self) -> UpResult:
        """Look at everything that exists, and remember it as it is now: `DELETE` is gone, `UPDATE` has changed."""
        started, changes = time.monotonic(), {}
        with self._project() as (_, providers):
            for resource in self._state.all():
                if resource.custom:
                    changes[resource.urn] = self._refresh(providers, resource)
        return UpResult({}, frozenset(), changes, time.monotonic() - started)

    def destroy(self) -> UpResult:
        """Delete everything, dependents first.

        Raises:
            ProtectedError: something is protected; it stays with all that it depends on, everything else is deleted.
            DeploymentError: deletions failed; what is left is remembered.
        """
        started = time.monotonic()
        protected = [resource for resource in self._state.all() if resource.protect]
        kept = needed_by(protected, self._state.all())
        with self._project() as (_, providers):
            deployment = Deployment(self._state, providers, self._on_event)
            going = [resource for resource in self._state.all() if resource.urn not in kept]
            deployment.delete([*self._state.superseded(), *going])
        if protected:
            names = ", ".join(resource.urn for resource in protected)
            raise ProtectedError(f"protected, so neither deleted nor what they depend on: {names}")
        return UpResult({}, frozenset(), deployment.changes, time.monotonic() - started)

    def _deploy(self, *, dry_run: bool) -> UpResult:
        started = time.monotonic()
        with self._project() as (project, providers):
            deployment = Deployment(self._state, providers, self._on_event, dry_run=dry_run)
            monitor = Monitor(project.name, project.stack, deployment, self._invoke)
            try:
                run_program(project, monitor, dry_run=dry_run)
            except EngineError as error:
                if deployment.failures:
                    raise DeploymentError(deployment.failures) from error
                raise monitor.error if isinstance(monitor.error, EngineError) else error  # noqa: B904 - one of the two
            deployment.finish()
        exports = {key: value for key, value in monitor.exports.items() if not has_unknowns(value)}
        return UpResult(exports, monitor.secret_exports, deployment.changes, time.monotonic() - started)

    def _refresh(self, providers: Providers, resource: ResourceState) -> Operation:
        found = providers.of(resource.type).read(resource)
        if found is None:
            self._state.forget(resource)
            return Operation.DELETE
        drifted = {key for key in {*found, *resource.outputs} if found.get(key) != resource.outputs.get(key)}
        # The inputs follow what is there, so that the next `up` sees the difference to the program.
        for key in drifted & set(resource.inputs):
            resource.inputs[key] = found.get(key)
        resource.outputs = found
        return Operation.UPDATE if drifted else Operation.SAME

    def _invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if token not in INVOKES:
            raise UnknownTypeError(f"the embedded AWS does not know the function {token}")
        return INVOKES[token](self._session, args)

    @contextlib.contextmanager
    def _project(self) -> Iterator[tuple[Project, Providers]]:
        region = str(self._session.region_name)
        project = read_project(self._folder, self._name, region=region, overrides=self._config)
        tags = json.loads(project.config.get("aws:defaultTags", "{}")).get("tags", {})
        keys = self._session.get_credentials().get_frozen_credentials()
        environment = {
            "AWS_ENDPOINT_URL": self._session.endpoint_url,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {}),
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
        }
        providers = Providers(self._session, project.config, project.name, self._folder, tags)
        with surroundings(self._folder, environment):
            yield project, providers

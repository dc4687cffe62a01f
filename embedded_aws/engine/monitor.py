"""Pulumi's own mock monitor, with each call carried out for real."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

from embedded_aws.engine.deployment import Deployment
from embedded_aws.engine.errors import ResourceError, UnknownTypeError
from embedded_aws.engine.registration import Registration
from embedded_aws.engine.values import unwrap, wrap

_STACK = "pulumi:pulumi:Stack"
_UNSUPPORTED = frozenset(
    {
        "deletedWith",
        "hooks",
        "importId",
        "remote",
        "replace_with",
        "replacement_trigger",
        "state_migrations",
        "transforms",
    }
)
"""Options of a registration that would silently do nothing here."""

Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]


class Monitor(mocks.MockMonitor):
    """What the program's Pulumi SDK talks to; its methods are called from several threads.

    Attributes:
        exports: the stack's outputs, secrets unwrapped, once the program has ended.
        error: the first thing that went wrong, before Pulumi's runtime wrapped it.

    Args:
        project, stack: names in every URN.
        deployment: carries out the registrations.
        invoke: answers calls of provider functions, by token.
    """

    def __init__(self, project: str, stack: str, deployment: Deployment, invoke: Invoke) -> None:
        super().__init__(mocks=_NoMocks())
        self._prefix = f"urn:pulumi:{stack}::{project}::"
        self._deployment, self._invoke = deployment, invoke
        self._components: dict[str, tuple[Registration, float]] = {}
        self.exports: dict[str, Any] = {}
        self.secret_exports: frozenset[str] = frozenset()
        self.error: Exception | None = None

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Compose a URN as Pulumi's engine does: with the types of all ancestors but the stack."""
        above = parent.split("::")[2] if parent else _STACK
        return f"{self._prefix}{type_ if above == _STACK else f'{above}${type_}'}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Create, update, replace or keep a resource, and answer with its real outputs."""
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=self.make_urn("", request.type, request.name))
        return self._noting(self._register, request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Note that a component is complete, and the stack's exports."""
        if request.urn.split("::")[2] == _STACK:
            self.exports, self.secret_exports = unwrap(rpc.deserialize_properties(request.outputs, keep_unknowns=True))
        elif request.urn in self._components:
            component, started = self._components[request.urn]
            self._deployment.complete(component, time.monotonic() - started)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Look up a resource that the stack does not own (`X.get`)."""
        return self._noting(self._read, request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer a provider function."""
        return self._noting(self._call, request)

    def _noting(self, action: Callable[[Any], Any], request: Any) -> Any:
        # A worker thread has no event loop, and Pulumi's (de)serialization wants one. `asyncio.run` would also look
        # through the tasks of all other loops at its end, which takes longer than the whole call.
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(action(request))
        except Exception as error:
            self.error = self.error or error
            raise
        finally:
            loop.close()

    async def _register(self, request: Any) -> Any:
        asked = [field.name for field, value in request.ListFields() if field.name in _UNSUPPORTED and _is_set(value)]
        urn = self.make_urn(request.parent, request.type, request.name)
        if asked:
            raise ResourceError(f"{urn}: the embedded AWS does not support {', '.join(asked)}")
        raw = rpc.deserialize_properties(request.object, keep_unknowns=True)
        inputs, secret = unwrap(raw)
        wanted = Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            inputs=inputs,
            custom=request.custom,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(path.split(".")[0] for path in request.replaceOnChanges),
            dependencies=frozenset(request.dependencies),
            property_dependencies={key: frozenset(deps.urns) for key, deps in request.propertyDependencies.items()},
            aliases=tuple(self._aliases(request)),
        )
        if not request.custom:
            self._components[urn] = (wanted, time.monotonic())
        done = self._deployment.register(wanted)
        secret |= frozenset(request.additionalSecretOutputs) | self._deployment.secret_outputs(wanted)
        answer = await rpc.serialize_properties(wrap({**inputs, **_given_archives(done.outputs)}, secret), {})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=done.id, object=answer if request.custom else None)

    async def _read(self, request: Any) -> Any:
        outputs = self._deployment.look_up(request.type, request.id)
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=await rpc.serialize_properties(outputs, {}))

    async def _call(self, request: Any) -> Any:
        args, _ = unwrap(rpc.deserialize_properties(request.args, keep_unknowns=True))
        answer = self._invoke(request.tok, args)
        return resource_pb2.ResourceInvokeResponse(**{"return": await rpc.serialize_properties(answer, {})})

    def _aliases(self, request: Any) -> Iterable[str]:
        """Compose the URNs that the resource may have had; inherited ones the SDK has worked out itself."""
        yield from request.aliasURNs
        for alias in request.aliases:
            if alias.urn:
                yield alias.urn
                continue
            spec = alias.spec
            parent = "" if spec.noParent else spec.parentUrn or request.parent
            yield self.make_urn(parent, spec.type or request.type, spec.name or request.name)


class _NoMocks(mocks.Mocks):
    """Nothing is mocked."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise UnknownTypeError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise UnknownTypeError(args.typ)


def _is_set(value: Any) -> bool:
    """The SDK always sends `hooks`, mostly empty."""
    return bool(value.ByteSize() if hasattr(value, "ByteSize") else value)


def _given_archives(outputs: dict[str, Any]) -> dict[str, Any]:
    """Leave out the bytes of an archive, so that the program sees the archive that it gave."""
    return {key: value for key, value in outputs.items() if not isinstance(value, bytes)}

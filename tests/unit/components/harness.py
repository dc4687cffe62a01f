"""Runs a Pulumi program under recording mocks and hands back plain records.

It overrides `MockMonitor.RegisterResource` and swaps `settings.SETTINGS`, as Pulumi's own tests do; neither is a
documented interface, so pulumi is pinned, and one test fails loudly if parents stop being recorded.
"""

import asyncio
import json
import logging
import pathlib
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.config import set_all_config

from tests.unit.components.fake_aws import FakeAws

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROJECT = "saas-metering"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """One registration, as the engine was asked for it."""

    typ: str
    name: str
    parent: str
    inputs: dict[str, Any]
    custom: bool
    depends_on: tuple[str, ...]
    provider: str
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    create_timeout: str
    secrets: tuple[str, ...]
    """Inputs that the state keeps encrypted."""

    def policy(self, key: str = "policy") -> dict[str, Any]:
        """Return a policy document among the inputs."""
        document: dict[str, Any] = json.loads(self.inputs[key])
        return document


@dataclass
class Deployment:
    """What a program registered and exported."""

    records: list[Record] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs of each component by its name."""
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, typ: str) -> list[Record]:
        """Return the registrations of a type; its last part is enough."""
        return [record for record in self.records if record.typ == typ or record.typ.endswith(f":{typ}")]

    def one(self, typ: str, name: str | None = None) -> Record:
        """Return the only registration of a type, or of a type and name."""
        found = [record for record in self.of(typ) if name in (None, record.name)]
        assert len(found) == 1, f"{typ} {name}: {[record.name for record in found]} of {sorted(self.names(typ))}"
        return found[0]

    def names(self, typ: str) -> list[str]:
        """Return the names of the registrations of a type."""
        return sorted(record.name for record in self.of(typ))

    def tree(self) -> list[str]:
        """Return `parent > type name` of every registration, sorted."""
        return sorted(f"{record.parent or '-'} > {record.typ} {record.name}" for record in self.records)


class RecordingMonitor(mocks.MockMonitor):
    """Keeps what mocks do not see: parents, dependencies and options."""

    def __init__(self, fake: FakeAws) -> None:
        super().__init__(fake)
        self.deployment = Deployment()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name is fixed by gRPC
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
            self.deployment.records.append(
                Record(
                    typ=request.type,
                    name=request.name,
                    parent=_name(request.parent),
                    inputs=_plain(inputs),
                    custom=request.custom,
                    depends_on=tuple(sorted(_name(urn) for urn in request.dependencies)),
                    provider=_name(request.provider.rsplit("::", 1)[0]),
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    delete_before_replace=request.deleteBeforeReplace,
                    ignore_changes=tuple(request.ignoreChanges),
                    create_timeout=request.customTimeouts.create,
                    secrets=tuple(sorted(key for key, value in inputs.items() if rpc.is_rpc_secret(value))),
                )
            )
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name is fixed by gRPC
        outputs = _plain(rpc.deserialize_properties(request.outputs, keep_unknowns=True))
        self.deployment.outputs[_name(request.urn)] = outputs
        return super().RegisterResourceOutputs(request)


def deploy(
    program: Callable[[], Any],
    *,
    config: Mapping[str, str] | None = None,
    stack: str = "test",
    preview: bool = False,
    fake: FakeAws | None = None,
    recorder: Callable[[FakeAws], RecordingMonitor] = RecordingMonitor,
) -> Deployment:
    """Run a program on an event loop of its own and return when every registration is done."""
    monitor = recorder(fake or FakeAws(preview=preview))
    before = settings.SETTINGS
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_tell_in_a_line)
    asyncio.set_event_loop(loop)
    try:
        settings.set_root_resource(None)
        mocks.set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=preview, monitor=monitor)
        set_all_config(dict(config or {}), [])

        def body() -> Any:
            program()
            root = settings.get_root_resource()
            return pulumi.Output.all(**root.outputs).apply(monitor.deployment.exports.update)

        pulumi.runtime.test(body)()
    finally:
        set_all_config({}, [])
        settings.set_root_resource(None)
        settings.configure(before)
        asyncio.set_event_loop(None)
        loop.close()
    return monitor.deployment


def run_main(config: Mapping[str, str] | None = None, **options: Any) -> Deployment:
    """Run the whole program."""
    return deploy(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"), config=config, **options)


def _tell_in_a_line(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell what a failed program left behind without a traceback.

    asyncio tells of it whenever the garbage is collected, in whatever test that is. Python 3.11 parses source to format
    a traceback, and fails with a SystemError if the collection interrupted somebody else's `ast.parse`.
    """
    _LOG.error("%s: %r", context["message"], context.get("exception"))


def _name(urn: str) -> str:
    name = urn.rsplit("::", 1)[-1]
    return "" if name == f"{PROJECT}-{settings.get_stack()}" else name


def _plain(value: Any) -> Any:
    """Unwrap secrets and make whole floats integers: gRPC knows no others."""
    if isinstance(value, dict):
        if rpc._special_sig_key in value:
            return _plain(value["value"]) if "value" in value else value
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

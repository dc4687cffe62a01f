"""Shows resources to the pack as Pulumi's engine does, and reads what the pack answers.

Resources are as `tests.unit.policy.record` writes them: of this program, or changed from it, or made up.
"""

import copy
import json
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy.policy import _PolicyAnalyzerServicer

from metering_policy import POLICIES
from metering_policy import _kinds as kinds

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / ".local" / "policy"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi writes a text that a preview does not know."""

HANG_TOGETHER = frozenset(
    {
        kinds.API_RESOURCE,
        kinds.AUTHORIZER,
        kinds.BILLING,
        kinds.BUCKET,
        kinds.BUCKET_ENCRYPTION,
        kinds.BUCKET_LIFECYCLE,
        kinds.BUCKET_OWNERSHIP,
        kinds.BUCKET_POLICY,
        kinds.BUCKET_VERSIONING,
        kinds.FUNCTION,
        kinds.LOG_GROUP,
        kinds.METHOD,
        kinds.METHOD_SETTINGS,
        kinds.PUBLIC_ACCESS_BLOCK,
        kinds.QUEUE,
        kinds.QUEUE_POLICY,
        kinds.REST_API,
        kinds.STAGE,
        kinds.STREAM,
        kinds.TOPIC,
        kinds.TOPIC_POLICY,
        kinds.USER_POOL,
    }
)
"""Kinds of resources that rules judge by one another."""

Resource = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One answer of the pack."""

    policy: str
    resource: str
    message: str
    level: int

    @property
    def mandatory(self) -> bool:
        """Whether Pulumi stops for it."""
        return self.level == analyzer_pb2.MANDATORY


class Pack:
    """The policies behind the interface that Pulumi calls."""

    def __init__(self, policies: Iterable[Policy] = POLICIES) -> None:
        self._servicer = _PolicyAnalyzerServicer("saas-metering", "0.1.0", list(policies), EnforcementLevel.MANDATORY)

    def configure(self, **config: Mapping[str, Any]) -> "Pack":
        """Configure rules: values by name, by the rule's name with `_` for `-`."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for rule, values in config.items():
            request.policyConfig[rule.replace("_", "-")].enforcementLevel = analyzer_pb2.MANDATORY
            request.policyConfig[rule.replace("_", "-")].properties.update(dict(values))
        self._servicer.Configure(request, None)
        return self

    def defaults(self) -> dict[str, dict[str, Any]]:
        """Return what is configured by default, by rule: what Pulumi reads of the pack, and hands back to it."""
        info = self._servicer.GetAnalyzerInfo(None, None)
        schemas = {policy.name: json_format.MessageToDict(policy.configSchema.properties) for policy in info.policies}
        return {
            rule: {key: value["default"] for key, value in schema.items()} for rule, schema in schemas.items() if schema
        }

    def findings(self, resources: Iterable[Resource], but: Iterable[Resource] = ()) -> list[Finding]:
        """Return everything the pack says of a stack: of each resource when it is registered, of all in the end.

        Args:
            resources: the stack.
            but: resources that are known to be in order by themselves, and are shown as parts of the stack alone, if
                they are of kinds that hang on others: the rest takes most of the time.
        """
        known = {resource["urn"]: resource for resource in but}
        new = [resource for resource in resources if resource != known.get(resource["urn"])]
        resources = [
            resource for resource in resources if resource in new or resource["type"] in HANG_TOGETHER or not known
        ]
        found = []
        for resource in new:
            response = self._servicer.Analyze(_analyze_request(resource), None)
            found += [_finding(diagnostic, resource["name"]) for diagnostic in response.diagnostics]
        names = {resource["urn"]: resource["name"] for resource in resources}
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_stack_resource(resource) for resource in resources])
        response = self._servicer.AnalyzeStack(request, None)
        return found + [_finding(diagnostic, names.get(diagnostic.urn, "")) for diagnostic in response.diagnostics]

    def violations(self, resources: Iterable[Resource], but: Iterable[Resource] = ()) -> set[tuple[str, str]]:
        """Return rule and resource of whatever Pulumi would stop for."""
        return {(finding.policy, finding.resource) for finding in self.findings(resources, but) if finding.mandatory}


def recorded(name: str) -> list[Resource]:
    """Return a stack of this program.

    Raises:
        FileNotFoundError: nobody has recorded it; `make policy` does.
    """
    resources: list[Resource] = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    return resources


def made_up(kind: str, **inputs: Any) -> Resource:
    """Return a resource of the stack `prod` that is not of this program, known in full."""
    return {
        "type": kind,
        "name": "made-up",
        "urn": f"urn:pulumi:prod::saas-metering::{kind}::made-up",
        "inputs": inputs,
        "outputs": inputs,
        "parent": "",
        "protect": False,
        "ignoreChanges": [],
        "dependencies": [],
        "propertyDependencies": {},
    }


def one(resources: Iterable[Resource], name: str) -> Resource:
    """Return the resource of a name."""
    (found,) = [resource for resource in resources if resource["name"] == name]
    return found


def changed(resources: Iterable[Resource], name: str, **changes: Any) -> list[Resource]:
    """Return a copy of the stack in which one resource is changed.

    Args:
        resources: the stack.
        name: of the resource.
        changes: new values of inputs and outputs by path, parts joined with `__`; None removes what is there. The
            option of a resource is `opts__protect` or `opts__ignoreChanges`.
    """
    stack = copy.deepcopy(list(resources))
    resource = one(stack, name)
    for path, value in changes.items():
        *way, last = path.split("__")
        if way == ["opts"]:
            resource[last] = value
            continue
        for side in ("inputs", "outputs"):
            _put(resource[side], way, last, value)
    return stack


def without(resources: Iterable[Resource], *names: str) -> list[Resource]:
    """Return the stack without some of its resources."""
    kept = [resource for resource in resources if resource["name"] not in names]
    assert len(list(resources)) - len(kept) == len(names), names
    return kept


def _put(properties: Any, way: list[str], last: str, value: Any) -> None:
    for part in way:
        properties = properties[int(part) if part.isdigit() else part]
    if value is None:
        properties.pop(last)
    else:
        properties[int(last) if last.isdigit() else last] = value


def _struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(properties), struct_pb2.Struct())


def _options(resource: Resource) -> analyzer_pb2.AnalyzerResourceOptions:
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=resource["protect"], ignoreChanges=resource["ignoreChanges"], parent=resource["parent"]
    )


def _analyze_request(resource: Resource) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=resource["type"],
        name=resource["name"],
        urn=resource["urn"],
        properties=_struct(resource["inputs"]),
        options=_options(resource),
    )


def _stack_resource(resource: Resource) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=resource["type"],
        name=resource["name"],
        urn=resource["urn"],
        properties=_struct(resource["outputs"]),
        options=_options(resource),
        # The mocks of this program's tests know of a parent no more than its type and name.
        parent=resource["parent"],
        dependencies=resource["dependencies"],
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for key, urns in resource["propertyDependencies"].items()
        },
    )


def _finding(diagnostic: Any, resource: str) -> Finding:
    return Finding(diagnostic.policyName, resource, diagnostic.message, diagnostic.enforcementLevel)

"""What each rule is made of: checks by kind of resource, what Pulumi is told of them, and what becomes of unknowns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from metering_policy._documents import DocumentError
from metering_policy._kinds import kind_of
from metering_policy._reading import UndecidedError
from metering_policy._stack import Stack, StackMember

ANY = "*"
"""In place of a kind: resources of every kind."""

ResourceCheck = Callable[[ResourceValidationArgs], Iterable[str]]
"""Yields a message for each fault of a resource: property, rule and value; the resource's name is put before it."""
StackCheck = Callable[[StackMember, Stack], Iterable[str]]
"""The same, for what hangs on other resources of the stack, too."""


def resource_rule(
    name: str,
    description: str,
    remedy: str,
    checks: Mapping[str, ResourceCheck],
    config: Mapping[str, Mapping[str, Any]] | None = None,
) -> ResourceValidationPolicy:
    """Make a policy that judges each resource by itself, before it is made or changed.

    Args:
        name: of the policy, unique in the pack.
        description: what is held, in a sentence.
        remedy: what to do about a violation, in a sentence.
        checks: by the kind of the resources that they are for.
        config: JSON schema, with a default, of each value that can be configured.
    """

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        undecided: list[str] = []
        for check in _checks_of(checks, args.resource_type):
            messages, unknown = _judge(check(args))
            for message in messages:
                report(f"{args.name}: {message}. {remedy}", None)
            if unknown:
                undecided.append(f"{args.name}: `{unknown}` is not known yet; `pulumi up` asks before it goes on")
        if undecided:
            raise UndecidedError(undecided)

    return ResourceValidationPolicy(
        name,
        description,
        validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_schema(config),
        remediation_steps=remedy,
    )


def stack_rule(
    name: str,
    description: str,
    remedy: str,
    checks: Mapping[str, StackCheck],
    config: Mapping[str, Mapping[str, Any]] | None = None,
) -> StackValidationPolicy:
    """Make a policy that judges resources by what else is in the stack, when all of it has been registered.

    Args:
        name: of the policy, unique in the pack.
        description: what is held, in a sentence.
        remedy: what to do about a violation, in a sentence.
        checks: by the kind of the resources that they are for.
        config: JSON schema, with a default, of each value that can be configured.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        undecided: list[str] = []
        stack = Stack(args.resources, args.get_config())
        for resource in args.resources:
            for check in _checks_of(checks, resource.resource_type):
                messages, unknown = _judge(check(resource, stack))
                for message in messages:
                    report(f"{resource.name}: {message}. {remedy}", resource.urn)
                if unknown:
                    undecided.append(f"{resource.name}: `{unknown}` is not known yet; `pulumi up` asks when it is done")
        if undecided:
            raise UndecidedError(undecided)

    return StackValidationPolicy(
        name,
        description,
        validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=_schema(config),
        remediation_steps=remedy,
    )


def texts_config(description: str, default: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a list of texts, with its default."""
    return {"type": "array", "items": {"type": "string"}, "description": description, "default": sorted(default)}


def _checks_of(checks: Mapping[str, Any], resource_type: str) -> Iterator[Any]:
    kind = kind_of(resource_type)
    yield from (checks[key] for key in (kind, ANY) if key in checks)


def _judge(findings: Iterable[str]) -> tuple[list[str], str | None]:
    """Return what is wrong, and the path of what is not known: the unknown hides no fault that was found before it."""
    messages: list[str] = []
    try:
        messages.extend(findings)
    except UnknownValueError as error:
        return messages, ".".join(error.props)
    except DocumentError as error:
        messages.append(str(error))
    return messages, None


def _schema(config: Mapping[str, Mapping[str, Any]] | None) -> PolicyConfigSchema | None:
    return PolicyConfigSchema({key: dict(value) for key, value in config.items()}) if config else None

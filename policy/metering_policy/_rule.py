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
        findings = ((args.name, None, check(args)) for check in _checks_of(checks, args.resource_type))
        _tell(findings, remedy, report, "`pulumi up` asks before it goes on")

    return ResourceValidationPolicy(name, description, validate, **_options(remedy, config))


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
        stack = Stack(args.resources, args.get_config())
        findings = (
            (resource.name, resource.urn, check(resource, stack))
            for resource in args.resources
            for check in _checks_of(checks, resource.resource_type)
        )
        _tell(findings, remedy, report, "`pulumi up` asks when it is done")

    return StackValidationPolicy(name, description, validate, **_options(remedy, config))


def texts_config(description: str, default: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a list of texts, with its default."""
    return {"type": "array", "items": {"type": "string"}, "description": description, "default": sorted(default)}


def _checks_of(checks: Mapping[str, Any], resource_type: str) -> Iterator[Any]:
    kind = kind_of(resource_type)
    yield from (checks[key] for key in (kind, ANY) if key in checks)


def _tell(
    findings: Iterable[tuple[str, str | None, Iterable[str]]], remedy: str, report: ReportViolation, later: str
) -> None:
    """Report what is wrong, by the name and URN of each resource; what is not known is for later.

    Raises:
        UndecidedError: something could not be judged.
    """
    undecided: list[str] = []
    for name, urn, found in findings:
        messages, unknown = _judge(found)
        for message in messages:
            report(f"{name}: {message}. {remedy}", urn)
        if unknown:
            undecided.append(f"{name}: `{unknown}` is not known yet; {later}")
    if undecided:
        raise UndecidedError(undecided)


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


def _options(remedy: str, config: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return what every policy of the pack is made with."""
    schema = PolicyConfigSchema({key: dict(value) for key, value in config.items()}) if config else None
    return {
        "enforcement_level": EnforcementLevel.MANDATORY,
        "config_schema": schema,
        "remediation_steps": remedy,
    }

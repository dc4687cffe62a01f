"""Writes down what Pulumi shows a policy pack of this program: `python -m tests.unit.policy.record FOLDER`.

The pack has an environment of its own, without the program's packages: what it is held against gets there as JSON.
"""

import json
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from tests.golden.regenerate import stack_config
from tests.unit.components.fake_aws import ACCOUNT, PARTITION, FakeAws
from tests.unit.components.harness import RecordingMonitor, run_main

Shown = list[dict[str, Any]]
"""Every resource of a stack, each as the keys of `_shown`."""

PROD = stack_config("Pulumi.prod.yaml")
RECORDINGS: Mapping[str, Mapping[str, Any]] = {
    "dev": {"config": stack_config("Pulumi.dev.yaml"), "stack": "dev"},
    "prod": {"config": PROD, "stack": "prod"},
    "prod-lakeformation": {
        "config": {
            **PROD,
            "saas-metering:accessControl": "lakeformation",
            "saas-metering:lakeFormationReaders": json.dumps([f"arn:{PARTITION}:iam::{ACCOUNT}:role/reader"]),
        },
        "stack": "prod",
    },
    "prod-preview": {"config": PROD, "stack": "prod", "preview": True},
}
"""How the program is run: the stack to try things out with, a guarded one in either mode, and its first preview."""

LEFT_OUT = frozenset({"code", "__provider"})
"""Inputs that no policy looks at, and that are larger than all others together: code of functions and of providers."""


class ShowingMonitor(RecordingMonitor):
    """Keeps registrations in the form in which the engine hands them on to a policy pack."""

    def __init__(self, fake: FakeAws) -> None:
        super().__init__(fake)
        self.shown: Shown = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name is fixed by gRPC
        response = super().RegisterResource(request)
        self.shown.append(_shown(request, response))
        return response


def show(**options: Any) -> Shown:
    """Run the program and return its resources, in the order of their URNs: registrations run in parallel."""
    monitors: list[ShowingMonitor] = []

    def recorder(fake: FakeAws) -> ShowingMonitor:
        monitors.append(ShowingMonitor(fake))
        return monitors[-1]

    run_main(recorder=recorder, **options)
    (monitor,) = monitors
    return sorted(monitor.shown, key=lambda resource: str(resource["urn"]))


def _shown(request: Any, response: Any) -> dict[str, Any]:
    inputs = _kept(json_format.MessageToDict(request.object))
    return {
        "type": request.type,
        "name": request.name,
        "urn": response.urn,
        "inputs": inputs,
        # Mocks lose what is unknown; the engine does not.
        "outputs": {**inputs, **_kept(json_format.MessageToDict(response.object))},
        "parent": request.parent,
        "protect": request.protect,
        "ignoreChanges": list(request.ignoreChanges),
        "dependencies": sorted(request.dependencies),
        "propertyDependencies": {
            key: sorted(value.urns) for key, value in sorted(request.propertyDependencies.items()) if value.urns
        },
    }


def _kept(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in LEFT_OUT}


def write(folder: pathlib.Path) -> None:
    """Write each recording to a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in RECORDINGS.items():
        (folder / f"{name}.json").write_text(json.dumps(show(**options), indent=1))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))

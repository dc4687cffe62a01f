"""A plan, and what it is bound to: the stack, the commit, the CLI and the state that it was made for.

Pulumi's own `--plan` holds an update to the operations and inputs that the preview saw. It knows neither commit nor
state: a plan applies as well to a stack that others have changed since. So these stand in a manifest beside it, and
the manifest's digest goes from the planning job to the approved one by another way than the files.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tools.delivery.command import answer
from tools.delivery.failure import DeliveryError

PLAN = "plan.json"
MANIFEST = "manifest.json"
REPORT = "report.md"
TEXT = "preview.txt"
"""All that the preview printed; the report leaves out the middle of a long one."""
_NOTHING_DONE = frozenset({"same", "read", "refresh"})
_OUTPUTS = re.compile(r"^\s*(?:--outputs:--|Outputs:)", re.MULTILINE)
_BOUND = {"stack": "stack", "commit": "commit", "pulumi": "version of the Pulumi CLI"}
"""What a plan is bound to besides the state, and how that is called."""
_AGAIN = "make a new plan (in GitHub: run the workflow anew, all its jobs)"


@dataclass(frozen=True)
class Circumstances:
    """What a plan was made for."""

    stack: str
    commit: str
    """The commit's full hash."""
    state: str
    """SHA-256 of the stack's state."""
    pulumi: str
    """Version of the CLI."""

    @classmethod
    def now(cls, root: Path, stack: str) -> Self:
        """Return the circumstances as they are.

        Raises:
            DeliveryError: a file differs from the commit, or they cannot be had.
        """
        changed = answer(root, "git", "status", "--porcelain", "--untracked-files=no")
        if changed:
            raise DeliveryError(f"a plan is of a commit, and these files differ from it: {', '.join(changed.split())}")
        return cls(
            stack=stack,
            commit=answer(root, "git", "rev-parse", "HEAD"),
            state=fingerprint(answer(root, "pulumi", "stack", "export", "--stack", stack)),
            pulumi=answer(root, "pulumi", "version").removeprefix("v"),
        )


@dataclass(frozen=True)
class Manifest(Circumstances):
    """The circumstances of a plan, and the plan's own digest."""

    plan: str
    """SHA-256 of the plan's file."""
    made: str
    """When, in UTC."""

    @classmethod
    def of(cls, circumstances: Circumstances, plan: Path) -> Self:
        """Return the manifest of a plan that was just made."""
        return cls(**asdict(circumstances), plan=digest(plan), made=datetime.now(UTC).isoformat(timespec="seconds"))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest.

        Raises:
            DeliveryError: it is none.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DeliveryError(f"{path}: is no JSON ({error})") from error
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != names or not all(isinstance(v, str) for v in values.values()):
            raise DeliveryError(f"{path}: must have the texts {', '.join(sorted(names))}, got {values!r}")
        return cls(**values)

    def write(self, path: Path) -> None:
        """Write the manifest."""
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def fingerprint(exported: str) -> str:
    """Return the SHA-256 of a stack's exported state, however it is laid out.

    Raises:
        DeliveryError: it is no JSON.
    """
    try:
        state = json.loads(exported)
    except ValueError as error:
        raise DeliveryError(f"`pulumi stack export` printed no JSON ({error})") from error
    return hashlib.sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def has_changes(plan: dict[str, Any], shown: str) -> bool:
    """Tell whether running a plan would do anything; in doubt it would.

    Args:
        plan: Pulumi's plan file.
        shown: what the preview printed; exports that change are no steps of any resource.
    """
    resources = plan.get("resourcePlans")
    if not isinstance(resources, dict) or _OUTPUTS.search(shown):
        return True
    return any(not _NOTHING_DONE.issuperset(resource.get("steps") or ["?"]) for resource in resources.values())


def approved_plan(folder: Path, now: Circumstances, approved: str | None) -> Path:
    """Return the plan's file, if it is the one that was approved, and what it was made for is still so.

    Args:
        folder: where the plan is, with its manifest.
        now: the circumstances as they are.
        approved: digest of the manifest that was approved; None: whoever runs this has the files from himself.

    Raises:
        DeliveryError: the plan is not there, is another, or is stale; the message says what to do.
    """
    plan, path = folder / PLAN, folder / MANIFEST
    if not (plan.is_file() and path.is_file()):
        raise DeliveryError(f"{folder}: holds no plan, or no longer (artifacts are kept for days): {_AGAIN}")
    if approved is not None and digest(path) != approved:
        raise DeliveryError(f"{path}: has the digest {digest(path)}, and what was approved has {approved}: {_AGAIN}")
    manifest = Manifest.read(path)
    if digest(plan) != manifest.plan:
        raise DeliveryError(f"{plan}: has the digest {digest(plan)}, and its manifest says {manifest.plan}: {_AGAIN}")
    for name, what in _BOUND.items():
        was, is_ = getattr(manifest, name), getattr(now, name)
        if was != is_:
            raise DeliveryError(f"the plan of {manifest.made} was made for {what} {was}, and this is {is_}: {_AGAIN}")
    if manifest.state != now.state:
        raise DeliveryError(f"the stack {now.stack} was changed since its plan of {manifest.made} was made: {_AGAIN}")
    return plan

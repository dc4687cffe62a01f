"""Who may take a delivery role: jobs of one repository, by the claims of the token that GitHub makes for each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
UP_WORKFLOW = ".github/workflows/deploy-stack.yml"
"""The one workflow that brings stacks up."""


@dataclass(frozen=True)
class Repository:
    """A repository of GitHub, by name and by the ids that no other ever gets."""

    owner: str
    name: str
    owner_id: str
    id: str

    @property
    def full_name(self) -> str:
        """Owner and name."""
        return f"{self.owner}/{self.name}"

    def subjects(self, *ends: str) -> list[str]:
        """Return the subjects of its tokens that end so, in both forms that GitHub has.

        Repositories made, renamed or opted in since June 2026 have the ids in it. One form alone would lock out the
        others; the older is no weaker here, since `repository_id` must hold as well.
        """
        new = f"{self.owner}@{self.owner_id}/{self.name}@{self.id}"
        return [f"repo:{repository}:{end}" for repository in (self.full_name, new) for end in ends]


def trust_previews(provider_arn: str, repository: Repository, branch: str) -> str:
    """Let jobs of the repository's own pull requests and of its branch take the role; a fork's get no token."""
    subjects = repository.subjects("pull_request", f"ref:refs/heads/{branch}")
    return _trust(provider_arn, {"sub": subjects, "repository_id": repository.id})


def trust_up(provider_arn: str, repository: Repository, branch: str, environment: str) -> str:
    """Let the one job take the role that waits for the environment's reviewers, from the branch's own workflow."""
    ref = f"refs/heads/{branch}"
    claims = {
        "sub": repository.subjects(f"environment:{environment}"),
        "repository_id": repository.id,
        "ref": ref,
        "environment": environment,
        "job_workflow_ref": f"{repository.full_name}/{UP_WORKFLOW}@{ref}",
    }
    return _trust(provider_arn, claims)


def _trust(provider_arn: str, claims: Mapping[str, str | Sequence[str]]) -> str:
    equal = {f"{ISSUER}:{claim}": value for claim, value in {"aud": AUDIENCE, **claims}.items()}
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider_arn},
        "Condition": {"StringEquals": equal},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

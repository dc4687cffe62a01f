"""What policies of resources refuse: requests without TLS, to everyone, and nothing else."""

from tests.unit.components.harness import Deployment
from tests.unit.components.test_policies import statements

REFUSED_TO_EVERYONE = {
    "billing-dead-letters-policy": "sqs:*",
    "billing-documents-policy": "s3:*",
    "billing-tasks-policy": "sqs:*",
    "events-ingest-errors-policy": "s3:*",
    "ingest-errors-policy": "s3:*",
    "lake-results-policy": "s3:*",
    "operations-alarms-policy": "sns:Publish",
}
"""What plain HTTP is refused for, to everyone, by each policy of a resource."""


def test_only_plain_http_is_refused_and_it_is_to_everyone(program: Deployment) -> None:
    refusals = [(name, statement) for name, statement in statements(program) if statement["Effect"] == "Deny"]
    assert {name: statement["Action"] for name, statement in refusals} == REFUSED_TO_EVERYONE
    assert len(refusals) == len(REFUSED_TO_EVERYONE)
    for _, statement in refusals:
        assert statement["Principal"] == "*"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

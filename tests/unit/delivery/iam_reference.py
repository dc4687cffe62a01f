"""Every action that IAM knows of the services that are deployed to, and whether it can be held to resources.

`iam_actions.json` is an extract of cfn-lint's `data/AdditionalSpecs/Policies.json` (1.58.0, MIT-0), which follows AWS's
service authorization reference. To renew it: `python -m tests.unit.delivery.iam_reference <that file>`.
"""

import json
import sys
from pathlib import Path

FILE = Path(__file__).with_name("iam_actions.json")
SERVICES = (
    *("apigateway", "athena", "cloudformation", "cloudwatch", "cognito-idp", "dynamodb", "firehose", "glue", "iam"),
    *("kms", "lakeformation", "lambda", "logs", "s3", "s3tables", "scheduler", "sns", "sqs"),
)


def known_actions() -> dict[str, bool]:
    """Return the actions, in lower case, and whether AWS knows resources for each."""
    services = json.loads(FILE.read_text())
    return {
        f"{service}:{action}": kind == "on resources"
        for service, kinds in services.items()
        for kind, actions in kinds.items()
        for action in actions.split()
    }


def extract(policies: Path) -> str:
    found = {}
    for service in SERVICES:
        actions = json.loads(policies.read_text())[service]["Actions"]
        on_resources = sorted(name for name, action in actions.items() if action.get("Resources"))
        found[service] = {
            "on resources": " ".join(on_resources),
            "on all": " ".join(sorted({*actions} - {*on_resources})),
        }
    return json.dumps(found, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(extract(Path(sys.argv[1])))

import io

import pytest
from rich.console import Console

from embedded_aws.engine import Kind, Operation, ResourceEvent
from tools.deployment import ComponentTree, short_type

STACK_URN = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"


def _event(kind: Kind, name: str, token: str, parent: str, error: str | None = None) -> ResourceEvent:
    return ResourceEvent(kind, Operation.CREATE, f"urn:{name}", token, name, parent, 1.25, error)


def test_the_tree_shows_components_with_their_resources_and_how_far_each_is() -> None:
    view = ComponentTree("up")
    view.show(_event(Kind.STARTED, "lake", "saas-metering:index:StorageLake", STACK_URN))
    view.show(_event(Kind.STARTED, "lake-bucket", "aws:s3tables/tableBucket:TableBucket", "urn:lake"))
    view.show(_event(Kind.FAILED, "lake-ns", "aws:s3tables/namespace:Namespace", "urn:lake", "ConflictException [409]"))
    view.show(_event(Kind.DONE, "lake-bucket", "aws:s3tables/tableBucket:TableBucket", "urn:lake"))
    shown = io.StringIO()
    console = Console(width=120, file=shown)
    console.print(view.tree)
    assert [line.rstrip() for line in shown.getvalue().splitlines()] == [
        "up",
        "└── … lake saas-metering:index:StorageLake",
        "    ├── ✓ lake-bucket aws:s3tables:TableBucket 1.2 s",
        "    └── ✗ lake-ns aws:s3tables:Namespace 1.2 s ConflictException [409]",
    ]


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("aws:s3/bucket:Bucket", "aws:s3:Bucket"),
        ("aws-native:s3tables:Table", "aws-native:s3tables:Table"),
        ("pulumi:providers:aws", "pulumi:providers:aws"),
        ("pulumi-python:dynamic:Resource", "pulumi-python:dynamic:Resource"),
    ],
)
def test_types_are_shown_as_pulumis_cli_shows_them(token: str, shown: str) -> None:
    assert short_type(token) == shown

import argparse
import io

import pytest
from rich.console import Console

from embedded_aws.engine import Kind, Operation, ResourceEvent
from tools.deployment import ComponentTree, add_mode, progress, short_type

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


def test_while_it_runs_the_tree_shows_what_is_in_progress_or_failed_and_counts_the_rest() -> None:
    view = ComponentTree("up")
    view.show(_event(Kind.STARTED, "lake", "saas-metering:index:StorageLake", STACK_URN))
    view.show(_event(Kind.DONE, "product", "saas-metering:index:LambdaFunction", STACK_URN))
    view.show(_event(Kind.STARTED, "transform", "saas-metering:index:LambdaFunction", "urn:lake"))
    for name in ("lake-bucket", "lake-ns", "lake-table"):
        view.show(_event(Kind.STARTED, name, "aws:s3/bucket:Bucket", "urn:lake"))
    view.show(_event(Kind.DONE, "lake-bucket", "aws:s3/bucket:Bucket", "urn:lake"))
    view.show(_event(Kind.FAILED, "lake-ns", "aws:s3/bucket:Bucket", "urn:lake", "refused"))
    view.show(_event(Kind.DONE, "transform", "saas-metering:index:LambdaFunction", "urn:lake"))
    view.show(_event(Kind.STARTED, "transform-role", "aws:iam/role:Role", "urn:transform"))
    shown = io.StringIO()
    Console(width=120, file=shown).print(view.work)
    assert [line.rstrip() for line in shown.getvalue().splitlines()] == [
        "up",
        "├── … lake saas-metering:index:StorageLake",
        "│   ├── ✓ transform saas-metering:index:LambdaFunction 1.2 s",
        "│   │   └── … transform-role aws:iam:Role",
        "│   ├── ✗ lake-ns aws:s3:Bucket 1.2 s refused",
        "│   └── … lake-table aws:s3:Bucket",
        "└── ✓ 3 done",
    ]


def test_on_a_terminal_the_whole_tree_stays_at_the_end() -> None:
    shown = io.StringIO()
    console = Console(width=80, height=24, file=shown, force_terminal=True, color_system=None)
    with progress(console, "up") as on_event:
        on_event(_event(Kind.STARTED, "lake", "saas-metering:index:StorageLake", STACK_URN))
        for number in range(40):
            on_event(_event(Kind.DONE, f"bucket-{number}", "aws:s3/bucket:Bucket", "urn:lake"))
        on_event(_event(Kind.DONE, "lake", "saas-metering:index:StorageLake", STACK_URN))
    end = shown.getvalue().rpartition("up\n")[2]
    assert end.splitlines() == [
        "└── ✓ lake saas-metering:index:StorageLake 1.2 s",
        *(f"    ├── ✓ bucket-{number} aws:s3:Bucket 1.2 s" for number in range(39)),
        "    └── ✓ bucket-39 aws:s3:Bucket 1.2 s",
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


def test_who_decides_is_one_of_two_modes_or_an_error_that_names_both(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_mode(parser)
    assert [parser.parse_args(given).mode for given in ([], ["--mode", "iam"], ["--mode", "lakeformation"])] == [
        *("iam", "iam", "lakeformation")
    ]
    for wrong in ("lake", ""):
        with pytest.raises(SystemExit):
            parser.parse_args(["--mode", wrong])
        told = capsys.readouterr().err
        assert f"argument --mode: invalid choice: '{wrong}'" in told
        assert ("iam" in told, "lakeformation" in told) == (True, True)

"""What the documents name is there: targets, config keys, exports, links, commands, columns, reasons."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
import yaml
from botocore import xform_name

from metering import tombstone
from metering.access_log import FIELDS
from metering.failure import Reason
from metering.records import USAGE_EVENTS
from tests.unit.components.harness import run_main
from tools._readme_tables import make_targets

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TOLD_AS = {
    "billing-planner-role": "billing planner",
    "billing-rollup-role": "rollup",
    "billing-schedule-role": "billing schedules",
    "billing-worker-role": "billing worker",
    "customer-events-role": "`POST /events`",
    "customer-invoices-role": "`GET /invoices`",
    "customer-lines-role": "what is behind a line",
    "customer-portal-role": "portal",
    "customer-usage-role": "`GET /usage`",
    "events-ingest-producer-role": "trusted backend",
    "events-ingest-role": "Firehose",
    "events-ingest-transform-role": "transform functions",
    "ingest-role": "Firehose",
    "ingest-transform-role": "transform functions",
    "operations-operator-role": "operator of usage data",
    "operations-reconciler-role": "reconciler",
    "operations-schedule-role": "reconciliation schedule",
    "random-strings-role": "product function",
}
"""Role -> whom the architecture says it is of."""
EVERY_AWS_COMMAND_HAS = {"query", "output"}
AWS_CLI_OWN_COMMANDS = {("s3", "ls"), ("logs", "tail")}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def table_rows(text: str, heading: str) -> list[list[str]]:
    section = f"\n{text}".split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def aws_commands(text: str) -> Iterator[tuple[str, str, set[str]]]:
    """Yield service, operation and options of each `aws` command in the shell blocks, nested ones on their own."""
    for block in code_blocks(text, "sh"):
        lines = re.sub(r"pulumi [^)|\n]*", "", block.replace("\\\n", " "))
        for command in re.findall(r"\baws (?:(?!\baws )[^\n])*", lines):
            service, operation = command.split()[1:3]
            yield service, operation, set(re.findall(r"(?<!\S)--([a-z-]+)", command))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_resolve(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(text_of(document)))
    broken = []
    for link in links:
        if link.startswith(("https://", "http://")):
            continue
        file, _, anchor = link.partition("#")
        target = document if not file else (document.parent / file).resolve()
        if not target.exists() or (anchor and anchor not in anchors(text_of(target))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_make_targets_exist(document: Path) -> None:
    text = text_of(document)
    commands = [*re.findall(r"`make ([^`]+)`", text), *re.findall(r"^(?:\$ )?make ([^#\n]+)", text, re.MULTILINE)]
    named = {word for command in commands for word in command.split() if re.fullmatch("[a-z]+", word)}
    assert named - set(make_targets(ROOT)) == set()


def test_config_keys_that_readme_sets_are_declared() -> None:
    declared = set(yaml.safe_load(text_of(ROOT / "Pulumi.yaml"))["config"])
    keys = set(re.findall(r"pulumi config set ([A-Za-z][\w:]*)", README)) - {"KEY", "aws:region"}
    assert keys
    assert keys - declared == set()


@pytest.mark.parametrize("stack", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_config_keys_of_stack_files_are_declared(stack: Path) -> None:
    project = yaml.safe_load(text_of(ROOT / "Pulumi.yaml"))
    keys = set(yaml.safe_load(text_of(stack))["config"])
    assert {key for key in keys if not key.startswith("aws:")} <= {
        f"{project['name']}:{key}" for key in project["config"]
    }


def test_exports_that_readme_reads_exist() -> None:
    exports = set(run_main().exports)
    named = set(re.findall(r"pulumi stack output (\w+)", README))
    for program_of_jq in re.findall(r"pulumi stack output --json \| jq (.*?')(?: >|\))", README, re.DOTALL):
        named |= set(re.findall(r"[(\s]\.([a-z_]+)", program_of_jq))
    assert {"delivery_stream_arn", "access_log_format", "rest_api_url", "table_name"} <= named
    assert named - exports == set()


def test_aws_commands_are_ones_of_aws() -> None:
    session = botocore.session.Session()
    wrong = []
    for service, operation, options in aws_commands(README):
        if (service, operation) in AWS_CLI_OWN_COMMANDS:
            continue
        model = session.get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in operations:
            wrong.append(f"{service} {operation}")
            continue
        members = model.operation_model(operations[operation]).input_shape.members
        unknown = options - {xform_name(name, "-") for name in members} - EVERY_AWS_COMMAND_HAS
        wrong += [f"{service} {operation} --{option}" for option in sorted(unknown)]
    assert wrong == []


def test_all_aws_commands_are_looked_at() -> None:
    mentioned = re.findall(r"\baws [a-z0-9-]+ [a-z0-9-]+", "".join(code_blocks(README, "sh")))
    assert len(list(aws_commands(README))) == len(mentioned) > 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_python_examples_parse(document: Path) -> None:
    for block in code_blocks(text_of(document), "python"):
        ast.parse(block)


def test_every_decision_is_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs" / "adr"
    expected = []
    for number, path in enumerate(sorted(folder.glob("[0-9]*.md")), start=1):
        title = text_of(path).splitlines()[0].removeprefix(f"# {number}. ")
        expected.append([str(number), f"[{title}]({path.name})"])
    assert table_rows(text_of(folder / "README.md"), "# Decisions") == expected


@pytest.mark.parametrize("decision", sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_every_decision_has_context_decision_and_consequences(decision: Path) -> None:
    text = text_of(decision)
    assert re.findall("^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert re.search("^Status: ", text, re.MULTILINE)


def test_architecture_lists_the_columns_of_the_record() -> None:
    made_by_transform = {"ingested_at": "the Firehose record's arrival time", "billable": "set by the transform"}
    subject = next(field.context for field in FIELDS if field.log_key == "sub")
    expected = []
    for field in FIELDS:
        if field.column is None:
            continue
        name = field.column.name
        source = f"`{field.context}`" if field.context else made_by_transform[name]
        if name == "tenant_id":
            source += f", else `{subject}`"
        expected.append([f"`{name}`", field.column.type + (", required" if field.column.required else ""), source])
    assert table_rows(ARCHITECTURE, "## The record") == expected


def test_architecture_lists_the_columns_of_a_tombstone() -> None:
    rows = table_rows(ARCHITECTURE, "### A tombstone")
    assert [row[:2] for row in rows] == [
        [f"`{column.name}`", column.type + (", required" if column.required else "")] for column in tombstone.COLUMNS
    ]


def test_architecture_lists_the_columns_of_a_usage_event() -> None:
    rows = table_rows(ARCHITECTURE, "### The record of a usage event")
    assert [row[:2] for row in rows] == [
        [f"`{column.name}`", column.type + (", required" if column.required else "")] for column in USAGE_EVENTS.columns
    ]
    named = {column for row in rows for column in re.findall(r"the event's `(\w+)`", row[2])}
    assert named == {"source", "id", "type", "time", "subject", "data"}


def test_architecture_says_by_what_a_usage_event_is_known_and_laid_out() -> None:
    says = " ".join(ARCHITECTURE.split())
    *others, last = (f"`{column}`" for column in USAGE_EVENTS.key)
    assert f"The key is {', '.join(others)} and {last} together" in says
    assert f"partitioned by the UTC day of `{USAGE_EVENTS.time}`, sorted by `{USAGE_EVENTS.tenant}`" in says


def test_every_role_of_the_program_is_in_the_table_of_who_may_do_what() -> None:
    who = {row[0] for row in table_rows(ARCHITECTURE, "## Who may do what, and why")}
    assert {record.name for record in run_main().of("Role")} == set(TOLD_AS)
    assert set(TOLD_AS.values()) <= who


def test_every_reason_of_the_transforms_is_explained() -> None:
    events = text_of(ROOT / "docs" / "events.md")
    rows = table_rows(ARCHITECTURE, "### What the transform refuses")
    rows += table_rows(events, "### What the transform of events refuses")
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[0])} == set(Reason)


def test_readme_names_every_saved_query() -> None:
    roles = re.findall(r'^        role="([a-z-]+)"', text_of(ROOT / "components" / "_queries.py"), re.MULTILINE)
    assert roles
    assert [role for role in roles if f"`{role}`" not in README] == []


def test_arrows_of_the_diagram_are_outputs_of_the_component_they_leave() -> None:
    [diagram] = code_blocks(README, "mermaid")
    boxes = dict(re.findall(r"(\w+)\[(\w+)\]", diagram))
    arrows = re.findall(r'(\w+)(?:\[\w+\])? -- "?([\w, ]+?)"? --> ', diagram)
    assert len(arrows) == diagram.count("-->")
    for start, outputs in arrows:
        described = README.split(f"<!-- begin: component {boxes[start]} -->")[1].split("<!-- end:")[0]
        assert [name for name in outputs.split(", ") if f"| `{name}` |" not in described.split("Outputs:")[1]] == []


def test_layout_names_files_and_folders_that_exist() -> None:
    [tree] = code_blocks(README.split("\n## Layout\n")[1].split("\n## ")[0], "text")
    missing, folder = [], ""
    for line in tree.splitlines():
        names = [word for word in line.split() if word.endswith(("/", ".py", ".yaml", ".md"))]
        if not line.startswith(" "):
            folder = names[0] if names[0].endswith("/") else ""
        missing += [name for name in names if not (ROOT / name).exists() and not (ROOT / folder / name).exists()]
    assert missing == []
    assert len(tree.splitlines()) <= 15


def test_parts_of_the_embedded_aws_exist() -> None:
    rows = [row for row in table_rows(ARCHITECTURE, "## The embedded AWS") if row[0].startswith("`")]
    parts = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    folder = ROOT / "embedded_aws"
    assert len(parts) > len(rows) > 0
    assert [name for name in parts if not ((folder / f"{name}.py").exists() or (folder / name).is_dir())] == []

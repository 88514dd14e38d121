"""The policy pack under the genuine engine, over small programs; the AWS provider is a stand-in."""

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from policies.check import judge
from sandbox.lifecycle.recorder import record
from tests.engine.small_project import STACK, SmallProject
from tests.policies.conftest import registration

pytestmark = pytest.mark.cli

Make = Callable[[str], SmallProject]

ROLE = """
import json

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_, s3, sqs

TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
role = iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))


def writing(arn):
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": f"{arn}:*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def function(name, code, handler="main.handler", **settings):
    group = cloudwatch.LogGroup(name, retention_in_days=14)
    iam.RolePolicy(name, role=role.name, policy=group.arn.apply(writing))
    return lambda_.Function(
        name,
        role=role.arn,
        handler=handler,
        runtime="python3.13",
        architectures=["x86_64"],
        code=code,
        timeout=30,
        memory_size=512,
        logging_config={"log_format": "JSON", "log_group": group.name},
        **settings,
    )

"""
HANDLER = "lambda-function-handler-in-package"
RESERVED = "lambda-function-reserved-variables"
PACKAGES = """
from pulumi import AssetArchive, FileArchive, FileAsset, StringAsset

SOURCE = "def handler(event, context): ..."

for handler, suffix in (("main.handler", "right"), ("elsewhere.handler", "wrong")):
    function(f"folder-{suffix}", FileArchive("./app"), handler)
    function(f"zip-{suffix}", FileArchive("app.zip"), handler)
    texts = {"main.py": StringAsset(SOURCE), "empty.txt": FileAsset("app/empty")}
    function(f"text-{suffix}", AssetArchive(texts), handler)
    function(f"nested-{suffix}", AssetArchive({"": AssetArchive({"main.py": FileAsset("app/main.py")})}), handler)
"""
QUEUE = """
queue = sqs.Queue("failures", message_retention_seconds=1209600, sqs_managed_sse_enabled=True)
bucket = s3.Bucket("payloads")
worker = function("worker", pulumi.AssetArchive({"main.py": pulumi.StringAsset("def handler(event, context): ...")}))
lambda_.EventSourceMapping("source", event_source_arn=queue.arn, function_name=worker.name, batch_size=1)
lambda_.FunctionEventInvokeConfig("retries", function_name=worker.name, maximum_retry_attempts=0)
"""


def policies(output: str) -> set[str]:
    """What the engine lists as violated, `[level] rule (resource)`."""
    lines = output.partition("Policies:")[2].partition("Diagnostics:")[0].splitlines()
    return {" ".join(line.split()).removeprefix("- ") for line in lines if line.strip().startswith("- [")}


@pytest.mark.parametrize("called_in", ["the program's folder", "a folder below it", "a folder elsewhere"])
def test_packages_at_relative_paths_are_read_from_the_programs_folder(
    small_project: Make, tmp_path: Path, called_in: str
) -> None:
    project = small_project(ROLE + PACKAGES)
    package(project.folder / "app")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = {"a folder below it": project.folder / "app", "a folder elsewhere": elsewhere}.get(called_in)
    options = ("--cwd", str(project.folder)) if folder == elsewhere else ()

    _, output = project.preview(*options, folder=folder)

    wrong = {line for line in policies(output) if HANDLER in line}
    names = ("folder", "nested", "text", "zip")
    assert wrong == {f"[mandatory] {HANDLER} (aws:lambda:Function: {name}-wrong)" for name in names}, output


def test_deployed_stack_is_judged_as_the_check_judges_the_program_whether_it_changes_or_not(
    small_project: Make,
) -> None:
    project = small_project(ROLE + QUEUE)
    source = project.folder / "__main__.py"
    checked = evaluated(project)

    project.run("up", "--yes", "--skip-preview")
    _, unchanged = project.preview()
    source.write_text(source.read_text().replace("batch_size=1", "batch_size=2"))
    _, changed = project.preview()

    assert checked
    assert policies(unchanged) == checked, unchanged
    assert policies(changed) == checked, changed


def test_mandatory_violation_stops_the_preview_unless_it_is_excepted(small_project: Make, tmp_path: Path) -> None:
    code = 'pulumi.AssetArchive({"main.py": pulumi.StringAsset("def handler(event, context): ...")})'
    project = small_project(
        ROLE + f'function("refused", {code}, environment={{"variables": {{"AWS_REGION": "us-east-1"}}}})'
    )
    configuration = tmp_path / "policies.json"
    configuration.write_text(json.dumps({RESERVED: {"exceptions": [{"resource": "refused", "reason": "a test"}]}}))

    stopped, found = project.preview()
    passed, output = project.preview("--policy-pack-config", str(configuration))
    configuration.write_text(json.dumps({RESERVED: {"exceptions": [{"resource": "refused"}]}}))
    rejected, reason = project.preview("--policy-pack-config", str(configuration))

    assert stopped != 0
    assert f"[mandatory] {RESERVED} (aws:lambda:Function: refused)" in policies(found), found
    assert passed == 0, output
    assert rejected != 0
    assert "reason is required" in reason


def evaluated(project: SmallProject) -> set[str]:
    """What `longrun check` reports of the program, as the engine lists it."""
    report = judge(list(map(registration, record(project.folder, STACK))), "us-east-1", folder=project.folder)
    return {
        f"[{each.severity.value}] {each.rule} ({shown(each.urn.split('::')[2])}: {each.urn.split('::')[3]})"
        for each in report.violations
    }


def shown(token: str) -> str:
    """A type as the engine shows it: `aws:lambda:Function`."""
    package, module, name = token.split(":")
    return f"{package}:{module.partition('/')[0]}:{name}"


def package(folder: Path) -> None:
    """The program's package: as a folder, and as a zip beside it."""
    folder.mkdir()
    (folder / "main.py").write_text("def handler(event, context): ...\n")
    (folder / "empty").write_text("")
    with ZipFile(folder.with_suffix(".zip"), "w") as archive:
        archive.write(folder / "main.py", "main.py")

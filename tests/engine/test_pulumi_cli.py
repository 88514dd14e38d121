"""The program under the real engine and AWS provider, on the sandbox: up, up again, policies, destroy."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.pulumi_project import STACK, PulumiError, PulumiProject
from sandbox.lifecycle.commands import UpOptions, down, up

pytestmark = [pytest.mark.cli, pytest.mark.aws_provider, pytest.mark.sandbox]

RESERVED = "lambda-function-reserved-variables"
RESERVED_VARIABLE = """
import json

from pulumi_aws import iam, lambda_

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)

lambda_.Function(
    "refused",
    role=iam.Role("refused-role", assume_role_policy=TRUST).arn,
    runtime="python3.13",
    handler="refused.handler",
    code=pulumi.AssetArchive({"refused.py": pulumi.StringAsset("def handler(event, context): ...")}),
    environment={"variables": {"AWS_REGION": "us-east-1"}},
)
"""
FOREIGN_PARAMETER = """
from pulumi_aws import ssm

ssm.Parameter("elsewhere", type="String", value="arn:aws:sqs:eu-west-1:000000000000:queue")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulumiProject]:
    state_dir = tmp_path_factory.mktemp("sandbox")
    state = up(UpOptions(state_dir=state_dir, port=0, empty=True), lambda _: None)
    try:
        project = PulumiProject(tmp_path_factory.mktemp("project"), state.endpoint, state.keys)
        project.create()
        project.pulumi("up", "--yes", "--skip-preview")
        yield project
        project.pulumi("destroy", "--yes", "--skip-preview")
        left = json.loads(project.run("pulumi", "stack", "export", "--stack", STACK))["deployment"].get("resources")
        assert not left
    finally:
        down(state_dir)


@contextmanager
def spoiled(project: PulumiProject, addition: str) -> Iterator[None]:
    """The program with something added to it that a rule rejects."""
    program = project.folder / "__main__.py"
    compliant = program.read_text()
    program.write_text(compliant + addition)
    try:
        yield
    finally:
        program.write_text(compliant)


def configuration(tmp_path: Path, document: dict[str, Any]) -> str:
    path = tmp_path / "policies.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_second_up_changes_nothing(project: PulumiProject) -> None:
    project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_the_deployed_agent_answers(project: PulumiProject) -> None:
    longrun = str(Path(sys.prefix) / "bin" / "longrun")
    question = "What was the average effect of the training programme on 1978 earnings?"
    answer = json.loads(project.run(longrun, "ask", "--stack", STACK, "--json", question))
    assert answer["status"] == "SUCCEEDED"
    assert "1,794" in answer["answer"]


def test_the_deployed_workflow_answers_with_what_its_tasks_have_computed(project: PulumiProject) -> None:
    longrun = str(Path(sys.prefix) / "bin" / "longrun")
    question = "Did the training programme raise earnings? Use the survey men as the comparison group."
    given = ("--workflow", "--answer", "regression_adjustment")
    answer = json.loads(project.run(longrun, "ask", "--stack", STACK, "--json", *given, question))

    assert answer["status"] == "SUCCEEDED"
    assert "699" in answer["answer"]
    assert "8,498" in answer["answer"]


def test_the_policy_pack_passes_the_program_that_is_deployed(project: PulumiProject) -> None:
    project.preview_with_policies()


@pytest.mark.parametrize(
    ("addition", "rule"),
    [(RESERVED_VARIABLE, RESERVED), (FOREIGN_PARAMETER, "stack-region-alignment")],
    ids=["a rule about one resource", "a rule about the stack"],
)
def test_the_policy_pack_stops_what_aws_would_refuse(project: PulumiProject, addition: str, rule: str) -> None:
    with spoiled(project, addition), pytest.raises(PulumiError, match=rule):
        project.preview_with_policies()


def test_an_exception_with_a_reason_lets_a_resource_pass(project: PulumiProject, tmp_path: Path) -> None:
    excepted = {RESERVED: {"exceptions": [{"resource": "refused", "reason": "a test"}]}}

    with spoiled(project, RESERVED_VARIABLE):
        project.preview_with_policies(config=configuration(tmp_path, excepted))


@pytest.mark.parametrize(
    ("document", "reported"),
    [
        ({RESERVED: {"exceptions": [{"resource": "refused"}]}}, "reason is required"),
        ({RESERVED: "warn"}, "not a valid enforcement level"),
    ],
)
def test_the_engine_rejects_a_policy_configuration_that_cannot_be_meant(
    project: PulumiProject, tmp_path: Path, document: dict[str, Any], reported: str
) -> None:
    with pytest.raises(PulumiError, match=reported):
        project.preview_with_policies(config=configuration(tmp_path, document))

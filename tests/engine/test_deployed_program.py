"""The shipped program under the genuine engine, deployed by the stand-in for the AWS provider: what the pack says of it
then is what `longrun check` says."""

import os
from collections.abc import Iterator

import pytest

from bench.pulumi_project import PulumiProject
from sandbox.access.keys import Keys

pytestmark = pytest.mark.cli


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, stand_in_path: str) -> Iterator[PulumiProject]:
    project = PulumiProject(tmp_path_factory.mktemp("project"), "http://127.0.0.1:4600", Keys.create())
    project.environment["PATH"] = f"{stand_in_path}{os.pathsep}{project.environment['PATH']}"
    project.create()
    project.pulumi("up", "--yes", "--skip-preview")
    yield project
    project.pulumi("destroy", "--yes", "--skip-preview")


def test_the_workflow_is_part_of_what_is_deployed(project: PulumiProject) -> None:
    assert ":stateMachine:" in project.pulumi("stack", "output", "workflow_state_machine")


def test_preview_of_the_program_that_is_deployed_breaks_no_rule(project: PulumiProject) -> None:
    output = project.preview_with_policies()

    assert "✅ longrun" in output
    assert "advisory" not in output
    assert " unchanged" in output


def test_update_of_the_program_that_is_deployed_breaks_no_rule(project: PulumiProject) -> None:
    output = project.pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policies", "--expect-no-changes")

    assert "✅ longrun" in output
    assert "advisory" not in output

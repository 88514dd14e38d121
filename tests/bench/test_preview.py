import os
from pathlib import Path

import pytest

from bench.measurement import Options
from bench.preview import timed
from bench.pulumi_project import PulumiError, PulumiProject
from sandbox.access.keys import Keys

PULUMI = """#!/bin/sh
echo "$*" >> commands
case "$*" in
  *--policy-pack*) sleep 0.4 ;;
esac
test ! -e broken || { echo "no such provider" >&2; exit 255; }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiProject:
    """A copy of the program, and a command line that only writes down what it is told and takes its time."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pulumi").write_text(PULUMI)
    (tools / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    folder = tmp_path / "project"
    folder.mkdir()
    return PulumiProject(folder, "http://127.0.0.1:4711", Keys.create())


def test_preview_is_timed_with_and_without_the_pack(project: PulumiProject) -> None:
    (measurement,) = timed(project, Options(repeats=1))

    commands = (project.folder / "commands").read_text().splitlines()
    assert commands[0] == "stack init local --non-interactive"
    assert [("--policy-pack policies" in command) for command in commands[1:]] == [False, False, True]
    assert 0.3 < measurement.value < 2.0
    assert "127.0.0.1:4711" in (project.folder / "Pulumi.local.yaml").read_text()


def test_what_a_failing_command_says_is_kept(project: PulumiProject) -> None:
    (project.folder / "broken").touch()

    with pytest.raises(PulumiError, match="no such provider"):
        timed(project, Options(repeats=1))

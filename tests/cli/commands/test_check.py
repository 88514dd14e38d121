import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import run
from cli.commands import check as command
from cli.commands import check_program
from policies.catalogue import RULES
from sandbox.lifecycle.recorder import Recording
from sandbox.paths import REPOSITORY
from sandbox.program.config import read_config
from tests.cli.conftest import Longrun

FUNCTION = "aws:lambda/function:Function"
RESERVED = "lambda-function-reserved-variables"


def registered(variables: dict[str, str]) -> dict[str, Any]:
    return {
        "type": FUNCTION,
        "name": "reader",
        "urn": f"urn:pulumi:dev::longrun::{FUNCTION}::reader",
        "parent": None,
        "custom": True,
        "provider": "",
        "properties": {"timeout": 60, "environment": {"variables": variables}},
        "dependencies": {},
        "depends_on": [],
    }


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the program registers, in place of running it, and one rule to hold against it."""
    resources: list[dict[str, Any]] = []
    monkeypatch.setattr(command, "record_program", lambda _project, _config: Recording(resources))
    monkeypatch.setattr(command, "RULES", [rule for rule in RULES if rule.name == RESERVED])
    return resources


def test_a_program_without_violations_passes(program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    program.append(registered({"BEDROCK_REGION": "us-east-1"}))
    assert run(["check", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "ok": True,
        "project": "longrun",
        "directory": str(REPOSITORY),
        "stack": "dev",
        "region": document["region"],
        "notes": [],
        "resources": 1,
        "rules": [RESERVED],
        "violations": [],
        "excused": [],
        "unused_exceptions": [],
    }


def test_what_of_a_stacks_file_could_not_be_read_is_noted(
    program: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({}))
    config = replace(read_config(REPOSITORY, "dev", {}), notes=["Pulumi.dev.yaml imports an environment"])
    monkeypatch.setattr(check_program, "read_config", lambda *_: config)

    assert run(["check"]) == 0

    assert "Pulumi.dev.yaml imports an environment\n" in capsys.readouterr().out


def test_a_mandatory_violation_fails_and_names_resource_and_rule(
    program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))
    assert run(["check"]) == 1
    shown = capsys.readouterr().out
    assert "mandatory" in shown
    assert "AWS_REGION" in shown
    assert "reader" in shown
    assert run(["check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert {violation["urn"] for violation in document["violations"]} == {program[0]["urn"]}


def test_formats_of_the_same_report(program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))

    written = []
    for options in (["--format", "json"], ["--json"], ["--json", "--format", "json"], ["--format", "sarif"]):
        assert run(["check", *options]) == 1
        written.append(json.loads(capsys.readouterr().out))

    assert written[0] == written[1] == written[2]
    assert written[3]["version"] == "2.1.0"
    assert {result["ruleId"] for result in written[3]["runs"][0]["results"]} == {
        violation["rule"] for violation in written[0]["violations"]
    }


def test_formats_that_contradict_each_other_are_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--json", "--format", "sarif"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["message"] == "--json and --format sarif contradict each other; give only one of them"


@pytest.mark.parametrize("options", [["--format", "json"], ["--format=json"]])
def test_an_error_is_json_where_json_was_asked_for(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *options, "--policy-config", "nowhere.json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "INVALID_CONFIG"


def test_policy_configuration_excuses_a_violation_and_shows_why(
    program: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))
    configuration = tmp_path / "policies.json"
    exceptions = [{"resource": "reader", "reason": "an image of another team"}, {"resource": "gone", "reason": "old"}]
    configuration.write_text(json.dumps({RESERVED: {"exceptions": exceptions}}))

    run(["check", "--policy-config", str(configuration)])
    shown = capsys.readouterr().out
    run(["check", "--policy-config", str(configuration), "--json"])
    document = json.loads(capsys.readouterr().out)

    assert "suppressed: an image of another team" in shown
    assert f"the exception from {RESERVED} for 'gone' suppresses nothing" in shown
    assert [each["reason"] for each in document["excused"]] == ["an image of another team"]
    assert document["unused_exceptions"] == [{"rule": RESERVED, "resource": "gone", "reason": "old"}]
    assert RESERVED not in {violation["rule"] for violation in document["violations"]}


def test_rule_that_is_switched_off_is_not_judged(
    program: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))
    configuration = tmp_path / "policies.json"
    configuration.write_text(json.dumps({"all": "disabled"}))

    assert run(["check", "--policy-config", str(configuration), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"] == []


def test_an_invalid_policy_configuration_is_one_line_of_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = tmp_path / "policies.json"
    configuration.write_text(json.dumps({RESERVED: {"exceptions": [{"resource": "reader"}]}}))

    assert run(["check", "--policy-config", str(configuration)]) == 2
    message = f"longrun: {configuration}: {RESERVED}: exceptions[0]: needs a reason, a text [INVALID_CONFIG]\n"
    assert capsys.readouterr().err == message


def test_coverage_counts_rules_by_hand_and_what_aws_publishes(
    program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    program.append(registered({"AWS_REGION": "us-east-1"}))

    assert run(["check", "--coverage", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert run(["check", "--coverage"]) == 0
    shown = capsys.readouterr().out

    assert document["program"]["types"] == 1
    assert document["unmapped"] == []
    assert document["everything"]["types"] > 100 * document["program"]["types"]
    total = sum(document["everything"]["constraints"].values())
    assert total > sum(document["program"]["constraints"].values()) > 50
    for name in ("Lambda functions", f"{total:,}"):
        assert name in shown


def test_coverage_is_no_sarif(program: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    program.clear()
    assert run(["check", "--coverage", "--format", "sarif"]) == 2
    assert "not a report of violations" in capsys.readouterr().err


def test_an_unknown_stack_is_a_usage_error(longrun: Longrun) -> None:
    done = longrun("check", "--directory", str(REPOSITORY), "--stack", "nowhere")
    assert done.returncode == 2
    assert "Pulumi.nowhere.yaml" in done.stderr


@pytest.mark.sandbox
@pytest.mark.parametrize("stack", ["dev", "local"])
def test_the_shipped_program_breaks_no_rule(
    stack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)

    assert run(["check", "--stack", stack, "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["violations"] == []
    assert document["resources"] > 20

"""AWS's engine, as it is asked here."""

import sys
from dataclasses import FrozenInstanceError

import pytest

from policies.cloudformation.engine import Engine, EvaluationError, Module, UnavailableError

BROKEN = """package cdk_preflight

import rego.v1

_pf_two(name) := 1 if name

_pf_two(name) := 2 if name

violation contains make_diag_full("pf-broken", "ERROR", name, "Properties", "message", "fix", "url") if {
	some name in resources_of_type("AWS::SQS::Queue")
	_pf_two(name) > 0
}
"""
QUEUE = {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 50_000}}}}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_finding_tells_the_rule_the_resource_the_path_and_what_is_wrong(engine: Engine) -> None:
    (found,) = engine.judge(QUEUE)

    assert (found.rule, found.severity, found.logical_id, found.path) == ("F3034", "FATAL", "Jobs", "VisibilityTimeout")
    assert found.message == "50000 is greater than the maximum of 43200"
    with pytest.raises(FrozenInstanceError):
        setattr(found, "rule", "another")  # noqa: B010  the type checker would reject the assignment


def test_notes_and_what_is_about_no_resource_are_left(engine: Engine) -> None:
    template = {
        "Parameters": {"Unused": {"Type": "String"}},
        "Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {}}},
    }

    assert [found for found in engine.judge(template) if found.severity == "INFO" or found.logical_id != "Unused"] == []


def test_regions_have_their_own_lists(engine: Engine) -> None:
    properties = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "m1.small"}
    template = {"Resources": {"Old": {"Type": "AWS::EC2::Instance", "Properties": properties}}}

    assert [found.rule for found in engine.judge(template, "us-east-1") if found.rule == "E3628"] == []
    assert [found.rule for found in engine.judge(template, "eu-north-1") if found.rule == "E3628"] == ["E3628"]


def test_rule_that_fails_is_an_error_of_its_own() -> None:
    with pytest.raises(EvaluationError, match="multiple outputs"):
        Engine([Module("broken", BROKEN)]).judge(QUEUE)


def test_environment_without_the_library_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudformation_validate", None)

    with pytest.raises(UnavailableError) as caught:
        Engine()

    assert str(caught.value) == (
        "cloudformation-validate is not installed, or not for this machine. "
        "Install it with `pip install cloudformation-validate==1.14.0`."
    )

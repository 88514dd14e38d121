"""Programs recorded in a process of their own, without an emulator."""

import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.lifecycle.recorder import record
from tests.sandbox.harness import write_program

COMPONENT = """
class Pair(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("small:index:Pair", name)
        child = pulumi.ResourceOptions(parent=self)
        self.queue = aws.sqs.Queue(f"{name}-queue", visibility_timeout_seconds=30, opts=child)
        policy = self.queue.arn.apply(lambda arn: json.dumps({"Statement": [{"Resource": arn}]}))
        aws.sqs.QueuePolicy(f"{name}-policy", queue_url=self.queue.url, policy=policy, opts=child)
        self.register_outputs({"url": self.queue.url})

Pair("pair")
aws.s3.BucketObjectv2("file", bucket="b", key="k", source=pulumi.FileAsset("Pulumi.yaml"))
"""


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the logs of failed programs go."""
    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path / "home"))


def recorded(root: Path, **overrides: str) -> dict[str, dict[str, Any]]:
    return {resource["name"]: resource for resource in record(root, "local", overrides)}


def test_registered_resources_are_recorded_with_parents_and_dependencies(tmp_path: Path) -> None:
    found = recorded(write_program(tmp_path, COMPONENT))

    assert set(found) == {"pair", "pair-queue", "pair-policy", "file"}
    queue, policy = found["pair-queue"], found["pair-policy"]
    assert found["pair"]["type"] == "small:index:Pair"
    assert not found["pair"]["custom"]
    assert queue["urn"] == "urn:pulumi:local::small::small:index:Pair$aws:sqs/queue:Queue::pair-queue"
    assert queue["parent"] == found["pair"]["urn"]
    assert queue["properties"] == {"visibilityTimeoutSeconds": 30}
    assert policy["dependencies"]["policy"] == [queue["urn"]]
    assert policy["depends_on"] == [queue["urn"]]


def test_documents_made_of_outputs_are_recorded_in_the_shape_they_would_have(tmp_path: Path) -> None:
    policy = recorded(write_program(tmp_path, COMPONENT))["pair-policy"]

    assert '"arn:aws:sqs:us-east-1:000000000000:pair-queue-' in policy["properties"]["policy"]


def test_a_task_definition_is_named_by_its_family(tmp_path: Path) -> None:
    source = """
task = aws.ecs.TaskDefinition("tool", family="estimator", container_definitions="[]")
aws.sfn.StateMachine("runs", role_arn="arn:aws:iam::000000000000:role/runs",
    definition=task.arn.apply(lambda arn: json.dumps({"Comment": arn})))
"""
    definition = recorded(write_program(tmp_path, source))["runs"]["properties"]["definition"]

    assert '"arn:aws:ecs:us-east-1:000000000000:task-definition/estimator:1"' in definition


def test_configuration_reaches_the_program_as_from_the_engine(tmp_path: Path) -> None:
    source = """
config = pulumi.Config()
assert config.require_object("names") == ["one", "two"]
assert config.require_int("count") == 7
assert config.require_bool("enabled") is False
assert config.require_object("labels") == {"a": "b"}
assert config.get("word") == ""
assert pulumi.Config("aws").require("region") == "us-east-1"
assert (pulumi.get_project(), pulumi.get_stack()) == ("small", "local")
import sibling
aws.sqs.Queue(sibling.NAME)
"""
    root = write_program(tmp_path, source)
    (root / "sibling.py").write_text("NAME = 'imported'")

    assert set(recorded(root, count="7")) == {"imported"}


def test_a_program_that_rejects_is_reported_in_its_own_words_and_code(tmp_path: Path) -> None:
    source = "class Refused(pulumi.RunError):\n    code = 'INVALID_ARGUMENT'\nraise Refused('Pair p: colour is blue.')"

    with pytest.raises(SandboxError) as rejected:
        recorded(write_program(tmp_path, source))

    assert rejected.value.code == "INVALID_ARGUMENT"
    assert rejected.value.message == "Pair p: colour is blue"


def test_a_program_that_breaks_is_reported_with_its_place_and_the_log_of_the_traceback(tmp_path: Path) -> None:
    root = write_program(tmp_path, "\nprint('noise')\n{}['absent']\n")
    line = (root / "__main__.py").read_text().splitlines().index("{}['absent']") + 1

    with pytest.raises(SandboxError) as broken:
        recorded(root)

    assert broken.value.code == "PROGRAM_FAILED"
    expected, _, hint = broken.value.message.partition(" (traceback in ")
    assert expected == f"the program failed at __main__.py:{line}: KeyError: 'absent'"
    log = Path(hint.removesuffix(")"))
    assert "Traceback" in log.read_text()
    assert "noise" in log.read_text()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os; os._exit(3)", "the program's process ended without a result"),
        ("raise SystemExit('enough')", "SystemExit: enough"),
        ("def", "SyntaxError"),
        ("pulumi.Output.from_input(1).apply(lambda one: one / 0)", "ZeroDivisionError: division by zero"),
        ("pulumi.log.error('the zone is wrong')", "the zone is wrong"),
    ],
)
def test_no_end_of_a_program_goes_unnoticed(tmp_path: Path, source: str, expected: str) -> None:
    with pytest.raises(SandboxError) as ended:
        recorded(write_program(tmp_path, source))

    assert expected in ended.value.message
    assert "\n" not in ended.value.message


def test_the_account_can_be_asked_for_caller_region_and_partition(tmp_path: Path) -> None:
    source = """
caller, region, partition = aws.get_caller_identity(), aws.get_region(), aws.get_partition_output()
assert caller.account_id == "000000000000"
assert region.region == "us-east-1"
aws.sqs.Queue("asked", name=partition.partition)
"""
    assert recorded(write_program(tmp_path, source))["asked"]["properties"]["name"] == "aws"


def test_secrets_and_whole_numbers_are_recorded_as_on_the_wire(tmp_path: Path) -> None:
    source = "aws.sqs.Queue('q', name=pulumi.Output.secret('hidden'), delay_seconds=5)"

    properties = recorded(write_program(tmp_path, source))["q"]["properties"]

    assert properties["delaySeconds"] == 5
    assert isinstance(properties["delaySeconds"], int)
    assert "hidden" in str(properties["name"])


def test_the_users_account_is_out_of_the_programs_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    source = """
import os
assert not {"AWS_PROFILE", "AWS_SECRET_ACCESS_KEY"} & set(os.environ)
aws.sqs.Queue("reached")
"""
    assert set(recorded(write_program(tmp_path, source))) == {"reached"}
    assert os.environ["AWS_PROFILE"] == "production"

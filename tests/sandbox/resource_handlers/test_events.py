"""EventBridge on the emulator: what is made delivers, and what AWS would drop is rejected."""

import json

import pytest

from sandbox.errors import SandboxError
from tests.sandbox.clients import client
from tests.sandbox.harness import Emulator, wait_until

pytestmark = pytest.mark.sandbox

HELPERS = """
PATTERN = json.dumps({"source": ["longrun"], "detail-type": ["RunRequested"]})

def allowing(name, role, action, resource):
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": resource}]})
    return aws.iam.RolePolicy(name, role=role.name, policy=document)

def rule(name, bus=None, **arguments):
    bus = bus or aws.cloudwatch.EventBus(f"{name}-bus")
    return aws.cloudwatch.EventRule(name, event_bus_name=bus.name, event_pattern=PATTERN, **arguments)

def target(name, rule, arn, **arguments):
    return aws.cloudwatch.EventTarget(name, rule=rule.name, event_bus_name=rule.event_bus_name, arn=arn, **arguments)

def admitting(name, queue, rule):
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn,
         "Principal": {"Service": "events.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": rule.arn}}}]})
    return aws.sqs.QueuePolicy(name, queue_url=queue.url, policy=document)

def machine(name):
    states = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
    own = role(f"{name}-role", "states.amazonaws.com")
    return aws.sfn.StateMachine(name, role_arn=own.arn, definition=json.dumps(states))
"""

WHOLE = """
bus = aws.cloudwatch.EventBus("whole-bus", tags={"stage": "test"})
asked = rule("whole-asked", bus)
started = machine("whole-machine")
starter = role("whole-starter", "events.amazonaws.com")
allowing("whole-start", starter, "states:StartExecution", started.arn)
dead = aws.sqs.Queue("whole-dead")
admitting("whole-dead-policy", dead, asked)
target("whole-start-target", asked, started.arn, role_arn=starter.arn,
    dead_letter_config={"arn": dead.arn},
    retry_policy={"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 10},
    input_transformer={"input_paths": {"id": "$.id", "detail": "$.detail"},
                       "input_template": '{"event_id": <id>, "detail": <detail>}'})
reported = function("whole-reported", "def handler(event, context): print('SEEN', event['detail']['question'])")
aws.lambda_.Permission("whole-permission", function=reported.name, action="lambda:InvokeFunction",
    principal="events.amazonaws.com", source_arn=asked.arn)
target("whole-tell-target", asked, reported.arn)
copied = aws.sqs.Queue("whole-copied")
admitting("whole-copied-policy", copied, asked)
target("whole-copy-target", asked, copied.arn, input_path="$.detail")
pulumi.export("bus", bus.name)
pulumi.export("bus_arn", bus.arn)
pulumi.export("machine", started.arn)
pulumi.export("rule", asked.arn)
pulumi.export("queue", copied.url)
"""


def test_an_event_reaches_machine_function_and_queue(emulator: Emulator) -> None:
    outputs = emulator.deploy(HELPERS + WHOLE, "whole")
    endpoint = emulator.state.endpoint
    entry = {"Source": "longrun", "DetailType": "RunRequested", "Detail": '{"question": "why?"}'}

    put = client(endpoint, "events").put_events(Entries=[{**entry, "EventBusName": outputs["bus"]}])

    assert put["FailedEntryCount"] == 0
    sfn, sqs = client(endpoint, "stepfunctions"), client(endpoint, "sqs")
    listed = {"stateMachineArn": outputs["machine"]}
    wait_until(lambda: bool(sfn.list_executions(**listed)["executions"]), "the execution")
    started = sfn.list_executions(**listed)["executions"][0]["executionArn"]
    given = json.loads(sfn.describe_execution(executionArn=started)["input"])
    assert given == {"event_id": put["Entries"][0]["EventId"], "detail": {"question": "why?"}}
    copied = sqs.receive_message(QueueUrl=outputs["queue"], WaitTimeSeconds=20)["Messages"][0]["Body"]
    assert json.loads(copied) == {"question": "why?"}
    assert outputs["bus_arn"].endswith(f":event-bus/{outputs['bus']}")
    assert outputs["rule"].split(":rule/")[1].startswith(f"{outputs['bus']}/whole-asked-")


REJECTIONS = {
    "a pattern that is no JSON": (
        'aws.cloudwatch.EventRule("bad-pattern", event_pattern="{source")',
        "'bad-pattern' failed: eventPattern is not JSON",
    ),
    "an empty pattern": (
        'aws.cloudwatch.EventRule("empty-pattern", event_pattern="{}")',
        "'empty-pattern' failed: eventPattern is not a JSON object with at least one field",
    ),
    "a rule on a bus that is not there": (
        'aws.cloudwatch.EventRule("stray", event_bus_name="absent", event_pattern=PATTERN)',
        "'stray' failed: ResourceNotFoundException",
    ),
    "a rule's name that AWS rejects": (
        'aws.cloudwatch.EventRule("long", name="x" * 65, event_pattern=PATTERN)',
        "allowed: up to 64 characters",
    ),
    "a bus's name that AWS rejects": (
        'aws.cloudwatch.EventBus("odd", name="a b")',
        "'odd' failed: name is 'a b'; allowed: up to 256 characters",
    ),
    "a schedule": (
        'aws.cloudwatch.EventRule("daily", schedule_expression="rate(1 day)")',
        "'daily' failed: scheduleExpression is not supported in the sandbox: the emulator never triggers schedules",
    ),
    "a function that the rule may not invoke": (
        'target("mute-target", rule("mute-rule"), function("mute-reported", "def handler(event, context): pass").arn)',
        "'mute-target' failed: the rule may not invoke function mute-reported-",
    ),
    "a function that is not there": (
        'target("gone-target", rule("gone-rule"), "arn:aws:lambda:us-east-1:000000000000:function:gone")',
        "'gone-target' failed: ResourceNotFoundException",
    ),
    "a machine without a role to start it": (
        'target("bare-target", rule("bare-rule"), machine("bare-machine").arn)',
        "'bare-target' failed: roleArn is missing; EventBridge needs a role to start a state machine",
    ),
    "a role that EventBridge cannot assume": (
        'target("far-target", rule("far-rule"), machine("far-machine").arn, role_arn=role("far-role").arn)',
        "cannot be assumed by events.amazonaws.com",
    ),
    "a role that does not allow the start": (
        'target("weak-target", rule("weak-rule"), machine("weak-machine").arn,\n'
        '    role_arn=role("weak-role", "events.amazonaws.com").arn)',
        "does not allow states:StartExecution on arn:aws:states:us-east-1:000000000000:stateMachine:weak-machine-",
    ),
    "a queue of dead letters that accepts nobody": (
        'own = rule("lost-rule")\n'
        'queue = aws.sqs.Queue("lost-copied")\n'
        'admitting("lost-policy", queue, own)\n'
        'target("lost-target", own, queue.arn, dead_letter_config={"arn": aws.sqs.Queue("lost-dead").arn})',
        "'lost-target' failed: the policy of queue lost-dead-",
    ),
    "a queue that accepts another rule": (
        'queue = aws.sqs.Queue("other-queue")\n'
        'admitting("other-policy", queue, rule("other-first"))\n'
        'target("other-target", rule("other-second"), queue.arn)',
        "does not allow events.amazonaws.com, so events would be dropped",
    ),
    "dead letters in order": (
        'target("fifo-target", rule("fifo-rule"), aws.sqs.Queue("fifo-copied").arn,\n'
        '    dead_letter_config={"arn": aws.sqs.Queue("f", name="f.fifo", fifo_queue=True).arn})',
        "EventBridge can use only a standard queue as dead-letter queue",
    ),
    "more retries than AWS makes": (
        'target("eager-target", rule("eager-rule"), aws.sqs.Queue("eager").arn,\n'
        '    retry_policy={"maximum_retry_attempts": 186, "maximum_event_age_in_seconds": 3600})',
        "'eager-target' failed: Targets[0].RetryPolicy.MaximumRetryAttempts is 186; allowed: up to 185",
    ),
    "two kinds of input": (
        'target("both-target", rule("both-rule"), aws.sqs.Queue("both").arn, input="{}", input_path="$.detail")',
        "'both-target' failed: input, inputPath and inputTransformer exclude each other",
    ),
    "a target that the emulator does not deliver to": (
        'target("topic-target", rule("topic-rule"), "arn:aws:sns:us-east-1:000000000000:topic")',
        "the sandbox delivers to Lambda, Step Functions and SQS only",
    ),
}


@pytest.mark.parametrize("case", REJECTIONS)
def test_it_rejects(emulator: Emulator, case: str) -> None:
    source, expected = REJECTIONS[case]

    with pytest.raises(SandboxError) as rejected:
        emulator.deploy(HELPERS + source, f"rejected-{list(REJECTIONS).index(case)}")

    assert rejected.value.code == "DEPLOYMENT_FAILED"
    assert expected in rejected.value.message
    assert "\n" not in rejected.value.message

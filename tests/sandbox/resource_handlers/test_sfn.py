"""State machines on the emulator: made as AWS makes them, and rejected for what AWS rejects or every run would meet."""

import json

import pytest

from sandbox.errors import SandboxError
from tests.sandbox.clients import client
from tests.sandbox.harness import Emulator, wait_until

pytestmark = pytest.mark.sandbox

HELPERS = """
LOGGING = ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
           "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
           "logs:DescribeLogGroups"]
TRACING = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]

def allowing(name, role, *statements):
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]})
    return aws.iam.RolePolicy(name, role=role.name, policy=document)

def invoking(function, **extra):
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 10, "End": True,
            "Arguments": {"FunctionName": function, "Payload": "{% $states.input %}"}, **extra}

def machine(logical, states, own=None, **arguments):
    own = own or role(f"{logical}-role", "states.amazonaws.com")
    definition = pulumi.Output.json_dumps({"QueryLanguage": "JSONata", "StartAt": "First", "States": states})
    return aws.sfn.StateMachine(logical, role_arn=own.arn, definition=definition, **arguments)

PASS = {"Type": "Pass", "End": True}
"""

WHOLE = """
doubled = function("whole-double", "def handler(event, context): return event * 2")
table = aws.dynamodb.Table("whole-table", hash_key="pk", billing_mode="PAY_PER_REQUEST",
    attributes=[{"name": "pk", "type": "S"}])
group = aws.cloudwatch.LogGroup("whole-logs")
own = role("whole-role", "states.amazonaws.com")
policy = allowing("whole-policy", own, ("lambda:InvokeFunction", doubled.arn), ("dynamodb:Query", table.arn),
    (LOGGING + TRACING, "*"))
query = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "TimeoutSeconds": 10, "End": True,
    "Arguments": {"TableName": table.name, "KeyConditionExpression": "pk = :pk",
                  "ExpressionAttributeValues": {":pk": {"S": "x"}}},
    "Output": "{% [$states.input.Payload, $states.result.Count] %}"}
first = invoking(doubled.arn)
del first["End"]
made = machine("whole", {"First": {**first, "Next": "Query"}, "Query": query}, own, tags={"stage": "test"},
    logging_configuration={"level": "ERROR", "include_execution_data": False,
                           "log_destination": group.arn.apply(lambda arn: f"{arn}:*")},
    tracing_configuration={"enabled": True}, opts=pulumi.ResourceOptions(depends_on=[policy]))
pulumi.export("arn", made.arn)
pulumi.export("name", made.name)
pulumi.export("id", made.id)
pulumi.export("status", made.status)
"""


def test_a_machine_runs_with_what_its_role_allows(emulator: Emulator) -> None:
    outputs = emulator.deploy(HELPERS + WHOLE, "whole")
    sfn = client(emulator.state.endpoint, "stepfunctions")

    execution = sfn.start_execution(stateMachineArn=outputs["arn"], input="21")["executionArn"]
    wait_until(lambda: sfn.describe_execution(executionArn=execution)["status"] != "RUNNING", "its end")

    assert json.loads(sfn.describe_execution(executionArn=execution)["output"]) == [42, 0]
    assert outputs["id"] == outputs["arn"]
    assert outputs["name"].startswith("whole-")
    assert outputs["status"] == "ACTIVE"
    logging = sfn.describe_state_machine(stateMachineArn=outputs["arn"])["loggingConfiguration"]
    assert (logging["level"], len(logging["destinations"])) == ("ERROR", 1)
    assert sfn.describe_state_machine(stateMachineArn=outputs["arn"])["tracingConfiguration"] == {"enabled": True}


REJECTIONS = {
    "a definition that is no JSON": (
        'aws.sfn.StateMachine("text", role_arn=role("text-role", "states.amazonaws.com").arn, definition="StartAt:")',
        "'text' failed: InvalidDefinition",
    ),
    "a start that is no state": (
        'machine("start", {"Begin": PASS})',
        "MISSING_TRANSITION_TARGET: It is 'First'; allowed: a state of definition: Begin at /StartAt",
    ),
    "an expression that cannot be read": (
        'machine("expression", {"First": {"Type": "Pass", "Output": "{% $states.( %}", "End": True}})',
        "'expression' failed: InvalidDefinition",
    ),
    "a name that AWS rejects": (
        'machine("dots", {"First": PASS}, name="a.b")',
        "'dots' failed: name is 'a.b'; allowed: up to 80 characters",
    ),
    "a role that Step Functions cannot assume": (
        'machine("untrusted", {"First": PASS}, role("untrusted-role"))',
        "cannot be assumed by states.amazonaws.com",
    ),
    "a function that the role may not invoke": (
        'made = function("unreached", "def handler(event, context): pass")\n'
        'machine("unreaching", {"First": invoking(made.arn)})',
        "which state First uses, does not allow lambda:InvokeFunction on arn:aws:lambda:",
    ),
    "a function that is not there": (
        'own = role("losing-role", "states.amazonaws.com")\n'
        'allowing("losing-policy", own, ("lambda:InvokeFunction", "*"))\n'
        'machine("losing", {"First": invoking("absent")}, own)',
        "'losing' failed: ResourceNotFoundException",
    ),
    "a table that the role may not query": (
        'task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "TimeoutSeconds": 5,\n'
        '    "Arguments": {"TableName": "runs", "KeyConditionExpression": "pk = :pk"}, "End": True}\n'
        'machine("blind", {"First": task})',
        "does not allow dynamodb:Query on arn:aws:dynamodb:us-east-1:000000000000:table/runs",
    ),
    "logs that the role may not deliver": (
        'group = aws.cloudwatch.LogGroup("silent-logs")\n'
        'machine("silent", {"First": PASS}, logging_configuration={"level": "ALL",\n'
        '    "log_destination": group.arn.apply(lambda arn: f"{arn}:*")})',
        "does not allow logs:CreateLogDelivery on *",
    ),
    "logs to a group that is named without its end": (
        'group = aws.cloudwatch.LogGroup("cut-logs")\n'
        'machine("cut", {"First": PASS}, logging_configuration={"level": "ALL", "log_destination": group.arn})',
        "followed by ':*'",
    ),
    "traces that the role may not write": (
        'machine("untraced", {"First": PASS}, tracing_configuration={"enabled": True})',
        "does not allow xray:PutTraceSegments on *",
    ),
    "a type that is none": (
        'machine("kind", {"First": PASS}, type="QUICK")',
        "'kind' failed: type is 'QUICK'; allowed: STANDARD, EXPRESS",
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

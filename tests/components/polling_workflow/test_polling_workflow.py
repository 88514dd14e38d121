"""PollingWorkflow: what is deployed, in which order, and what each part may do."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from contract.limits import MAX_QUESTION_SECONDS
from contract.start_event import DETAIL_TYPE, SOURCE
from tests.components.harness import ACCOUNT, REGION, RUNTIMES, Deployment
from tests.components.references import RECORD_RUNS

FUNCTION = "aws:lambda/function:Function"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:background-machine"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:background-undelivered"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/runs"
SESSIONS = [f"{RUNTIMES}/analysts-id", f"{RUNTIMES}/analysts-id/runtime-endpoint/live"]
DeployWith = Callable[..., Deployment]


def rule(name: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/background-{name}"


def function(role: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:background-{role}"


def permissions(deployment: Deployment, role: str) -> dict[str, tuple[Any, Any]]:
    """Actions and resources of a role by sid."""
    statements = json.loads(deployment[f"background-{role}-policy"].inputs["policy"])["Statement"]
    return {statement["Sid"]: (statement["Action"], statement["Resource"]) for statement in statements}


def trust(deployment: Deployment, role: str) -> tuple[str, dict[str, Any]]:
    (statement,) = json.loads(deployment[f"background-{role}-role"].inputs["assumeRolePolicy"])["Statement"]
    return statement["Principal"]["Service"], statement["Condition"]


def test_event_on_the_bus_starts_the_state_machine_and_is_kept_when_it_cannot(deployed: Deployment) -> None:
    pattern = json.loads(deployed["background-requests"].inputs["eventPattern"])
    target = deployed["background-requests-target"]

    assert pattern == {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    assert deployed["background-requests"].inputs["eventBusName"] == "background-bus"
    assert target.inputs["arn"] == MACHINE
    assert target.inputs["eventBusName"] == "background-bus"
    assert target.inputs["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/background-requests-role"
    assert target.inputs["deadLetterConfig"] == {"arn": QUEUE}
    assert target.inputs["retryPolicy"] == {"maximumEventAgeInSeconds": 3_600, "maximumRetryAttempts": 100}
    assert "background-requests-policy" in target.dependencies


def test_rule_may_start_this_state_machine_and_act_for_itself_only(deployed: Deployment) -> None:
    assert permissions(deployed, "requests") == {"StartRuns": (["states:StartExecution"], MACHINE)}
    assert trust(deployed, "requests") == (
        "events.amazonaws.com",
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": rule("requests")}},
    )


def test_failed_state_machine_invokes_the_finalizer(deployed: Deployment) -> None:
    failures = deployed["background-failures"].inputs
    permission = deployed["background-failures-permission"].inputs
    target = deployed["background-failures-target"]

    assert json.loads(failures["eventPattern"]) == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [MACHINE], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
    }
    assert "eventBusName" not in failures, "AWS tells of its own services on the default bus only"
    assert (permission["principal"], permission["sourceArn"]) == ("events.amazonaws.com", rule("failures"))
    assert target.inputs["arn"] == function("workflow-closer")
    assert target.inputs["deadLetterConfig"] == {"arn": QUEUE}
    assert "background-failures-permission" in target.dependencies


def test_event_on_which_the_finalizer_fails_goes_to_the_queue(deployed: Deployment) -> None:
    invocation = deployed["background-workflow-closer-invocation"]

    assert invocation.inputs["destinationConfig"] == {"onFailure": {"destination": QUEUE}}
    assert (invocation.inputs["maximumRetryAttempts"], invocation.inputs["maximumEventAgeInSeconds"]) == (2, 3_600)
    assert "background-workflow-closer-policy" in invocation.dependencies


def test_only_these_two_rules_may_put_into_the_queue(deployed: Deployment) -> None:
    (statement,) = json.loads(deployed["background-undelivered-policy"].inputs["policy"])["Statement"]

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", QUEUE)
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": [rule("failures"), rule("requests")]}}


def test_state_machine_is_a_standard_one_that_logs_errors_and_traces(deployed: Deployment) -> None:
    machine = deployed["background-machine"]
    logs = deployed["background-machine-logs"].inputs

    assert machine.inputs["type"] == "STANDARD"
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}
    assert machine.inputs["loggingConfiguration"] == {
        "level": "ERROR",
        "includeExecutionData": False,
        "logDestination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logs['name']}:*",
    }
    assert logs["name"] == "/aws/vendedlogs/states/longrun-test-background"
    assert "background-machine-policy" in machine.dependencies


def test_state_machine_calls_these_functions_and_polls_this_table(deployed: Deployment) -> None:
    states = json.loads(deployed["background-machine"].inputs["definition"])["States"]

    assert states["Claim"]["Arguments"]["FunctionName"] == function("event-door")
    assert states["Invoke"]["Arguments"]["FunctionName"] == function("invoker")
    assert states["Close"]["Arguments"]["FunctionName"] == function("workflow-closer")
    assert states["Poll"]["Arguments"]["TableName"] == "runs"


def test_state_machine_may_do_what_its_definition_does(deployed: Deployment) -> None:
    granted = permissions(deployed, "machine")
    functions = [function(role) for role in ("event-door", "invoker", "workflow-closer")]

    assert granted.pop("InvokeFunctions") == (["lambda:InvokeFunction"], functions)
    assert granted.pop("LookAtJournal") == (["dynamodb:Query"], TABLE)
    assert {sid: resource for sid, (_, resource) in granted.items()} == {"WriteTraces": "*", "DeliverLogs": "*"}
    assert {"logs:CreateLogDelivery", "logs:PutResourcePolicy"} <= set(granted["DeliverLogs"][0])
    assert trust(deployed, "machine") == (
        "states.amazonaws.com",
        {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*"},
        },
    )


def test_functions_have_the_limits_that_their_work_needs(deployed: Deployment) -> None:
    limits = {
        name: (deployed[name].inputs["timeout"], deployed[name].inputs["memorySize"], deployed[name].inputs["handler"])
        for name in deployed.names(FUNCTION)
    }

    assert limits == {
        "background-event-door": (30, 512, "runtime.workflow.start.handler"),
        "background-invoker": (60, 512, "runtime.workflow.invoke.handler"),
        "background-workflow-closer": (60, 256, "runtime.workflow.finalize.handler"),
    }
    assert not any("vpcConfig" in deployed[name].inputs for name in limits)


@pytest.mark.parametrize("role", ["event-door", "invoker", "workflow-closer"])
def test_state_outwaits_its_function_so_that_the_functions_own_error_is_heard(deployed: Deployment, role: str) -> None:
    states = json.loads(deployed["background-machine"].inputs["definition"])["States"].values()
    waits = [
        state["TimeoutSeconds"]
        for state in states
        if state.get("Arguments", {}).get("FunctionName") == function(role) and isinstance(state["TimeoutSeconds"], int)
    ]

    assert waits
    assert min(waits) > deployed[f"background-{role}"].inputs["timeout"]


def test_each_function_may_do_its_own_part(deployed: Deployment) -> None:
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/bedrock-agentcore/runtimes/analysts-id-live:*"
    sockets = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/live/POST/@connections/*"
    basics = {"WriteLogs", "WriteTraces", *RECORD_RUNS}
    invoker, finalizer = permissions(deployed, "invoker"), permissions(deployed, "workflow-closer")

    start = permissions(deployed, "event-door")
    assert set(start) == basics
    assert all(start[sid] == (granted["Action"], granted["Resource"]) for sid, granted in RECORD_RUNS.items())
    assert set(invoker) == basics | {"InvokeAgents"}
    assert invoker["InvokeAgents"] == (["bedrock-agentcore:InvokeAgentRuntime"], SESSIONS)
    assert set(finalizer) == basics | {"StopSessions", "ReadLastLines", "PostToConnections", "SendFailures"}
    assert finalizer["StopSessions"] == (["bedrock-agentcore:StopRuntimeSession"], SESSIONS)
    assert finalizer["ReadLastLines"] == (["logs:DescribeLogStreams", "logs:GetLogEvents"], logs)
    assert finalizer["PostToConnections"] == (["execute-api:ManageConnections"], sockets)
    assert finalizer["SendFailures"] == (["sqs:SendMessage"], QUEUE)


def variables(deployment: Deployment, role: str) -> dict[str, str]:
    found: dict[str, str] = deployment[f"background-{role}"].inputs["environment"]["variables"]
    return found


def test_functions_get_the_variables_that_they_read(deployed: Deployment) -> None:
    journal = {"LONGRUN_TABLE": "runs", "LONGRUN_PAYLOAD_BUCKET": "payloads", "LONGRUN_RETENTION_DAYS": "7"}
    addresses = {
        "LONGRUN_AGENT_RUNTIMES": json.dumps(
            [{"agents": ["explorer", "reporter"], "arn": f"{RUNTIMES}/analysts-id", "endpoint": "live"}]
        )
    }

    assert variables(deployed, "event-door") == {
        **journal,
        "LONGRUN_DEFAULT_PIPELINE": "analysis",
        "LONGRUN_PIPELINES": '{"analysis": ["explorer", "reporter"], "short": ["explorer"]}',
        "LONGRUN_RUN_TIMEOUT": str(28_800 + 1_800),
    }
    assert variables(deployed, "invoker") == {**journal, **addresses}
    assert variables(deployed, "workflow-closer") == {
        **journal,
        **addresses,
        "LONGRUN_CALLBACK_URL": "https://api1.example.com/live",
    }


def test_agents_and_invoker_may_report_where_completion_is_by_token(deploy_with: DeployWith) -> None:
    deployment = deploy_with(completion="callback")
    policies = {
        name: deployment[name].inputs
        for name in deployment.names("aws:iam/rolePolicy:RolePolicy")
        if name.endswith("-report-policy")
    }

    assert {name: inputs["role"] for name, inputs in policies.items()} == {
        "background-finalizer-report-policy": "background-workflow-closer-role",
        "background-gateway-report-policy": "gateway-role",
        "background-invoker-report-policy": "background-invoker-role",
        "background-host-1-report-policy": "analysts-role",
    }
    for inputs in policies.values():
        (statement,) = json.loads(inputs["policy"])["Statement"]
        assert statement["Action"] == ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]
        assert statement["Resource"] == MACHINE


def test_only_those_who_pass_answers_on_may_report_where_the_journal_is_polled(deployed: Deployment) -> None:
    policies = [name for name in deployed.names("aws:iam/rolePolicy:RolePolicy") if name.endswith("-report-policy")]

    assert sorted(policies) == ["background-finalizer-report-policy", "background-gateway-report-policy"]


def test_limits_reach_the_machine(deploy_with: DeployWith) -> None:
    deployment = deploy_with(
        agent_timeout=600, workflow_timeout=900, heartbeat_limit=30, poll_seconds=2, poll_max_seconds=20
    )
    machine = json.loads(deployment["background-machine"].inputs["definition"])
    judge = json.dumps(machine["States"]["Judge"])

    assert machine["TimeoutSeconds"] == 900 + 1_800 + MAX_QUESTION_SECONDS
    assert machine["States"]["Wait"]["Seconds"] == "{% $max([2, $min([20, $ceil($waited / 20)])]) %}"
    assert "$agent_waited >= 600 or $waited >= 900" in judge
    assert "> 30000 " in judge


def test_outputs_name_what_publishers_and_operators_need(deployed: Deployment) -> None:
    assert deployed.outputs["background"] == {
        "event_bus": "background-bus",
        "state_machine": MACHINE,
        "dead_letter_queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/background-undelivered",
        "start_log_group": "background-event-door-logs",
        "invoker_log_group": "background-invoker-logs",
        "finalizer_log_group": "background-workflow-closer-logs",
    }

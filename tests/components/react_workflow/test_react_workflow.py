"""ReactWorkflow: what is deployed, under which names, and what each part may do."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.react_workflow import ReactWorkflow, ReactWorkflowArgs
from components.refs import MonitoringRef
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy
from tests.components.references import DATA_ARN, PAYLOADS, RECORD_RUNS, TABLE, WEBSOCKET, task

FUNCTION = "aws:lambda/function:Function"
PREFIX = "longrun-test"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{PREFIX}-agent-sm"
FUNCTIONS = (
    "parse-initial-query",
    "invoke-llm",
    "dispatch-tool",
    "data-query",
    "send-prompt",
    "append-tool-output",
    "handle-finish",
    "handle-error",
    "handle-timeout",
    "finalizer",
)
STATES = FUNCTIONS[:-1]
OWN = {"WriteLogs", "WriteTraces", "PostToConnections", *RECORD_RUNS}
"""What every function may do."""

ENDS = {"WritePayloads", "KeepSessions", "MissSessions", "Report", "InvokeWorker"}
"""What a function may do that ends runs: it stops their tasks, and starts the next run of the session."""

AGENTS = {"InvokeProfile", "InvokeModelThroughProfile", "CallMcpServers", "ListFiles", "ReadFiles"}
"""What functions with the code of agents may do, as the worker may."""

MORE = {
    "parse-initial-query": set(),
    "invoke-llm": {"WritePayloads", "KeepSessions", "MissSessions", *AGENTS},
    "dispatch-tool": {"WritePayloads", "MissFiles"},
    "data-query": {"WritePayloads", "MissFiles", *AGENTS},
    "send-prompt": {"WritePayloads", "MissFiles", "Report"},
    "append-tool-output": {"WritePayloads", "MissFiles"},
    "handle-finish": ENDS,
    "handle-error": ENDS,
    "handle-timeout": ENDS,
    "finalizer": ENDS | {"SendFailures"},
}
DeployWith = Callable[..., Deployment]


def function_arn(role: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PREFIX}-{role}"


def statements(deployment: Deployment, policy: str) -> dict[str, dict[str, Any]]:
    """The statements of a policy by sid."""
    found = json.loads(deployment[f"react-{policy}-policy"].inputs["policy"])["Statement"]
    return {statement["Sid"]: statement for statement in found}


def variables_of(deployment: Deployment, role: str) -> dict[str, str]:
    return dict(deployment[f"react-{role}"].inputs["environment"]["variables"])


def test_functions_and_state_machine_have_the_names_of_the_seed(deployed: Deployment) -> None:
    names = {role: deployed[f"react-{role}"].inputs["name"] for role in FUNCTIONS}

    assert names == {role: f"{PREFIX}-{role}" for role in FUNCTIONS}
    assert deployed["react-machine"].inputs["name"] == f"{PREFIX}-agent-sm"
    assert len(deployed.names(FUNCTION)) == len(FUNCTIONS)


def test_a_prefix_begins_all_names(deploy_with: DeployWith) -> None:
    deployed = deploy_with(prefix="causal-analysis-dev")

    assert deployed["react-invoke-llm"].inputs["name"] == "causal-analysis-dev-invoke-llm"
    assert deployed["react-machine"].inputs["name"] == "causal-analysis-dev-agent-sm"
    assert statements(deployed, "send-prompt")["Report"]["Resource"].endswith("causal-analysis-dev-agent-sm")


@pytest.mark.parametrize("role", FUNCTIONS)
def test_each_function_may_do_what_its_step_needs_and_no_more(deployed: Deployment, role: str) -> None:
    assert set(statements(deployed, role)) == OWN | MORE[role]


@pytest.mark.parametrize("statement", ["InvokeProfile", "ReadFiles", "CallMcpServers"])
def test_only_functions_with_the_code_of_agents_call_the_model_and_read_the_data(
    deployed: Deployment, statement: str
) -> None:
    assert {role for role in FUNCTIONS if statement in statements(deployed, role)} == {"invoke-llm", "data-query"}
    assert statements(deployed, "data-query")["ReadFiles"]["Resource"] == f"{DATA_ARN}/*"


def test_every_function_with_the_code_of_agents_reads_the_models_key(deploy_with: DeployWith) -> None:
    key = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:model-key-a1b2c3"
    deployed = deploy_with(model={"provider": "openai", "model_id": "gpt-5", "secret_arn": key})

    for role in ("invoke-llm", "data-query"):
        assert statements(deployed, role)["ReadModelKey"]["Resource"] == key


def test_no_function_reads_what_is_not_a_runs(deployed: Deployment) -> None:
    for role in FUNCTIONS:
        granted = statements(deployed, role)
        assert granted["ReadPayloads"]["Resource"] == f"{PAYLOADS}/runs/*"
        assert granted["WriteJournal"]["Resource"] == TABLE


def test_functions_that_end_runs_start_the_next_one_of_the_session(deployed: Deployment) -> None:
    named = {role for role in FUNCTIONS if "LONGRUN_WORKER_FUNCTION" in variables_of(deployed, role)}

    assert named == {"handle-finish", "handle-error", "handle-timeout", "finalizer"}
    for role in named:
        assert variables_of(deployed, role)["LONGRUN_WORKER_FUNCTION"] == WEBSOCKET["worker_function"]
        assert statements(deployed, role)["InvokeWorker"] == {
            "Sid": "InvokeWorker",
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:worker",
        }


def test_the_state_machine_invokes_exactly_the_functions_of_its_states(deployed: Deployment) -> None:
    granted = statements(deployed, "machine")
    definition = deployed["react-machine"].inputs["definition"]

    assert granted["InvokeFunctions"]["Resource"] == sorted(map(function_arn, STATES))
    assert all(function_arn(role) in definition for role in STATES)
    assert function_arn("finalizer") not in definition


def test_the_state_machine_runs_its_two_tasks_on_their_cluster_and_passes_their_roles_to_ecs(
    deployed: Deployment,
) -> None:
    granted, eda, causal = statements(deployed, "machine"), task("eda"), task("causal")

    assert granted["RunTasks"] == {
        "Sid": "RunTasks",
        "Effect": "Allow",
        "Action": ["ecs:RunTask"],
        "Resource": sorted(f"{one['task_definition_arn']}:*" for one in (eda, causal)),
        "Condition": {"ArnEquals": {"ecs:cluster": eda["cluster_arn"]}},
    }
    assert granted["TagTasks"] == {
        "Sid": "TagTasks",
        "Effect": "Allow",
        "Action": ["ecs:TagResource"],
        "Resource": str(eda["cluster_arn"]).replace(":cluster/", ":task/") + "/*",
        "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    }
    assert granted["PassTaskRoles"]["Resource"] == sorted(
        str(one[key]) for one in (eda, causal) for key in ("execution_role_arn", "role_arn")
    )
    assert granted["PassTaskRoles"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    assert granted.keys() == {"InvokeFunctions", "RunTasks", "TagTasks", "PassTaskRoles", "WriteTraces", "DeliverLogs"}


@pytest.mark.parametrize(("policy", "role"), [("eda-report", "eda-task"), ("causal-analysis-report", "causal-task")])
def test_a_container_reports_to_this_state_machine_only(deployed: Deployment, policy: str, role: str) -> None:
    (statement,) = statements(deployed, policy).values()

    assert deployed[f"react-{policy}-policy"].inputs["role"] == role
    assert statement["Resource"] == MACHINE
    assert statement["Action"] == ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]


def test_the_gateway_answers_questions_of_this_state_machine(deployed: Deployment) -> None:
    (statement,) = statements(deployed, "answer").values()

    assert deployed["react-answer-policy"].inputs["role"] == WEBSOCKET["gateway_role"]
    assert statement["Resource"] == MACHINE
    assert statement["Action"] == ["states:SendTaskFailure", "states:SendTaskSuccess"]


def test_without_a_websocket_nothing_is_posted_and_no_gateway_is_granted(args: ReactWorkflowArgs) -> None:
    without = args.copy()
    del without["websocket"]
    deployed = deploy(lambda: ReactWorkflow("react", without))

    assert "PostToConnections" not in statements(deployed, "invoke-llm")
    assert "LONGRUN_CALLBACK_URL" not in deployed["react-invoke-llm"].inputs["environment"]["variables"]
    assert "LONGRUN_WORKER_FUNCTION" not in variables_of(deployed, "handle-finish")
    assert "InvokeWorker" not in statements(deployed, "handle-finish")
    assert "react-answer-policy" not in [resource.name for resource in deployed.resources]


def test_a_failed_execution_invokes_the_finalizer_whose_failures_are_kept(deployed: Deployment) -> None:
    pattern = json.loads(deployed["react-failures"].inputs["eventPattern"])
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:react-undelivered"

    assert pattern["detail"] == {"stateMachineArn": [MACHINE], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}
    assert deployed["react-failures-target"].inputs["arn"] == function_arn("finalizer")
    assert deployed["react-failures-target"].inputs["deadLetterConfig"] == {"arn": queue}
    assert deployed["react-finalizer-invocation"].inputs["destinationConfig"] == {"onFailure": {"destination": queue}}


def test_reserved_concurrency_holds_for_all_functions_but_the_finalizer(deploy_with: DeployWith) -> None:
    deployed = deploy_with(reserved_concurrency=8)
    reserved = {role: deployed[f"react-{role}"].inputs.get("reservedConcurrentExecutions") for role in FUNCTIONS}

    assert reserved == {**dict.fromkeys(STATES, 8), "finalizer": None}


def test_by_default_functions_share_the_accounts_concurrency(deployed: Deployment) -> None:
    assert all("reservedConcurrentExecutions" not in deployed[f"react-{role}"].inputs for role in FUNCTIONS)


def test_the_model_step_has_as_long_as_a_model_call_may_take(deploy_with: DeployWith) -> None:
    deployed = deploy_with(model_timeout=600)
    state = json.loads(deployed["react-machine"].inputs["definition"])["States"]["InvokeLLM"]

    assert deployed["react-invoke-llm"].inputs["timeout"] == 600
    assert state["TimeoutSeconds"] > 600


def test_budgets_reach_every_function(deploy_with: DeployWith) -> None:
    deployed = deploy_with(token_budget=200_000, cost_budget=0.25, input_price=3, output_price=15)

    for role in FUNCTIONS:
        variables = deployed[f"react-{role}"].inputs["environment"]["variables"]
        assert {name: variables[f"LONGRUN_{name}"] for name in ("TURN_LIMIT", "TOKEN_BUDGET", "COST_BUDGET")} == {
            "TURN_LIMIT": "50",
            "TOKEN_BUDGET": "200000",
            "COST_BUDGET": "0.25",
        }
        assert (variables["LONGRUN_INPUT_PRICE"], variables["LONGRUN_OUTPUT_PRICE"]) == ("3", "15")


def test_only_functions_with_agents_have_their_code_and_know_their_model(deployed: Deployment) -> None:
    agents = [
        role for role in FUNCTIONS if "LONGRUN_MODEL_ID" in deployed[f"react-{role}"].inputs["environment"]["variables"]
    ]

    assert agents == ["invoke-llm", "data-query"]


def test_outputs_name_all_functions_and_their_logs(deployed: Deployment) -> None:
    outputs = deployed.outputs["react"]

    assert outputs["state_machine"] == MACHINE
    assert outputs["functions"] == {role: f"{PREFIX}-{role}" for role in FUNCTIONS}
    assert outputs["log_groups"] == {role: f"react-{role}-logs" for role in FUNCTIONS}


def test_all_functions_the_queue_and_the_machine_are_to_be_watched(args: ReactWorkflowArgs) -> None:
    found: list[MonitoringRef] = []
    deploy(lambda: found.append(ReactWorkflow("react", args).monitoring))

    assert [one["role"] for one in found[0]["functions"]] == list(FUNCTIONS)
    assert all(one["timeout"] > 0 for one in found[0]["functions"])
    assert [one["is_read"] for one in found[0]["queues"]] == [False]
    assert [one["role"] for one in found[0]["state_machines"]] == ["machine"]

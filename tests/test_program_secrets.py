"""Which processes of the whole program read which secret."""

import json

from components.react_workflow.functions import FINALIZER, STEPS
from tests.components.harness import Deployment
from tests.test_program import STACK, WORKFLOW, Run, policy
from tests.test_program import run as run  # noqa: PLC0414  a fixture

POLICY = "aws:iam/rolePolicy:RolePolicy"
TASKS = {"eda", "causal"}
WORKFLOW_FUNCTIONS = {f"react-{spec.role}" for spec in (*STEPS, FINALIZER)}
EXPORTERS = {
    "analysts",
    "streaming-gateway",
    "streaming-worker",
    "tools",
    "background-event-door",
    "background-invoker",
    "background-workflow-closer",
    "traced-function",
}
AGENTS = {"streaming-worker", "analysts", "react-invoke-llm", "react-data-query", "traced-function"}


def readers(deployment: Deployment, secret: str) -> set[str]:
    """The processes whose role may read it."""
    return {
        name.removesuffix("-policy") for name in deployment.names(POLICY) if f"/{secret}-" in policy(deployment, name)
    }


def variables(deployment: Deployment, process: str) -> dict[str, str]:
    if process in {"analysts", "tools"}:
        return dict(deployment[f"{process}-runtime"].inputs["environmentVariables"])
    if process in TASKS:
        (container,) = json.loads(deployment[f"{process}-task"].inputs["containerDefinitions"])
        return {variable["name"]: variable["value"] for variable in container["environment"]}
    return dict(deployment[process].inputs["environment"]["variables"])


def test_each_secret_is_read_by_the_processes_that_use_it_and_by_no_other(run: Run) -> None:
    deployment = run(
        {
            **WORKFLOW,
            "longrun:tracesEndpoint": "https://otel.example.com",
            "longrun:mcpServers": '["https://data.example.com/mcp"]',
        }
    )

    assert readers(deployment, "tracing-keys") == EXPORTERS | WORKFLOW_FUNCTIONS | TASKS
    assert readers(deployment, "data-source-credentials") == AGENTS
    assert readers(deployment, "token-signing-key") == readers(deployment, "model-provider-key") == set()
    for process in EXPORTERS | WORKFLOW_FUNCTIONS | TASKS:
        found = variables(deployment, process)
        assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"
        assert found["LONGRUN_TRACING_KEYS"].endswith(f":secret:longrun/{STACK}/tracing-keys-AbCdEf")
    for process in AGENTS:
        named = variables(deployment, process)["LONGRUN_DATA_CREDENTIALS"]
        assert named.endswith(f":secret:longrun/{STACK}/data-source-credentials-AbCdEf")


def test_nobody_reads_a_secret_that_nobody_uses(run: Run) -> None:
    deployment = run(WORKFLOW)

    for secret in ("tracing-keys", "data-source-credentials", "token-signing-key", "model-provider-key"):
        assert readers(deployment, secret) == set()
    for process in EXPORTERS | WORKFLOW_FUNCTIONS | TASKS | AGENTS:
        assert not {"LONGRUN_TRACING_KEYS", "LONGRUN_DATA_CREDENTIALS"} & variables(deployment, process).keys()


def test_a_stack_without_a_traced_function_has_no_reader_and_no_url_for_it(run: Run) -> None:
    deployment = run({"longrun:tracedFunction": "false", "longrun:tracesEndpoint": "https://otel.example.com"})

    assert readers(deployment, "tracing-keys") == EXPORTERS - {"traced-function"}
    assert not deployment.names("aws:lambda/functionUrl:FunctionUrl")
    assert "traced_url" not in deployment.outputs["stack"]

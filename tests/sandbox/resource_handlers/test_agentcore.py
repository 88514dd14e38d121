"""AgentCore on the emulator: the attributes of runtimes and endpoints, and what AWS rejects."""

import sys

import pytest

from sandbox.errors import SandboxError
from tests.sandbox.clients import client
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox

HELPERS = f"""
import pathlib, zipfile

PYTHON = "PYTHON_{sys.version_info.major}_{sys.version_info.minor}"
TRUSTED = "bedrock-agentcore.amazonaws.com"

def stored(name, **files):
    folder = pathlib.Path(name)
    (folder / "tree").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "package.zip", "w") as package:
        for stem, content in files.items():
            package.writestr(f"{{stem}}.py", content)
            (folder / "tree" / f"{{stem}}.py").write_text(content)
    bucket = aws.s3.Bucket(f"{{name}}-code")
    source = pulumi.FileAsset(str(folder / "package.zip"))
    return aws.s3.BucketObjectv2(f"{{name}}-package", bucket=bucket.bucket, key="agent.zip", source=source)

def code(stored, **arguments):
    place = {{"bucket": stored.bucket, "prefix": stored.key}}
    return {{"code_configuration": {{"code": {{"s3": place}}, "entry_points": ["main.py"], "runtime": PYTHON,
                                     **arguments}}}}

def agent(name, artifact=None, own=None, **arguments):
    given = {{"agent_runtime_name": name, "network_configuration": {{"network_mode": "PUBLIC"}}}} | arguments
    return aws.bedrock.AgentcoreAgentRuntime(
        name, agent_runtime_artifact=artifact or code(stored(name.replace("_", "-"), main="")),
        role_arn=(own or role(f"{{name}}-role", TRUSTED)).arn, **given)
"""

WHOLE = """
made = agent("WHOLE", environment_variables={"GIVEN": "yes"}, tags={"stage": "test"},
    protocol_configuration={"server_protocol": "MCP"},
    lifecycle_configurations=[{"idle_runtime_session_timeout": 600, "max_lifetime": 3600}])
live = aws.bedrock.AgentcoreAgentRuntimeEndpoint("WHOLE-live", agent_runtime_id=made.agent_runtime_id,
    name="live", agent_runtime_version=made.agent_runtime_version)
pulumi.export("id", made.agent_runtime_id)
pulumi.export("arn", made.agent_runtime_arn)
pulumi.export("version", made.agent_runtime_version)
pulumi.export("identity", made.workload_identity_details[0].workload_identity_arn)
pulumi.export("idle", made.lifecycle_configurations[0].idle_runtime_session_timeout)
pulumi.export("unusable", made.id)
pulumi.export("endpoint", live.agent_runtime_endpoint_arn)
"""


@pytest.mark.parametrize("upload", [False, True])
def test_a_runtime_is_ready_when_the_deployment_stands(emulator: Emulator, upload: bool) -> None:
    name = "uploaded" if upload else "linked"
    outputs = emulator.deploy(HELPERS + WHOLE.replace("WHOLE", name), name, upload=upload)
    control = client(emulator.state.endpoint, "bedrock-agentcore-control")

    found = control.get_agent_runtime(agentRuntimeId=outputs["id"])
    endpoint = control.get_agent_runtime_endpoint(agentRuntimeId=outputs["id"], endpointName="live")

    assert (found["status"], endpoint["status"]) == ("READY", "READY")
    assert (found["agentRuntimeArn"], found["agentRuntimeVersion"]) == (outputs["arn"], outputs["version"])
    assert found["environmentVariables"] == {"GIVEN": "yes"}
    assert found["protocolConfiguration"] == {"serverProtocol": "MCP"}
    assert found["lifecycleConfiguration"] == {"idleRuntimeSessionTimeout": 600, "maxLifetime": 3600}
    assert found["workloadIdentityDetails"]["workloadIdentityArn"] == outputs["identity"]
    assert endpoint["agentRuntimeEndpointArn"] == outputs["endpoint"]
    assert endpoint["liveVersion"] == outputs["version"]
    assert outputs["idle"] == 600
    assert outputs["unusable"] not in (outputs["id"], outputs["arn"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", (900, 28_800)), ('{"max_lifetime": 300}', (300, 300)), ('{"max_lifetime": 1200}', (900, 1200))],
)
def test_lifetimes_that_are_not_given_are_those_of_aws(emulator: Emulator, given: str, kept: tuple[int, int]) -> None:
    name = f"defaults_{kept[0]}_{kept[1]}"
    program = f'made = agent("{name}", lifecycle_configurations=[{given}])\npulumi.export("id", made.agent_runtime_id)'
    outputs = emulator.deploy(HELPERS + program, name)

    found = client(emulator.state.endpoint, "bedrock-agentcore-control").get_agent_runtime(agentRuntimeId=outputs["id"])

    lifecycle = found["lifecycleConfiguration"]
    assert (lifecycle["idleRuntimeSessionTimeout"], lifecycle["maxLifetime"]) == kept


def test_a_runtime_in_a_network_has_the_routes_that_it_needs(emulator: Emulator) -> None:
    ec2 = client(emulator.state.endpoint, "ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    table = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
    program = f"""
route = aws.ec2.VpcEndpoint("route", vpc_id="{subnet["VpcId"]}", service_name="com.amazonaws.us-east-1.s3",
    vpc_endpoint_type="Gateway", route_table_ids=["{table}"], tags={{"stage": "test"}})
made = agent("inside", network_configuration={{"network_mode": "VPC",
    "network_mode_config": {{"subnets": ["{subnet["SubnetId"]}"], "security_groups": ["{group}"]}}}})
pulumi.export("route", route.id)
pulumi.export("id", made.agent_runtime_id)
"""

    outputs = emulator.deploy(HELPERS + program, "inside")

    control = client(emulator.state.endpoint, "bedrock-agentcore-control")
    network = control.get_agent_runtime(agentRuntimeId=outputs["id"])["networkConfiguration"]
    assert network["networkModeConfig"] == {"subnets": [subnet["SubnetId"]], "securityGroups": [group]}
    made = ec2.describe_vpc_endpoints(VpcEndpointIds=[outputs["route"]])["VpcEndpoints"]
    assert [(one["ServiceName"], one["RouteTableIds"]) for one in made] == [("com.amazonaws.us-east-1.s3", [table])]


REJECTIONS = {
    "a name with a hyphen": (
        'agent("hyphen", agent_runtime_name="my-agent")',
        "'hyphen' failed: agentRuntimeName is 'my-agent'; allowed: the pattern [a-zA-Z][a-zA-Z0-9_]{0,47}",
    ),
    "a role that AgentCore cannot assume": (
        'agent("untrusted", own=role("untrusted-role"))',
        "cannot be assumed by bedrock-agentcore.amazonaws.com",
    ),
    "an entry point that is not in the code": (
        'agent("astray", code(stored("astray", app="")))',
        "'astray' failed: entryPoint is main.py, but s3://astray-code-",
    ),
    "code that is not there": (
        'bucket = aws.s3.Bucket("void")\n'
        'artifact = {"code_configuration": {"code": {"s3": {"bucket": bucket.bucket, "prefix": "no.zip"}},\n'
        '    "entry_points": ["main.py"], "runtime": PYTHON}}\n'
        'agent("empty", artifact)',
        "/no.zip does not exist; upload it first",
    ),
    "code that is no zip": (
        'bucket = aws.s3.Bucket("flat")\n'
        'text = aws.s3.BucketObjectv2("flat-text", bucket=bucket.bucket, key="a.zip", content="hello")\n'
        'agent("flat", code(text))',
        "/a.zip is not a zip",
    ),
    "an image": (
        'agent("image", {"container_configuration": {"container_uri": "public.ecr.aws/x/y:1"}})',
        "'image' failed: agentRuntimeArtifact has no codeConfiguration; images do not run without Docker",
    ),
    "another Python": (
        'agent("older", code(stored("older", main=""), runtime="PYTHON_3_10"))',
        "the code is for PYTHON_3_10, but this machine runs PYTHON_",
    ),
    "a runtime that AWS does not have": (
        'agent("newer", code(stored("newer", main=""), runtime="RUBY_3"))',
        "codeConfiguration.runtime is 'RUBY_3'; allowed: PYTHON_3_10, ",
    ),
    "three entry points": (
        'agent("crowd", code(stored("crowd", main=""), entry_points=["a", "b", "main.py"]))',
        "entryPoint has 3 members; allowed: from 1 up to 2",
    ),
    "more variables than AgentCore takes": (
        'agent("many", environment_variables={f"V{n}": "" for n in range(51)})',
        "'many' failed: environmentVariables has 51 entries; allowed: up to 50",
    ),
    "a variable that is too long": (
        'agent("wordy", environment_variables={"PROMPT": "x" * 5001})',
        "'wordy' failed: environmentVariables.PROMPT has 5,001 characters; allowed: up to 5000",
    ),
    "a lifetime over eight hours": (
        'agent("endless", lifecycle_configurations=[{"max_lifetime": 28801}])',
        "'endless' failed: maxLifetime is 28801; allowed: 60 to 28,800 seconds",
    ),
    "an idle limit over the lifetime": (
        'agent("idler", lifecycle_configurations=[{"idle_runtime_session_timeout": 601, "max_lifetime": 600}])',
        "'idler' failed: idleRuntimeSessionTimeout is 601, more than the maxLifetime of 600 seconds",
    ),
    "a VPC without subnets": (
        'agent("lost", network_configuration={"network_mode": "VPC"})',
        "'lost' failed: networkMode is VPC; networkModeConfig is required for VPC and not allowed otherwise",
    ),
    "a subnet that is not there": (
        'agent("homeless", network_configuration={"network_mode": "VPC",\n'
        '    "network_mode_config": {"subnets": ["subnet-0"], "security_groups": ["sg-0"]}})',
        "'homeless' failed: subnets names subnet-0, which does not exist; existing: subnet-",
    ),
    "a protocol that AWS does not have": (
        'agent("odd", protocol_configuration={"server_protocol": "SMTP"})',
        "protocolConfiguration.serverProtocol is 'SMTP'; allowed: ",
    ),
    "an endpoint for a version that is not there": (
        'aws.bedrock.AgentcoreAgentRuntimeEndpoint("ahead-live", name="live", agent_runtime_version="7",\n'
        '    agent_runtime_id=agent("ahead").agent_runtime_id)',
        "'ahead-live' failed: ValidationException",
    ),
    "an endpoint of what is no runtime's id": (
        'made = agent("taken")\n'
        'aws.bedrock.AgentcoreAgentRuntimeEndpoint("taken-live", name="live", agent_runtime_id=made.id)',
        "'taken-live' failed: agentRuntimeId is ",
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

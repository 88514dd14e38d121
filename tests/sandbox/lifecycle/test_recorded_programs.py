"""Programs that ask, compose and transform, recorded as the engine previews them. Each start costs a second, so that a
program here does several things of one kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.check import judge
from sandbox.errors import SandboxError
from sandbox.lifecycle.recorder import record, record_program
from sandbox.program.config import read_config
from sandbox.program.project import read_project
from tests.policies.conftest import registration
from tests.sandbox.harness import write_program

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine's protocol sends for a value that is not known yet."""


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGRUN_HOME", str(tmp_path / "home"))


def recorded(folder: Path, source: str) -> dict[str, dict[str, Any]]:
    """The properties by name, of a program that works with planned values."""
    root = write_program(folder, source)
    recording = record_program(read_project(root), read_config(root, "local", {}))
    assert recording.notes == ()
    return {each["name"]: each["properties"] for each in recording.resources}


def test_what_only_an_account_knows_is_answered_and_recorded_as_unknown(tmp_path: Path) -> None:
    source = """
import base64, ipaddress
ami = aws.ec2.get_ami(most_recent="true", owners=["amazon"], filters=[{"name": "name", "values": ["al2023-*"]}])
vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}])
zones = aws.get_availability_zones(state="available")
zone = aws.route53.get_zone(name="example.org")
group = aws.ec2.get_security_group_output(name="default", vpc_id=vpc.id)
balancer = aws.elb.get_service_account()
stack = aws.cloudformation.get_stack(name="network")
secret = json.loads(aws.secretsmanager.get_secret_version(secret_id="db").secret_string)
token = aws.ecr.get_authorization_token()
assert base64.b64decode(token.authorization_token).decode().startswith("AWS:")
assert (zone.name, zones.names[1]) == ("example.org", "us-east-1b")
assert len(list(ipaddress.ip_network(vpc.cidr_block).subnets(new_prefix=24))) == 256
assert isinstance(ami.most_recent, bool)
aws.ec2.Instance("host", ami=ami.id, instance_type="t3.micro", subnet_id=subnets.ids[2],
    availability_zone=zones.names[0], vpc_security_group_ids=[group.id], user_data=f"#!{secret['password']}")
aws.route53.Record("name", zone_id=zone.zone_id, name=f"www.{zone.name}", type="A", ttl=60,
    records=[stack.outputs["Address"]])
aws.s3.BucketPolicy("logs", bucket="logs", policy=json.dumps({"Statement": [{"Principal": balancer.arn}]}))
aws.s3.BucketPolicy("keys", bucket="keys", policy=json.dumps({balancer.arn: "Allow"}))
"""
    found = recorded(tmp_path, source)

    assert found["host"] == {
        "ami": UNKNOWN,
        "instanceType": "t3.micro",
        "subnetId": UNKNOWN,
        "availabilityZone": "us-east-1a",
        "vpcSecurityGroupIds": [UNKNOWN],
        "userData": UNKNOWN,
    }
    assert found["name"]["records"] == [UNKNOWN]
    assert (found["name"]["zoneId"], found["name"]["name"]) == (UNKNOWN, "www.example.org")
    assert json.loads(found["logs"]["policy"]) == {"Statement": [{"Principal": UNKNOWN}]}
    assert found["keys"]["policy"] == UNKNOWN


def test_a_policy_document_is_computed_and_a_resource_may_stand_for_its_id(tmp_path: Path) -> None:
    source = """
trust = aws.iam.get_policy_document(statements=[{"actions": ["sts:AssumeRole"],
    "principals": [{"type": "Service", "identifiers": ["lambda.amazonaws.com"]}]}])
role = aws.iam.Role("role", assume_role_policy=trust.json)
aws.iam.RolePolicyAttachment("attachment", role=role, policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
queue = aws.sqs.Queue("queue", name="work")
send = aws.iam.get_policy_document_output(statements=[{"sid": "Send", "actions": ["sqs:SendMessage"],
    "resources": [queue.arn]}])
aws.iam.RolePolicy("send", role=role.name, policy=send.minified_json)
"""
    found = recorded(tmp_path, source)

    assert json.loads(found["role"]["assumeRolePolicy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
    assert found["attachment"]["role"].startswith("role-")
    assert json.loads(found["send"]["policy"])["Statement"][0]["Resource"].endswith(":work")


OTHER_PACKAGES = """
class Image(pulumi.CustomResource):
    digest: pulumi.Output[str]
    tags: pulumi.Output[list]
    def __init__(self, name, tags):
        super().__init__("docker-build:index:Image", name, {"digest": None, "tags": tags})

class Vpc(pulumi.ComponentResource):
    nat_gateways: pulumi.Output[list]
    def __init__(self, name):
        super().__init__("awsx:ec2:Vpc", name, {"natGateways": {"strategy": "None"}, "vpcId": None}, remote=True)

class Local(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        raise RuntimeError("nothing is created")

class File(pulumi.dynamic.Resource):
    text: pulumi.Output[str]
    def __init__(self, name):
        super().__init__(Local(), name, {"text": None})

def never(value):
    raise RuntimeError(f"{value} is not known in a preview")

image, vpc, file = Image("image", ["a"]), Vpc("vpc"), File("file")
for output in (image.digest, image.id, file.text, file.id):
    output.apply(never)
pulumi.export("pulled", pulumi.Output.concat("registry@", image.digest))
called = pulumi.runtime.call("eks:index:Cluster/kubeconfig", {}, vpc)
called.apply(never)
pulumi.runtime.invoke_output("docker:index/getRegistryImage:getRegistryImage", {"name": "x"}).apply(never)
other = pulumi.StackReference("organization/network/prod")
other.require_output("vpcId").apply(never)
aws.sqs.Queue("queue", name=image.digest, tags={"vpc": other.get_output("vpcId")})
pulumi.export("everything", other.outputs)
bucket = aws.s3.Bucket.get("existing", "some-bucket")
aws.s3.BucketPolicy("policy", bucket=bucket, policy=pulumi.Output.json_dumps({"Resource": bucket.arn}))
"""


def test_what_other_packages_make_is_unknown_and_never_run(tmp_path: Path) -> None:
    found = recorded(tmp_path, OTHER_PACKAGES)

    assert set(found) == {"image", "vpc", "file", "queue", "policy"}
    assert found["queue"] == {"name": UNKNOWN, "tags": {"vpc": UNKNOWN}}
    assert found["policy"] == {"bucket": "some-bucket", "policy": UNKNOWN}


def test_transforms_change_what_is_recorded_inner_ones_first(tmp_path: Path) -> None:
    source = """
def adding(key):
    def transform(args):
        if args.type_ == "aws:sqs/queue:Queue":
            return pulumi.ResourceTransformResult({**args.props, "tags": {**(args.props.get("tags") or {}), key: str(
                len(args.props.get("tags") or {}))}}, args.opts)
    return transform

def old(args):
    return pulumi.ResourceTransformationResult({**args.props, "name": "renamed"}, args.opts)

class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("own:index:Group", name, {}, pulumi.ResourceOptions(transforms=[adding("parent")]))

pulumi.runtime.register_resource_transform(adding("stack"))
own = pulumi.ResourceOptions(parent=Group("group"), transforms=[adding("own")], transformations=[old], protect=True,
    aliases=[pulumi.Alias(name="before")])
aws.sqs.Queue("queue", opts=own)

async def later():
    return "later"
pulumi.export("later", pulumi.Output.from_input(later()))
"""
    queue = recorded(tmp_path, source)["queue"]

    assert queue == {"name": "renamed", "tags": {"own": "0", "parent": "1", "stack": "2"}}


def test_an_explicit_providers_region_is_that_of_its_resources_and_lookups(tmp_path: Path) -> None:
    source = """
west = aws.Provider("west", region="eu-west-1")
there = pulumi.ResourceOptions(provider=west)
queue = aws.sqs.Queue("queue", name="q", opts=there)
aws.sqs.QueuePolicy("policy", queue_url=queue.url, policy=queue.arn, opts=there)
aws.sqs.Queue("zone", name=aws.get_region(opts=pulumi.InvokeOptions(provider=west)).region)
"""
    found = recorded(tmp_path, source)

    assert found["policy"]["policy"] == "arn:aws:sqs:eu-west-1:000000000000:q"
    assert found["zone"]["name"] == "eu-west-1"


def test_a_program_runs_in_its_own_folder_with_its_own_modules(tmp_path: Path) -> None:
    root = write_program(tmp_path, "")
    app = root / "app"
    (app / "components").mkdir(parents=True)
    (root / "__main__.py").unlink()
    (root / "Pulumi.yaml").write_text("name: small\nruntime: python\nmain: app\n")
    (app / "site").mkdir()
    (app / "site" / "index.html").write_text("")
    for name in ("sandbox", "runtime", "config"):
        (app / f"{name}.py").write_text("OWN = True\n")
    (app / "components" / "part.py").write_text("OWN = True\n")
    (app / "__main__.py").write_text(
        "import os, pulumi, pulumi_aws as aws, sandbox, runtime, config\n"
        "from components import part\n"
        "assert sandbox.OWN and runtime.OWN and config.OWN and part.OWN and os.listdir('site') == ['index.html']\n"
        "assert pulumi.runtime.is_dry_run() and (pulumi.get_stack(), pulumi.get_project()) == ('local', 'small')\n"
        "pulumi.log.warn('the page has no title')\n"
        "aws.s3.BucketObjectv2('page', bucket='b', key='k', source=pulumi.FileAsset('site/index.html'))\n"
        "aws.lambda_.Function('f', role='r', code=pulumi.AssetArchive({'a': pulumi.FileArchive('./site')}))\n"
    )

    recording = record_program(read_project(root), read_config(root, "local", {}))
    found = {each["name"]: each["properties"] for each in recording.resources}

    assert recording.notes == ("the program warns: the page has no title",)
    assert found["page"]["source"]["path"] == str(app / "site" / "index.html")
    assert found["f"]["code"]["assets"]["a"]["path"] == str(app / "site")


def test_a_package_that_is_missing_is_named_as_in_the_requirements(tmp_path: Path) -> None:
    root = write_program(tmp_path, "import pulumi_absent_thing")
    (root / "requirements.txt").write_text("pulumi>=3\npulumi-Absent.thing>=1,<2  # for the site\n")

    with pytest.raises(SandboxError) as missing:
        record(root, "local")

    assert missing.value.code == "MISSING_PACKAGE"
    assert missing.value.message.endswith("with the package pulumi-Absent.thing")


def test_two_resources_of_one_urn_are_rejected_as_by_the_engine(tmp_path: Path) -> None:
    source = """
aws.sqs.Queue("work")
aws.sns.Topic("work")
aws.sqs.Queue("other", name="work")
aws.sqs.Queue("work")
"""
    with pytest.raises(SandboxError, match=r"two resources aws:sqs/queue:Queue named 'work'") as rejected:
        recorded(tmp_path, source)
    assert rejected.value.code == "PROGRAM_FAILED"


def test_what_a_program_reads_may_be_referred_to_by_its_name(tmp_path: Path) -> None:
    source = """
bucket = aws.s3.Bucket.get("uploads", "another-stacks-uploads")
aws.s3.BucketVersioning("read", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketVersioning("written", bucket="another-stacks-uploads", versioning_configuration={"status": "Enabled"})
"""
    root = write_program(tmp_path, source)
    recording = record_program(read_project(root), read_config(root, "local", {}))

    report = judge(list(map(registration, recording.resources)), "us-east-1", lookups=recording.lookups)

    outside = [each.urn.rpartition("::")[2] for each in report.violations if each.rule == "stack-references-outside"]
    assert outside == ["written"]


def test_values_and_types_that_aws_has_not_are_recorded_as_they_are(tmp_path: Path) -> None:
    source = """
import pulumi
aws.sqs.Queue("queue", region=5)
pulumi.CustomResource("aws:other:Kind", "other", {"size": 1})
"""
    found = recorded(tmp_path, source)

    assert found == {"queue": {"region": 5}, "other": {"size": 1}}

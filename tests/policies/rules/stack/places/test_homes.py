"""Which resources of a stack may be in us-east-1 although the stack is elsewhere."""

import pytest

from policies.check import Registration, evaluate
from policies.rules.stack.region_alignment import RULE

PROVIDER = "pulumi:providers:aws"
CERTIFICATE = "aws:acm/certificate:Certificate"
WEB_ACL = "aws:wafv2/webAcl:WebAcl"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
FUNCTION = "aws:lambda/function:Function"
BUCKET = "aws:s3/bucket:Bucket"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::site::{type_}::{name}"


def resource(type_: str, name: str, provider: str = "", **properties: object) -> Registration:
    reference = f"{urn(PROVIDER, provider)}::id" if provider else ""
    return {
        "type": type_,
        "name": name,
        "urn": urn(type_, name),
        "parent": None,
        "properties": properties,
        "provider": reference,
    }


def misplaced(*resources: Registration, region: str = "eu-west-1") -> list[tuple[str, str]]:
    """Name and property of each finding."""
    return [(each.urn.rpartition("::")[2], each.property) for each in evaluate(resources, region, [RULE])]


AMERICAN = resource(PROVIDER, "american", region="us-east-1")
SITE = resource(DISTRIBUTION, "site", webAclId="arn:aws:wafv2:us-east-1:000000000000:global/webacl/a/b")


@pytest.mark.parametrize(
    "guest",
    [
        resource(CERTIFICATE, "guest", region="us-east-1", domainName="example.com"),
        resource("aws:acm/certificateValidation:CertificateValidation", "guest", region="us-east-1"),
        resource(WEB_ACL, "guest", region="us-east-1", scope="CLOUDFRONT"),
        resource("aws:wafv2/ipSet:IpSet", "guest", region="us-east-1", scope="CLOUDFRONT"),
        resource(WEB_ACL, "guest", region="us-east-1", scope=UNKNOWN),
        resource(
            "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
            "guest",
            region="us-east-1",
            logDestinationConfigs=["arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-site"],
        ),
        resource("aws:ecrpublic/repository:Repository", "guest", region="us-east-1"),
    ],
    ids=lambda guest: guest["type"].rpartition(":")[2],
)
def test_what_cloudfront_takes_from_us_east_1_may_be_there(guest: Registration) -> None:
    assert misplaced(guest) == []
    assert misplaced({**guest, "properties": {**guest["properties"], "region": "us-west-2"}}) != []


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-5", "us-west-2", "us-gov-west-1"])
def test_the_provider_of_a_certificate_for_cloudfront_may_be_in_us_east_1(region: str) -> None:
    certificate = resource(CERTIFICATE, "certificate", "american", domainName="example.com")

    assert misplaced(AMERICAN, certificate, SITE, region=region) == []


def test_a_provider_elsewhere_is_reported_whatever_it_creates() -> None:
    elsewhere = resource(PROVIDER, "elsewhere", region="ap-south-1")
    certificate = resource(CERTIFICATE, "certificate", "elsewhere")

    assert misplaced(elsewhere, certificate, SITE) == [("elsewhere", "region")]


def test_a_bucket_from_the_provider_in_us_east_1_is_reported_where_there_is_no_distribution() -> None:
    bucket, certificate = resource(BUCKET, "bucket", "american"), resource(CERTIFICATE, "certificate", "american")

    assert misplaced(AMERICAN, certificate, bucket) == [("american", "region")]
    assert misplaced(AMERICAN, certificate, bucket, SITE) == []


def test_a_web_acl_of_a_load_balancer_belongs_into_the_stacks_region() -> None:
    assert misplaced(resource(WEB_ACL, "acl", region="us-east-1", scope="REGIONAL")) == [("acl", "region")]


def test_a_function_at_the_edge_is_in_us_east_1_and_may_be_named_there() -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:edge:1"
    edge = resource(FUNCTION, "edge", region="us-east-1", publish=True)
    policy = resource("aws:iam/rolePolicy:RolePolicy", "policy", policy=f'{{"Resource": "{arn}"}}')
    site = resource(DISTRIBUTION, "site", defaultCacheBehavior={"lambdaFunctionAssociations": [{"lambdaArn": arn}]})

    assert misplaced(edge, site, policy) == []
    assert misplaced(edge, policy) == [("edge", "region"), ("policy", "policy")]


def test_what_a_resource_in_us_east_1_names_there_is_no_second_finding() -> None:
    function = resource(FUNCTION, "f", region="us-east-1", layers=["arn:aws:lambda:us-east-1:1:layer:x:1"])

    assert misplaced(function) == [("f", "region")]


def test_resources_of_services_without_regions_may_have_any() -> None:
    assert misplaced(resource("aws:route53/record:Record", "record", region="us-east-1")) == []


def test_a_region_that_is_not_known_is_no_finding() -> None:
    bucket = resource(BUCKET, "bucket", region=UNKNOWN, arn="arn:aws:lambda:us-west-2:1:layer:x:1")
    provider = resource(PROVIDER, "american", region=UNKNOWN)

    assert misplaced(bucket) == []
    assert misplaced(provider, resource(BUCKET, "bucket", "american"), SITE) == []


def test_an_empty_region_is_that_of_the_stack() -> None:
    nowhere = resource(PROVIDER, "nowhere", region="")

    assert misplaced(nowhere, resource(FUNCTION, "reader", "nowhere"), resource(BUCKET, "data", region="")) == []

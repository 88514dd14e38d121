import base64

import pytest

from sandbox.program.launcher import ANY_KEY, MARK
from sandbox.program.lookups import Place, look_up

PLACE = Place("123456789012", "us-gov-west-1", "aws-us-gov")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("arn", f"arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/{MARK}0"),
        ("id", f"cluster-0{MARK}0000"),
        ("vpcId", f"vpc-0{MARK}0000"),
        ("securityGroupId", f"sg-0{MARK}0000"),
        ("zoneId", f"Z{MARK}0"),
        ("ownerId", "123456789012"),
        ("cidrBlock", "10.0.0.0/16"),
        ("ipv6CidrBlock", "2001:db8:1234:1a00::/56"),
        ("endpoint", f"https://{MARK}0.example.com"),
        ("dnsName", f"{MARK}0.example.com"),
        ("platformVersion", f"{MARK}0-platformversion"),
    ],
)
def test_a_planned_text_has_the_format_that_its_name_promises(key: str, expected: str) -> None:
    assert look_up("aws:eks/getCluster:getCluster", {}, {key: "str"}, PLACE) == {key: expected}


def test_a_result_has_the_declared_shape_and_what_was_asked_for() -> None:
    shape: dict[str, object] = {
        "name": "str",
        "ids": ["str"],
        "mostRecent": "bool",
        "count": "int",
        "tags": {},
        "filters": [{"name": "str", "values": ["str"]}],
        "config": [{"vpcId": "str", "isPublic": "bool"}],
        "anything": None,
    }
    asked = {"name": "own", "mostRecent": "true", "filters": [{"name": "a", "values": []}], "other": 1}

    found = look_up("x:y/getZ:getZ", asked, shape, PLACE)

    assert found is not None
    assert (found["name"], found["mostRecent"], found["count"]) == ("own", False, 1)
    assert found["filters"] == asked["filters"]
    assert len(set(found["ids"])) == 3
    assert found["config"] == [{"vpcId": f"vpc-0{MARK}0000", "isPublic": False}]
    assert found["tags"] == {ANY_KEY: MARK}
    assert found["anything"] is None
    assert set(found) == set(shape)


def test_a_function_without_a_declared_result_is_not_answered() -> None:
    assert look_up("x:y/getZ:getZ", {}, None, PLACE) is None


def test_what_programs_take_apart_has_its_own_format() -> None:
    token = {"authorizationToken": "str", "proxyEndpoint": "str"}
    found = look_up("aws:ecr/getCredentials:getCredentials", {"registryId": "1"}, token, PLACE)
    zones = look_up("aws:index/getAvailabilityZones:getAvailabilityZones", {}, {"names": ["str"]}, PLACE)
    arn = look_up("aws:index/getArn:getArn", {"arn": "arn:aws:s3:::bucket/key:part"}, {"service": "str"}, PLACE)

    assert found is not None
    assert zones is not None
    assert arn is not None
    assert base64.b64decode(found["authorizationToken"]) == f"AWS:{MARK}".encode()
    assert zones["names"] == ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"]
    assert (arn["service"], arn["account"], arn["resource"]) == ("s3", "", "bucket/key:part")

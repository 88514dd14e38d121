import pytest

from policies.generation.map.names import find, likeness, singular, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kmsMasterKeyId", ["kms", "master", "key", "id"]),
        ("S3BucketName", ["s", "3", "bucket", "name"]),
        ("VPCEndpoint", ["vpc", "endpoint"]),
        ("SSESpecification", ["sse", "specification"]),
    ],
)
def test_name_falls_into_words(name: str, expected: list[str]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("plural", "expected"),
    [("policies", "policy"), ("addresses", "address"), ("indexes", "index"), ("tags", "tag"), ("access", "access")],
)
def test_plural_has_a_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


@pytest.mark.parametrize(
    ("wire", "among", "expected"),
    [
        ("kmsMasterKeyId", ["KMSMasterKeyID", "KmsKeyId"], "KMSMasterKeyID"),
        ("lifecycleConfigurations", ["LifecycleConfiguration"], "LifecycleConfiguration"),
        ("name", ["QueueName", "Arn"], "QueueName"),
        ("queueName", ["Name"], "Name"),
        ("tags", ["TagList", "Tags"], "Tags"),
    ],
)
def test_same_thing_is_found_alike_in_the_plural_or_with_its_owners_name(
    wire: str, among: list[str], expected: str
) -> None:
    assert find(wire, among, ["Queue"]) == expected


@pytest.mark.parametrize(("wire", "other"), [("role", "RoleArn"), ("key", "KeyId"), ("function", "FunctionName")])
def test_longer_name_is_never_the_same(wire: str, other: str) -> None:
    assert find(wire, [other], ["Queue"]) is None


def test_likeness_is_the_share_of_words_in_common() -> None:
    assert likeness("FunctionEventInvokeConfig", "EventInvokeConfig") == 3 / 4
    assert likeness("Topics", "Topic") == 1
    assert likeness("Queue", "Topic") == 0

import pytest

from components.secret_store import SecretStore, SecretStoreArgs
from components.secret_store.permissions import named_secret
from components.validation import ComponentInputError
from tests.components.harness import Deployment, deploy

ARGS: SecretStoreArgs = {"prefix": "longrun/dev", "tags": {"team": "research"}}
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.fixture(scope="module")
def deployed() -> Deployment:
    return deploy(lambda: SecretStore("secrets", ARGS))


def test_there_are_four_secrets_by_names_that_a_rotation_keeps_and_without_values(deployed: Deployment) -> None:
    assert sorted(deployed[name].inputs["name"] for name in deployed.names(SECRET)) == [
        "longrun/dev/data-source-credentials",
        "longrun/dev/model-provider-key",
        "longrun/dev/token-signing-key",
        "longrun/dev/tracing-keys",
    ]
    assert deployed.names(VERSION) == []
    for name in deployed.names(SECRET):
        assert deployed[name].inputs["tags"] == {"team": "research", "longrun:rotation": "manual"}


def test_a_secret_is_deleted_at_once_so_that_the_stack_can_be_created_again(deployed: Deployment) -> None:
    kept = deploy(lambda: SecretStore("secrets", {**ARGS, "retain": True}))

    assert {deployed[name].inputs["recoveryWindowInDays"] for name in deployed.names(SECRET)} == {0}
    assert {kept[name].inputs["recoveryWindowInDays"] for name in kept.names(SECRET)} == {30}
    assert all(kept[name].retained for name in kept.names(SECRET))


def test_a_value_that_the_program_gives_is_a_secret_of_its_state() -> None:
    args: SecretStoreArgs = {**ARGS, "values": {"tracing-keys": "pk-1"}}

    deployment = deploy(lambda: SecretStore("secrets", args))

    (version,) = deployment.names(VERSION)
    assert version == "secrets-tracing-keys-value"
    assert "pk-1" in str(deployment[version].inputs["secretString"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"prefix": ""}, "prefix is ''; allowed: letters"),
        ({"prefix": "/longrun"}, "prefix is '/longrun'"),
        ({"prefix": "a//b"}, "prefix is 'a//b'"),
        ({"prefix": "x" * 500}, "prefix is 'xxx"),
        ({"prefix": "a b"}, "prefix is 'a b'"),
        ({"values": {"password": "x"}}, "values has 'password'; allowed: model-provider-key, token-signing-key"),
        ({"tags": {f"tag{n}": "x" for n in range(50)}}, "tags holds 50 tags, 51 with longrun:rotation"),
    ],
    ids=str,
)
def test_argument_is_rejected_before_anything_exists(changed: SecretStoreArgs, message: str) -> None:
    with pytest.raises(ComponentInputError) as rejected:
        SecretStore("secrets", {**ARGS, **changed})

    assert message in str(rejected.value)


def test_a_secret_that_is_known_by_its_name_is_allowed_with_the_six_characters_that_aws_adds() -> None:
    assert named_secret("longrun/dev/model-provider-key", "eu-west-1", "123456789012", "aws") == (
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:longrun/dev/model-provider-key-??????"
    )

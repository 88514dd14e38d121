import pytest

from contract.owners import USER, owner_of, token_owner
from contract.workspaces import is_workspace_agent, is_workspace_id, new_secret, secret_hash, workspace_owner


def test_a_secret_is_random_and_stands_in_a_path_as_it_is() -> None:
    secrets = {new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert all(len(secret) == 43 and secret.replace("-", "").replace("_", "").isalnum() for secret in secrets)


def test_the_hash_of_a_secret_is_its_sha_256() -> None:
    assert secret_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(secret_hash("\udc80")) == 64


@pytest.mark.parametrize(
    ("value", "is_id", "is_agent"),
    [
        ("acme", True, True),
        ("data_analyst", True, True),
        ("a.b", False, True),
        ("_a", False, True),
        ("9-a", True, True),
        ("a" * 64, True, True),
        ("a" * 65, False, True),
        ("a" * 129, False, False),
        ("", False, False),
        ("a/b", False, False),
        ("a#b", False, False),
        ("a b", False, False),
        ("é", False, False),
        ("a\n", False, False),
    ],
)
def test_names_stand_in_a_path_and_in_a_key_as_they_are(value: str, is_id: bool, is_agent: bool) -> None:
    assert (is_workspace_id(value), is_workspace_agent(value)) == (is_id, is_agent)


def test_a_workspace_owns_what_no_other_caller_does() -> None:
    owner = workspace_owner("acme")

    assert USER.fullmatch(owner)
    assert not owner_of("arn:aws:iam::123456789012:user/acme").startswith("workspace:")
    assert not token_owner("workspace", "acme").startswith("workspace:")

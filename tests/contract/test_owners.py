import pytest

from contract.owners import USER, owner_of

ROLE = "arn:aws:sts::123456789012:assumed-role/analyst"


@pytest.mark.parametrize("name", ["botocore-session", "aws-sdk-js", "aws-sdk-java", "aws-go-sdk"])
def test_unnamed_sessions_of_a_role_are_one_owner(name: str) -> None:
    assert owner_of(f"{ROLE}/{name}-1700000000") == ROLE


@pytest.mark.parametrize("arn", [f"{ROLE}/ann", f"{ROLE}/botocore-session", "arn:aws:iam::123456789012:user/ann", ROLE])
def test_any_other_caller_is_an_owner_of_its_own(arn: str) -> None:
    assert owner_of(arn) == arn


@pytest.mark.parametrize(
    ("user", "is_valid"), [("jo", True), ("a/b@c", True), ("a b", False), ("", False), ("é", False)]
)
def test_a_claimed_user_has_a_narrow_form(user: str, is_valid: bool) -> None:
    assert bool(USER.fullmatch(user)) == is_valid

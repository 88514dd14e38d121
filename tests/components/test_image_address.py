import pytest

from components.image_address import function_image_problems, image_problems
from tests.components.harness import ACCOUNT, REGION

DIGEST = f"sha256:{'0' * 64}"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/stream"


@pytest.mark.parametrize("address", [f"{ECR}@{DIGEST}", f"registry.example.com:5000/tools:1@{DIGEST}"])
def test_an_address_by_digest_names_one_image(address: str) -> None:
    assert image_problems("image", address, REGION) == []


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (f"{ECR}:1", "an address with a digest"),
        (f"{ECR}@sha256:0", "an address with a digest"),
        (f"{ECR.replace(REGION, 'eu-west-1')}@{DIGEST}", "image is in eu-west-1; allowed: an image in us-east-1"),
        (f"{ECR}.cn@{DIGEST}".replace("com/team/stream.cn", "com.cn/team/stream"), "end in amazonaws.com"),
    ],
    ids=["tag", "short digest", "region", "partition"],
)
def test_another_address_is_rejected(address: str, problem: str) -> None:
    (message,) = image_problems("image", address, REGION)

    assert problem in message


@pytest.mark.parametrize(
    "address", [f"{ECR}:1@{DIGEST}", f"public.ecr.aws/team/stream@{DIGEST}", f"docker.io/team/stream@{DIGEST}"]
)
def test_lambda_takes_images_of_private_repositories_without_a_tag(address: str) -> None:
    (message,) = function_image_problems("image.uri", address, REGION)

    assert message.endswith(f"account.dkr.ecr.{REGION}.amazonaws.com/repository@sha256:..., without a tag")
    assert function_image_problems("image.uri", f"{ECR}@{DIGEST}", REGION) == []

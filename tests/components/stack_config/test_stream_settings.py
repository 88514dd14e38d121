import pytest

from components.stack_config import SettingsError
from tests.components.stack_config.test_settings import no_engine, problem, read

__all__ = ["no_engine"]

EMULATED = {"aws:endpoints": '[{"lambda": "http://127.0.0.1:4600"}]'}
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/longrun-stream@sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("image", "is_deployed", "is_built"), [("", False, False), ("build", True, True), (IMAGE, True, False)]
)
def test_the_image_decides_whether_there_is_an_endpoint(image: str, is_deployed: bool, is_built: bool) -> None:
    stream = read({"longrun:streamImage": image}).stream

    assert (stream.is_deployed, stream.is_built) == (is_deployed, is_built)


def test_an_image_that_is_there_starts_as_the_one_that_is_built() -> None:
    ref = read({"longrun:streamImage": IMAGE}).stream.image("arm64")

    assert (ref["uri"], ref["architecture"]) == (IMAGE, "arm64")
    assert ref["entry_point"] == ["/usr/local/bin/python3", "-m"]
    assert (ref["command"], ref["working_directory"]) == (["runtime.http.streaming.main"], "/var/task")


def test_the_sandbox_builds_no_image() -> None:
    with pytest.raises(SettingsError, match="longrun:streamImage is 'build', and the sandbox builds no image"):
        read({**EMULATED, "longrun:streamImage": "build"})

    assert read({**EMULATED, "longrun:streamImage": IMAGE}).stream.is_deployed


@pytest.mark.parametrize(
    ("image", "allowed"),
    [
        ("longrun-stream:1", "allowed: an address with a digest"),
        (IMAGE.replace("us-east-1", "eu-west-1"), "allowed: an image in us-east-1"),
        (IMAGE.replace("amazonaws.com", "amazonaws.com.cn"), "registries in us-east-1 end in amazonaws.com"),
        (IMAGE.replace("@", ":1@"), "without a tag"),
        (f"ghcr.io/team/stream@sha256:{'0' * 64}", "allowed: an image in Amazon ECR"),
    ],
    ids=["tag", "region", "partition", "tag and digest", "registry"],
)
def test_an_image_that_lambda_would_not_take_is_rejected(image: str, allowed: str) -> None:
    message = problem(streamImage=image)

    assert message.startswith("configuration longrun:streamImage is ")
    assert allowed in message
    assert message.endswith("; or build, or nothing")


@pytest.mark.parametrize("origin", ["https://app.example.com", "http://localhost:5173", "*"])
def test_an_origin_is_what_browsers_send(origin: str) -> None:
    assert read({"longrun:streamOrigins": f'["{origin}"]'}).stream.stream_origins == (origin,)


@pytest.mark.parametrize(
    "origin", ["app.example.com", "https://app.example.com/", "https://App.example.com", "https://a.example,*", "null"]
)
def test_what_no_browser_sends_is_no_origin(origin: str) -> None:
    assert "streamOrigins" in problem(streamOrigins=f'["{origin}"]')

"""Entry point, command and working directory belong together; those of the streaming endpoint are what there is."""

import importlib.util
import json
import re

import pytest

from components.container_image.context import DOCKERFILE
from components.image_config import STREAMING, config_problems


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ((None, None, None), []),
        (([], [], ""), []),
        ((["/bin/app"], ["run"], "/srv"), []),
        ((["/bin/app"], None, None), ["image.command, image.working_directory is missing"]),
        ((None, ["run"], None), ["image.entry_point, image.working_directory is missing"]),
        ((["/bin/app"], ["run"], None), ["image.working_directory is missing"]),
        ((["app"], ["run"], "srv"), ["image.entry_point[0] is 'app'", "image.working_directory is 'srv'"]),
    ],
    ids=["none", "empty", "all", "entry point", "command", "no folder", "relative"],
)
def test_all_three_or_none_and_absolute(
    given: tuple[list[str] | None, list[str] | None, str | None], problems: list[str]
) -> None:
    found = config_problems("image.", *given)

    assert len(found) == len(problems)
    assert all(message.startswith(start) for message, start in zip(found, problems, strict=True))


def test_the_endpoints_module_is_in_the_project() -> None:
    assert importlib.util.find_spec(STREAMING["command"][0]) is not None


def test_the_dockerfile_starts_the_same() -> None:
    stated = dict(re.findall(r"^(ENTRYPOINT|CMD|WORKDIR) (.*)$", DOCKERFILE.read_text(), re.M))

    assert json.loads(stated["ENTRYPOINT"]) == STREAMING["entry_point"]
    assert json.loads(stated["CMD"]) == STREAMING["command"]
    assert stated["WORKDIR"] == STREAMING["working_directory"]

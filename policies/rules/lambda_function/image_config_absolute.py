"""Programs and folders of an image by their absolute paths."""

from collections.abc import Iterable, Iterator

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import members, text


def _check(function: Resource) -> Iterable[Finding]:
    return [
        Finding(
            property=path,
            value=value,
            allowed="an absolute path",
            why="Lambda does not search for it: the function fails at each start with Runtime.InvalidEntrypoint",
            fix="Write the path from the root, for example /lambda-entrypoint.sh or /var/task",
        )
        for path, value in _paths(function)
        if value and not value.startswith("/")
    ]


def _paths(function: Resource) -> Iterator[tuple[str, str]]:
    program = members(function.properties, "imageConfig", "entryPoints")[:1]
    if program and isinstance(program[0], str):
        yield "imageConfig.entryPoints[0]", program[0]
    folder = text(function.properties, "imageConfig", "workingDirectory")
    if folder is not None:
        yield "imageConfig.workingDirectory", folder


RULE = ResourceRule(
    name="lambda-function-image-config-absolute",
    description="The entry point and the working directory of an image are absolute paths.",
    remediation="Write /lambda-entrypoint.sh and /var/task, which AWS's base images have.",
    types=frozenset({FUNCTION}),
    check=_check,
)

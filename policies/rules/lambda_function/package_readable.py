"""The package that a function names is on this machine, as something that Pulumi can pack."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.lambda_function.functions.contents import problem
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.lambda_function.functions.package import CODE, OBJECTS, SOURCE
from policies.rules.rule import Resource, ResourceRule

LAYER: Final = "aws:lambda/layerVersion:LayerVersion"


def _check(resource: Resource) -> Iterable[Finding]:
    for name in (CODE, SOURCE):
        found = problem(resource.assets.get(name))
        if found is not None:
            asset, wrong = found
            place = "" if asset.given == asset.path else f", read as {asset.path}"
            yield Finding(
                property=name,
                value=f"{asset.given!r}{place}, which {wrong}",
                allowed="a folder, a .zip, .jar, .tar, .tgz or .tar.gz, or the files themselves",
                why="The deployment ends at this resource, or deploys a package without files",
                fix="Build the package before the deployment, and name its path from the program's folder",
            )


RULE = ResourceRule(
    name="lambda-function-package-readable",
    description="The package of a function, a layer or an object is on this machine, and Pulumi can pack it.",
    remediation="Build the package first; name its path from the folder of the program.",
    types=frozenset({FUNCTION, LAYER, *OBJECTS}),
    check=_check,
)

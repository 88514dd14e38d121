"""Which resources the program registers for a stack, as text that is the same on every machine, and what two differ in.

    python -m tests.registered_resources dev > new.json
    python -m tests.registered_resources diff old.json new.json

The resources come from `sandbox.program.record`, which `longrun check` uses as well; nothing is created. Paths of the
machine and hashes of code are replaced by words, so that two builds of the program can be compared.
"""

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY, home

_BUILT: Final = re.compile(r"<home>/packages/[0-9a-f]{32}")
_CODE_KEY: Final = re.compile(r"\b(?P<role>[a-z]+)/[0-9a-f]{64}\.zip")
_ASSET_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
_DOCUMENTS: Final = ("policy", "assumeRolePolicy", "definition", "eventPattern")


def registered(stack: str, root: Path = REPOSITORY) -> list[dict[str, Any]]:
    """Type, name, URN, parent, inputs and dependencies of each resource, sorted by URN; IAM documents, definitions and
    patterns are parsed. Raises SandboxError."""
    resources = [_described(resource) for resource in record(root, stack)]
    return sorted(resources, key=lambda resource: str(resource["urn"]))


def _described(resource: Mapping[str, Any]) -> dict[str, Any]:
    inputs = {key: _parsed(key, value) for key, value in resource["properties"].items()}
    kept = {key: resource[key] for key in ("type", "name", "urn", "parent", "custom")}
    dependencies = {key: sorted(urns) for key, urns in sorted(resource["dependencies"].items())}
    described: dict[str, Any] = _normal(
        {**kept, "inputs": inputs, "dependencies": dependencies, "depends_on": sorted(resource["depends_on"])}
    )
    return described


def _parsed(key: str, value: object) -> object:
    return json.loads(value) if key in _DOCUMENTS and isinstance(value, str) and value.startswith("{") else value


def _normal(value: Any) -> Any:  # noqa: ANN401  JSON of any depth
    if isinstance(value, Mapping):
        return {key: _normal(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_normal(member) for member in value]
    return _portable(value) if isinstance(value, str) else value


def _portable(text: str) -> str:
    text = text.replace(str(home()), "<home>").replace(str(REPOSITORY), "<root>")
    text = _CODE_KEY.sub(r"\g<role>/<hash>.zip", _BUILT.sub("<home>/packages/<hash>", text))
    return _ASSET_HASH.sub("<hash>", text)


def differences(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each resource that is missing or new, and a unified difference for each that changed."""
    before, after = ({str(resource["urn"]): resource for resource in found} for found in (old, new))
    for urn in sorted(before.keys() | after.keys()):
        if urn not in after:
            yield f"missing: {urn}"
        elif urn not in before:
            yield f"new: {urn}"
        elif before[urn] != after[urn]:
            yield f"changed: {urn}"
            yield from list(difflib.unified_diff(_lines(before[urn]), _lines(after[urn]), n=0, lineterm=""))[2:]


def _lines(resource: Mapping[str, Any]) -> list[str]:
    return json.dumps(resource, indent=1, sort_keys=True).splitlines()


def _read(path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path).read_text())
    return found


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["diff", old, new]:
            found = list(differences(_read(old), _read(new)))
            sys.stdout.writelines(f"{line}\n" for line in found)
            return 1 if found else 0
        case [stack]:
            json.dump(registered(stack), sys.stdout, indent=1, sort_keys=True)
            return 0
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

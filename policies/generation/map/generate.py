"""`make map`: writes map.json.gz from the installed SDK, CloudFormation's schemas and the reviewed overlay.

    python -m policies.generation.map.generate SCHEMAS [--check]

SCHEMAS is the folder data/schemas of cfn-lint. With --check nothing is written: it fails where the committed map is not
what would be written.
"""

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from policies.cloudformation.mapping import MAP
from policies.generation.map.operations import read_operations
from policies.generation.map.overlay import Overlay, read_overlay
from policies.generation.map.schemas import read_schemas
from policies.generation.map.sdk import read_sdk
from policies.generation.map.selfcheck import confirmed, problems
from policies.generation.map.types import Match, TypeMatcher


def main(arguments: Sequence[str]) -> int:
    folders = [argument for argument in arguments if argument != "--check"]
    if len(folders) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    sdk, schemas, overlay = read_sdk(), read_schemas(Path(folders[0])), read_overlay()
    found = TypeMatcher(sdk, schemas, overlay).matches()
    operations = read_operations()
    if wrong := problems(found, sdk, overlay, operations):
        sys.stderr.write("".join(f"{problem}\n" for problem in wrong))
        return 1
    content = packed(found, overlay, sdk.version, schemas.date)
    if "--check" in arguments:
        return 0 if content == MAP.read_bytes() else _outdated()
    MAP.write_bytes(content)
    sys.stdout.write(f"{_summary(found)}, {confirmed(found, operations):,} types confirmed, {len(content):,} bytes\n")
    return 0


def _outdated() -> int:
    sys.stderr.write(f"{MAP.name} is not what the SDK, the schemas and the overlay make of it: run make map\n")
    return 1


def _summary(found: Sequence[Match]) -> str:
    paths = sum(len(match.matcher.paths) for match in found)
    constraints = sum(match.matcher.constraints.total() for match in found)
    return f"{len(found):,} types, {paths:,} properties, {constraints:,} constraints"


def packed(found: Sequence[Match], overlay: Overlay, sdk: str, schemas: str) -> bytes:
    """The file of the map: the same bytes for the same map."""
    document = {"sdk": sdk, "schemas": schemas, "types": {match.token: _row(match, overlay) for match in found}}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _row(match: Match, overlay: Overlay) -> list[Any]:
    reviewed = overlay.types.get(match.token)
    constraints = match.matcher.constraints
    row = [match.schema.type, len(match.matcher.paths), dict(sorted(constraints.items())), match.matcher.shapes]
    return [*row, reviewed.of, reviewed.at] if reviewed and reviewed.of else row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

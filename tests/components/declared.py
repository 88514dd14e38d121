"""The configuration that Pulumi.yaml declares, and its defaults as the engine and the sandbox give them out."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DECLARED: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


DEFAULTS = {f"longrun:{key}": as_text(declared["default"]) for key, declared in DECLARED.items()}
"""The values of keys that a stack does not set."""

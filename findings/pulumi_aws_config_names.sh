#!/bin/sh
# pulumi-aws 7.51.1: the stub of pulumi_aws.config, which type checkers and editors read, names the settings in
# camelCase; the module itself has them in snake_case only. So config.defaultTags passes mypy and ends in an
# AttributeError, and config.default_tags works and is an error for mypy. Settings of one word are right in both.
# Valid input: the 30 names that the stub declares and the module does not have, defaultTags among them.
# Seen: 30 of the 35 names of the stub are absent at run time, and each of them exists there in snake_case.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pulumi==3.272.0 pulumi-aws==7.51.1
"$folder/venv/bin/python" - <<'PYTHON'
import ast
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pulumi_aws

stub = Path(pulumi_aws.__file__).parent / "config" / "__init__.pyi"
declared = [line.target.id for line in ast.parse(stub.read_text()).body if isinstance(line, ast.AnnAssign)]
config = pulumi_aws.config
absent = [name for name in declared if not hasattr(config, name)]
snake = {name: re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name) for name in absent}
print("pulumi-aws", version("pulumi-aws"))
print(f"declared {len(declared)}, absent at run time {len(absent)}:", " ".join(absent))
print("present in snake_case:", sum(hasattr(config, name) for name in snake.values()))
same = "defaultTags" in absent and "default_tags" not in declared
same = same and hasattr(config, "default_tags") and "region" not in absent and len(absent) > 20
same = same and all(hasattr(config, name) for name in snake.values())
print("as described" if same else "changed")
sys.exit(not same)
PYTHON

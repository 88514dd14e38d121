"""The region, and the value that depends on it."""

import pulumi

from components.default_model import default_model
from components.model_access import model_id_problem
from components.stack_config.reader import ConfigReader
from policies.rules.regions import is_region


def read_model_id(reader: ConfigReader, provider: str, region: str) -> str:
    """The model that is named, or that of the region where none is."""
    has_default = provider != "openai"
    named = reader.text("modelId", lambda id_: model_id_problem(provider, id_) if id_ or not has_default else "")
    return named or (default_model(region) if has_default else "")


def read_region(reader: ConfigReader) -> str:
    region = pulumi.Config("aws").get("region")
    if not region:
        reader.reject("configuration aws:region is not set; run: pulumi config set aws:region us-east-1")
    elif not is_region(region):
        reader.reject(f"configuration aws:region is {region!r}, which is not an AWS region; write it like us-east-1")
    return region or ""

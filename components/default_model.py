"""The model of a stack that names none: the same in all regions, by the profile that each region has."""

from typing import Final

from policies.rules.regions import WITHOUT_BEDROCK, is_callable_from

DEFAULT_MODEL: Final = "anthropic.claude-sonnet-4-6"
_DEFAULT_GEOGRAPHIES: Final = ("us-gov", "us", "eu", "jp", "au", "global")
"""Those that have a profile of the default model, the nearest first: it is not called without one."""


def default_model(region: str) -> str:
    """The id by which a region calls the default model: the profile of its own geography, else the global one. Without
    a prefix where Bedrock has no profiles."""
    geography = next((each for each in _DEFAULT_GEOGRAPHIES if is_callable_from(each, region)), "")
    return f"{geography}.{DEFAULT_MODEL}" if geography else DEFAULT_MODEL


def model_warning(provider: str, region: str) -> str:
    """What the user of a stack that can be deployed must know about its model; empty where it can answer."""
    if provider != "bedrock" or region not in WITHOUT_BEDROCK:
        return ""
    return (
        f"Amazon Bedrock has no models in {region}, so every question will fail; set longrun:modelProvider to openai "
        "and longrun:modelUrl to a server that can be reached from there"
    )

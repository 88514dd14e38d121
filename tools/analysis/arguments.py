"""The arguments of the tools: their JSON schema and their validation."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.analysis.errors import AnalysisError

ArgumentsT = TypeVar("ArgumentsT", bound="Arguments")


def _without_titles(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    for described in schema.get("properties", {}).values():
        described.pop("title", None)


class Arguments(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_without_titles)


class TableArguments(Arguments):
    """One table."""

    table: Annotated[str, Field(description="Name of the table, as list_tables gives it.")]


class SampleArguments(TableArguments):
    """Two groups of rows."""

    treatment: Annotated[str, Field(description="Column that is 1 for the treated and 0 for the controls.")]
    comparison: Annotated[
        str,
        Field(
            description="Name of another table whose untreated rows stand in for the controls of `table`; "
            "leave it out to compare with the table's own controls."
        ),
    ] = ""


class PlotArguments(SampleArguments):
    """Two groups and a column to look at."""

    column: Annotated[str, Field(description="Numeric column to plot, by group.")]


class DifferenceArguments(SampleArguments):
    """Two groups and an outcome."""

    outcome: Annotated[str, Field(description="Numeric column that the treatment may have changed.")]


class EstimateArguments(DifferenceArguments):
    """Two groups, an outcome and what they may differ in otherwise."""

    covariates: Annotated[
        tuple[str, ...],
        Field(
            description="Numeric columns from before the treatment; leave it out for all numeric columns but the "
            "treatment and the outcome."
        ),
    ] = ()


def parse_arguments(tool: str, kind: type[ArgumentsT], given: Mapping[str, Any]) -> ArgumentsT:
    """The arguments as an instance of `kind`. Raises AnalysisError naming the first one that is not valid."""
    try:
        # Models send null for an argument that they mean to leave out.
        return kind.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        known = ", ".join(kind.model_fields) or "none"
        problem = first["msg"].lower().replace("tuple", "list")
        message = f"{tool}: {where}: {problem}; the arguments of {tool} are {known}"
        raise AnalysisError(message) from None

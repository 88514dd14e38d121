"""DynamoDB."""

from typing import Any

from policies.rules.aws_limits import TABLE_NAME
from sandbox.cloud.request import Request
from sandbox.program.monitor import Created


def table(request: Request) -> Created:
    request.skip("deletionProtectionEnabled")
    name = request.name("name", TABLE_NAME)
    settings: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in request.need("attributes")
        ],
        "KeySchema": _keys(request.need("hashKey"), request.get("rangeKey")),
        "BillingMode": request.get("billingMode", "PROVISIONED"),
        "Tags": request.tag_list(),
    }
    if settings["BillingMode"] == "PROVISIONED":
        settings["ProvisionedThroughput"] = {
            "ReadCapacityUnits": request.need("readCapacity"),
            "WriteCapacityUnits": request.need("writeCapacity"),
        }
    if indexes := request.get("globalSecondaryIndexes"):
        settings["GlobalSecondaryIndexes"] = [_index(index) for index in indexes]
    if request.get("streamEnabled"):
        view = request.need("streamViewType")
        settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    if request.get("serverSideEncryption", {}).get("enabled"):
        settings["SSESpecification"] = {"Enabled": True}
    made = request.cloud.dynamodb.create_table(**settings)["TableDescription"]
    _configure(request, name)
    attributes: dict[str, Any] = {"name": name, "arn": made["TableArn"]}
    if "LatestStreamArn" in made:
        attributes |= {"streamArn": made["LatestStreamArn"], "streamLabel": made["LatestStreamLabel"]}
    return Created(name, attributes)


def _configure(request: Request, name: str) -> None:
    """Applies the settings that need an existing table."""
    if ttl := request.get("ttl"):
        request.cloud.dynamodb.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": ttl.get("enabled", True), "AttributeName": ttl["attributeName"]},
        )
    if request.get("pointInTimeRecovery", {}).get("enabled"):
        request.cloud.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def _keys(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def _index(index: dict[str, Any]) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    keys = _keys(index["hashKey"], index.get("rangeKey"))
    return {"IndexName": index["name"], "KeySchema": keys, "Projection": projection}

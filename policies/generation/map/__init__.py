"""Writes the map from the SDK's types and properties to those of CloudFormation."""

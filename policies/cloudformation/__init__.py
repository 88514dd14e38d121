"""What AWS publishes about CloudFormation, as rules over the resources of a Pulumi program."""

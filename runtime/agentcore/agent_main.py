"""The entry point of the agents' artifact on Bedrock AgentCore, which starts it as a script."""

from runtime.agentcore.app import create_app

app = create_app()

if __name__ == "__main__":
    app.run(host="0.0.0.0")  # noqa: S104  the microVM's own network; AgentCore alone reaches it

"""Hostile requests against the endpoint in this process: `make fuzz`."""

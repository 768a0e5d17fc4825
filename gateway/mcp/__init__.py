"""The door for agents: an MCP server over the mirror, with exactly the tools that a token allows.

Over HTTP at `/mcp` (`door.py`) and over standard input and output (`stdio.py`), both through the official SDK. All that
is read and written goes through `storage.permits`; what other people wrote is marked as such (`untrusted.py`), and what
deletes or may mail happens only after it was shown (`plans.py`).
"""

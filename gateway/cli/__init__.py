"""The command line: one file per group of commands, each a thin layer over the store, the engine or the server.

Every command takes `--config`; every listing takes `--json`. Errors are one line on standard error, with `--json` one
object. Exit codes: 0 done, 1 error, 2 wrong usage, 3 something waits for a person.
"""

from gateway.cli.root import main

__all__ = ["main"]

"""`python -m gateway.serve SOCKET WORKERS [CONFIG]`: the supervisor alone, which `calharbor serve` turns into.

It imports next to nothing, as it stays in memory beside those that do the work.
"""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.http import log
from gateway.serve.supervisor import supervise


def main(arguments: Sequence[str]) -> None:
    """Supervise over an inherited socket; the configuration file is only handed on."""
    descriptor, workers, *config = arguments
    log.set_up()
    supervise(socket.socket(fileno=int(descriptor)), int(workers), Path(config[0]) if config else None)


if __name__ == "__main__":
    main(sys.argv[1:])

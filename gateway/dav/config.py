"""Radicale's configuration for being embedded: our objects in place of its backends, and none of its delays or checks.

Radicale 3.9.0 takes a callable wherever a backend's type is asked for. Its own checks of paths and names would refuse
hrefs that providers really use (`: , ' *`), so they are off: `gateway.dav.asgi` checks paths.
"""

from radicale import config
from radicale.config import Configuration

from gateway.dav.frame import FrameAuth, FrameRights, FrameStorage


def radicale_configuration() -> Configuration:
    """The configuration under which `gateway.dav.app` runs Radicale."""
    storages: list[FrameStorage] = []

    def storage(configuration: Configuration) -> FrameStorage:
        # Radicale's sharing loads the storage a second time; both get the same object.
        if not storages:
            storages.append(FrameStorage(configuration))
        return storages[0]

    configuration = config.load()
    configuration.update(
        {
            "auth": {"type": FrameAuth, "delay": 0},
            "rights": {"type": FrameRights},
            "storage": {"type": storage},
            "web": {"type": "none"},
            "server": {
                "delay_on_error": 0,
                "validate_path_value": "none",
                "validate_user_value": "none",
                "max_content_length": 1 << 40,
                "max_resource_size": 1 << 39,
            },
        },
        "calharbor",
        privileged=True,
    )
    return configuration

"""Finds a provider's class by its name: the built-in table, then the entry points of other packages."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import cast

from storage.errors import ConfigError
from storage.provider import Factory, Login, Provider

GROUP = "calharbor.providers"
"""The entry point group in which a package names its providers: `name = "module:Class"`."""

BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "caldav": "plugins.caldav.provider:CalDavProvider",
        "local": "plugins.local.provider:LocalProvider",
        "memory": "plugins.memory.provider:MemoryProvider",
    }
)


def names() -> list[str]:
    """Every provider name that can be used in the configuration, sorted."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def exists(name: str) -> bool:
    """Whether a provider of this name can be used. Other packages are asked only for what is not built in."""
    return name in BUILT_IN or bool(entry_points(group=GROUP, name=name))


def load(name: str) -> Factory:
    """The class behind `name`, imported now. Another package cannot replace a built-in one.

    Raises `ConfigError` for an unknown name, a target that cannot be imported, or a class that calls itself otherwise.
    """
    target = BUILT_IN.get(name) or next((point.value for point in entry_points(group=GROUP, name=name)), "")
    if not target:
        raise ConfigError(
            f"there is no provider called {name!r}", hint=f"Use one of: {', '.join(names())}; or install its package."
        )
    module, _, attribute = target.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"the provider {name!r} cannot be loaded from {target}: {error}",
            hint="Install the package that declares it again, or remove it.",
        ) from error
    if getattr(found, "name", None) != name:
        raise ConfigError(
            f"the provider {name!r} points to {target}, which calls itself {getattr(found, 'name', None)!r}",
            hint=f"The entry point's name and the class attribute `name` must agree (group {GROUP}).",
        )
    return cast(Factory, found)


def create(name: str, login: Login) -> Provider:
    """The adapter for one account; connects to nothing yet. Raises `ConfigError`."""
    return load(name)(login)

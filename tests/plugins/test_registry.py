"""Providers are found by name, and say so when they are not."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from plugins import registry
from storage.errors import ConfigError
from storage.provider import Login, Provider


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_every_built_in_provider_loads_under_its_name(name: str) -> None:
    provider = registry.create(name, Login("test", {"url": "https://calendar.example.org/", "username": "me"}))
    assert isinstance(provider, Provider)
    assert provider.name == name
    provider.close()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        registry.load("carrier-pigeon")
    assert "carrier-pigeon" in caught.value.message
    assert all(name in caught.value.hint for name in registry.BUILT_IN)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no.such.module:Class", "cannot be loaded"),
        ("plugins.memory.provider:Nothing", "cannot be loaded"),
        ("plugins.memory.provider:MemoryProvider", "calls itself 'memory'"),
    ],
)
def test_a_broken_entry_point_is_explained(monkeypatch: pytest.MonkeyPatch, target: str, words: str) -> None:
    def points(*, group: str, name: str = "") -> EntryPoints:
        found = EntryPoints([EntryPoint("pigeon", target, registry.GROUP)])
        return found.select(group=group, name=name) if name else found.select(group=group)

    monkeypatch.setattr(registry, "entry_points", points)
    assert "pigeon" in registry.names()
    with pytest.raises(ConfigError, match=words):
        registry.load("pigeon")


def test_another_package_cannot_replace_a_built_in_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(*, group: str, name: str = "") -> EntryPoints:
        return EntryPoints([EntryPoint("caldav", "plugins.memory.provider:MemoryProvider", group)])

    monkeypatch.setattr(registry, "entry_points", points)
    assert registry.load("caldav").__module__ == "plugins.caldav.provider"

"""Any resource below the endpoint with its properties, for what follows hrefs from one to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from gateway.dav import entry_properties, properties, render
from gateway.dav.names import element
from gateway.dav.places import Context, Home, Member, Place, Root
from gateway.dav.render import Renderer, Target, Wanted
from storage.model import Collection


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: its href, what renders each live property's content, and the dead ones as whole elements."""

    href: str
    live: Mapping[str, Callable[[], str | None]]
    dead: Mapping[str, str] = field(default_factory=dict)

    def content(self, name: str) -> str | None:
        """The content of a live property, None where the resource does not have it."""
        return self.live[name]() if name in self.live else None

    def response(self, wanted: Wanted) -> str:
        """The resource's part of a multistatus."""
        registry: dict[str, Renderer[None]] = {name: _ignoring(give) for name, give in self.live.items()}
        return render.rows(registry, wanted, self.dead)(self.href, None)


def resource(context: Context, place: Place) -> Resource:
    """What is at a place; raises `NotFound` for the name of an entry that is not there."""
    if isinstance(place, Root):
        return Resource(context.root, _bound(properties.of_root(context), None))
    if isinstance(place, Home):
        live = _bound(properties.of_home(context), None)
        return Resource(context.principal, live, context.store.home_properties(context.user))
    if isinstance(place, Collection):
        live = _bound(properties.of_collection(context, place), None)
        return Resource(context.of(place), live, place.dead)
    assert isinstance(place, Member)
    entry = context.store.entry_at(place.collection.id, place.name)
    live = _bound(entry_properties.of_entry(context, place.collection), entry)
    return Resource(context.of(place.collection) + render.segment(entry.href), live)


def described(found: Resource, name: str) -> str | None:
    """A property as a whole element; None where the resource does not have it."""
    if name in found.dead:
        return found.dead[name]
    content = found.content(name)
    return None if content is None else element(name, content)


def _bound(registry: Mapping[str, Renderer[Target]], target: Target) -> dict[str, Callable[[], str | None]]:
    return {name: partial(give, target) for name, give in registry.items()}


def _ignoring(give: Callable[[], str | None]) -> Renderer[None]:
    return lambda _: give()

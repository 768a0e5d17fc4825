"""A local account has no upstream, and claims nothing about one."""

from collections.abc import Callable

import pytest

from plugins.local.provider import LocalProvider
from storage.errors import Rejected
from storage.model import CollectionKind
from storage.provider import CollectionEdit, Login, Provider, Push, PushAction, RemoteCollection

COLLECTION = RemoteCollection("/x/", "x", CollectionKind.CALENDAR, ("VEVENT",))


def test_it_is_a_provider_without_an_upstream() -> None:
    provider = LocalProvider(Login("home"))
    assert isinstance(provider, Provider)
    assert not provider.capabilities.upstream
    assert list(provider.collections()) == []
    assert provider.fetch(COLLECTION, ["/x/a.ics"]) == {}
    assert list(provider.addresses()) == []
    provider.close()


@pytest.mark.parametrize(
    "act",
    [
        lambda provider: provider.pull(COLLECTION, None, lambda _hrefs: {}),
        lambda provider: provider.listing(COLLECTION),
        lambda provider: provider.push(COLLECTION, Push(PushAction.DELETE, "u")),
        lambda provider: provider.create_collection("x", COLLECTION),
        lambda provider: provider.update_collection(COLLECTION, CollectionEdit(name="y")),
        lambda provider: provider.delete_collection(COLLECTION),
    ],
)
def test_what_would_be_a_claim_about_an_upstream_is_refused(act: Callable[[LocalProvider], object]) -> None:
    with pytest.raises(Rejected, match="home is local"):
        act(LocalProvider(Login("home")))

"""The composition root: configuration → mirror → providers. The only module that imports `plugins.registry`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.declared import Config
from plugins import registry
from storage import clock
from storage.errors import ConfigError, StoreError
from storage.model import Account
from storage.provider import Login, Provider
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.vdir.export import VdirExport
from storage.vdir.stopped import FOLDER
from storage.vdir.two_way import TwoWay

# What only a server needs is imported where it is used: cryptography and argon2 load longer than an idle round takes.
if TYPE_CHECKING:
    from gateway.hooks.callbacks import CallbackDelivery
    from gateway.hooks.push import PushDelivery
    from gateway.hooks.webhooks import WebhookDelivery
    from gateway.http.webpush import Offer, Vapid

MakeProvider = Callable[[Account], Provider]

VAPID = "push/vapid"
"""The name of the push messages' key pair in the credentials file."""

HORIZON_STEP = 200
"""So many entries are rendered anew at a time when the horizon of occurrences moves."""

INDEX_STEP = 100
"""So many events are taken into the index of words at a time: some 30 ms, for which writers wait."""

DAY = 86_400.0
"""Seconds between two compactions of the journal."""

SECRETS = ("password", "access_token")
"""The options of an account that are kept in the credentials file, and nowhere else."""


def open_store(config: Config) -> Store:
    """Open the mirror, made if it is not there. Raises `StoreError` where the folder cannot be used."""
    folder = config.storage.path
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Store.open(folder)
    except OSError as error:
        hint = "check its permissions, or set [storage] path"
        raise StoreError(f"cannot use the data folder {folder}: {error.strerror}", hint=hint) from error


def providers(store: Store) -> MakeProvider:
    """How the adapter for an account is made: its settings from the mirror, its secrets from the credentials file."""

    return lambda account: make_provider(account, store.credentials.get(account.name))


def make_provider(account: Account, secrets: dict[str, str]) -> Provider:
    """The adapter for an account with these secrets; connects to nothing yet. Raises `ConfigError`."""
    login = Login(account.name, {"email": account.email, **account.settings}, secrets)
    return registry.create(account.provider, login)


def vdir_of(config: Config, store: Store) -> Path | None:
    """The folder of files; None where there is to be none."""
    return store.folder / FOLDER if config.storage.vdir else None


def edited_vdir(config: Config) -> Path | None:
    """The folder of files, where what people do to them is taken in."""
    return config.storage.path / FOLDER if config.storage.vdir and config.storage.vdir_edits else None


def journal_readers(config: Config, store: Store) -> list[Callable[[], int]]:
    """What follows the journal in the process that holds the sync lease; each call does a piece and says how much."""
    readers = [*_upkeep(config, store), lambda: store.index_words(INDEX_STEP)]
    root = vdir_of(config, store)
    if root is not None and config.storage.vdir_edits:
        from storage.vdir.watch import Watch  # only a server needs what watching takes

        readers.append(TwoWay(store, root, watch=Watch(root)).run)
    elif root is not None:
        readers.append(VdirExport(store, root).run)
    return readers


def _upkeep(config: Config, store: Store) -> list[Callable[[], int]]:
    return [
        lambda: store.extend_horizon(int(clock.timestamp()), HORIZON_STEP),
        _Daily(lambda: _forget(config, store)),
    ]


def push_offer(config: Config, store: Store) -> "Offer | None":
    """What is offered of WebDAV-Push, if it is enabled."""
    from gateway.http.webpush import Offer

    return Offer(_vapid(store).public, config.push.private) if config.push.enabled else None


def push_delivery(config: Config, store: Store, lease: SyncLease) -> "PushDelivery | None":
    """What sends push messages in the process that holds the sync lease, if it is enabled."""
    if not config.push.enabled:
        return None
    from gateway.hooks.outgoing import Outgoing
    from gateway.hooks.push import PushDelivery

    own = config.server.base_url if config.server.base_url.startswith("https:") else ""
    outgoing = Outgoing(private=config.push.private)
    return PushDelivery(store, _vapid(store), outgoing, lease, contact=config.push.contact or own)


def webhook_delivery(store: Store, lease: SyncLease) -> "WebhookDelivery":
    """What tells receivers of activity in the process that holds the sync lease."""
    from gateway.hooks.outgoing import Outgoing
    from gateway.hooks.webhooks import WebhookDelivery

    def key(name: str) -> str:
        return store.credentials.get(webhook_secret(name)).get("key", "")

    # Whose addresses they are is the owner's own doing, in the configuration: they may well be in the house.
    return WebhookDelivery(store, key, Outgoing(private=True), lease)


def callback_delivery(config: Config, store: Store, lease: SyncLease) -> "CallbackDelivery":
    """What tells applications of changes that asked for it over the API."""
    from gateway.hooks.callbacks import CallbackDelivery
    from gateway.hooks.outgoing import Outgoing

    return CallbackDelivery(store, Outgoing(private=config.api.private_receivers), lease)


def webhook_secret(name: str) -> str:
    """Under which name the key that signs for a receiver is kept in the credentials file."""
    return f"webhook/{name}"


def _vapid(store: Store) -> "Vapid":
    """This server's key pair, made when it is first asked for: subscriptions are bound to it, so it stays."""
    from gateway.http.webpush import Vapid

    return Vapid(store.credentials.keep(VAPID, lambda: {"private": Vapid.new()})["private"])


def _forget(config: Config, store: Store) -> int:
    """Forget what is older than the configuration asks to keep; how many changes that was."""
    keep = config.storage
    before = clock.timestamp() - keep.history_days * DAY
    return store.compact(clock.iso(max(before, 0)), octets=keep.history_size << 20)


class _Daily:
    """A job that may be called at any time, and runs at the first call and then once a day."""

    def __init__(self, job: Callable[[], object]) -> None:
        self._job = job
        self._due = 0.0

    def __call__(self) -> int:
        if clock.timestamp() >= self._due:
            self._due = clock.timestamp() + DAY
            self._job()
        return 0


class JournalHere:
    """Brings the mirror and the folder of files in step for a command, unless a running server does that.

    The index of words is left to the server: it answers those who search, and finds what is not in the index as well.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self._store = store
        self._readers = _upkeep(config, store)
        self._both_ways: TwoWay | None = None
        if root := vdir_of(config, store):
            if config.storage.vdir_edits:
                self._both_ways = TwoWay(store, root)
            else:
                self._readers.append(VdirExport(store, root).run)

    def read(self) -> None:
        """Take in what people did to the files, and write the files of what has changed. Raises `StoreError`.

        All files are looked at the first time. After that only those that have to be written: what somebody does to
        another one while the command runs is found by the next command.
        """
        lease = SyncLease(self._store.db)
        if not lease.acquire():
            return
        lease.keep()
        try:
            for reader in self._readers:
                while reader():
                    pass
            if self._both_ways is not None:
                self._both_ways.finish(anew=False)
        finally:
            lease.release()


def check_provider(name: str, where: str) -> None:
    """Raises `ConfigError`, which names the place in the configuration, where there is no such provider."""
    if not registry.exists(name):
        hint = f"use one of: {', '.join(registry.names())}"
        raise ConfigError(f"{where} provider: there is no provider {name!r}", hint=hint)

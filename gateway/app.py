"""The composition root: configuration → mirror → providers. The only module that imports `plugins.registry`."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config, DeclaredAccount, DeclaredUser, Secret, check_name
from plugins import registry
from storage import clock
from storage.credentials import Credentials
from storage.errors import AlreadyExists, ConfigError, StoreError
from storage.ical.kinds import ENTRIES
from storage.model import Account, CollectionKind, Origin
from storage.provider import Login, Provider
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.vdir.export import VdirExport
from storage.vdir.stopped import FOLDER
from storage.vdir.two_way import TwoWay

# What only a server needs is imported where it is used: cryptography and argon2 load longer than an idle round takes.
if TYPE_CHECKING:
    from gateway.hooks.push import PushDelivery
    from gateway.http.webpush import Offer, Vapid
    from storage.sync.forecast import Forecast

MakeProvider = Callable[[Account], Provider]

VAPID = "push/vapid"
"""The name of the push messages' key pair in the credentials file."""

HORIZON_STEP = 200
"""So many entries are rendered anew at a time when the horizon of occurrences moves."""

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


def rehearsal(
    config: Config, choose: Callable[[Store], Sequence[Account]], progress: Callable[[int], None]
) -> "AbstractContextManager[Forecast]":
    """What a run would do, over a copy of the mirror that is brought up to the configuration; nothing else is written.

    `choose`: which accounts to run. Raises `ConfigError`, `StoreError`.
    """
    from storage.sync.forecast import forecast

    folder = config.storage.path
    kept = Credentials(folder)

    def prepare(copy: Store) -> tuple[Sequence[Account], MakeProvider]:
        declare(config, copy, passwords=False)

        def make(account: Account) -> Provider:
            return make_provider(account, copy.credentials.get(account.name) or kept.get(account.name))

        return choose(copy), make

    return forecast(folder, prepare, progress=progress)


def make_provider(account: Account, secrets: dict[str, str]) -> Provider:
    """The adapter for an account with these secrets; connects to nothing yet. Raises `ConfigError`."""
    login = Login(account.name, {"email": account.email, **account.settings}, secrets)
    return registry.create(account.provider, login)


def vdir_of(config: Config, store: Store) -> Path | None:
    """The folder of files; None where there is to be none."""
    return store.folder / FOLDER if config.storage.vdir else None


def journal_readers(config: Config, store: Store) -> list[Callable[[], int]]:
    """What follows the journal in the process that holds the sync lease; each call does a piece and says how much."""
    readers = _upkeep(config, store)
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


def read_journal_here(config: Config, store: Store) -> None:
    """Bring the mirror and the folder of files in step now, unless a running server does that."""
    lease = SyncLease(store.db)
    if not lease.acquire():
        return
    lease.keep()
    root = vdir_of(config, store)
    readers = _upkeep(config, store)
    if root is not None and not config.storage.vdir_edits:
        readers.append(VdirExport(store, root).run)
    try:
        for reader in readers:
            while reader():
                pass
        if root is not None and config.storage.vdir_edits:
            TwoWay(store, root).finish()
    finally:
        lease.release()


def check(config: Config, others: Collection[str] = ()) -> None:
    """What only shows beyond the file's own form: providers that exist, secrets that can be read, whose an account is.

    `others`: users whom the mirror knows besides the declared ones. Raises `ConfigError`.
    """
    for user in config.users:
        _read(user.password)
    users = {*others, *(user.name for user in config.users)}
    for account in config.accounts:
        if account.user not in users:
            hint = f"declare [user {account.user}], or run `calharbor user add {account.user}`"
            raise ConfigError(f"{account.where} user: there is no user {account.user!r}", hint=hint)
        _account_of(account, default=False)
    for user in config.users:
        own = {account.name for account in config.accounts if account.user == user.name}
        if user.default_account and user.default_account not in own:
            hint = f"declare [account {user.default_account}] with user = {user.name}"
            raise ConfigError(f"{user.where} default_account: no such account: {user.default_account}", hint=hint)


def declare(config: Config, store: Store, *, passwords: bool = True) -> None:
    """Make the mirror hold what the configuration declares; a second time with the same file changes nothing.

    Nothing is removed because it is not declared any more. Without `passwords`, those of users whom the mirror knows
    are not compared with the declared ones, which takes longer than all the rest. Raises `ConfigError`.
    """
    check(config, [user.name for user in store.users()])
    declare_users(config, store, passwords=passwords)
    defaults = {(user.name, user.default_account) for user in config.users}
    # Numbers that are asked for come first, so that an assigned one does not take them.
    for account in sorted(config.accounts, key=lambda declared: declared.id is None):
        _declare_account(account, store, default=(account.user, account.name) in defaults)
    for user in config.users:
        give_home(store, user.name)


def declare_users(config: Config, store: Store, *, passwords: bool = True) -> None:
    """The part of `declare` that is about users, so that one can be added whom a declared account is waiting for."""
    known = {user.name for user in store.users() if user.declared} if not passwords else set()
    for user in config.users:
        if user.name not in known:
            _declare_user(user, store)


def give_home(store: Store, user: str) -> None:
    """A user without any account gets a local one, so that clients have somewhere to write: `_furnish`."""
    if store.accounts(user):
        return
    taken = {account.name for account in store.accounts()}
    name = user if user not in taken else f"{user}-local"
    _furnish(store, store.save_account(Account(0, name, user, "local", mirrored=False)))


def _furnish(store: Store, account: Account) -> None:
    """The first calendar and address book of a user whose first account has no upstream.

    Several clients never make one themselves.
    """
    if store.collections(user=account.user):
        return
    for slug, name, kind, components in (
        ("calendar", "Calendar", CollectionKind.CALENDAR, tuple(ENTRIES)),
        ("contacts", "Contacts", CollectionKind.CONTACTS, ("VCARD",)),
    ):
        store.create_collection(account.id, slug, name=name, kind=kind, components=components, origin=Origin.CLI)


def add_account(store: Store, account: Account, secrets: dict[str, str]) -> Account:
    """Keep a new account with its secrets. Raises `AlreadyExists`, `NotFound` (its user), `ConfigError`."""
    check_name(account.name)
    store.user(account.user)
    if account.name in {other.name for other in store.accounts()}:
        raise AlreadyExists(f"there is an account {account.name!r} already", hint="choose another name")
    with closing(make_provider(account, secrets)) as provider:
        account = replace(account, mirrored=provider.capabilities.upstream)
    if secrets:
        store.credentials.set(account.name, secrets)
    saved = store.save_account(account)
    if not saved.mirrored:
        _furnish(store, saved)
    return saved


def _read(secret: Secret | None) -> str | None:
    return secret.read() if secret else None


def _declare_user(declared: DeclaredUser, store: Store) -> None:
    """Argon2 hashes differ each time, so the stored one stays while it fits the declared password."""
    from gateway.http.access import hash_password, verify_password

    password = _read(declared.password)
    known = {user.name: user for user in store.users()}.get(declared.name)
    stored = known.password if known else None
    if password is not None and not (stored and verify_password(stored, password)):
        stored = hash_password(password)
    if known is None or (known.password, known.declared) != (stored, True):
        store.save_user(declared.name, stored, declared=True)


def _account_of(declared: DeclaredAccount, *, default: bool) -> tuple[Account, dict[str, str]]:
    """The record and the secrets of a declared account; raises `ConfigError` where its provider cannot be built.

    `default`: clients of its user make new calendars there.
    """
    settings = {
        "url": declared.url,
        "username": declared.username,
        "endpoint": declared.endpoint,
        "default": "yes" if default else "",
    }
    read = {"password": _read(declared.password), "access_token": _read(declared.access_token)}
    secrets = {name: value for name, value in read.items() if value is not None}
    account = Account(
        declared.id or 0,
        declared.name,
        declared.user,
        declared.provider,
        email=declared.email,
        service=declared.service,
        settings={name: value for name, value in settings.items() if value},
    )
    if not registry.exists(declared.provider):
        hint = f"use one of: {', '.join(registry.names())}"
        raise ConfigError(f"{declared.where} provider: there is no provider {declared.provider!r}", hint=hint)
    try:
        with closing(make_provider(account, secrets)) as provider:
            return replace(account, mirrored=provider.capabilities.upstream), secrets
    except ConfigError as error:
        raise ConfigError(f"{declared.where}: {error.message}", hint=error.hint) from error


def _declare_account(declared: DeclaredAccount, store: Store, *, default: bool) -> None:
    account, secrets = _account_of(declared, default=default)
    known = {other.name: other for other in store.accounts()}.get(account.name)
    if known and declared.id not in (None, known.id):
        hint = f"leave id out, or set it to {known.id}"
        raise ConfigError(f"{declared.where} id: the account is number {known.id} already", hint=hint)
    if secrets and store.credentials.get(account.name) != secrets:
        store.credentials.set(account.name, secrets)
    if known is None or _declared_part(known) != _declared_part(replace(account, id=known.id)):
        saved = store.save_account(replace(account, id=known.id if known else account.id), declared=True)
        if known is None and not saved.mirrored:
            _furnish(store, saved)


def _declared_part(account: Account) -> tuple[object, ...]:
    """What the configuration decides about an account; the rest is how it is doing."""
    return (
        account.id,
        account.user,
        account.provider,
        account.email,
        account.service,
        dict(account.settings),
        account.mirrored,
    )

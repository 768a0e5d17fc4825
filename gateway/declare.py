"""Makes the mirror hold what the configuration declares, and what a new user or account begins with."""

from collections.abc import Collection as Group
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from gateway.app import check_provider, make_provider, webhook_secret
from gateway.config import check_name
from gateway.declared import (
    Config,
    ContactRule,
    DeclaredAccount,
    DeclaredCollection,
    DeclaredToken,
    DeclaredUser,
    DeclaredWebhook,
    Secret,
)
from gateway.http.tokens import token_hash
from gateway.sections import SHORTEST_SECRET
from storage import webhooks
from storage.errors import AlreadyExists, ConfigError
from storage.ical.kinds import ENTRIES
from storage.model import Account, Collection, CollectionKind, Origin, Token, TokenKind
from storage.store import Store

_FIRST = {
    "calendar": ("Calendar", CollectionKind.CALENDAR, tuple(ENTRIES)),
    "contacts": ("Contacts", CollectionKind.CONTACTS, ("VCARD",)),
}

CONTACTS = ("google_calendar", "outlook_calendar", "exchange")
"""The services whose local accounts have an address book without declaring it."""


def check(config: Config, others: Group[str] = ()) -> None:
    """What only shows beyond the file's own form: providers that exist, secrets that can be read, whose an account is.

    `others`: users whom the mirror knows besides the declared ones. Raises `ConfigError`.
    """
    for user in config.users:
        _read(user.password)
    for token in config.tokens:
        _secret_of(token)
    for webhook in config.webhooks:
        webhook.secret.read()
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
    before = {account.id for account in store.accounts()}
    defaults = {(user.name, user.default_account) for user in config.users}
    own = {collection.account for collection in config.collections}
    # Numbers that are asked for come first, so that an assigned one does not take them.
    for account in sorted(config.accounts, key=lambda declared: declared.id is None):
        _declare_account(account, store, default=(account.user, account.name) in defaults, own=own)
    for declared in config.collections:
        _declare_collection(declared, store)
    for account_id in sorted({account.id for account in store.accounts()} - before):
        _welcome(config, store, account_id)
    for user in config.users:
        give_home(config, store, user.name)
    _declare_tokens(config.tokens, store)
    _declare_webhooks(config.webhooks, store)


def declare_users(config: Config, store: Store, *, passwords: bool = True) -> None:
    """The part of `declare` that is about users, so that one can be added whom a declared account is waiting for."""
    known = {user.name for user in store.users() if user.declared} if not passwords else set()
    for user in config.users:
        if user.name not in known:
            _declare_user(user, store)


def give_home(config: Config, store: Store, user: str) -> None:
    """A user without any account gets a local one, so that clients have somewhere to write: `_furnish`."""
    if store.accounts(user):
        return
    taken = {account.name for account in store.accounts()}
    name = user if user not in taken else f"{user}-local"
    account = store.save_account(Account(0, name, user, "local", mirrored=False))
    _furnish(store, account)
    _welcome(config, store, account.id)


def _welcome(config: Config, store: Store, account_id: int) -> None:
    """What a newly connected account gets: a default subscription to its changes, if the configuration says so."""
    if config.api.track_activity:
        store.subscribe(account_id, automatic=True)


def _furnish(store: Store, account: Account, *, declared: bool = False) -> None:
    """The first calendar and address book of a user whose first account has no upstream; clients seldom make one.

    `declared`: its calendars stand in the configuration; then it has an address book if its service says so.
    """
    if declared:
        wanted = ["contacts"] if account.service in CONTACTS else []
    else:
        wanted = ["calendar", "contacts"] if not store.collections(user=account.user) else []
    taken = {each.slug for each in store.collections(user=account.user)}
    for slug in wanted:
        name, kind, components = _FIRST[slug]
        slug = f"{slug}-{account.id}" if slug in taken else slug
        store.create_collection(account.id, slug, name=name, kind=kind, components=components, origin=Origin.CLI)


def add_account(config: Config, store: Store, account: Account, secrets: dict[str, str]) -> Account:
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
    _welcome(config, store, saved.id)
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
    check_provider(declared.provider, declared.where)
    try:
        with closing(make_provider(account, secrets)) as provider:
            return replace(account, mirrored=provider.capabilities.upstream), secrets
    except ConfigError as error:
        raise ConfigError(f"{declared.where}: {error.message}", hint=error.hint) from error


def _declare_account(declared: DeclaredAccount, store: Store, *, default: bool, own: Group[int]) -> None:
    """`own`: the numbers of the accounts whose calendars are declared as well."""
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
            _furnish(store, saved, declared=saved.id in own)


def _declare_collection(declared: DeclaredCollection, store: Store) -> None:
    """A calendar of a local account; raises `ConfigError` for any other account."""
    account = next((each for each in store.accounts() if each.id == declared.account), None)
    if account is None or account.mirrored:
        why = "has an upstream, which says what its calendars are" if account else "is not there"
        hint = "name a local account by its number"
        raise ConfigError(f"{declared.where}: account {declared.account} {why}", hint=hint)
    known = store.collection_by_key(account.id, declared.key)
    if known is None:
        taken = {each.slug for each in store.collections(user=account.user)}
        store.create_collection(
            account.id,
            declared.key if declared.key not in taken else f"{declared.key}-{account.id}",
            name=declared.name,
            kind=CollectionKind.CALENDAR,
            components=tuple(ENTRIES),
            timezone=declared.timezone,
            email=declared.email,
            key=declared.key,
            origin=Origin.CLI,
        )
    else:
        _update_collection(declared, known, store)
    store.note_declared(account.id, declared.key, _decided(declared))


def _decided(declared: DeclaredCollection) -> dict[str, str]:
    """What the owner may change in any client: it counts again once the configuration says something else."""
    return {"name": declared.name, "timezone": declared.timezone}


def _update_collection(declared: DeclaredCollection, known: Collection, store: Store) -> None:
    said = store.declared_as(declared.account, declared.key)
    fresh = {name: value for name, value in _decided(declared).items() if value != said.get(name, value)}
    store.update_collection(
        known.id, name=fresh.get("name"), timezone=fresh.get("timezone"), email=declared.email, origin=Origin.CLI
    )


def _declare_tokens(declared: Group[DeclaredToken], store: Store) -> None:
    """The tokens of the configuration; one that is declared no more, or otherwise, opens nothing from now on."""
    known = {token.label: token for token in store.tokens() if token.declared and not token.revoked}
    secrets: dict[str, DeclaredToken] = {}
    for each in declared:
        before = known.pop(each.name, None)
        kind, hashed = TokenKind(each.kind), token_hash(_secret_of(each))
        twin = secrets.setdefault(hashed, each)
        if twin is not each:
            raise ConfigError(f"{each.secret.where}: [token {twin.name}] has the same one", hint="use another secret")
        grant = _grant(each) if kind is TokenKind.ACCESS else {}
        _check_linked(each, store)
        if before and store.token_hash(before.id) == hashed and _opens(before) == (kind, each.account, grant):
            continue
        if each.account is not None and each.account not in {account.id for account in store.accounts()}:
            raise ConfigError(f"{each.where} account: there is no account {each.account}", hint="declare it first")
        if before:
            store.revoke_token(before.id)
        store.add_token(each.name, kind, hashed, account=each.account, grant=grant, declared=True)
    for gone in known.values():
        store.revoke_token(gone.id)


def _check_linked(declared: DeclaredToken, store: Store) -> None:
    """Raises `ConfigError` for a linked calendar that there is not; a slip must not open less than it says."""
    there = {str(account.id) for account in store.accounts()}
    for linked in declared.calendars:
        account, _slash, key = linked.partition("/")
        own = store.calendars(int(account)) if account in there else []
        if account not in there or (key != "*" and not any(key in (each.key, each.id) for each in own)):
            hint = f"declare [collection {linked}]" if key != "*" else f"declare an account with id = {account}"
            raise ConfigError(f"{declared.where} calendars: there is no {linked}", hint=hint)


def _declare_webhooks(declared: Group[DeclaredWebhook], store: Store) -> None:
    """The receivers of the configuration, and no others; what signs is kept with the secrets of the accounts."""
    for each in declared:
        kept = {"key": each.secret.read().strip()}
        if store.credentials.get(webhook_secret(each.name)) != kept:
            store.credentials.set(webhook_secret(each.name), kept)
    for gone in webhooks.declare(store, {each.name: (each.url, each.application) for each in declared}):
        store.credentials.remove(webhook_secret(gone))


def _secret_of(declared: DeclaredToken) -> str:
    secret = declared.secret.read().strip()
    if len(secret) < SHORTEST_SECRET or not secret.isascii() or "," in secret or " " in secret:
        hint = f"use at least {SHORTEST_SECRET} letters and digits; `calharbor token create` makes a good one"
        raise ConfigError(f"{declared.secret.where}: this cannot be a token", hint=hint)
    return secret


def _opens(token: Token) -> tuple[TokenKind, int | None, dict[str, object]]:
    return token.kind, token.account, dict(token.grant)


def _grant(declared: DeclaredToken) -> dict[str, object]:
    return access_grant(
        calendars=declared.calendars,
        level=declared.level,
        operations=declared.operations,
        fields=declared.fields,
        past_days=declared.past_days,
        future_days=declared.future_days,
        rules=declared.rules,
    )


def access_grant(
    *,
    calendars: Sequence[str],
    level: str,
    operations: Sequence[str],
    fields: Sequence[str],
    past_days: int | None,
    future_days: int | None,
    rules: Sequence[ContactRule],
) -> dict[str, object]:
    """What a token of the kind `access` may see and do, as it is kept; `calendars`: `ACCOUNT/WORD` or `ACCOUNT/*`."""
    return {
        "calendars": list(calendars),
        "level": level,
        "operations": list(operations),
        "fields": list(fields),
        "past_days": past_days,
        "future_days": future_days,
        "rules": [[rule.level, rule.type, rule.identifier, rule.priority] for rule in rules],
    }


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

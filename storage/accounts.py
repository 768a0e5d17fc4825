"""The verbs about who may sign in, with which passwords, and which accounts they have at which upstreams."""

from collections.abc import Mapping
from dataclasses import replace

from storage import clock, ids, mailboxes, shelf
from storage.errors import AlreadyExists, StoreError
from storage.model import Account, Device, Origin, User
from storage.reading import found
from storage.shelves import Shelves
from storage.tables import accounts, collections, devices, home_properties, users


class Accounts(Shelves):
    """What `Store` can do with users, their devices and their accounts."""

    # -- users, devices -----------------------------------------------------------------------------------------------

    def save_user(self, name: str, password_hash: str | None, *, declared: bool = False) -> None:
        """Create or change a user."""
        with self.db.atomic() as conn:
            users.put(conn, User(name, password_hash, declared, clock.iso()))

    def remove_user(self, name: str) -> None:
        """Remove a user with all devices. Raises `NotFound`, `StoreError` where the user still has accounts."""
        self.user(name)
        if owned := self.accounts(name):
            names = ", ".join(account.name for account in owned)
            raise StoreError(f"{name} still has accounts: {names}", hint="remove those first")
        with self.db.atomic() as conn:
            users.delete(conn, name)

    def set_home_properties(self, user: str, dead: Mapping[str, str]) -> None:
        """Keep these dead properties with a user's home in the place of all so far. Raises `NotFound`."""
        self.user(user)
        with self.db.atomic() as conn:
            home_properties.put(conn, user, dead)

    def add_device(self, user: str, label: str, secret_hash: str) -> str:
        """Keep an app password (its SHA-256); the device's id. Raises `NotFound` for an unknown user."""
        self.user(user)
        device = Device(ids.new_id(), user, label, clock.iso())
        with self.db.atomic() as conn:
            devices.add(conn, device, secret_hash)
        return device.id

    def revoke_device(self, device_id: str) -> None:
        """Refuse its password from now on. Raises `NotFound`."""
        found(devices.get(self.db.reader(), device_id), f"device {device_id}", hint="`calharbor device list` shows all")
        with self.db.atomic() as conn:
            devices.set_revoked(conn, device_id, clock.iso())

    def touch_device(self, device_id: str) -> None:
        """Note that it signed in; written at most once an hour."""
        device = devices.get(self.db.reader(), device_id)
        if device is not None and (device.last_used or "")[:13] != clock.iso()[:13]:
            with self.db.atomic() as conn:
                devices.set_used(conn, device_id, clock.iso())

    # -- accounts -----------------------------------------------------------------------------------------------------

    def save_account(self, account: Account, *, declared: bool = False) -> Account:
        """Create an account or change the one of this name; id 0: keep it, or the next free one from 101 up.

        Raises `NotFound` for an unknown user, `AlreadyExists` if the id belongs to another account, or if a new user
        has a collection under the path of one of the account's.
        """
        self.user(account.user)
        with self.db.atomic() as conn:
            known = accounts.by_name(conn, account.name)
            other = accounts.by_id(conn, account.id) if account.id else None
            if (other and other.name != account.name) or (known and account.id not in (0, known.id)):
                raise AlreadyExists(
                    f"the account {account.name!r} cannot have the id {account.id}", hint="leave the id out"
                )
            for collection in collections.every(conn, account_id=known.id) if known else ():
                if collection.user != account.user and collections.by_slug(conn, account.user, collection.slug):
                    raise AlreadyExists(
                        f"{account.user} already has a collection {collection.slug!r}",
                        hint="rename one of the two first",
                    )
            if known is None:
                account_id = accounts.insert(conn, account, declared=declared, at=clock.iso())
            else:
                account_id = known.id
                accounts.update(conn, replace(account, id=known.id), declared=declared)
                mailboxes.settle(conn, known.user)
            mailboxes.settle(conn, account.user)
            return found(accounts.by_id(conn, account_id), f"account {account.name!r}")

    def set_paused(self, account_id: int, paused: bool) -> None:
        """Stop or resume the account's synchronisation. Raises `NotFound`."""
        self.account(account_id)
        with self.db.atomic() as conn:
            accounts.set_paused(conn, account_id, paused)

    def remove_account(self, account_id: int) -> None:
        """Remove an account with its collections and secrets from the mirror; its upstream hears nothing of it.

        Journal and revisions stay for as long as those of others do. Raises `NotFound`.
        """
        account = self.account(account_id)
        with self.db.atomic() as conn:
            for collection in collections.every(conn, account_id=account_id):
                shelf.remove(conn, collection, origin=Origin.CLI, actor="", at=clock.iso())
            mailboxes.settle(conn, account.user, leaving=account_id)
            accounts.delete(conn, account_id)
        self.credentials.remove(account.name)

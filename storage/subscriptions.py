"""The verbs about who follows an account's changes: subscriptions, and what they are given to read."""

from collections.abc import Sequence
from contextlib import suppress

from storage import activity, clock
from storage.activity import Page, Position
from storage.errors import AccessDenied, NotFound, StoreError
from storage.model import Subscription
from storage.reading import found
from storage.tables import accounts, journal, subscriptions
from storage.tokens import Tokens

MOST = 10
"""Subscriptions that one account may have (D62)."""

READ_EVERY = 3600.0
"""Seconds between two notes that a subscription is read, while nothing new is."""


class Subscriptions(Tokens):
    """What `Store` can do for those who follow changes."""

    def subscribe(
        self, account_id: int, monitored: Sequence[str] = (), *, active: bool = True, automatic: bool = False
    ) -> Subscription:
        """Follow an account's changes from now on, those of all its calendars or of these (ids).

        Raises `NotFound` for the account and for a calendar that is not the account's, `AccessDenied` beyond `MOST`.
        """
        with self.db.atomic() as conn:
            found(accounts.by_id(conn, account_id), f"account {account_id}")
            if len(subscriptions.of_account(conn, account_id)) >= MOST:
                raise AccessDenied(f"account {account_id} has {MOST} subscriptions already", hint="delete one of them")
            n = subscriptions.add(
                conn,
                account_id,
                automatic=automatic,
                active=active,
                monitored=self._monitored(account_id, monitored),
                since=journal.head(conn),
                at=clock.iso(),
            )
            return found(subscriptions.get(conn, account_id, n), f"subscription {n}")

    def subscriptions(self, account_id: int) -> list[Subscription]:
        """An account's subscriptions, oldest first."""
        return subscriptions.of_account(self.db.reader(), account_id)

    def active_subscriptions(self) -> list[Subscription]:
        """Those of all accounts that are active, oldest first."""
        return subscriptions.active(self.db.reader())

    def subscription(self, account_id: int, n: int | None) -> Subscription:
        """One of an account's subscriptions; None: the default one, which is `default_of`'s. Raises `NotFound`."""
        if n is None:
            return found(default_of(self.subscriptions(account_id)), "default subscription of this account")
        known = subscriptions.get(self.db.reader(), account_id, n) if n < 2**63 else None
        return found(known, f"subscription {n} of this account")

    def update_subscription(
        self, account_id: int, n: int, *, active: bool | None = None, monitored: Sequence[str] | None = None
    ) -> Subscription:
        """Change what its owner decides; None: leave it. Raises `NotFound` as `subscribe` does."""
        with self.db.atomic() as conn:
            before = self.subscription(account_id, n)
            wanted = before.active if active is None else active
            # A calendar that went meanwhile may stay in the list.
            places = before.monitored if monitored is None else self._monitored(account_id, monitored, before.monitored)
            if (wanted, places) != (before.active, before.monitored):
                subscriptions.update(conn, n, active=wanted, monitored=places, at=clock.iso())
            return self.subscription(account_id, n)

    def unsubscribe(self, account_id: int, n: int) -> None:
        """Follow no more. Raises `NotFound`."""
        with self.db.atomic() as conn:
            subscriptions.delete(conn, self.subscription(account_id, n).n)

    # -- what it is given to read -------------------------------------------------------------------------------------

    def activity(self, subscription: Subscription, place: Position | None, limit: int) -> Page:
        """What follows a position, None: since the subscription was made (or since the oldest change that is kept).

        Raises `CursorExpired` for a position that is too old, `InvalidData` for one that is still to come.
        """
        with self.db.snapshot() as conn:
            since = max(Position(subscription.since), activity.oldest(conn))
            asked = since if place is None else place
            account, monitored = subscription.account, subscription.monitored
            return activity.page(conn, account, monitored, asked, limit, known=self.pasts, since=since)

    def since_connected(self) -> Position:
        """From when an account was connected, as far as is still known: no number of one is given again."""
        return activity.oldest(self.db.reader())

    def newest_activity(self) -> Position:
        """The position that nothing follows yet."""
        return activity.newest(self.db.reader())

    def accounts_since(self, seq: int) -> set[int]:
        """The accounts in which something changed after `seq`."""
        return journal.accounts_since(self.db.reader(), seq)

    def note_read(self, subscription: Subscription, page: Page) -> None:
        """Note up to where somebody has read, the same place once an hour. No reading fails because it cannot be."""
        token, hour_ago = page.position.token, clock.iso(clock.timestamp() - READ_EVERY)
        known = not page.activities or token == subscription.last_cursor
        if known and subscription.last_read is not None and subscription.last_read > hour_ago:
            return
        with suppress(StoreError), self.db.atomic() as conn:
            subscriptions.set_read(conn, subscription.n, token, clock.iso())

    def _monitored(self, account_id: int, wanted: Sequence[str], kept: Sequence[str] = ()) -> tuple[str, ...]:
        """The ids without repeats; raises `NotFound` for one that is no calendar of the account, and not in `kept`."""
        there = {*kept, *(each.id for each in self.collections(account=account_id) if activity.follows(each.kind))}
        for each in wanted:
            if each not in there:
                raise NotFound(f"there is no calendar {each!r} in this account", hint="list its calendars")
        return tuple(dict.fromkeys(wanted))


def default_of(all_of_account: Sequence[Subscription]) -> Subscription | None:
    """The one that was made together with the account, else the account's first (D57)."""
    return next((each for each in all_of_account if each.automatic), all_of_account[0] if all_of_account else None)

"""How every account and collection is doing, and what is due: the states of promise 6, and the schedule's memory."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from storage import clock
from storage.errors import CalHarborError, UpstreamError
from storage.model import Account, Collection, State
from storage.sync import policy, schedule
from storage.sync.ledger import Ledger
from storage.sync.report import Outcome, Round
from storage.tables import conflicts, held, outbox, quarantine, remotes, requests


@dataclass(frozen=True, slots=True)
class Work:
    """An account with something to do; `discover`: its list of collections is due as well."""

    account: Account
    discover: bool


class Book:
    """Writes how rounds ended and reads what is due. `interval`: seconds between rounds of a healthy collection."""

    def __init__(self, ledger: Ledger, *, interval: float, chance: schedule.Chance) -> None:
        self.ledger = ledger
        self.store = ledger.store
        self.db = ledger.db
        self.interval = interval
        self.chance = chance

    # -- how it ended ------------------------------------------------------------------------------------------------

    def round_done(self, collection: Collection, report: Round, *, as_of: str) -> None:
        """The round reached its end: fresh as of its start, unless something still waits."""
        conn = self.db.reader()
        waiting = outbox.count(conn, collection_n=collection.n)
        stopped = sum(len(h.entries) for h in held.every(conn, collection_n=collection.n))
        if stopped:
            report.state = State.HELD
            report.reason = f"{stopped} deletions wait for approval (calharbor held)"
        elif waiting:
            report.state, report.reason = State.WAITING, f"{waiting} changes have still to reach the upstream"
        now = clock.timestamp()
        with self.db.unhurried(), self.ledger.writing(collection) as conn:
            remotes.set_collection(
                conn,
                collection.n,
                state=report.state,
                reason=report.reason,
                as_of=as_of,
                failures=0,
                next_due=schedule.next_round(now, self.interval, self.chance),
            )

    def round_failed(self, collection: Collection, report: Round, error: UpstreamError) -> None:
        """The round broke off: the state says why, and the schedule waits longer each time."""
        report.state, report.reason = policy.state_of(error)
        with self.ledger.writing(collection) as conn:
            failures = remotes.collection(conn, collection.n).failures + 1
            remotes.set_collection(
                conn,
                collection.n,
                state=report.state,
                reason=report.reason,
                as_of=None,
                failures=failures,
                next_due=schedule.next_try(clock.timestamp(), failures, self.chance, error.retry_after),
            )

    def syncing(self, collection: Collection) -> None:
        """A long first round is under way."""
        with self.ledger.writing(collection) as conn:
            health = remotes.collection(conn, collection.n)
            remotes.set_collection(
                conn,
                collection.n,
                state=State.SYNCING,
                reason="the first mirror is being made",
                as_of=None,
                failures=health.failures,
                next_due=health.next_due,
            )

    def account_done(self, account: Account) -> None:
        """The account's state is the worst of its collections'; nothing stands in the way of the login."""
        states = [c.state for c in self.store.collections(account=account.id)]
        state = policy.worst(states)
        words = "" if state is State.FRESH else f"see its collections: {sum(s is state for s in states)} {state}"
        now = clock.timestamp()
        with self.db.unhurried(), self.ledger.writing() as conn:
            health = remotes.account(conn, account.id)
            remotes.set_account(
                conn,
                account.id,
                state=state,
                reason=words,
                as_of=clock.iso(now),
                failures=0,
                next_due=health.next_due if health.failures == 0 else now + self.interval,
            )

    def discovered(self, account: Account) -> None:
        """The list of collections is up to date; one cheap question, asked as often as of any collection."""
        now = clock.timestamp()
        with self.db.unhurried(), self.ledger.writing() as conn:
            health = remotes.account(conn, account.id)
            remotes.set_account(
                conn,
                account.id,
                state=health.state,
                reason=health.reason,
                as_of=clock.iso(now),
                failures=0,
                next_due=schedule.next_round(now, self.interval, self.chance),
            )

    def account_failed(self, account: Account, error: CalHarborError) -> None:
        """The whole account cannot go on; the reason in words, and a wait that grows."""
        state, reason = policy.state_of(error)
        retry_after = error.retry_after if isinstance(error, UpstreamError) else None
        with self.ledger.writing() as conn:
            failures = remotes.account(conn, account.id).failures + 1
            remotes.set_account(
                conn,
                account.id,
                state=state,
                reason=reason,
                as_of=None,
                failures=failures,
                next_due=schedule.next_try(clock.timestamp(), failures, self.chance, retry_after),
            )

    # -- what is due -------------------------------------------------------------------------------------------------

    def due(self) -> list[Work]:
        """The accounts that have something to do now."""
        found = remotes.due_accounts(self.db.reader(), clock.timestamp())
        known = {account.id: account for account in self.store.accounts()}
        return [Work(known[account_id], discover) for account_id, discover in found if account_id in known]

    def due_collections(self, account: Account) -> list[Collection]:
        """The account's collections whose round is due now, those with changes of ours first."""
        numbers = remotes.due_collections(self.db.reader(), account.id, clock.timestamp())
        mine = {c.n: c for c in self.mirrored(account)}
        return [mine[n] for n in numbers if n in mine]

    def tied(self, account: Account) -> list[Collection]:
        """The account's collections that exist upstream, or did."""
        return [c for c in self.store.collections(account=account.id) if c.remote_href is not None]

    def mirrored(self, account: Account) -> list[Collection]:
        """The account's collections that rounds are run for: not those that have vanished upstream as a whole."""
        vanished = {h.collection_n for h in held.every(self.db.reader(), account_id=account.id) if h.whole}
        return [c for c in self.tied(account) if c.n not in vanished]

    def emptied_first(self, account: Account, collections: Sequence[Collection]) -> list[Collection]:
        """Those that entries have still to leave come first: some upstreams allow a UID only once in all of an account,
        so that what moved has to go before it can come.
        """
        leaving = outbox.emptying(self.db.reader(), account.id)
        return sorted(collections, key=lambda collection: collection.n not in leaving)

    def verification_due(self, collection: Collection) -> bool:
        """Whether a full listing has to confirm the collection again."""
        last = remotes.verified(self.db.reader(), collection.n)
        return clock.timestamp() - last > policy.VERIFY_EVERY

    def outcome(self, account: Account) -> Outcome:
        """What a run over the account leaves: errors, and what waits for a person. Raises `NotFound`."""
        conn = self.db.reader()
        health = remotes.account(conn, account.id)
        found = [(health.name, health.state, health.reason)] if health.failures else []
        found += [(f"{account.name}/{c.name}", c.state, c.reason) for c in self.tied(account)]
        result = Outcome()
        result.errors += [f"{account.name}: {w.error}" for w in outbox.collections(conn, account.id, inf) if w.error]
        for name, state, reason in found:
            if state in (State.NEEDS_LOGIN, State.BLOCKED, State.HELD):
                result.waiting.append(f"{name}: {reason}")
            elif state is not State.FRESH:
                result.errors.append(f"{name}: {reason}")
        open_conflicts = len(conflicts.every(conn, account_id=account.id))
        if open_conflicts:
            result.waiting.append(f"{account.name}: {open_conflicts} in the inbox (calharbor conflicts)")
        return result

    # -- runs that another process asks for --------------------------------------------------------------------------

    def asked(self) -> list[requests.Request]:
        """The runs that were asked for and not begun."""
        return requests.asked(self.db.reader())

    def request(self, accounts: list[int], plan: str = "") -> int:
        """Ask the process that holds the lease for a run, or to carry out a plan. (Needs no lease.)"""
        with self.db.atomic() as conn:
            return requests.ask(conn, at=clock.timestamp(), accounts=accounts, plan=plan)

    def request_started(self, request: int) -> None:
        """This process answers it."""
        with self.ledger.writing() as conn:
            requests.start(conn, request)

    def requeue(self) -> None:
        """Runs that a dead process had begun are to be begun again."""
        with self.ledger.writing() as conn:
            requests.requeue(conn)

    def request_line(self, request: int, line: Mapping[str, Any]) -> None:
        """Say what the asker will print."""
        with self.ledger.writing() as conn:
            requests.say(conn, request, dict(line))

    def request_done(self, request: int, outcome: Outcome) -> None:
        """The run has ended."""
        with self.ledger.writing() as conn:
            requests.finish(conn, request, asdict(outcome))

    def counts(self, account: Account) -> dict[str, int]:
        """How much of an account waits, and where."""
        conn = self.db.reader()
        return {
            "pending": outbox.count(conn, account_id=account.id),
            "conflicts": len(conflicts.every(conn, account_id=account.id)),
            "held": sum(len(h.entries) for h in held.every(conn, account_id=account.id)),
            "quarantined": len(quarantine.every(conn, account.id)),
        }

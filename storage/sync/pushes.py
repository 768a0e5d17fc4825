"""The engine's transactions over the outbox: what is to be sent, and what the upstream made of it."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from storage import clock, ids, record
from storage.content import Content, digest, read, same
from storage.db import Connection
from storage.errors import InvalidData, Rejected, UpstreamError
from storage.model import Collection, Origin
from storage.projection import project
from storage.provider import EVERYTHING, Holds, Provider, Push, PushAction, Receipt, RemoteEntry
from storage.scheduling import people
from storage.scheduling.audience import audience
from storage.sync import plan, schedule
from storage.sync.apply import Applier, understand
from storage.sync.ledger import Ledger
from storage.sync.merge import Lossy
from storage.sync.plan import Step
from storage.sync.report import Round
from storage.tables import accounts, conflicts, entries, held, links, outbox, untold
from storage.tables.links import Link
from storage.tables.outbox import Waiting


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row of the outbox as it was when it was sent, with the push that was made of it."""

    waiting: Waiting
    push: Push

    @property
    def entry_id(self) -> str:
        """The entry it is about."""
        return self.waiting.entry_id or ""


class Pushes:
    """What goes out of one process's outbox, written down before and after."""

    def __init__(self, ledger: Ledger, provider: Provider) -> None:
        self.provider = provider
        self.ledger = ledger
        self.db = ledger.db

    def outgoing(self, collection: Collection) -> list[Outgoing]:
        """Everything that may be sent now, deletions first. From here on the upstream may know of it."""
        now = clock.timestamp()
        waiting = outbox.entries(self.db.reader(), collection.n, now)
        if not waiting:
            return []
        with self.ledger.writing(collection) as conn:
            outbox.attempted(conn, collection.n, now)
            waiting = outbox.entries(conn, collection.n, now)
            holds = self.provider.capabilities.keeping(collection.kind)
            made = [(w, self._push_of(conn, w)) for w in waiting if not self._held_already(conn, w, holds)]
            for w, push in made:
                if push and push.text:
                    outbox.sending(conn, w.n, {*w.sent, digest(push.text), digest(project(push.text, holds))})
        return [Outgoing(w, push) for w, push in made if push]

    def _held_already(self, conn: Connection, waiting: Waiting, holds: Holds) -> bool:
        """Whether an edit concerns only what the upstream cannot hold: then it is done without a word to it."""
        link, entry = links.of_entry(conn, waiting.entry_id or ""), entries.by_id(conn, waiting.entry_id or "")
        if holds == EVERYTHING or waiting.action != "update" or link is None or entry is None:
            return False
        if link.base is None or link.agreed is None or waiting.sent:
            return False
        before, now = (project(text, holds) for text in (link.agreed, entry.text))
        if not same(before, now):
            return False
        links.put(conn, replace(link, agreed=None))
        outbox.drop(conn, waiting.n)
        return True

    def _push_of(self, conn: Connection, waiting: Waiting) -> Push | None:
        entry_id = waiting.entry_id or ""
        link = links.of_entry(conn, entry_id)
        entry = entries.by_id(conn, entry_id)
        if waiting.action == "delete" or entry is None:
            action, text, uid = PushAction.DELETE, "", str(waiting.detail.get("uid", ""))
        else:
            action, text, uid = (PushAction.UPDATE if link else PushAction.CREATE), entry.text, entry.uid
        return Push(
            action=action,
            uid=uid,
            text=text,
            base=(link.base if link and link.base is not None else text) if link else "",
            href=link.href if link else "",
            version=link.version if link else "",
            name=str(waiting.detail.get("name", "")) or (entry.href if entry else str(waiting.detail.get("href", ""))),
            key=waiting.key,
            notify=waiting.notify,
        )

    def still_waiting(self, outgoing: Outgoing) -> bool:
        """Whether this very change has still to be sent, under the same version upstream."""
        conn = self.db.reader()
        now = outbox.get(conn, outgoing.waiting.collection_n, outgoing.waiting.entry_id)
        link = links.of_entry(conn, outgoing.entry_id)
        unmoved = (link.version if link else "") == outgoing.push.version
        return now is not None and now.key == outgoing.waiting.key and unmoved

    def _standing(self, conn: Connection, outgoing: Outgoing) -> tuple[str, Waiting | None]:
        """Under which id what was sent stands now, and what of it waits.

        An entry that moved on to another collection while it was sent has left its deletion behind, under an id of its
        own: that is what the upstream's copy belongs to.
        """
        left = outbox.departure(conn, outgoing.waiting, outgoing.push.uid)
        if left and left.entry_id:
            return left.entry_id, left
        return outgoing.entry_id, outbox.get(conn, outgoing.waiting.collection_n, outgoing.entry_id)

    def pushed(self, collection: Collection, outgoing: Outgoing, receipt: Receipt, report: Round) -> None:
        """The upstream has it: link and outbox in one transaction. A further change of ours stays waiting."""
        push = outgoing.push
        with self.ledger.writing(collection) as conn:
            entry_id, waiting = self._standing(conn, outgoing)
            unchanged = waiting is not None and waiting.key == outgoing.waiting.key
            held.release(conn, collection.n, [receipt.href])
            applier = Applier(conn, collection, report, clock.iso())
            if push.action is PushAction.DELETE:
                links.drop(conn, entry_id)
                report.pushed.delete += 1
                applier.readmit(push.uid)
            else:
                before = links.of_href(conn, collection.n, receipt.href)
                if before and before.entry_id != entry_id:
                    applier.missing(receipt.href)  # a creation overwrites nothing: what we knew there has gone
                entry = entries.by_id(conn, entry_id)
                agreed = None if entry and entry.text == push.text else push.text
                holds = self.provider.capabilities.keeping(collection.kind)
                shown = project(push.text, holds)  # until it is read back
                base = agreed if shown == push.text else shown
                links.put(conn, Link(entry_id, collection.n, receipt.href, receipt.version, base, agreed))
                if push.action is PushAction.CREATE:
                    report.pushed.add += 1
                else:
                    report.pushed.update += 1
            self._note_silence(conn, collection, entry_id, push)
            if waiting and unchanged:
                outbox.drop(conn, waiting.n)
            elif waiting:
                outbox.told(conn, waiting, outgoing.waiting.generation)
                if waiting.action == "create" and push.action is not PushAction.DELETE:
                    outbox.set_action(conn, waiting.n, "update")

    def _note_silence(self, conn: Connection, collection: Collection, entry_id: str, push: Push) -> None:
        """Who would have been told of a write of ours, had its owner made it, is not told; but that is kept."""
        account = accounts.by_id(conn, collection.account_id)
        if push.notify or not collection.schedules or account is None:
            return
        if told := audience(push.base or None, push.text or None, people.of_calendar(account, collection)):
            untold.add(
                conn,
                at=clock.iso(),
                account_id=account.id,
                collection_id=collection.id,
                entry_id=entry_id,
                uid=push.uid,
                action=push.action,
                addresses=told,
            )

    def read_back(
        self, collection: Collection, outgoing: Outgoing, shown: RemoteEntry, version: str, report: Round
    ) -> None:
        """What the upstream shows of an entry after our push: its projection of ours, or already another change."""
        understood = understand(shown, collection.kind)
        if isinstance(understood, InvalidData):
            return  # the next pull meets it again and quarantines it
        text, content = understood
        with self.ledger.writing(collection) as conn:
            link = links.of_entry(conn, outgoing.entry_id)
            if link is None or link.href != shown.href or link.version != version:
                return
            applier = Applier(conn, collection, report, clock.iso())
            holds = self.provider.capabilities.keeping(collection.kind)
            match plan.written(outgoing.push.text, version, text, shown.version):
                case Step.AGREE:
                    links.set_version(conn, outgoing.entry_id, shown.version)
                case Step.ADOPT:
                    applier.adopt(shown, text, content, outgoing.push.text, holds, Lossy.REWRITES)
                case _ if holds != EVERYTHING:
                    # It names no version, so what is other than it can hold may be somebody's edit, and counts as one.
                    applier.adopt(shown, text, content, outgoing.push.text, holds, Lossy.REWORDS)
                case _:
                    other = applier.incoming(shown, text, content)
                    self._twin(collection, shown, other, report)

    def never_arrived(self, collection: Collection, outgoing: Outgoing, report: Round) -> None:
        """A deletion of something that a full listing does not name: its creation never arrived, all is done."""
        with self.ledger.writing(collection) as conn:
            link = links.of_entry(conn, outgoing.entry_id)
            waiting = outbox.get(conn, outgoing.waiting.collection_n, outgoing.waiting.entry_id)
            if waiting and (link is None or link.collection_n != waiting.collection_n):
                outbox.drop(conn, waiting.n)
                Applier(conn, collection, report, clock.iso()).readmit(outgoing.push.uid)

    def failed(self, outgoing: Outgoing, error: UpstreamError, chance: schedule.Chance) -> None:
        """Nothing is known of this push; it waits, with the upstream's words."""
        attempts = outgoing.waiting.attempts + 1
        when = schedule.next_try(clock.timestamp(), attempts, chance, error.retry_after)
        with self.ledger.writing() as conn:
            outbox.failed(conn, outgoing.waiting.n, error=error.message, next_try=when)

    def taken(self, collection: Collection, outgoing: Outgoing, report: Round) -> None:
        """Something else stands upstream under the name, or the UID, that a creation asked for.

        If that is what only our own kept in quarantine, it comes in; else the next try asks for another name.
        """
        with self.ledger.writing(collection) as conn:
            Applier(conn, collection, report, clock.iso()).readmit(outgoing.push.uid)
            waiting = outbox.get(conn, outgoing.waiting.collection_n, outgoing.waiting.entry_id)
            if waiting and waiting.key == outgoing.waiting.key:
                suffix = PurePosixPath(outgoing.push.name).suffix
                name = f"{outgoing.entry_id}{suffix}"
                if outgoing.push.name == name:  # what had it under this name is another entry by now
                    name = f"{ids.new_id()}{suffix}"
                outbox.note(conn, waiting, {"name": name})

    def leaves_elsewhere(self, outgoing: Outgoing) -> bool:
        """Whether the account still has this UID in a place that we have not emptied yet."""
        return outbox.leaves(self.db.reader(), outgoing.waiting.account_id, outgoing.push.uid)

    def rejected(
        self, collection: Collection, outgoing: Outgoing, error: Rejected, theirs: RemoteEntry | None, report: Round
    ) -> None:
        """The upstream refuses for good: our bytes stand in the inbox, the live entry returns to the upstream's.

        Where the upstream's own version cannot be read, it is quarantined, and the one last agreed is live again.
        """
        live = theirs and self._live(collection, outgoing, theirs, report)
        with self.ledger.writing(collection) as conn:
            waiting = outbox.get(conn, collection.n, outgoing.entry_id)
            if waiting is None or waiting.key != outgoing.waiting.key:
                return  # edited again meanwhile: the newer text is tried on its own
            entry = entries.by_id(conn, outgoing.entry_id)
            conflicts.add(
                conn,
                at=clock.iso(),
                account_id=collection.account_id,
                collection_n=collection.n,
                collection_id=collection.id,
                entry_id=outgoing.entry_id,
                uid=outgoing.push.uid,
                cause="rejected",
                reason=error.message,
                base=outgoing.push.base or None,
                ours=entry.text if entry else None,
                theirs=live[1] if live else None,
            )
            report.conflicts += 1
            outbox.drop(conn, waiting.n)
            if live:
                other = Applier(conn, collection, report, clock.iso()).restore(*live)
                self._twin(collection, theirs, other, report)
            elif entry:
                record.delete(conn, collection, entry, origin=Origin.UPSTREAM, actor="", at=clock.iso())
                links.drop(conn, outgoing.entry_id)
                Applier(conn, collection, report, clock.iso()).readmit(outgoing.push.uid)

    def _twin(self, collection: Collection, shown: RemoteEntry | None, other: str | None, report: Round) -> None:
        """What cannot be live because its UID stands under another href is kept until that one is free."""
        if shown and other:
            self.ledger.quarantine(collection, shown, f"{other} has the same UID", report)

    def _live(
        self, collection: Collection, outgoing: Outgoing, theirs: RemoteEntry, report: Round
    ) -> tuple[RemoteEntry, str, Content]:
        understood = understand(theirs, collection.kind)
        if not isinstance(understood, InvalidData):
            return theirs, *understood
        self.ledger.quarantine(collection, theirs, understood.message, report)
        push = outgoing.push
        return RemoteEntry(push.href, push.version, push.base), push.base, read(push.base, collection.kind)

"""Carries out single steps of the plan inside the ledger's transaction: entry, link, outbox and inbox together."""

from collections.abc import Sequence
from dataclasses import astuple
from functools import partial
from urllib.parse import unquote

from storage import ids, record
from storage.content import Content, decode, digest, read, same
from storage.db import Connection
from storage.errors import InvalidData, TooLarge
from storage.ical.differences import Difference
from storage.model import Collection, CollectionKind, Entry, Origin
from storage.projection import project
from storage.provider import Holds, RemoteEntry
from storage.scheduling.people import own
from storage.sync import moved, plan
from storage.sync.anew import send_anew
from storage.sync.merge import Lossy, merge
from storage.sync.plan import Ours, Step
from storage.sync.report import Round
from storage.sync.side import Side
from storage.tables import accounts, conflicts, entries, held, links, outbox, quarantine
from storage.tables.links import Link

LARGEST = 10 * 1024 * 1024
"""Octets beyond which an upstream's entry is quarantined rather than mirrored."""


def understand(entry: RemoteEntry, kind: CollectionKind) -> tuple[str, Content] | InvalidData:
    """The text of an entry of such a collection and what it says, or why it cannot be mirrored."""
    try:
        text = decode(entry.data) if isinstance(entry.data, bytes) else entry.data
        if len(text) > LARGEST:
            return TooLarge(f"{len(text)} characters; at most {LARGEST} are mirrored")
        return text, read(text, kind).light()
    except InvalidData as error:
        return error


class Applier:
    """Applies steps to one collection within one transaction."""

    def __init__(self, conn: Connection, collection: Collection, report: Round, at: str) -> None:
        self.conn = conn
        self.collection = collection
        self.report = report
        self.at = at
        self.quarantined = quarantine.versions(conn, collection.n)
        self.freed: list[str] = []
        """UIDs under which the upstream no longer has what it had, so that another entry may have them."""
        self._new_hrefs: set[str] = set()
        self._new_uids: set[str] = set()
        self._new_names: set[str] = set()
        self._gone: dict[str, tuple[str, str]] = {}

    def expect(self, page: Sequence[tuple[str, str]]) -> None:
        """Ask for a whole page of (href, UID) what of it we do not hold, which need not be asked for each entry."""
        conn, n = self.conn, self.collection.n
        hrefs, uids = [href for href, _uid in page], [uid for _href, uid in page if uid]
        names = [_name_in(href) for href in hrefs]
        self._new_hrefs = set(hrefs) - links.versions(conn, n, hrefs).keys()
        self._new_uids = set(uids) - entries.uids(conn, n, uids) - outbox.deleted_uids(conn, n)
        self._gone = moved.gone_from(conn, self.collection, uids, self.at)
        self._new_names = set(names) - {each.href for each in entries.listed(conn, n, names)}

    # -- what we hold -------------------------------------------------------------------------------------------------

    def under_href(self, href: str) -> Side | None:
        """What is linked to this remote href."""
        if href in self._new_hrefs:
            return None
        link = links.of_href(self.conn, self.collection.n, href)
        if link is None:
            return None
        entry = entries.by_id(self.conn, link.entry_id)
        return Side(link.entry_id, entry, link, outbox.get(self.conn, self.collection.n, link.entry_id))

    def under_uid(self, uid: str) -> Side | None:
        """What this collection holds under a UID: a living entry, or a deletion of one that never got a link."""
        if uid in self._new_uids:
            return None
        entry = entries.by_uid(self.conn, self.collection.n, uid)
        if entry is not None:
            link = links.of_entry(self.conn, entry.id)
            return Side(entry.id, entry, link, outbox.get(self.conn, self.collection.n, entry.id))
        waiting = outbox.unlinked_deletion(self.conn, self.collection.n, uid)
        return Side(waiting.entry_id or "", None, None, waiting) if waiting else None

    # -- steps --------------------------------------------------------------------------------------------------------

    def incoming(self, theirs: RemoteEntry, text: str, content: Content) -> str | None:
        """Do what an entry shown by the upstream means; returns the other href if the UID already stands under one."""
        linked = self.under_href(theirs.href)
        nameless = linked is None or not linked.ours().uid
        same_uid = self.under_uid(content.uid) if nameless and content.uid else None
        step = plan.incoming(text, content.uid, _ours(linked), _ours(same_uid))
        side = linked or same_uid
        if step is not Step.DUPLICATE:
            self._leave_quarantine(theirs.href)
        match step:
            case Step.DUPLICATE:
                assert side is not None
                assert side.link is not None
                return side.link.href
            case Step.REPLACE:
                self.missing(theirs.href)
                return self.incoming(theirs, text, content)
            case Step.ADOPT if side and side.link:
                links.set_version(self.conn, side.entry_id, theirs.version)
            case Step.ADOPT if side and side.waiting:
                # We deleted (or moved) it before we heard that its creation had arrived: now we know what to delete.
                stand_in = ids.new_id()
                outbox.hand_over(self.conn, self.collection.n, side.entry_id, stand_in, notify=True)
                self._link(stand_in, theirs.href, theirs.version, base=text)
            case Step.OURS if side and side.waiting:
                self._link(side.entry_id, theirs.href, theirs.version, base=text, agreed=text)
                outbox.arrived(self.conn, side.waiting, digest(text))
            case Step.AGREE if side:
                self._agree(side, theirs)
            case Step.MERGE if side:
                self._merge(side, theirs, text, content)
            case Step.RESTORE if side:
                self._inbox(side, "delete", theirs=text)
                if entries.by_uid(self.conn, self.collection.n, content.uid) is not None:
                    self._forget(side)
                    return self.incoming(theirs, text, content)
                self._take(side, theirs, text, content)
            case Step.TAKE if side:
                self._take(side, theirs, text, content)
            case _ if content.uid in self._gone:
                base, was = self._gone.pop(content.uid)
                taken = merge(base, was, text, agreed=was).text
                self._write(theirs, *self._understood(taken, text, content), side, shown=text)
            case _:
                self._write(theirs, text, content, side)
        return None

    def _merge(self, side: Side, theirs: RemoteEntry, text: str, content: Content) -> None:
        """The upstream has edited what we have: both sides' edits live, and ours go on waiting.

        What both changed in two ways is the upstream's; ours is kept in the inbox.
        """
        ours = side.ours()
        base, agreed = (ours.base, ours.agreed) if ours.linked else (None, None)
        merged = merge(base, ours.text or "", text, agreed=agreed, me=self._me())
        if merged.clashes:
            self._inbox(side, "edit", theirs=text, clashes=None if merged.whole else merged.clashes)
        else:
            self.report.merged += 1
        # What ours would be without what waits: what the next edit of the upstream is compared with.
        settled = text if base is None or agreed is None else merge(base, agreed, text, agreed=agreed).text
        self._write(theirs, *self._understood(merged.text, text, content), side, shown=text, settled=settled)

    def _take(self, side: Side, theirs: RemoteEntry, text: str, content: Content) -> None:
        """The upstream's edits go into our text as it was agreed; what of it the upstream cannot hold stays."""
        ours = side.ours()
        lossless = not ours.linked or ours.agreed == ours.base
        taken = text if lossless else merge(ours.base, ours.agreed, text, agreed=ours.agreed).text
        self._write(theirs, *self._understood(taken, text, content), side, shown=text)

    def adopt(
        self,
        theirs: RemoteEntry,
        text: str,
        content: Content,
        sent: str,
        holds: Holds,
        lossy: Lossy,
    ) -> None:
        """What the upstream made of what we `sent`: the base from now on. What it added is ours, too."""
        side = self.under_href(theirs.href)
        if side is None or side.entry is None:
            return
        expected = project(sent, holds)
        added = partial(merge, expected, theirs=text, agreed=sent, lossy=lossy, reworded=holds.rewords)
        settled = added(sent).text
        merged = settled if side.entry.text == sent else added(side.entry.text).text
        waiting = settled if side.waiting else None
        self._write(theirs, *self._understood(merged, text, content), side, shown=text, settled=waiting)

    def _understood(self, merged: str, text: str, content: Content) -> tuple[str, Content]:
        """A merged text and what it says; theirs, which is readable, where a merge of odd texts cannot be read."""
        try:
            return (text, content) if merged == text else (merged, read(merged, self.collection.kind).light())
        except InvalidData:
            return text, content

    def _me(self) -> frozenset[str]:
        """Our own addresses at this upstream."""
        account = accounts.by_id(self.conn, self.collection.account_id)
        return frozenset(own(account) if account is not None else ())

    def missing(self, href: str, *, at: str = "") -> None:
        """Do what the absence of a linked entry upstream means. The brake has already been asked.

        `at`: when it was missing first; now, if not given.
        """
        self._leave_quarantine(href)
        side = self.under_href(href)
        if side is None:
            return
        match plan.missing(side.ours()):
            case Step.DROP if side.entry:
                gone = record.delete(
                    self.conn, self.collection, side.entry, origin=Origin.UPSTREAM, actor="", at=self.at
                )
                self._forget(side)
                self.report.pulled.delete += 1
                if moved.left(self.conn, side.ours(), gone):
                    self._follow(side.ours(), at or self.at)
            case Step.REVIVE if side.entry:
                self._inbox(side, "delete", theirs=None)
                send_anew(self.conn, self.collection, side.entry)
            case _:
                self._forget(side)

    def _follow(self, ours: Ours, at: str) -> None:
        """Where the upstream has moved what it no longer has here, and we know of that, it is as rich as it was."""
        for place, side in moved.came_to(self.conn, self.collection, ours, at):
            if side.entry and side.link:
                shown = RemoteEntry(side.link.href, side.link.version, side.entry.text)
                understood = understand(shown, place.kind)
                if not isinstance(understood, InvalidData):
                    Applier(self.conn, place, self.report, self.at)._take(side, shown, *understood)

    def _forget(self, side: Side) -> None:
        """The upstream does not have it, and need not hear of it any more."""
        links.drop(self.conn, side.entry_id)
        outbox.drop_entry(self.conn, self.collection.n, side.entry_id)
        self.freed.append(side.ours().uid)

    def readmit(self, *uids: str) -> None:
        """Take what stood in quarantine only because its UID was taken, and is free now."""
        for uid in (*self.freed, *uids):
            for item in quarantine.of_uid(self.conn, self.collection.n, uid) if uid else ():
                shown = RemoteEntry(item.href, item.version, item.body)
                understood = understand(shown, self.collection.kind)
                if not isinstance(understood, InvalidData):
                    self.incoming(shown, *understood)

    def relink(self, old_href: str, new_href: str) -> None:
        """The upstream renamed an entry; what it means otherwise is seen when it is taken."""
        side = self.under_href(old_href)
        if side and side.link:
            self._link(side.entry_id, new_href, "", base=side.link.base, agreed=side.link.agreed)

    def restore(self, theirs: RemoteEntry, text: str, content: Content) -> str | None:
        """The upstream refused our change: its own version is live again, where its UID is still to be had.

        Returns the other href if its UID stands under one by now, as `incoming` does.
        """
        side = self.under_href(theirs.href)
        holder = entries.by_uid(self.conn, self.collection.n, content.uid)
        if side and (holder is None or holder.id == side.entry_id):
            self._take(side, theirs, text, content)
            return None
        if side and side.entry is None:
            self._forget(side)
        return self.incoming(theirs, text, content)

    def _leave_quarantine(self, href: str) -> None:
        """What is readable now, or gone, needs no keeping. (Asked in memory: nearly always there is nothing.)"""
        if self.quarantined.pop(href, None) is not None:
            quarantine.drop(self.conn, self.collection.n, [href])

    def _link(
        self,
        entry_id: str,
        href: str,
        version: str,
        *,
        base: str | None = None,
        agreed: str | None = None,
        new: bool = False,
    ) -> None:
        """Tie an entry to what the upstream has under `href`; `new`: nothing was ever tied to this entry."""
        self._new_hrefs.discard(href)
        put = links.insert if new else links.put
        put(self.conn, Link(entry_id, self.collection.n, href, version, base, agreed))

    def _agree(self, side: Side, theirs: RemoteEntry) -> None:
        self._link(side.entry_id, theirs.href, theirs.version)
        outbox.drop_entry(self.conn, self.collection.n, side.entry_id)

    def _write(
        self,
        theirs: RemoteEntry,
        text: str,
        content: Content,
        side: Side | None,
        *,
        shown: str | None = None,
        settled: str | None = None,
    ) -> None:
        """This text becomes ours, under the id that the entry has had, if it had one and did not move on.

        `shown` is what the upstream has, if that is another text. `settled` is our text without what waits; None where
        nothing waits any more.
        """
        entry = side.entry if side else None
        known = side.entry_id if side and (entry or entries.by_id(self.conn, side.entry_id) is None) else None
        written = entry if entry is not None and entry.text == text else self._put(theirs, text, content, side, known)
        base = None if shown == text else shown
        waiting = side.waiting if side else None
        if waiting and settled is not None and not same(settled, text):
            self._link(written.id, theirs.href, theirs.version, base=shown, agreed=settled)
            outbox.arrived(self.conn, waiting)
            return
        self._link(written.id, theirs.href, theirs.version, base=base, new=known is None)
        if waiting:
            outbox.drop(self.conn, waiting.n)

    def _put(self, theirs: RemoteEntry, text: str, content: Content, side: Side | None, known: str | None) -> Entry:
        entry = side.entry if side else None
        written, _seq = record.put(
            self.conn,
            self.collection,
            entry.href if entry else self._free_name(theirs.href, side),
            text,
            content,
            existing=entry,
            origin=Origin.UPSTREAM,
            actor="",
            at=self.at,
            entry_id=known,
        )
        self._new_uids.discard(written.uid)
        self._new_names.discard(written.href)
        if entry:
            self.report.pulled.update += 1
        else:
            self.report.pulled.add += 1
        return written

    def _inbox(
        self, side: Side, cause: str, *, theirs: str | None, clashes: Sequence[Difference] | None = None
    ) -> None:
        ours = side.ours()
        conflicts.add(
            self.conn,
            at=self.at,
            account_id=self.collection.account_id,
            collection_n=self.collection.n,
            collection_id=self.collection.id,
            entry_id=side.entry_id,
            uid=ours.uid or str(side.waiting.detail.get("uid", "")) if side.waiting else ours.uid,
            cause=cause,
            reason=_REASONS[cause, ours.text is None],
            base=ours.base if ours.linked else None,
            ours=ours.text,
            theirs=theirs,
            agreed=ours.agreed if ours.linked and ours.agreed != ours.base else None,
            fields=None if clashes is None else [conflicts.Field(*astuple(each)) for each in clashes],
        )
        self.report.conflicts += 1

    def _free_name(self, remote_href: str, side: Side | None) -> str:
        """The resource name for a new entry: the upstream's own last path segment where it is usable and free."""
        name = str(side.waiting.detail.get("href", "")) if side and side.waiting else ""
        name = name or _name_in(remote_href)
        if not usable_name(name) or self._taken(name):
            name = f"{ids.new_id()}{'.vcf' if self.collection.kind is CollectionKind.CONTACTS else '.ics'}"
        return name

    def _taken(self, name: str) -> bool:
        return name not in self._new_names and entries.by_href(self.conn, self.collection.n, name) is not None


def _name_in(href: str) -> str:
    return unquote(href.rstrip("/").rpartition("/")[2])


def _ours(side: Side | None) -> Ours | None:
    return side.ours() if side else None


def usable_name(name: str) -> bool:
    """Whether an upstream's name can be a resource name here: one path segment, nothing that a path would interpret."""
    return bool(name) and name not in (".", "..") and "/" not in name and "\x00" not in name and len(name) <= 255


def held_entry(conn: Connection, href: str, link: Link) -> held.HeldEntry:
    """What a person needs to see of an entry whose deletion is held."""
    entry = entries.by_id(conn, link.entry_id)
    uid, summary = (entry.uid, entries.summary(conn, entry.n)) if entry else ("", "")
    return held.HeldEntry(link.entry_id, uid, summary, href, link.version)


_REASONS = {
    ("edit", False): "both sides edited the same; the upstream's is live",
    ("delete", True): "deleted here, edited upstream; the edit is live",
    ("delete", False): "edited here, deleted upstream; our edit is live and is created anew upstream",
}

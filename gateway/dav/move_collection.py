"""MOVE and COPY of whole collections inside the home (RFC 4918 §9.8 and §9.9): another path segment, or a twin.

A collection never takes the place of another, whatever Overwrite says: that would be a deletion, upstream too, of which
most clients do not know that they ask for it, since Overwrite is T where it is missing.
"""

from gateway.dav import mkcol
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, default_account
from gateway.dav.request import Answer, Request
from storage.errors import AlreadyExists, PreconditionFailed
from storage.model import Collection, Origin

MOST = 2_000
"""Entries of a collection that is copied: one transaction writes them all."""

_DEPTHS = {"MOVE": ("", "infinity"), "COPY": ("", "infinity", "0")}
_HOME_DEPTH = 2


def transfer(context: Context, request: Request, source: Collection, target: tuple[str, ...]) -> Answer:
    """Answer a MOVE or COPY of a collection to a path: 201, or a refusal that has changed nothing."""
    depth = request.header("depth").strip().lower()
    if depth not in _DEPTHS[request.method]:
        raise Refusal(400, f"a collection is not moved or copied with Depth: {depth[:20]}", hint="send none")
    if len(target) != _HOME_DEPTH:
        raise Refusal(403, "collections stand in the home", precondition=mkcol.WRONG_PLACE)
    slug = target[1]
    mkcol.check_slug(slug)
    if slug == source.slug:
        raise Refusal(403, "the Destination is the collection itself", hint="name another place")
    wanted = request.if_match
    if wanted is not None and not wanted & {"*", f"{source.id}-{source.seq}"}:
        raise PreconditionFailed(f"the collection {source.name!r} is not in the version named")
    try:
        made = _act(context, request, source, slug, entries_too=depth != "0")
    except AlreadyExists as error:
        status = 412 if request.header("overwrite").strip().upper() == "F" else 403
        raise Refusal(status, error.message, hint="delete that first") from error
    return Answer(201, b"", {"Location": context.of(made)})


def _act(context: Context, request: Request, source: Collection, slug: str, *, entries_too: bool) -> Collection:
    if request.method == "MOVE":
        if source.share:
            raise Refusal(403, "a shared collection stands where its owner's sharing put it", hint="rename it instead")
        return context.store.rename_collection(source.id, slug, origin=Origin.DAV, actor=context.actor)
    if entries_too and len(context.store.listing(source.id)) > MOST:
        raise Refusal(
            403, f"more than {MOST} entries are not copied at once", hint="copy it with Depth: 0, then entry by entry"
        )
    account = source.account_id
    if source.share or source.read_only:
        account = default_account(context.store, context.user).id
    return context.store.copy_collection(
        source.id, account, slug, entries_too=entries_too, origin=Origin.DAV, actor=context.actor
    )

"""What clients are told about sharing: the resource types and `invite` of calendarserver.org, and `DAV:share-access`.

A shared collection stands in the home of whoever it is shared with, as one of their own with another owner. A share
that shows only busy times is one for reading: these protocols know no third kind.
"""

from gateway.dav import names
from gateway.dav.names import cs, dav
from gateway.dav.places import Context
from gateway.dav.render import Renderer
from storage.model import Collection, Level


def owner(context: Context, collection: Collection) -> str:
    """The href of the principal whose collection it is."""
    return context.href(collection.share.owner, folder=True) if collection.share else context.principal


def resource_types(context: Context, collection: Collection) -> str:
    """What `resourcetype` says besides what the collection holds."""
    if collection.share:
        return "<CS:shared/>"
    return "<CS:shared-owner/>" if context.store.is_shared(collection) else ""


def of_collection(context: Context, collection: Collection) -> dict[str, Renderer[None]]:
    """The properties of a collection that are about sharing."""
    return {
        dav("share-access"): lambda _: _access(context, collection),
        cs("invite"): lambda _: _invite(context, collection),
        cs("allowed-sharing-modes"): lambda _: None if collection.share else "<CS:can-be-shared/>",
    }


def _access(context: Context, collection: Collection) -> str:
    if collection.share:
        return "<read-write/>" if collection.share.level is Level.WRITE else "<read/>"
    return "<shared-owner/>" if context.store.is_shared(collection) else "<not-shared/>"


def _invite(context: Context, collection: Collection) -> str | None:
    """Who sees the collection, for its owner; for somebody else only the two of them."""
    if collection.share:
        user = _user(context, collection.user, collection.share.level)
        return f"<CS:organizer>{_person(context, collection.share.owner)}</CS:organizer>{user}"
    return (
        "".join(_user(context, each.user, each.level) for each in context.store.grants(collection=collection)) or None
    )


def _user(context: Context, user: str, level: Level) -> str:
    access = "read-write" if level is Level.WRITE else "read"
    person = _person(context, user)
    return f"<CS:user>{person}<CS:invite-accepted/><CS:access><CS:{access}/></CS:access></CS:user>"


def _person(context: Context, user: str) -> str:
    name = f"<CS:common-name>{names.text(user)}</CS:common-name>"
    return f"<href>{context.href(user, folder=True)}</href>{name}"

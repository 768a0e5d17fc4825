"""Who may do what, as RFC 3744 §5 reports it: the tree of privileges, those of the asking user, and the ACL.

Privileges follow from who owns a collection and what its upstream grants; nobody sets them over WebDAV, so every entry
of an ACL is protected and the ACL method is refused for want of `write-acl`.
"""

from collections.abc import Callable, Mapping, Sequence

from gateway.dav.names import dav
from gateway.dav.places import Context

READ = ("read", "read-acl", "read-current-user-privilege-set")
WRITE = ("write", "write-properties", "write-content", "bind", "unbind")
ENTRY_WRITE = ("write", "write-properties", "write-content")
"""What may be done to an entry itself; entries are bound to and unbound from their collection."""

FREE_BUSY = "C:read-free-busy"
DELIVER, SEND, ASK = "C:schedule-deliver", "C:schedule-send", "C:schedule-query-freebusy"

_TREE = {
    "all": ("any operation", ("read", "write", "read-acl", "write-acl", "unlock", DELIVER, SEND)),
    "read": ("read contents and properties", ("read-current-user-privilege-set", FREE_BUSY)),
    "read-current-user-privilege-set": ("read one's own privileges", ()),
    FREE_BUSY: ("read when somebody is busy", ()),
    "write": ("change contents and properties", ("write-properties", "write-content", "bind", "unbind")),
    "write-properties": ("change properties", ()),
    "write-content": ("change contents", ()),
    "bind": ("add to a collection", ()),
    "unbind": ("remove from a collection", ()),
    "read-acl": ("read the access control list", ()),
    "write-acl": ("change the access control list", ()),
    "unlock": ("remove a lock", ()),
    DELIVER: ("deliver scheduling messages", (f"{DELIVER}-invite", f"{DELIVER}-reply", ASK)),
    f"{DELIVER}-invite": ("deliver invitations", ()),
    f"{DELIVER}-reply": ("deliver replies", ()),
    ASK: ("ask when the owner is busy", ()),
    SEND: ("send scheduling messages", (f"{SEND}-invite", f"{SEND}-reply", f"{SEND}-freebusy")),
    f"{SEND}-invite": ("send invitations", ()),
    f"{SEND}-reply": ("send replies", ()),
    f"{SEND}-freebusy": ("ask when others are busy", ()),
}
"""RFC 3744 §5.3 with RFC 4791 §6.1.1 and RFC 6638 §6. `write-acl` and `unlock` exist, and nobody has them."""


def properties(context: Context, granted: Sequence[str]) -> Mapping[str, Callable[[object], str]]:
    """The access control properties of a resource on which the asking user has these privileges."""
    privileges = "".join(f"<privilege><{name}/></privilege>" for name in granted)
    owner = f"<principal><href>{context.principal}</href></principal>"
    ace = f"<ace>{owner}<grant>{privileges}</grant><protected/></ace>"
    return {
        dav("current-user-privilege-set"): lambda _: privileges,
        dav("supported-privilege-set"): lambda _: _SUPPORTED,
        dav("acl"): lambda _: ace,
        dav("acl-restrictions"): lambda _: "<grant-only/><no-invert/>",
        dav("inherited-acl-set"): lambda _: "",
        dav("principal-collection-set"): lambda _: f"<href>{context.href()}</href>",
    }


def _supported(name: str) -> str:
    description, below = _TREE[name]
    abstract = "<abstract/>" if name in ("all", "unlock") else ""
    return (
        f"<supported-privilege><privilege><{name}/></privilege>{abstract}"
        f'<description xml:lang="en">{description}</description>{"".join(map(_supported, below))}</supported-privilege>'
    )


_SUPPORTED = _supported("all")

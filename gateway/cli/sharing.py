"""`calharbor share` and `calharbor link`: show a collection to other users, or to whoever knows a secret address."""

from collections.abc import Mapping

import click

from gateway.cli.commands import Commands
from gateway.cli.devices import check_label
from gateway.cli.output import print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from gateway.http.links import link_hash, new_link_secret
from storage.errors import ConfigError, NotFound
from storage.model import Collection, Feed, Grant, Level
from storage.store import Store


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(share)
    root.add_command(link)


@click.group(cls=Commands)
def share() -> None:
    """Calendars and address books shown to other users, in their own homes."""


@share.command("add")
@click.argument("collection")
@click.argument("user")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.READ.value,
    show_default=True,
    help="What USER may do: read entries, write them too, or only see when they are busy.",
)
@click.option("--json", "json_output", is_flag=True, help="Print one share as `share list` does.")
@with_session
def add(session: Session, collection: str, user: str, level: str) -> None:
    """Show COLLECTION (its id, its name, or OWNER/NAME) to USER, or change how far.

    Entries that are private or confidential show as busy to everybody but their owner.
    """
    store = session.prepared
    shown = _collection(store, collection)
    grant = store.share(shown.id, user, Level(level))
    if session.json:
        print_json(_grant(grant, shown))
        return
    click.echo(f"{user} finds {shown.name} of {shown.user} among their own collections ({level})")


@share.command("list")
@json_option
@with_session
def list_shares(session: Session) -> None:
    """List what is shared with whom.

    \b
    --json: {"shares": [{"id", "collection", "name", "owner", "user", "level": "read|write|busy", "created"}]}
    """
    known = {each.n: each for each in session.store.collections()}
    found = [(grant, known[grant.collection_n]) for grant in session.store.grants() if grant.collection_n in known]
    if session.json:
        print_json({"shares": [_grant(grant, shown) for grant, shown in found]})
        return
    rows = [(shown.name, shown.user, grant.user, grant.level, grant.created[:10]) for grant, shown in found]
    print_table(("collection", "owner", "shown to", "level", "since"), rows)
    if not rows:
        click.echo("nothing is shared yet; `calharbor share add COLLECTION USER` shares a collection")


@share.command("remove")
@click.argument("collection")
@click.argument("user")
@with_session
def remove(session: Session, collection: str, user: str) -> None:
    """Show COLLECTION (its id, its name, or OWNER/NAME) to USER no more."""
    shown = _collection(session.store, collection)
    session.store.unshare(shown.id, user)
    click.echo(f"{user} does not see {shown.name} of {shown.user} any more")


@click.group(cls=Commands)
def link() -> None:
    """Secret addresses at which anybody can subscribe to a calendar, without a login and read-only."""


@link.command("add")
@click.argument("collection", required=False)
@click.option("--all-busy", "everything_of", metavar="USER", help="In place of a collection: when USER is busy in any.")
@click.option("--label", required=True, help="What you call it: for whom it is.")
@click.option("--busy", is_flag=True, help="Show only when the calendar's owner is busy.")
@click.option("--json", "json_output", is_flag=True, help='Print {"id", "user", "collection", "busy", "label", "url"}.')
@with_session
def add_link(session: Session, collection: str | None, everything_of: str | None, label: str, busy: bool) -> None:
    """Make a secret address for COLLECTION (its id, its name, or OWNER/NAME). It is shown this once.

    Entries that are private or confidential show as busy.
    """
    if (collection is None) is (everything_of is None):
        raise click.UsageError("name one collection, or a user with --all-busy")
    check_label(label)
    store, secret, address = session.prepared, new_link_secret(), _address(session)
    shown = _collection(store, collection) if collection else None
    user = shown.user if shown else everything_of or ""
    made = store.add_feed(user, label, link_hash(secret), collection_id=shown.id if shown else None, busy=busy)
    url = f"{address}/ics/{secret}.ics"
    if session.json:
        print_json({**_link(made, ("id", "user", "collection", "busy", "label")), "url": url})
        return
    click.echo(url)
    click.echo(f"It is not shown again. `calharbor link revoke {made.id}` ends it.", err=True)


@link.command("list")
@click.argument("user", required=False)
@json_option
@with_session
def list_links(session: Session, user: str | None) -> None:
    """List the secret addresses, all or those of USER, without their secrets.

    \b
    --json: {"links": [{"id", "user", "collection": "id, or null for --all-busy", "busy", "label", "created",
                        "last_used", "revoked"}]}
    """
    found = session.store.feeds(session.store.user(user).name if user else None)
    if session.json:
        fields = ("id", "user", "collection", "busy", "label", "created", "last_used", "revoked")
        print_json({"links": [_link(each, fields) for each in found]})
        return
    names = {each.id: each.name for each in session.store.collections()}
    rows = [
        (
            each.id,
            each.user,
            names.get(each.collection or "", "all calendars") + (" (busy)" if each.busy else ""),
            each.label,
            (each.last_used or "never")[:16].replace("T", " "),
            "revoked" if each.revoked else "",
        )
        for each in found
    ]
    print_table(("id", "user", "shows", "label", "last used", ""), rows)
    if not rows:
        click.echo("no links yet; `calharbor link add COLLECTION --label LABEL` makes one")


@link.command("revoke")
@click.argument("link_id", metavar="ID")
@with_session
def revoke(session: Session, link_id: str) -> None:
    """Let this address lead nowhere from now on."""
    session.store.revoke_feed(link_id)
    click.echo("revoked")


def _collection(store: Store, words: str) -> Collection:
    """The one collection that is meant by its id, its name or path segment, or either behind its owner's name."""
    known = store.collections()
    for each in known:
        if each.id == words:
            return each
    owner, _, name = words.rpartition("/")
    found = [each for each in known if name in (each.name, each.slug) and owner in ("", each.user)]
    if not found:
        raise NotFound(f"there is no collection {words!r}", hint="`calharbor status --json` lists their ids and names")
    if len(found) > 1:
        meant = ", ".join(f"{each.id} ({each.user})" for each in found)
        raise ConfigError(f"{words!r} can mean several collections: {meant}", hint="name one by its id")
    return found[0]


def _address(session: Session) -> str:
    """Where this server is found; raises `ConfigError` where that is another place at every start."""
    server = session.config.server
    if not (server.base_url or server.port):
        raise ConfigError(
            "with port = 0 the address is another one at every start",
            hint="set [server] port, or base_url, such as https://cal.example.com",
        )
    return server.base_url.rstrip("/") or f"http://{server.host}:{server.port}"


def _grant(grant: Grant, shown: Collection) -> Mapping[str, object]:
    return {
        "id": grant.id,
        "collection": shown.id,
        "name": shown.name,
        "owner": shown.user,
        "user": grant.user,
        "level": grant.level,
        "created": grant.created,
    }


def _link(feed: Feed, fields: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(feed, name) for name in fields}

"""Chooses how to prove who we are to a DAV server: Basic, Digest or Bearer."""

from plugins.caldav import quirks
from plugins.transport import Answer, Origin, Transport, basic, bearer, digest, plain
from storage.errors import ConfigError, NeedsLogin
from storage.provider import Login

_PROBE = (
    b'<?xml version="1.0" encoding="utf-8"?>\n'
    b'<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>'
)
SCHEMES = ("", "basic", "digest", "bearer")


def check(login: Login) -> None:
    """Raises `ConfigError` for a setting `auth` that names no scheme."""
    if login.settings.get("auth", "") not in SCHEMES:
        raise ConfigError(
            f"account {login.account}: auth = {login.settings['auth']} is unknown",
            hint="Leave it out to let the server choose, or use basic, digest or bearer.",
        )


def establish(transport: Transport, url: str, login: Login) -> None:
    """Give `transport` its proof for the server at `url`.

    An access token makes it Bearer. A password goes out as Basic over https at once; over plain http the server is
    asked first and gets Digest if it knows it, so that the password is not sent where it need not be. Raises
    `NeedsLogin` where there is no secret, or no scheme that we know.
    """
    wanted = login.settings.get("auth", "")
    username, password = username_of(login), login.secrets.get("password", "")
    token = login.secrets.get("access_token", "")
    if token and wanted in {"", "bearer"}:
        transport.proof = bearer(token)
        return
    if not password:
        if username or wanted:
            raise NeedsLogin(
                f"account {login.account}: no password is stored",
                hint=f"Run `calharbor account login {login.account}`.",
            )
        return
    if wanted == "digest":
        transport.proof = digest(username, password)
        return
    transport.proof = basic(username, password)
    if wanted == "basic":
        return
    if Origin.of(url).scheme == "http":
        transport.proof = None
    answer = transport.request("PROPFIND", url, headers={"Depth": "0", "Content-Type": "text/xml"}, body=_PROBE)
    if answer.status == 401 and "digest" in quirks.challenge_schemes(answer.headers.get("www-authenticate", "")):
        transport.proof = digest(username, password)
    elif transport.proof is None:
        _refuse_unknown(answer, login)
        transport.proof = basic(username, password)


def username_of(login: Login) -> str:
    """The user name to log in with: as set, else the account's e-mail address."""
    return login.settings.get("username", "") or login.settings.get("email", "")


def _refuse_unknown(answer: Answer, login: Login) -> None:
    challenge = answer.headers.get("www-authenticate", "")
    if answer.status == 401 and not quirks.offers_basic(challenge):
        offered = ", ".join(quirks.challenge_schemes(challenge))
        raise NeedsLogin(
            f"account {login.account}: {plain(answer.url)} takes only {offered}",
            hint="Store an access token for it, or use a server that takes a password.",
            status=401,
        )

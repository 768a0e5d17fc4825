"""Google as an OAuth 2.0 issuer for installed applications: consent, the token endpoint, revocation.

PKCE after RFC 7636, the loopback redirect after RFC 8252; what ends a refresh token is in providers.md §1.6.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.upstreams.google.state import Account

Json = dict[str, Any]

LASTING = 3599  # seconds that an access token is good for
TESTING = 7 * 86_400  # seconds that a refresh token lives while the consent screen is in testing
OLDEST = 100  # refresh tokens for one account and client; the oldest dies in silence


class NoToken(Exception):
    """The token endpoint refuses; `body` as RFC 6749 §5.2 has it."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass
class _Code:
    redirect: str
    challenge: str
    scope: str
    offline: bool
    expires: float


@dataclass
class Issuer:
    """The OAuth side of one account.

    `rotates`: a refresh gives a new refresh token and ends the old one. `testing`: refresh tokens die after seven days.
    `refuses`: the error that the consent screen answers with, such as `access_denied` or `admin_policy_enforced`.
    """

    account: Account
    client_id: str = "client.apps.googleusercontent.com"
    client_secret: str = "GOCSPX-secret"
    rotates: bool = False
    testing: bool = False
    refuses: str = ""
    access: dict[str, float] = field(default_factory=lambda: {"test-token": float("inf")})
    refresh: dict[str, tuple[float, str]] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def valid(self, token: str) -> bool:
        """Whether an access token opens the account now."""
        return self.access.get(token, 0) > self.account.now()

    def expire(self) -> None:
        """Every access token has run out; refresh tokens go on."""
        self.access = dict.fromkeys(self.access, 0.0)

    def revoke(self) -> None:
        """The user took the consent back: nothing is good any more."""
        self.access, self.refresh = {}, {}

    def consent(self, query: Mapping[str, str]) -> str:
        """The consent screen, answered at once: where the browser is sent then."""
        redirect = query.get("redirect_uri", "")
        if query.get("client_id") != self.client_id:
            raise NoToken("invalid_client", "The OAuth client was not found.", 401)
        if query.get("response_type") != "code" or urlsplit(redirect).hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise NoToken("invalid_request", "redirect_uri_mismatch")
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            raise NoToken("invalid_request", "Only S256 is taken here.")
        back = {"state": query["state"]} if "state" in query else {}
        if self.refuses:
            return f"{redirect}?{urlencode(back | {'error': self.refuses})}"
        code = f"4/0{self.account.new_id(40)}"
        offline = query.get("access_type") == "offline"
        expires = self.account.now() + 600
        challenge = query.get("code_challenge", "")
        self._codes[code] = _Code(redirect, challenge, query.get("scope", ""), offline, expires)
        return f"{redirect}?{urlencode(back | {'code': code, 'scope': query.get('scope', '')})}"

    def token(self, form: Mapping[str, str]) -> Json:
        """The token endpoint: a code or a refresh token for an access token."""
        if form.get("client_id") != self.client_id:
            raise NoToken("invalid_client", "The OAuth client was not found.", 401)
        if not hmac.compare_digest(form.get("client_secret", ""), self.client_secret):
            raise NoToken("invalid_client", "Unauthorized", 401)
        if form.get("grant_type") == "authorization_code":
            return self._exchange(form)
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""))
        raise NoToken("unsupported_grant_type", "Invalid grant_type")

    def _exchange(self, form: Mapping[str, str]) -> Json:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires < self.account.now():
            raise NoToken("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect:
            raise NoToken("redirect_uri_mismatch", "Bad Request")
        if code.challenge:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
                raise NoToken("invalid_grant", "Invalid code verifier.")
        elif "code_verifier" in form:
            raise NoToken("invalid_grant", "code_verifier or verifier is not needed.")
        return self._granted(code.scope) | (self._long_lived(code.scope) if code.offline else {})

    def _refreshed(self, token: str) -> Json:
        expires, scope = self.refresh.get(token, (0.0, ""))
        if expires <= self.account.now():
            raise NoToken("invalid_grant", "Token has been expired or revoked.")
        found = self._granted(scope)
        if self.rotates:
            del self.refresh[token]
            found |= self._long_lived(scope)
        return found

    def _granted(self, scope: str) -> Json:
        token = f"ya29.{self.account.new_id(40)}"
        self.access[token] = self.account.now() + LASTING
        return {"access_token": token, "expires_in": LASTING, "scope": scope, "token_type": "Bearer"}

    def _long_lived(self, scope: str) -> Json:
        token = f"1//0{self.account.new_id(40)}"
        lasting = TESTING if self.testing else float("inf")
        self.refresh[token] = (self.account.now() + lasting, scope)
        while len(self.refresh) > OLDEST:
            del self.refresh[next(iter(self.refresh))]
        return {"refresh_token": token}

    def forget(self, token: str) -> None:
        """The revocation endpoint (RFC 7009)."""
        if token not in self.access and token not in self.refresh:
            raise NoToken("invalid_token", "Token expired or revoked")
        self.revoke()

"""The one place where adapters speak HTTP: connections, limits, redirects, who may see the credentials, error words.

HTTP/1.1 with keep-alive. The environment is not consulted (`trust_env` is off: a proxy variable or a `.netrc` must not
decide where a password goes), no cookie is kept (a session cookie makes Nextcloud ask for a CSRF token), redirects are
followed here and not by httpx, and every failure leaves as an error of `storage.errors` whose message holds no secret:
no credentials, no query string, no header.
"""

import re
import ssl
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpcore
import httpx

from plugins.addresses import GuardedBackend, is_this_machine
from storage import clock
from storage.errors import ConfigError, NeedsLogin, RateLimited, Unreachable, UntrustedAnswer, UpstreamError

MAX_REDIRECTS = 5
DEFAULT_LIMIT = 64 * 1024 * 1024
"""How many bytes of one answer are read before it is given up (after decompression)."""
LONGEST_WAIT = 24 * 3600.0
"""No `Retry-After` is taken to ask for more seconds than this."""

_TIMEOUT = httpx.Timeout(60.0, connect=15.0, read=180.0, pool=300.0)
"""Seconds. Reading may take long: Radicale thinks for minutes over the first listing of a large calendar."""
_REDIRECTS = frozenset({301, 302, 307, 308})
_JOINED_DIGEST = re.compile(rb",\s*(?=Digest\s)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_ERRORS: tuple[tuple[type[Exception], type[UpstreamError], str], ...] = (
    (httpx.ConnectTimeout, Unreachable, "no connection within 15 seconds"),
    (httpx.TimeoutException, Unreachable, "no answer in time"),
    (httpx.ConnectError, Unreachable, "no connection"),
    (httpx.ProxyError, Unreachable, "no connection through the proxy"),
    (httpx.NetworkError, Unreachable, "the connection broke"),
    (httpx.RemoteProtocolError, Unreachable, "the connection ended before the answer was complete"),
    (httpx.DecodingError, UntrustedAnswer, "the answer's compression is damaged"),
    (httpx.TooManyRedirects, UntrustedAnswer, "it redirects in circles"),
    (httpx.HTTPStatusError, UntrustedAnswer, "an unexpected status"),
    (httpx.ProtocolError, UntrustedAnswer, "what it speaks is not proper HTTP"),
    (httpx.UnsupportedProtocol, UntrustedAnswer, "it names an address that is neither http nor https"),
    (httpx.InvalidURL, UntrustedAnswer, "it names an address that is not one"),
    (httpx.CookieConflict, UntrustedAnswer, "its cookies contradict each other"),
    (httpx.StreamError, Unreachable, "the answer could not be read to its end"),
    (httpx.HTTPError, Unreachable, "the request failed"),
)
"""Every exception of httpx, most special first: what it means here and in words."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port (RFC 6454): what credentials are bound to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """The origin of an absolute http or https URL; raises `ConfigError` for anything else."""
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            scheme, host, port = "", "", None
        if scheme not in _PORTS or not host or "@" in parts.netloc:
            raise ConfigError(
                "the address of the server is not a plain http or https URL",
                hint="Write it like https://calendar.example.org/, without user name and password in it.",
            )
        return cls(scheme, host, port or _PORTS[scheme])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class Trust:
    """Which origins may see the account's credentials: `home`, its https twin, and https hosts at or under `domains`.

    `domains` is for what a person or a named quirk vouched for: the domain typed in for discovery (RFC 6764 §8), and
    `icloud.com`, which spreads one account over sibling hosts.
    """

    home: Origin
    domains: tuple[str, ...] = ()

    def covers(self, origin: Origin) -> bool:
        """Whether `origin` may see the credentials."""
        twin = self.home.scheme == "http" and origin.host == self.home.host
        named = any(origin.host == domain or origin.host.endswith(f".{domain}") for domain in self.domains)
        return origin == self.home or (origin.scheme == "https" and (twin or named))


class Proof:
    """A way to prove who we are, opaque outside this module and silent about its secret."""

    __slots__ = ("_auth", "_header", "kind")

    def __init__(self, kind: str, *, header: str = "", auth: httpx.Auth | None = None) -> None:
        self.kind = kind
        self._header = header
        self._auth = auth

    def __repr__(self) -> str:
        return f"Proof({self.kind})"

    def apply(self, headers: dict[str, str]) -> httpx.Auth | None:
        """Add what goes into the headers; the result is what httpx has to do itself."""
        if self._header:
            headers["Authorization"] = self._header
        return self._auth


def basic(username: str, password: str) -> Proof:
    """HTTP Basic (RFC 7617), in UTF-8."""
    return Proof("basic", header="Basic " + b64encode(f"{username}:{password}".encode()).decode())


def digest(username: str, password: str) -> Proof:
    """HTTP Digest (RFC 7616); the challenge is remembered for the following requests."""
    return Proof("digest", auth=httpx.DigestAuth(username, password))


def bearer(token: str) -> Proof:
    """An OAuth 2 access token (RFC 6750)."""
    return Proof("bearer", header=f"Bearer {token}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `url` is where it came from after redirects, header names are lower-case."""

    status: int
    url: str
    headers: Mapping[str, str]
    redirected: bool = False
    body: bytes = field(default=b"", repr=False)

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower-case; empty if the answer names none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds that the upstream asks to wait, or None."""
        return parse_retry_after(self.headers.get("retry-after", ""))


def parse_retry_after(value: str) -> float | None:
    """Seconds from now that a `Retry-After` value (RFC 9110 §10.2.3, seconds or a date) asks for, or None."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        return min(max(moment.timestamp() - clock.timestamp(), 0.0), LONGEST_WAIT)
    except (ValueError, TypeError, OverflowError):
        return None


def plain(url: str) -> str:
    """`url` as it may be shown: without user information, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def translate(error: Exception, url: str) -> UpstreamError:
    """The error of our tree for an exception of httpx or httpcore."""
    for kind, ours, words in _ERRORS:
        if isinstance(error, (kind, getattr(httpcore, kind.__name__, ()))):
            hint = ""
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                words = "its TLS certificate cannot be verified"
                hint = "Install the authority of the certificate on this machine, or name its file as `ca_file`."
            return ours(f"{plain(url)}: {words}", hint=hint)
    return Unreachable(f"{plain(url)}: the request failed ({type(error).__name__})")


def refuse(answer: Answer, what: str) -> UpstreamError | None:
    """The error for the statuses that mean the same to every adapter (401, 407, 429, 5xx), or None.

    `what` says in a few words what was asked.
    """
    status, wait = answer.status, answer.retry_after
    if status in {401, 407}:
        return NeedsLogin(
            f"{what}: the server refuses the credentials ({status})",
            hint="Check user name and password; where two-factor login is on, make an app password.",
            status=status,
        )
    if status == 429:
        return RateLimited(f"{what}: the server asks to slow down (429)", status=status, retry_after=wait)
    if status >= 500:
        return Unreachable(f"{what}: the server failed ({status})", status=status, retry_after=wait)
    return None


class _Wire(httpx.BaseTransport):
    """httpx over connection pools, one for each scheme, whose sockets open through `GuardedBackend`.

    A pool is made when it is needed: to load the system's certificates takes as long as a whole round. A file of them
    that somebody named is read at once.
    """

    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file
        self._pools: dict[bytes, httpcore.ConnectionPool] = {}
        if ca_file:
            self._pool(b"https")

    def _pool(self, scheme: bytes) -> httpcore.ConnectionPool:
        if scheme not in self._pools:
            context = ssl.create_default_context(cafile=self._ca_file or None) if scheme == b"https" else None
            pool = httpcore.ConnectionPool(
                context, None, 8, max_keepalive_connections=8, keepalive_expiry=30.0, network_backend=GuardedBackend()
            )
            # Of two threads that come here at once the second one's is dropped, unused.
            self._pools.setdefault(scheme, pool)
        return self._pools[scheme]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool(url.raw_scheme).handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=_separated(answer.headers), stream=_Body(answer), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


def _separated(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """`headers` with a Digest challenge on its own line, where a proxy joined several: httpx finds it only there."""
    result: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        parts = _JOINED_DIGEST.split(value) if name.lower() == b"www-authenticate" else [value]
        result += [(name, part) for part in parts]
    return result


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class Transport:
    """One account's connections. Requests go only to origins that `trust` covers; anything else raises.

    May be used by several threads at once. `proof` is set by the adapter's auth module.
    """

    def __init__(self, trust: Trust, *, ca_file: str = "", agent: str = "CalHarbor") -> None:
        self.trust = trust
        self.proof: Proof | None = None
        try:
            wire = _Wire(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"the certificate file {ca_file} cannot be read", hint="It must be PEM.") from error
        # Between programs of one machine compression costs more than it saves (Radicale: a fifth of its time).
        encodings = "identity" if is_this_machine(trust.home.host) else "gzip, deflate"
        self._client = httpx.Client(
            transport=wire,
            trust_env=False,
            follow_redirects=False,
            timeout=_TIMEOUT,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": agent, "Accept-Encoding": encodings},
        )

    def close(self) -> None:
        """Close every connection; the transport cannot be used afterwards."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = DEFAULT_LIMIT,
        follow: bool = True,
    ) -> Answer:
        """Send a request and read the whole answer, up to `limit` bytes."""
        with self.stream(method, url, headers=headers, body=body, limit=limit, follow=follow) as (answer, chunks):
            return Answer(answer.status, answer.url, answer.headers, answer.redirected, b"".join(chunks))

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = DEFAULT_LIMIT,
        follow: bool = True,
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """Send a request; inside the block the answer's body can be read piece by piece.

        Redirects (at most 5) keep method and body and are followed only to origins that may see the credentials;
        another host is `UntrustedAnswer`, because whoever answers there was not chosen by the user. Without `follow` a
        redirect is an answer like any other.
        """
        place, hops = url, 0
        while True:
            response = self._send(method, place, headers or {}, body)
            try:
                target = response.headers.get("location", "") if follow else ""
                if response.status_code in _REDIRECTS and target:
                    hops += 1
                    place = self._redirect(place, target, hops)
                    continue
                answer = Answer(response.status_code, place, dict(response.headers), hops > 0)
                yield answer, _limited(response, place, limit)
                return
            finally:
                response.close()

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        if not self.trust.covers(_origin_named_by_server(url)):
            raise UntrustedAnswer(
                f"{plain(url)} is not the server {self.trust.home} that the credentials are for",
                hint="If that server is the right one, name it as the account's `url`.",
            )
        sent = dict(headers)
        auth = self.proof.apply(sent) if self.proof else None
        try:
            request = self._client.build_request(method, url, headers=sent, content=body)
            return self._client.send(request, auth=auth, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, *_CORE_ERRORS) as error:
            raise translate(error, url) from error

    def _redirect(self, url: str, target: str, hops: int) -> str:
        if hops > MAX_REDIRECTS:
            raise UntrustedAnswer(f"{plain(url)}: it redirects in circles", hint="Give the final address as `url`.")
        try:
            place = urljoin(url, target)
        except ValueError as error:
            raise UntrustedAnswer(f"{plain(url)}: it redirects to something that is no address") from error
        origin = _origin_named_by_server(place)
        if not self.trust.covers(origin):
            raise UntrustedAnswer(
                f"{plain(url)} redirects to another server, {origin}; the credentials are not for that one",
                hint="If that server is the right one, name it as the account's `url`.",
            )
        return place


_CORE_ERRORS = (
    *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError),
    *(httpcore.UnsupportedProtocol, httpcore.ConnectionNotAvailable),
)


def _origin_named_by_server(url: str) -> Origin:
    """The origin of a URL that came out of an answer; nonsense there is no mistake of the configuration."""
    try:
        return Origin.of(url)
    except ConfigError as error:
        raise UntrustedAnswer("the server names an address that is no plain http or https URL") from error


def _limited(response: httpx.Response, url: str, limit: int) -> Iterator[bytes]:
    read = 0
    try:
        for chunk in response.iter_bytes():
            read += len(chunk)
            if read > limit:
                raise UntrustedAnswer(f"{plain(url)}: the answer is longer than {limit // 1024 // 1024} MiB")
            yield chunk
    except (httpx.HTTPError, httpx.StreamError, *_CORE_ERRORS) as error:
        raise translate(error, url) from error

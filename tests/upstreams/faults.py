"""A reverse proxy between us and a real server, which lies, breaks and counts as a test tells it to."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import httpx

from tests.upstreams.scripted import READS, WRITES, Reply, Request, ScriptedServer
from tests.upstreams.serving import Server

LISTINGS = frozenset({"PROPFIND", "REPORT"})
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "content-length", "transfer-encoding", "content-encoding", "host"})


class Fault(Enum):
    """What can go wrong; the value says which methods it befalls unless told otherwise."""

    EMPTY_LISTING = ("a multistatus that shows the collection, but no members", LISTINGS)
    EMPTY_MULTISTATUS = ("a multistatus without any response", LISTINGS)
    HALF_LISTING = ("every second member is missing", LISTINGS)
    TRUNCATED_XML = ("the body ends in the middle, the length agrees", LISTINGS)
    HTML_MULTISTATUS = ("status 207 with a web page", LISTINGS)
    LOGIN_PAGE = ("status 200 with a login page", READS)
    NOT_FOUND = ("404", WRITES | READS)
    FORBIDDEN = ("403", WRITES | READS)
    UNAUTHORIZED = ("401", WRITES | READS)
    SERVER_ERROR = ("500", WRITES | READS)
    CUT_CONNECTION = ("the connection ends in the middle of the body", READS)
    LOST_ANSWER = ("the server does it, but the answer never arrives", WRITES)
    NO_ETAG = ("the answer to a write names no ETag", frozenset({"PUT"}))
    PAGING = ("sync-collection in pages, each with 507 and a token of its own", frozenset({"REPORT"}))
    DEAD_TOKEN = ("sync-collection refuses the token", frozenset({"REPORT"}))
    RATE_LIMITED = ("429 with Retry-After: 7", WRITES | READS)
    REDIRECT_AWAY = ("302 to another host", WRITES | READS)

    def __init__(self, words: str, methods: frozenset[str]) -> None:
        self.words = words
        self.methods = methods


@dataclass
class _Injected:
    fault: Fault
    methods: Collection[str]
    where: Callable[[Request], bool]
    times: int | None


class FaultyProxy(ScriptedServer):
    """Forwards to `target` (a URL of a server); `url` is where it listens. Keeps every request in `log`."""

    def __init__(self, target: str, *, page: int = 5, elsewhere: str = "http://evil.invalid/") -> None:
        parts = urlsplit(target)
        super().__init__(self.answer, path=parts.path or "/")
        self.target = f"{parts.scheme}://{parts.netloc}"
        self.page = page
        self.elsewhere = elsewhere
        self._injected: list[_Injected] = []
        self._pages: dict[str, tuple[list[ElementTree.Element], str]] = {}
        self._lock = threading.Lock()
        self._client = httpx.Client(trust_env=False, timeout=60)

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        self._client.close()

    def server(self, real: Server) -> Server:
        """`real` as it is reached through this proxy."""
        return replace(real, url=self.url, home=urljoin(self.url, urlsplit(real.home).path))

    def inject(
        self,
        fault: Fault,
        *,
        methods: Collection[str] | None = None,
        where: Callable[[Request], bool] = lambda _request: True,
        times: int | None = None,
    ) -> None:
        """Let `fault` befall requests with one of `methods` for which `where` holds, so many `times` (None: always)."""
        self._injected.append(_Injected(fault, methods or fault.methods, where, times))

    def clear(self) -> None:
        """No more faults."""
        self._injected.clear()

    def answer(self, request: Request) -> Reply:
        """What the client gets; `request` is already in the log."""
        fault = self._fault_for(request)
        early = self._before(fault, request)
        if early is not None:
            return early
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers["Accept-Encoding"] = "identity"
        got = self._client.request(request.method, self.target + request.path, headers=headers, content=request.body)
        kept = {name: value for name, value in got.headers.items() if name.lower() not in _HOP_BY_HOP}
        return self._after(fault, request, Reply(got.status_code, kept, got.content))

    def _fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            for injected in self._injected:
                if request.method in injected.methods and injected.times != 0 and injected.where(request):
                    injected.times = None if injected.times is None else injected.times - 1
                    return injected.fault
        return None

    def _before(self, fault: Fault | None, request: Request) -> Reply | None:
        """Answers for which the server is not asked."""
        plain = {
            Fault.NOT_FOUND: 404,
            Fault.FORBIDDEN: 403,
            Fault.UNAUTHORIZED: 401,
            Fault.SERVER_ERROR: 500,
            Fault.RATE_LIMITED: 429,
        }
        html = {"Content-Type": "text/html; charset=utf-8"}
        if fault in plain:
            extra = {Fault.RATE_LIMITED: {"Retry-After": "7"}, Fault.UNAUTHORIZED: {"WWW-Authenticate": "Basic"}}
            return Reply(plain[fault], {"Content-Type": "text/plain"} | extra.get(fault, {}), b"no")
        if fault is Fault.LOGIN_PAGE:
            return Reply(200, html, LOGIN_PAGE)
        if fault is Fault.HTML_MULTISTATUS:
            return Reply(207, html, LOGIN_PAGE)
        if fault is Fault.REDIRECT_AWAY:
            return Reply(302, {"Location": self.elsewhere}, b"")
        if fault is Fault.DEAD_TOKEN and b"sync-collection" in request.body:
            body = b'<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>'
            return Reply(403, {"Content-Type": "application/xml"}, body)
        if fault is Fault.PAGING and (token := _token(request.body)) in self._pages:
            return self._page(*self._pages.pop(token), request.path)
        return None

    def _after(self, fault: Fault | None, request: Request, reply: Reply) -> Reply:
        """Answers that the server gave and that change on the way."""
        if fault is Fault.LOST_ANSWER:
            reply.cut = 0
        elif fault is Fault.CUT_CONNECTION:
            reply.cut = len(reply.body) // 2
        elif fault is Fault.NO_ETAG:
            reply.headers = {name: value for name, value in reply.headers.items() if name.lower() != "etag"}
        elif fault is Fault.TRUNCATED_XML:
            reply.body = reply.body[: len(reply.body) // 2]
        elif reply.status == 207 and fault is Fault.PAGING and b"sync-collection" in request.body:
            root = ElementTree.fromstring(reply.body)
            token = root.find("{DAV:}sync-token")
            return self._page(
                root.findall("{DAV:}response"), (token.text or "") if token is not None else "", request.path
            )
        elif reply.status == 207 and fault in {Fault.EMPTY_LISTING, Fault.EMPTY_MULTISTATUS, Fault.HALF_LISTING}:
            reply.body = _thinned(reply.body, request.path, fault)
        return reply

    def _page(self, responses: list[ElementTree.Element], token: str, path: str) -> Reply:
        root = ElementTree.Element("{DAV:}multistatus")
        root.extend(responses[: self.page])
        if len(responses) > self.page:
            more = ElementTree.SubElement(root, "{DAV:}response")
            ElementTree.SubElement(more, "{DAV:}href").text = path
            ElementTree.SubElement(more, "{DAV:}status").text = "HTTP/1.1 507 Insufficient Storage"
            inner = f"urn:proxy:{len(self.log)}:{len(responses)}"
            self._pages[inner] = (responses[self.page :], token)
            token = inner
        ElementTree.SubElement(root, "{DAV:}sync-token").text = token
        return Reply(207, {"Content-Type": "application/xml; charset=utf-8"}, ElementTree.tostring(root))


def _token(body: bytes) -> str:
    try:
        found = ElementTree.fromstring(body).find("{DAV:}sync-token")
    except ElementTree.ParseError:
        return ""
    return (found.text or "") if found is not None else ""


def _thinned(body: bytes, path: str, fault: Fault) -> bytes:
    root = ElementTree.fromstring(body)
    members = [
        response
        for response in root.findall("{DAV:}response")
        if fault is Fault.EMPTY_MULTISTATUS or (response.findtext("{DAV:}href") or "").rstrip("/") != path.rstrip("/")
    ]
    for response in members if fault is not Fault.HALF_LISTING else members[::2]:
        root.remove(response)
    return ElementTree.tostring(root)

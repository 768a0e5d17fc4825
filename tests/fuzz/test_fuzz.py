"""A short run of `make fuzz`, always with the same seed; what it finds is an answer 500, a hang, a leak or a lie."""

from tests.fuzz.__main__ import fuzz
from tests.fuzz.corpus import BOMBS, DATA, DOCUMENTS
from tests.fuzz.endpoint import Template
from tests.fuzz.hostile import Hostile

SECONDS = 30


def test_hostile_requests_break_nothing() -> None:
    assert fuzz(SECONDS, 20260310) > 0


def test_the_seeds_and_the_bombs_themselves() -> None:
    template = Template()
    endpoint = template.fresh()
    try:
        for body in (*DOCUMENTS, *BOMBS):
            headers = {"Depth": "1", "Content-Type": "application/xml"}
            for method in ("PROPFIND", "REPORT", "PROPPATCH", "POST"):
                endpoint.suffer(Hostile(method, "/dav/alice/work/", headers, body))
            endpoint.suffer(Hostile("REPORT", "/dav/alice/book/", headers, body))
        for number, body in enumerate(DATA):
            endpoint.suffer(
                Hostile("PUT", f"/dav/alice/work/{number}.ics", {}, body.replace(b"UID:a", b"UID:%d" % number))
            )
            endpoint.suffer(Hostile("PUT", "/dav/alice/book/a.vcf", {}, body))
        for document in DOCUMENTS:
            endpoint.suffer(Hostile("REPORT", "/dav/alice/work/", {"Depth": "1"}, document))
        endpoint.survived()
    finally:
        template.discard(endpoint)
        template.close()

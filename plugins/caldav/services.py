"""The services that DNS names for a domain: SRV records, and the path that TXT gives (RFC 6764)."""

from collections.abc import Sequence
from typing import Final

import dns.exception
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.SRV import SRV

from plugins.caldav.discovery import Service

_SECONDS: Final = 3.0


def ask(domain: str, names: Sequence[str]) -> list[Service]:
    """Ask DNS (RFC 6764 §3 and §4); what `lookup` of `plugins.caldav.discovery` does."""
    found: list[Service] = []
    for name in names:
        try:
            records = dns.resolver.resolve(f"{name}.{domain}", "SRV", lifetime=_SECONDS)
        except (dns.exception.DNSException, OSError):
            continue
        path = _path(f"{name}.{domain}")
        ordered = sorted((r for r in records if isinstance(r, SRV)), key=lambda r: (r.priority, -r.weight))
        for record in ordered:
            host = record.target.to_text(omit_final_dot=True)
            if host and host != ".":
                found.append(Service(host.lower(), record.port, path, name.startswith(("_caldavs", "_carddavs"))))
    return found


def _path(name: str) -> str:
    try:
        records = dns.resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.exception.DNSException, OSError):
        return ""
    for record in records:
        text = b"".join(record.strings).decode(errors="replace") if isinstance(record, TXT) else ""
        if text.startswith("path="):
            return text[5:]
    return ""

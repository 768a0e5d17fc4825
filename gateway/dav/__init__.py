"""The CalDAV endpoint: Radicale's application as the frame, every answer rendered from the mirror.

`dav_app` is the ASGI application below `/dav/`; `well_known` answers the discovery addresses of RFC 6764 that lead
there.
"""

from gateway.dav.asgi import dav_app, well_known

__all__ = ["dav_app", "well_known"]

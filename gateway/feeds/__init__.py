"""Calendars under secret links, `/ics/{secret}.ics`: for programs that subscribe to a calendar and only ever read."""

from gateway.feeds.asgi import PREFIX, feeds_app

__all__ = ["PREFIX", "feeds_app"]

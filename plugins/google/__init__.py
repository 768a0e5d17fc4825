"""Google: calendars over the Calendar API v3."""

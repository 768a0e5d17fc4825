"""The demo: an embedded upstream with sample calendars and contacts, mirrored and served."""

"""The demo: an embedded upstream with sample calendars, mirrored and served."""

"""The OneCal dialect of the JSON API: events of every account for one application (contract C)."""

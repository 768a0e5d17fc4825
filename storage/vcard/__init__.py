"""vCards (RFC 6350, RFC 2426, versit 2.1): read into records, compared, converted; over `storage.ical.lines`."""

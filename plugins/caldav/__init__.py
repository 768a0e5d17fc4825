"""CalDAV (RFC 4791), with WebDAV sync (RFC 6578) and service discovery (RFC 6764), written to carry CardDAV as well."""

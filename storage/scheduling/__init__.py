"""Scheduling (RFC 6638, RFC 5546) with the cable pulled: who is who, when they are busy, and who hears of a change."""

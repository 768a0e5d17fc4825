"""Recurrence: the occurrences of a stored entry, a pure function of its text."""

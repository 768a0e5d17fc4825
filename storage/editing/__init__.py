"""How entries are made and changed, told by doors that speak of members instead of content lines: pure functions."""

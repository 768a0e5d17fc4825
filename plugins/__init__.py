"""Adapters: everything that depends on somebody else's server, one folder per provider."""

"""An account without an upstream: the mirror is all there is."""

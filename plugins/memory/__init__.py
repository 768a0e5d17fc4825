"""An upstream that lives in memory: the provider contract in executable form, for tests and the simulator."""

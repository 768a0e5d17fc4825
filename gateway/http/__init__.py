"""The HTTP that every surface shares: who is asking, what an error is called, what is logged, whether all is well."""

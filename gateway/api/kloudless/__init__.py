"""The Kloudless Calendar dialect, below `/v1`: what applications written for that service send and expect."""

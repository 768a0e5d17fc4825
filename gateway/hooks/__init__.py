"""What this server sends to others by itself: push messages."""

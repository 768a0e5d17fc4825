"""What a token of the JSON API may see of the mirror and do to it, and the one desk through which it does."""

"""The Access dialect: calendars through a key that shows and allows as much as its owner wants (contract D)."""

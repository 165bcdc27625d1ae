"""What actions do that no door shows by itself: what time does."""

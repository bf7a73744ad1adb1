"""The gates of the demo's fronts."""

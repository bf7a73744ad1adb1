"""As in Apache's provider."""

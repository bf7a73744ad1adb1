"""The way of a request, as the operator's rules and a connection have it: pure functions over values."""

"""The demo: a service of its own, a connection in each dialect, every face at work. `show` puts it together."""

"""What people should know of a connection that works, one thing a file: it is weak, or it will stop working."""

"""Where connections are kept: in memory, in a file that people write, or in a database with sealed secrets."""

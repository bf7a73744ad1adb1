"""DAGs that run as they stand, with a connection `openai_default`."""

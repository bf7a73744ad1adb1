"""Sources of tokens that the recorded cases name as `case_tokens.<name>`."""

made = 0


def subject_token() -> str:
    """subject-1, then subject-2, ..."""
    global made
    made += 1
    return f"subject-{made}"


def empty_token() -> str:
    return ""


async def async_token() -> str:
    return "x"

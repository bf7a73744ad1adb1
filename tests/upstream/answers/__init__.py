"""What a service says: pure functions from a request's body to a deterministic answer, one endpoint a file.

The rules, so that a test can work out every number by hand:

* A token is a word, that is, a run of characters without white space (`tokens.py`).
* A chat answers `You said: ` and the last user message; embeddings are hashes of their input made vectors of length 1.
* `created` is always the same second, and an id is a hash of the request: the same request has the same answer.
"""

CREATED = 1_735_689_600  # 2025-01-01T00:00:00Z

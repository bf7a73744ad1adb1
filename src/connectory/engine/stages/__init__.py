"""The stages of an examination, one family a file: each says what it saw, which rule applied, and how to mend it."""

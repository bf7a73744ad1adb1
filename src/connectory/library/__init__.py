"""The Python face: connections by id become clients (`connecting`) and answers (`executing`).

Two files, because only one of them needs the SDK.
"""

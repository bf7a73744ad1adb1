"""OpenAI's HTTP as bytes and values: what is sent, what comes back, and what either of them says.

Everything here is pure: no network, no clock, and no import beyond the standard library and the vocabulary. Nothing
raises on a stranger's bytes, however broken; what cannot be read is passed on as it is, or named as an error.

    endpoints.py       Endpoint: the operations of the API, found from a URL, and what each asks of a body
    json_object.py     a JSON object as it was sent: its members in order, each with its own text
    rewriting.py       the body that goes out: `stream`, `stream_options`, the default model, idle tool choices
    chat.py            the smallest question, and the text of an answer or of a piece of one
    sse.py             a stream of bytes as server-sent events
    usage.py           the token counts that an answer or a stream reports
    token_exchange.py  a workload's token, or a certificate, exchanged for an access token; what came back
    cloud_metadata.py  the metadata services of Azure and Google Cloud
    retries.py         whether to try again, and after how many seconds
    error_bodies.py    the error that a service answered with, or that is hidden in its answer or stream
    error_details.py   the message, code and type in an error's JSON, in the shapes that services use
    web_pages.py       what a web page says in one line, where a proxy answers with one
    safe_text.py       a stranger's words made fit to show: one line, bounded, without keys
    headers.py         a header by name, whatever its case
    reason_phrases.py  the words that belong to a status
"""

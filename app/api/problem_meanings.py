"""What each problem means and what to do about it: the text behind its `type`."""

from typing import Final

MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "bad-request": (
        "The body is no JSON text in UTF-8, or is nested too deeply.",
        "Mend the body. The detail names the line and column where reading stopped.",
    ),
    "unauthorized": (
        "No API key or token came with the request, or one that nobody has, or whose time is over.",
        "Send `Authorization: Bearer <key>` with a key of your practice, or with a token asked for anew.",
    ),
    "forbidden": (
        "The key or token is good, but does not allow this call. Nothing was done.",
        "Use one with the scope that the detail names. A key's scopes do not change; whoever runs the service makes another.",
    ),
    "not-found": (
        "There is nothing at this address for your practice. What belongs to another practice looks the same.",
        "Check the address, and that the patient's reference is written as it was when its facts were sent.",
    ),
    "method-not-allowed": ("The address exists, but not with this method.", "Use a method that `Allow` names."),
    "not-acceptable": (
        "No form of the answer fits your `Accept` header. Nothing was done.",
        "Accept what the detail names, or `*/*`. Problems come as `application/problem+json` whatever you accept.",
    ),
    "conflict": (
        (
            "Well-formed, but it contradicts what is recorded: an id that stands with other content, a correction of what "
            "is not there or was corrected before, another time zone; or a month that is closed already, cannot be closed as "
            "it stands, or was decided on by somebody else. Nothing was stored."
        ),
        "To change a fact send a new one, with its own id, that `corrects` the earlier. Of a month, read its history. `errors` points at each.",
    ),
    "idempotency-key-in-use": (
        "Another request with this `Idempotency-Key` is being worked on; this one was not.",
        "Send it again after the seconds in `Retry-After`: you get the first one's answer.",
    ),
    "not-done": (
        "What is asked for is still being worked on.",
        "Follow the run, or ask again after the seconds in `Retry-After`.",
    ),
    "too-large": ("The body is larger than is taken.", "Send it in several requests; sending a fact twice is safe."),
    "unsupported-media-type": (
        "The body is announced as something else than JSON, as another encoding, or as compressed.",
        "Send `Content-Type: application/json`, in UTF-8, uncompressed.",
    ),
    "invalid": (
        (
            "JSON, but not what this call asks for: a field missing, unknown or out of its range; a parameter likewise. "
            "Nothing was stored."
        ),
        "`errors` lists everything that is wrong, each with a JSON Pointer into the body or the name of the parameter or header.",
    ),
    "idempotency-key-reused": (
        (
            "Within the last 7 days this credential sent the same `Idempotency-Key` with another method, path, query or "
            "body, and that was answered. Nothing was stored."
        ),
        "Use a new key for each new request, and the old one, with the very same bytes, only to send it again.",
    ),
    "too-many-requests": (
        "More requests came with your key in a minute than are taken, or too many unknown keys, tokens or assertions from your address.",
        "Go on after the seconds in `Retry-After`. `RateLimit` says in every answer what is left; send facts in lists.",
    ),
    "unavailable": (
        "The database cannot serve this now, or others held the same records for too long.",
        "Try again after the seconds in `Retry-After`. Repeating a write is safe: what was stored is a duplicate.",
    ),
    "internal": (
        "A fault of ours. Nothing was stored.",
        "Report the `X-Request-ID` of the answer to whoever runs the service.",
    ),
}

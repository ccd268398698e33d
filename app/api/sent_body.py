"""The bytes of a body, up to a limit."""

from starlette.requests import ClientDisconnect, Request

from app.errors import BadRequest, TooLarge


async def sent_body(request: Request, limit: int, too_large: str) -> bytes:
    """The body as it was sent. `TooLarge`, in the words given, for one of more bytes than the limit."""
    # Whoever waits to be told to go on is told to stop, and the connection ends: the body may come or not.
    waits = request.headers.get("expect", "").lower() == "100-continue"
    problem = TooLarge(too_large, headers={"Connection": "close"} if waits else None)
    announced = request.headers.get("content-length", "")
    # A body known to be too large is refused before any of it is read.
    if announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise problem
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise problem
    except ClientDisconnect:
        # Nobody reads this answer; it is not a fault of ours.
        raise BadRequest("The connection was cut before the whole body had come.") from None
    return bytes(body)

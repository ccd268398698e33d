"""The server's reader of requests: an end to how much it reads before a request has begun, and no other protocols."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024
_TOO_LARGE: Final = b"The head of the request is too large."
_ANSWER: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_TOO_LARGE), _TOO_LARGE)
)
_OF_AN_UPGRADE: Final = (b"upgrade", b"connection", b"http2-settings")


class RequestHeads(HttpToolsProtocol):
    """Refuses a request line and headers of more than 64 KiB; the parser itself would keep whatever comes.

    An offer to go on in another protocol, as Java's client makes with each first request, is not taken up. The parser
    stops at it and would lose the body, so it is given the request again without the offer.
    """

    _head: int | None = None
    _offered: bool = False

    def on_message_begin(self) -> None:
        self._head = 0
        self._offered = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = None
        self._offered = self.parser.should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)
        if not self._offered:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._offered:
            super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._without_offer(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        else:
            self._count(len(data))

    def _without_offer(self, rest: bytes) -> None:
        head = [self.parser.get_method() + b" " + self.url + b" HTTP/" + self.parser.get_http_version().encode()]
        head += [name + b": " + value for name, value in self.headers if name not in _OF_AN_UPGRADE]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*head, b"", rest]))

    def _count(self, received: int) -> None:
        if self._head is None or self.transport.is_closing():
            return
        self._head += received
        if self._head > LONGEST_HEAD:
            self.logger.warning("Too large a request head received.")
            self.transport.write(_ANSWER)
            self.transport.close()

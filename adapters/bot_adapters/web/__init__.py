"""The web: the page, the WebSocket of docs/protocol.md, the HTTP API.

How it is wired (``bot_app.compose`` names the concrete classes)::

    face = WebFace(frames, signer, speaks=True, speech=speech)  # a bot_core Face, platform "web"; without the two, mute
    dispatcher = Dispatcher(context, {"web": face, ...}, places, middleware, handlers)
    intake = Intake(journal, dispatcher, clock, worker, ["web", ...])
    server = WebServer(
        intake=intake,                # Accepts: accept(incoming) and stop(key); bot_core.intake.Intake has both
        face=face,
        ledger=ledger,                # answers for `history` and for repeated HTTP requests
        signer=signer,
        places=places,                # bot_core.dispatch.Places: which community Origin("web", options.place) is
        clock=clock,
        secret=secret,                # >= 16 bytes, the same after a restart: sessions are signed with it
        clean=clean,                  # (str) -> str, raises BadInput: what can't be a question
        examples=answerer.examples,   # async (community, Locale) -> list[str]
        options=WebOptions(host="127.0.0.1", port=8080),
        checks={"redis": ping, ...},  # async () -> None, raising a YinluError or OSError: /readyz
        boards=boards,                # Boards: the queue's board; None: the page shows none
        uploads=Uploads(library, data / "uploads"),  # documents that admins send; None: the API answers 501
        files=files,                  # Files: what /files/KEY serves and voice messages are kept in; None: nothing
        hears=transcriber,            # Transcriber: what is understood while a member still speaks; None: nothing is shown
        clean_picture=clean,          # (bytes) -> bytes, raises BadInput: what members attach, without metadata; None: nothing
        moderator=moderator,          # judges what members attach; None: nobody
        gallery=gallery,              # Gallery; None: the ledger's, where there are files and options.images
        commands=commands,            # the declared commands that `invoke` takes
        forms=Forms(handlers),        # what buttons ask before they act
        registry=registry,            # prometheus_client.CollectorRegistry shown at /metrics; own one when None
    )
    async with server, intake.open():   # the server outside: at shutdown the intake drains while clients listen
        server.urls                     # ["http://127.0.0.1:8080"]; server.port is the port where 0 was asked for

``server.app`` is the aiohttp application, for whoever serves it elsewhere; ``api_routes(server.api)`` gives the routes of
the HTTP API alone. ``options.unix`` adds a Unix socket. The page's files come from ``static/`` beside this file, or
from ``options.static``.
"""

from bot_adapters.web.api import Api, api_routes
from bot_adapters.web.boards import Boards, BoardShown
from bot_adapters.web.face import WebFace
from bot_adapters.web.options import WebOptions
from bot_adapters.web.server import WebServer
from bot_adapters.web.uploads import Uploads
from bot_adapters.web.voice_aloud import Speech

__all__ = [
    "Api",
    "BoardShown",
    "Boards",
    "Speech",
    "Uploads",
    "WebFace",
    "WebOptions",
    "WebServer",
    "api_routes",
]

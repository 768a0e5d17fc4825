"""The JSON surface as one FastAPI application: the dialects, their errors, and the description of it all."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from gateway.api.access import described as access_described
from gateway.api.access import errors as access_errors
from gateway.api.access import routes as access
from gateway.api.docs import add_docs
from gateway.api.kloudless import described as kloudless_described
from gateway.api.kloudless import errors as kloudless_errors
from gateway.api.kloudless import routes as kloudless
from gateway.api.kloudless.events_render import Faces
from gateway.api.news import News
from gateway.api.onecal import described as onecal_described
from gateway.api.onecal import errors as onecal_errors
from gateway.api.onecal import routes as onecal
from gateway.api.openapi import describe
from gateway.api.refusal import ApiRefusal
from gateway.http.health import health
from gateway.http.limits import Limits
from gateway.http.log import App, Receive, Scope, Send
from storage.errors import CalHarborError
from storage.scheduling.asking import Asking
from storage.store import Store

FACES = 2000
"""Of so many components a process remembers how they look: about 2 kB each."""

OfError = Callable[[CalHarborError], ApiRefusal]
OfStatus = Callable[[int, str], ApiRefusal]

SHAPES: Mapping[str, tuple[OfError, OfStatus]] = {
    kloudless.PREFIX: (kloudless_errors.of_error, kloudless_errors.of_status),
    onecal.PREFIX: (onecal_errors.of_error, onecal_errors.of_status),
    **dict.fromkeys(access.PREFIXES, (access_errors.of_error, access_errors.of_status)),
}
"""How each dialect, by the beginning of its paths, says what went wrong."""


def json_app(
    store: Store,
    *,
    base: str = "",
    limits: Limits,
    access_limits: Limits,
    upstreams: Asking | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> App:
    """The JSON surface. `base`: the address clients use, behind a proxy; else what each request names.

    `limits`: how many requests each token may make; `access_limits`: how many each key of the Access dialect may.
    `upstreams`: asks accounts' upstreams while a client waits.
    `ending`: whether the process is about to end, so that answers without an end of their own have to.
    """
    app = Described(
        title="CalHarbor",
        description="Calendars and contacts of every account, from the local mirror.",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.store, app.state.base = store, base
    app.state.limits, app.state.upstreams, app.state.news = limits, upstreams, News(store, ending)
    app.state.access_limits = access_limits
    app.state.faces = Faces(FACES)

    @app.get("/healthz", summary="Whether the mirror answers and is kept fresh", tags=["Server"])
    def healthz() -> JSONResponse:
        status, body = health(store)
        return JSONResponse(body, status, {"Cache-Control": "no-store"})

    app.include_router(kloudless.router)
    app.include_router(onecal.router)
    app.include_router(access.router)
    add_docs(app)
    app.add_exception_handler(ApiRefusal, _refused)
    app.add_exception_handler(CalHarborError, _failed)
    app.add_exception_handler(HTTPException, _by_the_frame)
    app.add_exception_handler(Exception, _by_surprise)
    return SlashesEndNothing(app)


class Described(FastAPI):
    """An application whose description says of each route what its dialect says."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        made = self.openapi_schema is not None
        document = super().openapi()
        dialects = [kloudless_described.DIALECT, onecal_described.DIALECT, *access_described.DIALECTS]
        return document if made else describe(document, dialects)


class SlashesEndNothing:
    """A trailing slash means the same as none, without a redirect (contract D02)."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        path = scope.get("path", "")
        if path.endswith("/") and path != "/":
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)


def _shape(request: Request) -> tuple[OfError, OfStatus] | None:
    path = request.url.path
    return next((shape for prefix, shape in SHAPES.items() if path == prefix or path.startswith(f"{prefix}/")), None)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiRefusal)
    return error.response()


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, CalHarborError)
    of_error, _ = _shape(request) or (kloudless_errors.of_error, None)
    return of_error(error).response()


def _by_surprise(request: Request, _error: Exception) -> Response:
    """A fault of ours: logged with its trace by whoever runs the application, told without any."""
    shape = _shape(request)
    words = "something went wrong in this server; its log says what"
    return JSONResponse({"detail": words}, 500) if shape is None else shape[1](500, words).response()


def _by_the_frame(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    shape = _shape(request)
    if shape is None:
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    response = shape[1](error.status_code, str(error.detail)).response()
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (methods := _methods(request)):
        response.headers["Allow"] = ", ".join(methods)
    return response


def _methods(request: Request) -> list[str]:
    """The methods that the description has for a path; the frame names those of the first route that fits alone.

    Where a fixed word stands in the place of a parameter, as in `/events/by-contact`, those of the word's own path.
    """
    described = request.app.openapi()["paths"]
    fitting = [path for path in described if compile_path(path)[0].match(request.url.path.rstrip("/"))]
    nearest = min(fitting, key=lambda path: path.count("{"), default="")
    return sorted(method.upper() for method in described.get(nearest, ()))

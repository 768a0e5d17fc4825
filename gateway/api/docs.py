"""`/docs`: the description of the JSON surface as a page to read and to try, which needs nothing from elsewhere."""

from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

PAGE = "/docs"
_PARTS = f"{PAGE}/parts"


def add_docs(app: FastAPI) -> None:
    """Add the page and what it loads."""
    app.mount(_PARTS, StaticFiles(directory=str(files("fastapi_offline") / "static")), name="docs")

    @app.get(PAGE, include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=app.openapi_url or "",
            title=app.title,
            swagger_js_url=f"{_PARTS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_PARTS}/swagger-ui.css",
            swagger_favicon_url=f"{_PARTS}/favicon.png",
        )

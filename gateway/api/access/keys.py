"""What a key may do with itself: ask whose it is, and end (D104). Making and changing is the command line's alone."""

from fastapi import APIRouter, Response

from gateway.api.access.asking import Asked
from gateway.api.answers import answer

router = APIRouter(prefix="/api/auth/token", tags=["Access keys"])

_DIGITS = 13
"""Hexadecimal digits of a token's id that make its number: as much as every reader of JSON keeps of a whole number."""


@router.get("/status")
def key_status(asked: Asked) -> Response:
    """Whose key this is, and what it is called."""
    account = asked.owner()
    shown = {
        "email": account.email if account else "",
        "operatorName": account.user if account else "",
        "keyId": int(asked.token.id[-_DIGITS:], 16),
        "keyTitle": asked.token.label,
        "createdAt": asked.token.created,
    }
    return answer(shown)


@router.post("/logout")
def key_logout(asked: Asked) -> Response:
    """End this key: it is refused from now on. One that the configuration declares is back at the next start."""
    asked.store.revoke_token(asked.token.id)
    return answer({"success": True, "message": "This key is refused from now on."})

"""Rooms and other things that can be invited, in the Kloudless dialect (contract A.4 row 17, A.13b)."""

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.kloudless.asking import One
from gateway.api.kloudless.envelope import Paged, listing
from gateway.api.kloudless.errors import ApiError, unsupported
from gateway.api.service import Service

router = APIRouter(prefix="/accounts/{account}/cal", tags=["Resources"])


@router.get("/resources")
def list_resources(asking: One, paged: Paged) -> Response:
    """The resources of the account's organization: none, as long as no upstream tells of any.

    Where the service shows them to administrators alone, nobody may: no account here is one.
    """
    if asking.service in (Service.CALDAV, Service.ICLOUD):
        raise unsupported("list of resources", asking.service)
    if asking.service is Service.GOOGLE:
        raise ApiError(403, "permission_denied", "only an administrator's account may list resources")
    paged.position("resources", str)
    return answer(listing([], paged, following=None, total=0))

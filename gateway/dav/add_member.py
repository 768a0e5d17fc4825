"""POST to the address that `DAV:add-member` names (RFC 5995): a new entry whose name the server chooses."""

from dataclasses import replace

from gateway.dav.places import Context, Member
from gateway.dav.put import put
from gateway.dav.request import Answer, Request
from storage import ids
from storage.model import CollectionKind

_CREATED = 201


def add_member(context: Context, request: Request, place: Member) -> Answer:
    """Answer a POST that adds a member: 201 with its Location, or what a PUT of it would be refused with."""
    suffix = ".vcf" if place.collection.kind is CollectionKind.CONTACTS else ".ics"
    segments = (*request.segments[:-1], f"{ids.new_id()}{suffix}")
    headers = {**request.headers, "if-none-match": "*"}
    answer = put(context, replace(request, segments=segments, headers=headers))
    if answer.status != _CREATED:
        return answer
    return replace(answer, headers={**answer.headers, "Location": context.href(*segments)})

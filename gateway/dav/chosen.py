"""The `DAV:prop` of a report: which properties of each entry it gives, and whether their texts have to be read."""

from datetime import tzinfo
from xml.etree.ElementTree import Element

from gateway.dav import address_data, calendar_data, entry_properties, render, zone_blocks
from gateway.dav.address_data import ADDRESS_DATA
from gateway.dav.entry_properties import CALENDAR_DATA, CREATION_DATE, Item
from gateway.dav.names import dav
from gateway.dav.places import Context
from gateway.dav.properties import ALLPROP
from gateway.dav.render import Renderer, Wanted
from gateway.dav.request import Request
from storage.model import Collection, CollectionKind, Entry


class Chosen:
    """What a report asks of each entry: by name, `allprop`, or `propname`; nothing asked for gives bare responses."""

    def __init__(
        self,
        context: Context,
        request: Request,
        collection: Collection,
        root: Element,
        zone: tzinfo,
        *,
        many: bool = False,
    ) -> None:
        """Raises `Refusal` for calendar-data or address-data that cannot be given.

        `many`: it is for many entries of the collection, so that their instances are better read together.
        """
        prop = root.find(dav("prop"))
        self.budget = render.Budget()
        self._listed: dict[str, Renderer[Item]] = entry_properties.of_listed(context, collection)
        self._entry: dict[str, Renderer[Entry]] = {**self._listed, **entry_properties.OF_ENTRY}
        cards = collection.kind is CollectionKind.CONTACTS
        name = ADDRESS_DATA if cards else CALENDAR_DATA
        data = None if prop is None else prop.find(name)
        if data is not None and cards:
            self._entry[name] = address_data.renderer(address_data.read_wanted(data))
        elif data is not None:
            wanted, known = calendar_data.read_wanted(data, zones=zone_blocks.wanted(request)), None
            if many and wanted.expand is not None:
                known = context.store.instances(collection.id, wanted.expand.start, wanted.expand.end, zone=zone)
            self._entry[name] = calendar_data.renderer(wanted, zone, self.budget, known)
        self.wanted = self._wanted(root, prop, minimal=request.minimal)
        self.needs_text = data is not None
        self.needs_entries = self.needs_text or CREATION_DATE in self.wanted.names

    @property
    def of_listed(self) -> dict[str, Renderer[Item]]:
        """The renderers that a listing is enough for."""
        return self._listed

    @property
    def of_entry(self) -> dict[str, Renderer[Entry]]:
        """The renderers for entries that have been read."""
        return self._entry

    def _wanted(self, root: Element, prop: Element | None, *, minimal: bool) -> Wanted:
        if prop is not None:
            return Wanted(tuple(dict.fromkeys(child.tag for child in prop)), minimal=minimal)
        if root.find(dav("allprop")) is not None:
            return Wanted(tuple(name for name in self._entry if name in ALLPROP))
        if root.find(dav("propname")) is not None:
            return Wanted(tuple(self._entry), names_only=True)
        return Wanted(())

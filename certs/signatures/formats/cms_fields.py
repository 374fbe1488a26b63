"""The members of a SEQUENCE in their order, each taken by its tag: what is missing, doubled or left over is refused."""

from certs.trust import der


class Fields:
    """A cursor over the members of one constructed value."""

    __slots__ = ("_members", "_next", "data")

    def __init__(self, data: bytes, parent: der.Element, tag: int = der.SEQUENCE) -> None:
        if parent.tag != tag:
            raise der.DerError
        self.data = data
        self._members = der.children(data, parent)
        self._next = 0

    def take(self, tag: int) -> der.Element:
        """The next member, which must have ``tag``."""
        found = self.maybe(tag)
        if found is None:
            raise der.DerError
        return found

    def maybe(self, tag: int) -> der.Element | None:
        """The next member if it has ``tag``."""
        if self._next == len(self._members) or self._members[self._next].tag != tag:
            return None
        self._next += 1
        return self._members[self._next - 1]

    def content(self, tag: int) -> bytes:
        """The content of the next member, which must have ``tag``."""
        found = self.take(tag)
        return self.data[found.content : found.end]

    def whole(self, tag: int) -> bytes:
        """The next member with its head, which must have ``tag``."""
        found = self.take(tag)
        return self.data[found.start : found.end]

    def oid(self) -> str:
        """The next member, an object identifier."""
        return der.dotted(self.content(der.OBJECT_IDENTIFIER))

    def integer(self) -> int:
        """The next member, an integer."""
        return der.integer(self.data, self.take(der.INTEGER))

    def finish(self) -> None:
        """Refuse members that nobody asked for."""
        if self._next != len(self._members):
            raise der.DerError


def only(data: bytes, parent: der.Element, tag: int | None = None) -> der.Element:
    """The one member of a constructed value."""
    members = der.children(data, parent, 1)
    if not members or (tag is not None and members[0].tag != tag):
        raise der.DerError
    return members[0]


def part(data: bytes, element: der.Element) -> bytes:
    """The bytes of a value, with its head."""
    return data[element.start : element.end]


def algorithm_of(data: bytes, element: der.Element) -> tuple[str, bytes]:
    """The identifier and the parameters of an AlgorithmIdentifier; NULL and absent are one thing here."""
    fields = Fields(data, element)
    oid = fields.oid()
    parameters = data[element.content :][: element.end - element.content]
    parameters = parameters[der.element(parameters, 0, len(parameters)).end :]
    return oid, b"" if parameters == b"\x05\x00" else parameters

"""What every parsed document has in common, so that stores and pages can treat them alike."""

from typing import Protocol

from mapping.vocabulary import DocumentKind


class Document(Protocol):
    """A valid document number: its kind, the one spelling it is known by, and the form that may be shown."""

    @property
    def kind(self) -> DocumentKind:
        """The family the number belongs to."""

    @property
    def canonical(self) -> str:
        """The only spelling that is stored and compared."""

    @property
    def masked(self) -> str:
        """The form for pages, logs and command lines."""

"""All places for private halves as one: old keys stay where they are while new ones are made somewhere else."""

from collections.abc import Mapping

from certs.keys.backends import KeyBackend, NewKey
from certs.keys.backends.material import DIALECT
from certs.keys.backends.sealed_file import NAME as _FILES
from certs.keys.backends.sealed_file import SealedFileBackend
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import Signer


class Backends:
    """Finds the place by the handle; makes new keys in one place, and those of the dialects in sealed files.

    Nothing is ever made in another place because the right one does not answer, or is not there: a folder that an
    earlier version made has no key for sealed files until ``gate init`` adds it, and works on without new keys.
    """

    __slots__ = ("_new", "_places")

    def __init__(self, *backends: KeyBackend, new: str = _FILES) -> None:
        self._places = {backend.name: backend for backend in backends}
        if len(self._places) != len(backends):
            raise KeyMaterialError("two backends of one name")
        self._new = new

    @property
    def name(self) -> str:
        """The place where new keys are made."""
        return self._new

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a key where it belongs."""
        place = _FILES if algorithm in DIALECT and _FILES in self._places else self._new
        if place not in self._places:
            raise KeyUnavailableError("the place for new keys is not there: `gate init` makes what is missing")
        return self._places[place].generate(key_set, algorithm)

    def store(self, key_set: str, algorithm: str, material: bytes) -> NewKey:
        """Keep what was made elsewhere, such as a partner's secret, in a sealed file."""
        place = self._places.get(_FILES)
        if not isinstance(place, SealedFileBackend):
            raise KeyUnavailableError("there is no place for keys that were made elsewhere")
        return place.store(key_set, algorithm, material)

    def signer(self, handle: str) -> Signer:
        """What signs with a key."""
        return self._place(handle).signer(handle)

    def secret(self, handle: str) -> bytes:
        """The private half itself, where its place hands it out."""
        return self._place(handle).secret(handle)

    def destroy(self, handle: str) -> None:
        """Destroy a private half."""
        self._place(handle).destroy(handle)

    def answers(self) -> bool:
        """Whether every place can be reached."""
        return all(self.places().values())

    def places(self) -> Mapping[str, bool]:
        """Each place, and whether it can be reached now."""
        return {self._new: False} | {name: backend.answers() for name, backend in self._places.items()}

    def _place(self, handle: str) -> KeyBackend:
        place = self._places.get(handle.partition(":")[0])
        if place is None:
            raise KeyUnavailableError("the place of this key is not configured")
        return place

"""One module for each format: bytes in, `SignedObject` values out, or a `Refused` that names what was wrong."""

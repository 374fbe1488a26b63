"""OpenID Federation 1.0: relying parties that no operator has typed in, vouched for by the authorities of their region.

``statement`` reads entity statements, ``chain`` climbs from a relying party to a pinned trust anchor, ``policy``
applies what the authorities demand of its metadata, ``trust_mark`` checks their marks, ``automatic`` makes a client of
the result, and ``entity`` says who we are ourselves.
"""

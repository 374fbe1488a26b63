"""Document numbers of Hong Kong and Macao residents -> the 18-character number of mainland forms.

From the ground up: `errors` and `vocabulary` (closed lists), `normalise` (plain characters), `dates`, `names` (may
two spellings be one person), `regions` and `identifier` (18 characters), `documents` (permits, home cards,
companies), `conceal` (masks and blind indexes), `surrogate` (stand-in numbers), `evidence`, `resolve` (the decision)
and `claims` (what is released); `ports` says what has to be asked elsewhere.

A sign-in runs: parse what came in, read the records, `decide`, let the caller write, release a `Resolution`.

Everything is a pure function over frozen values on the standard library alone: no clock (pass `as_of`), no chance
(pass a chooser), no storage, no network. This package knows none of the others.
"""

from mapping.claims import Resolution, document_claim, scheme
from mapping.conceal import blind_index, mask
from mapping.errors import CODES, ErrorCode, MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read
from mapping.identifier import MainlandIdentifier
from mapping.normalise import normalise
from mapping.ports import LinkAnswer, LinkOutcome, LinkQuestion, LinkRegister
from mapping.resolve import decide
from mapping.surrogate import Block, block_for, candidates, reserved_block_problems
from mapping.vocabulary import DocumentKind, HolderClass, IdentifierKind, Realm, Sex, Territory

__all__ = [
    "CODES",
    "Allocate",
    "Bind",
    "Binding",
    "Block",
    "Decision",
    "DocumentKind",
    "ErrorCode",
    "Evidence",
    "HolderClass",
    "IdentifierKind",
    "Keep",
    "Known",
    "LinkAnswer",
    "LinkOutcome",
    "LinkQuestion",
    "LinkRegister",
    "MainlandIdentifier",
    "MappingError",
    "Policy",
    "Read",
    "Realm",
    "Resolution",
    "Sex",
    "Territory",
    "blind_index",
    "block_for",
    "candidates",
    "decide",
    "document_claim",
    "mask",
    "normalise",
    "reserved_block_problems",
    "scheme",
]

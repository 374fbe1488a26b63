"""Document numbers of Hong Kong and Macao residents -> the 18-character number of mainland forms.

From the ground up: `errors` and `vocabulary` (closed lists), `normalise` (plain characters), `dates`, `names` and
`name_judgement` (how well two spellings go together), `regions` and `identifier` (18 characters), `documents`
(permits, home cards, companies) and `document_codes` (what they are called elsewhere), `conceal` (masks and blind
indexes), `surrogate` (stand-in numbers), `lifecycle` (how a record stands), `evidence`, `agreement`, `succession` and
`resolve` (the decision), and `claims` (what is released); `ports` says what has to be asked elsewhere.

A sign-in runs: parse what came in, read the records, `decide`, let the caller write, release a `Resolution`.

Everything is a pure function over frozen values on the standard library alone: no clock (pass `as_of`), no chance
(pass a chooser), no storage, no network. This package knows none of the others.
"""

from mapping.claims import Resolution, document_claim, scheme
from mapping.conceal import blind_index, mask
from mapping.document_codes import DocumentType, code_map, type_of
from mapping.errors import CODES, ErrorCode, MappingError
from mapping.evidence import Allocate, Bind, Binding, Decision, Evidence, Keep, Known, Policy, Read, Renew
from mapping.identifier import MainlandIdentifier
from mapping.lifecycle import Change, Standing, standing_after
from mapping.name_judgement import NameGrade, NameJudgement, NameParts, judge_names
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
    "Change",
    "Decision",
    "DocumentKind",
    "DocumentType",
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
    "NameGrade",
    "NameJudgement",
    "NameParts",
    "Policy",
    "Read",
    "Realm",
    "Renew",
    "Resolution",
    "Sex",
    "Standing",
    "Territory",
    "blind_index",
    "block_for",
    "candidates",
    "code_map",
    "decide",
    "document_claim",
    "judge_names",
    "mask",
    "normalise",
    "reserved_block_problems",
    "scheme",
    "standing_after",
    "type_of",
]

"""The v2 wrapper as bytes, and the ways in which a hostile or careless sender can write it."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from mock_idps.guangdong.envelope import canonical
from mock_idps.guangdong.province import Call, Province

_STRANGER: Final = {"cn": "冒名者", "useridcode": "0" * 32, "creditable_level_of_account": "L3"}


def dress(wrapper: Mapping[str, Any], province: Province, call: Call) -> bytes:
    """Write the wrapper; scenarios add what the signature does not cover."""
    text = canonical(wrapper)
    forged = _forged(wrapper["biz_content"])
    if province.take("unsigned_member", call) is not None:
        text = canonical({**wrapper, "userobj": forged["userobj"]})
    if province.take("org_unsigned", call) is not None:
        text = canonical({**wrapper, "pareobj": {"usertype": "2", "cn": "冒名组织", "idcardtype": "49"}})
    if province.take("duplicate_member", call) is not None:
        text = text[:-1] + ',"biz_content":' + canonical(forged) + "}"
    if province.take("gbk_body", call) is not None:
        return text.encode("gbk", "replace")
    return text.encode()


def _forged(content: Mapping[str, Any]) -> dict[str, Any]:
    forged = copy.deepcopy(dict(content))
    forged["userobj"] |= _STRANGER
    return forged

"""The part of the control plane that rotates credentials: publish the next, switch, withdraw, roll back.

A rotation is turned for one client, or for the platform's own keys; testers who use clients of their own never meet.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_idps.control_fields import Fields, text, typed
from mock_idps.credentials import Credentials, Entry, Rack

Act = Callable[[Rack[Any], Fields], Entry[Any]]

PAGE: Final = """
{% macro rack(one) %}<input type="hidden" name="client" value="{{ one.client }}">
<input type="hidden" name="kind" value="{{ one.kind }}">{% endmacro %}
{% if racks %}<h2>Credentials</h2>{% endif %}
{% for one in racks %}{% set id = one.client ~ "-" ~ one.kind %}
<h3>{{ one.kind }} of {{ one.client }}</h3>
<table id="credentials-{{ id }}"><tbody>{% for row in one.rows %}
<tr><td>{{ row.name }}</td><td>{{ row.state }}</td><td><code>{{ row.digest }}</code></td>
<td>{% if row.state != "current" %}<form method="post" action="/__mock__/credentials/withdraw">{{ rack(one) }}
<input type="hidden" name="name" value="{{ row.name }}">
<button id="withdraw-{{ id }}-{{ row.name }}">Withdraw</button></form>{% endif %}</td></tr>
{% endfor %}</tbody></table>
<form method="post" action="/__mock__/credentials/publish">{{ rack(one) }}
{% if not one.is_made_here %}<label for="value-{{ id }}">Next value</label>
<textarea id="value-{{ id }}" name="value" rows="2" required></textarea>{% endif %}
<button id="publish-{{ id }}">Publish the next</button></form>
<form method="post" action="/__mock__/credentials/switch">{{ rack(one) }}
<button id="switch-{{ id }}">Switch</button></form>
<form method="post" action="/__mock__/credentials/roll-back">{{ rack(one) }}
<button id="roll-back-{{ id }}">Roll back</button></form>
{% endfor %}
"""

ACTS: Final[Mapping[str, Act]] = {
    "publish": lambda rack, fields: rack.publish(typed(fields, "value", str)),
    "switch": lambda rack, _: rack.switch(),
    "roll-back": lambda rack, _: rack.roll_back(),
    "withdraw": lambda rack, fields: rack.withdraw(typed(fields, "name", str)),
}
"""Last part of the path -> what it does; what is out of order is a ValueError and changes nothing."""


def act(credentials: Credentials, verb: str, fields: Fields) -> Mapping[str, Any]:
    """Do one step of a rotation; gives the name of the credential that it was about, and the rack after it."""
    client, kind = text(fields, "client"), text(fields, "kind")
    rack = credentials.rack(client, kind)
    entry = ACTS[verb](rack, fields)
    return {"name": entry.name, "credentials": rack.rows()}


def racks(credentials: Credentials) -> list[dict[str, Any]]:
    """Every rack as the page and scripts read it; no value is ever shown."""
    return [
        {"client": client, "kind": kind, "is_made_here": rack.is_made_here, "rows": rack.rows()}
        for (client, kind), rack in credentials.racks().items()
    ]

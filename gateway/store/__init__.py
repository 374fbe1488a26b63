"""What must be remembered: the only SQL and the only Redis of the house.

``open`` turns addresses into ``Stores``, one object for each port of ``oidc``, ``broker`` and ``admin``. Behind it:
``sql`` (tables, the two engines, one module for each group of ports), ``redis`` (an accelerator that may vanish),
``records`` and ``protocol_records`` (our values as JSON), ``vault`` (personal values rest sealed and are found by keyed
index), ``tries`` (how often is too often). ``migrate`` brings a database to this program's schema, by command only.

Rows never leave this package, records do. It knows neither HTTP nor pages nor settings' files.
"""

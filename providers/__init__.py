"""The upstream identity providers: each is a client dialect of one account system of the three places.

What lives here: ``base`` (the port and its neutral record), ``errors``, ``attributes`` and ``calls`` are shared by all;
every place is a wing of three rooms: ``wire`` (bytes to fields), ``login`` (the calls of a sign-in, in order) and
``identity`` (pure: fields to ``UpstreamIdentity``). A sign-in runs ``login.start`` -> the person's browser ->
``login.finish`` -> ``wire`` -> ``identity``. Nobody here knows the gateway, OAuth errors, pages or databases,
and no wing knows another.
"""

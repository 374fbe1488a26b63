"""The identity gateway: an OpenID Connect broker, and the provider that it presents to relying parties.

Floors, from the top: ``cli``; ``app`` (composition root); ``web`` and ``store`` (the edges: HTTP and databases, which
do not know each other); ``broker`` and ``admin`` (what the gateway does, for people and for operators); ``oidc`` (the
protocol, pure); ``audit`` and ``config`` (ground). Every import runs down.
"""

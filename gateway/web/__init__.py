"""The HTTP edge: the only FastAPI and the only HTML; it turns outcomes into responses and decides nothing.

``edge`` guards every request (sizes, doubles, headers); ``front_channel`` serves people's browsers, ``back_channel``
relying parties' servers; ``errors`` is the only place where an error becomes HTTP; ``pages`` renders typed contexts in
five languages; ``browser`` binds a sign-in to one browser. Nobody here knows the store.
"""

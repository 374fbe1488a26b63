"""Samples of the pages about signatures, trust lists and signing: one of everything that differs to the eye."""

from dataclasses import replace

from gateway.web.pages import Page, ProviderOption
from gateway.web.signature_pages import Answer, CheckLine, CheckPage, ListUsed, Outcome, ReportPage, SignerShown
from gateway.web.signing_pages import SigningCodePage, SigningPage, SigningResultPage, ToSign, fingerprint
from gateway.web.trust_pages import (
    EntryShown,
    ListSummary,
    PeriodShown,
    RowShown,
    TrustListPage,
    TrustPage,
)

HOME = "https://rp.example/signed?state=s"
CHECK = CheckPage(None, "/signatures", "/signatures", "token")
WRONG_FILE = replace(CHECK, relying="GD", answer="E_UNSUPPORTED")
NO_PLACE = replace(CHECK, answer="no_place")
CHECKS = (
    CheckLine("FORMAT", "passed", None, ""),
    CheckLine("SIG-VALUE", "passed", None, ""),
    CheckLine("PDF-CHANGES", "warning", "pdf-changed-after-signing", "later-changes: form"),
    CheckLine("TIME-PROOF", "information", "no-proof-of-time", ""),
    CheckLine("REV-CA", "ignored", None, ""),
    CheckLine("MR-OID", "passed", None, ""),
)
BROKEN_CHECKS = (
    CheckLine("SIG-VALUE", "failed", "signature-mismatch", ""),
    CheckLine("CHAIN-PATH", "not-done", "not-done", ""),
)
SIGNER = SignerShown(
    outcome=Outcome.ACCEPTED,
    next_step=None,
    subject="CN=CHAN Tai Man,OU=Sandbox e-Cert (Personal),C=HK",
    issuer="CN=Sandbox CA 1-15,O=Sandbox Post (simulation),C=HK",
    type_name="Sandbox e-Cert (Personal)",
    claimed="2026-11-24 16:02",
    proven="2026-11-24 16:03",
    proof="timestamp",
    valid_until="2028-11-24 16:00",
    covered="all",
    recognition="recognised",
    effect_class="R2",
    scheme="HK-GD",
    legal_reference="Arrangement on mutual recognition, 2012 (fictional table)",
    conditions=("Only for contracts between merchants.",),
    list_entry="hk-gd-hk/hk-personal-mr",
    changes=("2: form filled",),
    checks=CHECKS,
    indication="TOTAL-PASSED",
    sub_indication=None,
    format="pades",
    level="PAdES-B-T",
    algorithm="RSASSA-PKCS1-v1_5, sha256, 2048",
    serial="1f2e3d",
    sha256="ab" * 32,
    path=(("signer", "CN=CHAN Tai Man"), ("issuer", "CN=Sandbox CA 1-15"), ("anchor", "CN=Sandbox Root 1")),
    answers=(
        Answer("good", "ocsp", "fetched", "2026-11-24 16:00", None),
        Answer("revoked", "crl", "cached", "2026-11-24 16:00", "2026-11-20 09:00"),
    ),
)
FAILED_SIGNER = replace(
    SIGNER,
    outcome=Outcome.FAILED,
    next_step="signature-mismatch",
    proven=None,
    recognition="not-listed",
    effect_class=None,
    legal_reference="",
    conditions=(),
    list_entry=None,
    checks=BROKEN_CHECKS,
    indication="TOTAL-FAILED",
    sub_indication="SIG_CRYPTO_FAILURE",
    path=(),
    answers=(),
    changes=(),
)
BARE_SIGNER = replace(
    FAILED_SIGNER,
    outcome=Outcome.UNDECIDED,
    next_step="content-missing",
    subject=None,
    issuer=None,
    type_name=None,
    claimed=None,
    valid_until=None,
    covered="digest",
    checks=(CheckLine("CONTENT-DIGEST", "failed", "content-missing", "needs sha256"),),
    indication="INDETERMINATE",
    sub_indication="SIGNED_DATA_NOT_FOUND",
    level=None,
    algorithm=None,
    serial=None,
    sha256=None,
)
REPORT = ReportPage(
    service=None,
    switch="",
    outcome=Outcome.ACCEPTED,
    next_step=None,
    relying="guangdong",
    purpose="contract",
    document="合同 <final>.pdf",
    signers=(SIGNER,),
    report_id="r1",
    checked_at="2026-11-24 16:05",
    input_sha256="cd" * 32,
    policy="gba-default 1",
    lists=(ListUsed("hk-gd-hk", 3, "fresh"),),
    token="e30.e30.AAAA",
)
FAILED_REPORT = replace(REPORT, outcome=Outcome.FAILED, next_step="signature-mismatch", signers=(FAILED_SIGNER, SIGNER))
UNDECIDED_REPORT = replace(
    REPORT, outcome=Outcome.UNDECIDED, next_step="content-missing", document="", signers=(BARE_SIGNER,)
)
NOT_RECOGNISED_REPORT = replace(
    REPORT,
    outcome=Outcome.NOT_RECOGNISED,
    next_step="not-recognised-for-pair",
    signers=(
        replace(SIGNER, outcome=Outcome.NOT_RECOGNISED, recognition="not-recognised-for-pair", effect_class=None),
    ),
)
UNSIGNED_REPORT = replace(REPORT, outcome=Outcome.NONE, next_step="no-signature", signers=())

SUMMARY = ListSummary(
    list_id="hk-gd-hk",
    issuing="hong_kong",
    relying=("guangdong",),
    state="fresh",
    sequence=3,
    issued="2026-11-01",
    next_update="2026-12-02",
    expires="2027-01-31",
    entries=2,
    sha256="ef" * 32,
)
HOME_LIST = replace(SUMMARY, list_id="mo", issuing="macao", relying=("macao",), state="stale")
ROW = RowShown(
    issuing="hong_kong",
    relying="guangdong",
    signature_class="R2",
    effect_class="R2",
    status="enacted",
    since="2012-08-01",
    purposes=("*",),
    legal_reference="Arrangement on mutual recognition, 2012 (fictional table)",
    conditions=(),
)
DRAFT_ROW = replace(
    ROW,
    issuing="macao",
    relying="macao",
    status="draft",
    purposes=("contract", "moon-travel"),
    conditions=("Only above a threshold.",),
)
TRUST = TrustPage(
    None,
    "/trust",
    (
        SUMMARY,
        HOME_LIST,
        replace(SUMMARY, list_id="hk-gd-gd", issuing="guangdong", relying=("hong_kong",), state="due"),
    ),
    (ROW, DRAFT_ROW, replace(ROW, status="none", since=None)),
    "grace",
)
NO_TRUST = replace(TRUST, lists=(), rows=(), table_state=None)
ENTRY = EntryShown(
    entry_id="hk-personal-mr",
    names=(("en", "Sandbox Post (simulation)"), ("zh-Hant", "沙盒郵政（模擬）")),
    certificate_type="Sandbox e-Cert (Personal)",
    status="granted",
    holder="individual",
    signature_class="R2",
    services=("signature", "provider:iamsmart", "notary"),
    policies=("2.999.344.1.*",),
    history=(
        PeriodShown("granted", "2019-02-01", None, "", "Sandbox notice 3"),
        PeriodShown("suspended", "2018-01-01", "2019-02-01", "audit", "Sandbox notice 2"),
    ),
    reliance_limit="HKD 200,000",
    notes="Fictional; part of a simulation.",
    licence="SANDBOX-HK-CA-15",
)
TRUST_LIST = TrustListPage(
    service=None,
    switch="/trust/hk-gd-hk",
    summary=SUMMARY,
    operator=(("en", "Sandbox list operator (simulation)"),),
    entries=(ENTRY, replace(ENTRY, entry_id="old", status="none", holder="device", services=("tsa",))),
    sources=(("https://lists.example/notice-3", "2026-10-30"),),
)

TO_SIGN = ToSign(
    document_name="Tenancy agreement <1>.pdf",
    digest_alg="SHA-256",
    fingerprint=fingerprint(bytes(range(32))),
    purpose="contract",
    relying="guangdong",
    until="16:12",
)
SIGNING = SigningPage(
    "Harbour Hotel",
    "/sign/x",
    "/sign/x/provider",
    "token",
    TO_SIGN,
    tuple(ProviderOption(name) for name in ("hong_kong", "macao", "guangdong")),
    HOME,
)
SIGNING_CODE = SigningCodePage(
    "Harbour Hotel", "/sign/x/code", "/sign/x/leave", "token", TO_SIGN, "hong_kong", "7Q4M", HOME
)
SIGNED = SigningResultPage("Harbour Hotel", "/sign/x/result", "signed", TO_SIGN, None, HOME)

SIGNATURE_PAGES: list[Page] = [WRONG_FILE, FAILED_REPORT, NOT_RECOGNISED_REPORT, TRUST, TRUST_LIST]
SIGNATURE_PAGES += [SIGNING, SIGNING_CODE, replace(SIGNED, status="failed", reason="provider-hash-differs")]
"""What a browser looks at: every kind of box is on one of them."""
MORE_SIGNATURE_PAGES: list[Page] = [
    CHECK,
    NO_PLACE,
    REPORT,
    UNDECIDED_REPORT,
    UNSIGNED_REPORT,
    NO_TRUST,
    replace(SIGNING_CODE, provider="guangdong", identification_code=None),
    SIGNED,
    replace(SIGNED, status="refused", way_home=None),
]

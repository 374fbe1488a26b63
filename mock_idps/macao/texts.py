"""What the pages say, in the platform's four languages; `zh-hant` is the one that a browser without wishes gets."""

from typing import Final

LOCALES: Final[dict[str, str]] = {"zh-hant": "zh-Hant-MO", "zh-hans": "zh-Hans", "pt": "pt-MO", "en": "en"}
"""Locale of the path -> language tag of the page."""
DEFAULT_LOCALE: Final = "zh-hant"

TEXTS: Final[dict[str, dict[str, str]]] = {
    "zh-hant": {
        "title": "一戶通登入",
        "asks": "要求登入的服務",
        "person": "用戶名稱",
        "password": "密碼",
        "otp": "軟令牌動態密碼",
        "entity": "商社編號（只限工作人員登入）",
        "entities": "此模擬系統的商社工作人員",
        "sign_in": "登入",
        "cancel": "取消",
        "use_qr": "使用二維碼登入",
        "people": "此模擬系統的帳戶",
        "simulated_token": "模擬軟令牌",
        "qr_title": "掃描二維碼登入",
        "open_phone": "打開模擬手機",
        "continue": "繼續",
        "renew": "取得新的二維碼",
        "waiting": "等待掃描。二維碼每三十秒更換一次。",
        "scanned": "已掃描，請在手機上確認。",
        "expired": "二維碼已過期。",
        "phone_title": "模擬手機：一戶通應用程式",
        "phone_asks": "要求確認登入的服務",
        "approve": "確認",
        "reject": "拒絕",
        "approve_as": "以此帳戶確認",
        "phone_done": "已完成，請返回原來的裝置。",
        "face_title": "模擬手機：人面識別",
        "wrong_login": "用戶名稱或密碼不正確。",
        "otp_needed": "此服務需要軟令牌動態密碼。",
        "otp_wrong": "動態密碼不正確。",
        "locked": "嘗試次數過多，帳戶暫時鎖定。",
        "problem": "未能處理此登入要求",
        "start_again": "請返回原來的服務重新開始。",
    },
    "zh-hans": {
        "title": "一户通登录",
        "asks": "要求登录的服务",
        "person": "用户名称",
        "password": "密码",
        "otp": "软令牌动态密码",
        "entity": "商社编号（只限工作人员登录）",
        "entities": "此模拟系统的商社工作人员",
        "sign_in": "登录",
        "cancel": "取消",
        "use_qr": "使用二维码登录",
        "people": "此模拟系统的账户",
        "simulated_token": "模拟软令牌",
        "qr_title": "扫描二维码登录",
        "open_phone": "打开模拟手机",
        "continue": "继续",
        "renew": "获取新的二维码",
        "waiting": "等待扫描。二维码每三十秒更换一次。",
        "scanned": "已扫描，请在手机上确认。",
        "expired": "二维码已过期。",
        "phone_title": "模拟手机：一户通应用程序",
        "phone_asks": "要求确认登录的服务",
        "approve": "确认",
        "reject": "拒绝",
        "approve_as": "以此账户确认",
        "phone_done": "已完成，请返回原来的设备。",
        "face_title": "模拟手机：人脸识别",
        "wrong_login": "用户名称或密码不正确。",
        "otp_needed": "此服务需要软令牌动态密码。",
        "otp_wrong": "动态密码不正确。",
        "locked": "尝试次数过多，账户暂时锁定。",
        "problem": "未能处理此登录请求",
        "start_again": "请返回原来的服务重新开始。",
    },
    "pt": {
        "title": "Iniciar sessão na Conta Única",
        "asks": "Serviço que pede o início de sessão",
        "person": "Nome de utilizador",
        "password": "Palavra-passe",
        "otp": "Código do token de software",
        "entity": "Código da entidade (só para sessões de trabalhadores)",
        "entities": "Trabalhadores de entidades desta simulação",
        "sign_in": "Iniciar sessão",
        "cancel": "Cancelar",
        "use_qr": "Iniciar sessão com código QR",
        "people": "Contas desta simulação",
        "simulated_token": "Token de software simulado",
        "qr_title": "Iniciar sessão com código QR",
        "open_phone": "Abrir o telemóvel simulado",
        "continue": "Continuar",
        "renew": "Obter um novo código QR",
        "waiting": "À espera da leitura. O código muda a cada trinta segundos.",
        "scanned": "Código lido; confirme no telemóvel.",
        "expired": "O código QR expirou.",
        "phone_title": "Telemóvel simulado: aplicação Conta Única",
        "phone_asks": "Serviço que pede a confirmação",
        "approve": "Confirmar",
        "reject": "Recusar",
        "approve_as": "Confirmar com esta conta",
        "phone_done": "Concluído. Volte ao outro dispositivo.",
        "face_title": "Telemóvel simulado: reconhecimento facial",
        "wrong_login": "Nome de utilizador ou palavra-passe incorrectos.",
        "otp_needed": "Este serviço exige o código do token de software.",
        "otp_wrong": "O código não está correcto.",
        "locked": "Demasiadas tentativas; a conta está temporariamente bloqueada.",
        "problem": "Não é possível tratar este pedido",
        "start_again": "Volte ao serviço e comece de novo.",
    },
    "en": {
        "title": "Sign in to One Account",
        "asks": "Service that asks for the sign-in",
        "person": "User name",
        "password": "Password",
        "otp": "Code of the soft token",
        "entity": "Entity code (for staff logins only)",
        "entities": "Staff logins of this simulation",
        "sign_in": "Sign in",
        "cancel": "Cancel",
        "use_qr": "Sign in with a QR code",
        "people": "Accounts of this simulation",
        "simulated_token": "Simulated soft token",
        "qr_title": "Sign in with a QR code",
        "open_phone": "Open the simulated phone",
        "continue": "Continue",
        "renew": "Get a new QR code",
        "waiting": "Waiting for the scan. The code changes every thirty seconds.",
        "scanned": "Scanned; please confirm on the phone.",
        "expired": "The QR code has expired.",
        "phone_title": "Simulated phone: One Account app",
        "phone_asks": "Service that asks for confirmation",
        "approve": "Approve",
        "reject": "Reject",
        "approve_as": "Approve with this account",
        "phone_done": "Done. Please return to the other device.",
        "face_title": "Simulated phone: face recognition",
        "wrong_login": "User name or password is not right.",
        "otp_needed": "This service needs the code of the soft token.",
        "otp_wrong": "The code is not right.",
        "locked": "Too many tries; the account is locked for a while.",
        "problem": "This request cannot be handled",
        "start_again": "Please return to the service and start again.",
    },
}


def pick_locale(wishes: str) -> str:
    """Give the first locale wished for that exists (`ui_locales`, separated by spaces)."""
    return next((wish for wish in wishes.lower().split() if wish in LOCALES), DEFAULT_LOCALE)


def locale_of_header(accept_language: str, fallback: str) -> str:
    """Give the locale that `Accept-Language` asks for first; weights are read in the order written."""
    for part in accept_language.lower().split(",")[:10]:
        tag = part.partition(";")[0].strip()
        if tag.startswith("pt"):
            return "pt"
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh-hans" if "hans" in tag or tag in {"zh-cn", "zh-sg"} else "zh-hant"
    return fallback

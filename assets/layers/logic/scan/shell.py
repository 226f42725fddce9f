"""Rules on shell scripts: commands that download and run code, or give a shell away."""

import re

from assets.layers.logic.products import Finding, Severity

SHELL = re.compile(
    r"""(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?(ba|da|z|k)?sh\b|base64\s+(-d|-D|--decode)[^\n|]*\|\s*(ba|z)?sh\b|/dev/(tcp|udp)/|
    \b(nc|ncat|netcat)\b[^\n|;]*\s-[a-z]*[ec]\b|\b(ba)?sh\s+-i\b[^\n]*[<>]|mkfifo\b[^\n]*\bnc\b|
    (curl|wget)\b[^\n]*(&&|;)\s*(chmod|sh\b|bash\b|python|\./|/tmp/)|powershell[^\n]*\s-e(nc|ncodedcommand)?\b|
    python[\d.]*\s+-c\s[^\n]*(b64decode|socket\.socket|exec\(|urlopen)|(ba|z)?sh\s+-c\s[^\n]*\$\((curl|wget)|eval\s+["$(`]*\$?\(?(curl|wget)|
    \b(env|printenv|/environ|\.aws/credentials)\b[^\n;]*\|[^\n]*\b(curl|wget|nc|ncat)\b|
    \b(curl|wget|nc|ncat)\b[^\n|;]*(\$\(\s*(env|printenv)\b|`(env|printenv)\b|\$\{?AWS_(SECRET|SESSION)|@/proc/self/environ|@[^\s]*\.aws/credentials)|
    xxd\s+-r[^\n|]*\|\s*(ba)?sh\b|openssl\s+enc\s[^\n|]*\|\s*(ba)?sh\b""",
    re.VERBOSE | re.IGNORECASE,
)


def shell_findings(path: str, data: bytes) -> list[Finding]:
    """Lines of a script that do so; comments aside."""
    severity: Severity = "high" if path.startswith(("extensions/", "bin/")) or "/" not in path else "medium"
    lines = data.decode("utf-8", "replace").splitlines()
    return [
        Finding("command", severity, path, "it downloads and runs code, or gives a shell away", number)
        for number, line in enumerate(lines, start=1)
        if not line.lstrip().startswith("#") and len(line) < 10_000 and SHELL.search(line)
    ]

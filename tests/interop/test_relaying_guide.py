"""The guide for apps that relay mail, word for word but for the gateway's address: its snippets send."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import readme
from tests.end_to_end.client import SHOP, Talk, address, mail
from tests.end_to_end.processes import until
from tests.interop.house import House, plain_text, program
from tests.interop.postfix import Postfix, running
from tests.interop.tried import ROOT, Version

MODULES = ROOT / "build" / "npm" / "node_modules"


def snippets(title: str, language: str, page: str = readme.RELAYING) -> list[str]:
    return readme.blocks(title, language, page=page)


def ours(house: House, snippet: str, to: str = "") -> str:
    """Another host, port and recipient, and nothing else."""
    account = house.account()
    for named, own in (("mail.example.com", account.host), ("587", str(account.port))):
        assert named in snippet
        snippet = snippet.replace(named, own)
    return snippet.replace("ann@example.net", to)


def environment(house: House) -> dict[str, str]:
    """What the snippets read, and whom their TLS trusts."""
    account = house.account()
    trusted = str(account.trusted)
    return {
        "GATEWAY_KEY": account.password, "SSL_CERT_FILE": trusted, "NODE_EXTRA_CA_CERTS": trusted,
        "CURL_CA_BUNDLE": trusted, "NODE_PATH": str(MODULES),
    }  # fmt: skip


def needs(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs Debian's package {package}")
    return path


def test_python(house: House) -> None:
    to = address()
    (snippet,) = snippets("Python", "python")
    done = program(sys.executable, "-c", ours(house, snippet, to), **environment(house))
    assert done.returncode == 0, done.stderr
    assert plain_text(house.arrived(to)).strip() == "It is on its way."


def test_django(house: House, tmp_path: Path) -> None:
    """A project whose settings are the guide's, and nothing else."""
    to, customer = address(), house.shop.consented()
    settings, promotions = snippets("Django", "python")
    (tmp_path / "settings.py").write_text(ours(house, settings))
    usual = f"from django.core.mail import send_mail; send_mail('Order', 'Sent.', {SHOP!r}, [{to!r}])\n"
    script = usual + promotions.replace("ann@example.net", customer)
    where = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)}
    done = program(sys.executable, "-c", script, **environment(house), **where)
    assert done.returncode == 0, done.stderr
    assert plain_text(house.arrived(to)).strip() == "Sent."
    assert house.arrived(customer)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.client("Ruby's Mail")
def test_ruby(house: House, version: Version) -> None:
    """Rails hands these settings to the library Mail, which is what is run here."""
    ruby, to = needs("ruby", "ruby-mail"), address()
    (snippet,) = snippets("Ruby on Rails", "ruby")
    script = RUBY.replace("SNIPPET", ours(house, snippet)).replace("TO", to)
    done = program(ruby, "-e", script, **environment(house))
    assert done.returncode == 0, done.stderr
    version(done.stdout)
    assert plain_text(house.arrived(to)).strip() == "It is on its way."


RUBY = """
require "mail"
require "ostruct"
config = OpenStruct.new(action_mailer: OpenStruct.new)
SNIPPET
message = Mail.new(from: "shop@example.com", to: "TO", subject: "Your order", body: "It is on its way.")
message.delivery_method(config.action_mailer.delivery_method, config.action_mailer.smtp_settings)
message.deliver!
puts Mail::VERSION.version
"""


def test_nodemailer(house: House) -> None:
    if shutil.which("node") is None or not (MODULES / "nodemailer").exists():
        pytest.skip("no nodemailer: npm install --no-save --prefix build/npm axe-core nodemailer")
    to = address()
    (snippet,) = snippets("Node.js", "js")
    done = program("node", "-e", ours(house, snippet, to), **environment(house))
    assert done.stdout.startswith("250 2.0.0 "), done.stderr
    assert plain_text(house.arrived(to)).strip() == "It is on its way."


@pytest.mark.client("PHPMailer")
def test_phpmailer(house: House, version: Version, tmp_path: Path) -> None:
    php, to = needs("php", "php-cli"), address()
    where = Path("/usr/share/php/libphp-phpmailer")
    if not where.is_dir():
        pytest.skip("needs Debian's package libphp-phpmailer")
    (snippet,) = snippets("PHP", "php")
    loads = "".join(f"require '{where}/src/{name}.php';\n" for name in ("Exception", "SMTP", "PHPMailer"))
    script = ours(house, snippet, to).replace("$mail = new", f"{loads}$mail = new")
    (tmp_path / "send.php").write_text(f"{script}echo PHPMailer::VERSION;\n")
    account = house.account()
    done = program(
        php, "-d", f"openssl.cafile={account.trusted}", tmp_path / "send.php", **environment(house)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    version(done.stdout)
    assert plain_text(house.arrived(to)).strip() == "It is on its way."


@pytest.fixture
def postfix(house: House) -> Iterator[Postfix]:
    (block,) = snippets("Postfix", "")
    account = house.account()
    lines = block.replace("GATEWAY_KEY", account.password)
    lines = lines.replace("mail.example.com", account.host).replace("587", str(account.port))
    settings = dict(line.split(" = ", 1) for line in lines.splitlines())
    settings["smtp_tls_CAfile"] = str(account.trusted)
    settings["smtp_tls_verify_cert_match"] = "localhost"  # it compares names of certificates, no addresses
    with running(settings) as postfix:
        yield postfix


def test_postfix(house: House, postfix: Postfix) -> None:
    to = address()
    with Talk("127.0.0.1", postfix.port, timeout=30) as talk:
        talk.ehlo()
        assert talk.submit(mail(), to).code == 250
    until(lambda: "status=" in postfix.log)
    assert "status=sent" in postfix.log
    house.arrived(to)


def test_an_operators_first_mail_and_what_the_gateway_knows_of_it(house: House, tmp_path: Path) -> None:
    needs("curl", "curl")
    send, ask = snippets("A first mail", "sh", readme.OPERATING)
    to = address()
    script = ours(house, send).replace("you@example.com", to)
    done = program("bash", "-ec", script, HOME=str(tmp_path), **environment(house))
    assert done.returncode == 0, done.stderr
    assert plain_text(house.arrived(to)).strip() == "It works."
    log, explain = (line.replace("you@example.com", to).split()[1:] for line in ask.splitlines())
    assert "sent" in house.production.command(*log)
    assert "no_consent" in house.production.command(*explain, "--app", "shop")


def test_postfix_reads_what_the_next_hop_is_told(tmp_path: Path) -> None:
    postconf = shutil.which("postconf", path="/usr/sbin:/usr/bin")
    if postconf is None:
        pytest.skip("needs Debian's package postfix")
    (block,) = snippets("Why there is no mail queue", "", readme.OPERATING)
    master, _, main = block.partition("# main.cf")
    (tmp_path / "master.cf").write_text(master)
    (tmp_path / "main.cf").write_text(f"# {main}")
    for question in ("-n", "-M"):
        told = subprocess.run(
            [postconf, "-c", tmp_path, question], capture_output=True, text=True, check=False
        )
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout

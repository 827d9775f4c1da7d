"""DKIM keys made for one test."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from channels.email.dkim import MIN_RSA_BITS, DkimKey


def new_rsa_key(domain: str, selector: str) -> DkimKey:
    return DkimKey(domain, selector, generate_private_key(65537, MIN_RSA_BITS))


def new_ed25519_key(domain: str, selector: str) -> DkimKey:
    return DkimKey(domain, selector, Ed25519PrivateKey.generate())

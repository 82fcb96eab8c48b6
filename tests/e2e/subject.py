"""What the holder of a receipt does with it, written anew: so that the tests can also ask what the program would not."""

import hmac
import http.client
import json
import ssl

from logs import second
from support import request_id

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def decode(text):
    """16 bytes out of seven groups of four (rights/secret.h); the two check digits are not looked at."""
    bits = "".join(f"{ALPHABET.index(digit):05b}" for digit in text.replace("-", "")[:26])
    return int(bits[:128], 2).to_bytes(16, "big")


def derive(secret, handle, info):
    """HKDF-SHA-256, RFC 5869, for 32 bytes."""
    extracted = hmac.digest(handle, secret, "sha256")
    return hmac.digest(extracted, info.encode() + b"\x01", "sha256")


def view_key(enrolled):
    return derive(decode(enrolled["secret"]), decode(enrolled["handle"]), "qorgan view v1")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def signed_request(net, enrolled, right, handle=None, network=None, chosen=None, **more):
    """The body of a request by the holder of `enrolled`; of another handle, network or request id where one is named,
    and with more fields."""
    own = decode(enrolled["handle"])
    text = canonical({"v": 1, "id": chosen or request_id(), "right": right, "handle": (handle or own).hex(),
                      "network": network or net.network()["network_id"], **more})
    seed = derive(decode(enrolled["secret"]), own, "qorgan access v1")
    signature = second.ed25519_sign(seed, b"qorgan subject request v1\n" + text.encode())
    return canonical({"request": text, "signature": signature.hex()})


def ask(net, custodian, path, body=None, method="POST"):
    """(status, content) of a custodian's HTTPS, whose certificate the program pins and this does not."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", net.port + 3 + custodian, timeout=40, context=context)
    try:
        connection.request(method, path, body.encode() if body is not None else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def ask_right(net, custodian, right, body):
    return ask(net, custodian, f"/rights/1/{right}", body)

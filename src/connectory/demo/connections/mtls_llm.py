"""A service that asks for a client certificate (PKI, mTLS), in Elastic's words: no key here either."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from string import Template

from connectory.demo.definition import ELASTICS, HIDDEN, Address, Definition
from connectory.demo.gates.client_certificate import ClientCertificateGate
from connectory.demo.pki import Authority
from connectory.demo.private_file import write_private
from connectory.demo.stage import Stage

_TEXT = Template("""\
  $id:
    name: $name
    actionTypeId: .gen-ai
    config:
      apiProvider: Other
      apiUrl: $url/$operation
      defaultModel: $model
      verificationMode: full
    secrets:
      certificateData: "$certificate"
      privateKeyData: "$key"
      caData: "$ca"
""")

_CHAT = {"id": "mtls-llm", "name": "Chat by certificate", "operation": "chat/completions"}
_EMBEDDINGS = {"id": "mtls-embeddings", "name": "Embeddings by certificate", "operation": "embeddings"}
_HIDDEN = dict.fromkeys(("certificate", "key", "ca"), HIDDEN)


@contextlib.contextmanager
def mtls_llm(stage: Stage) -> Iterator[Definition]:
    authority = Authority("connectory demo CA")
    server, client = authority.server("127.0.0.1", "localhost"), authority.client("connectory demo")
    identity = stage.folder / "server.pem"
    write_private(identity, server.certificate + server.key.reveal())
    with stage.front(ClientCertificateGate(identity, authority=authority.certificate)) as front:
        url, model = f"{front.origin}/v1", stage.service.model
        place = {"url": url, "model": model}
        proofs = {
            "certificate": _base64(client.certificate),
            "key": _base64(client.key.reveal()),
            "ca": _base64(authority.certificate),
        }
        texts = [_TEXT.substitute(place, **proofs, **names) for names in (_CHAT, _EMBEDDINGS)]
        yield Definition(
            id=_CHAT["id"],
            embeddings_id=_EMBEDDINGS["id"],
            provider="Other",
            dialect="Elastic's words",
            place="connectory.yml",
            text=ELASTICS + _TEXT.substitute(place, **_HIDDEN, **_CHAT),
            model=model,
            sections={ELASTICS: "".join(texts)},
            addresses=(Address(url, "the same, for clients with a certificate"),),
        )


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()

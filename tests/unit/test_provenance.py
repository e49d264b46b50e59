"""Content Credentials in pictures, read back by the standard's own library."""

from __future__ import annotations

import datetime
import io

import pytest
from PIL import Image
from yinlu_testing.batches import Batch, lease

from bot_core.errors import BadInput
from bot_media import FolderFiles
from bot_media.images.collage import CollageMaker
from bot_media.labels import Aigc, aigc_of, with_aigc
from bot_media.labels.provenance import COMPOSED, TRAINED, Provenance, credentials_of
from bot_media.studio import Labelling, Studio

x509 = pytest.importorskip("cryptography.x509")
pytest.importorskip("c2pa")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
USAGE = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


def usage(*given):
    return x509.KeyUsage(**{name: name in given for name in USAGE})


def certificate(subject, issuer, public, signer, *, authority):
    """Return one certificate, fit for its place in the chain."""

    def name(common):
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A community"),
                x509.NameAttribute(NameOID.COMMON_NAME, common),
            ]
        )

    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 300 * DAY)
        .add_extension(x509.BasicConstraints(authority, None), True)
        .add_extension(usage("key_cert_sign", "crl_sign") if authority else usage("digital_signature"), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    )
    if not authority:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
        )
    return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signing(key):
    """Return a chain of two and the private key, in PEM."""
    authority = ec.generate_private_key(ec.SECP256R1())
    chain = certificate("Pictures", "Authority", key.public_key(), authority, authority=False)
    chain += certificate("Authority", "Authority", authority.public_key(), authority, authority=True)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return chain, pem


@pytest.fixture(scope="module")
def identity():
    return signing(ec.generate_private_key(ec.SECP256R1()))


def picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("source", [TRAINED, COMPOSED])
def test_a_signed_picture_says_what_made_it(identity, kind, source):
    """The credentials are valid, name the job and how the picture came about; the AIGC record and the picture stay."""
    plain = with_aigc(picture(kind), Aigc("Yinlu", "7f"))
    signed = Provenance(*identity, version="0.1.0").signed(plain, "7f", source)
    found = credentials_of(signed)
    assert found["validation_state"] in ("Valid", "Trusted")
    manifest = found["manifests"][found["active_manifest"]]
    assert manifest["title"] == "7f" and manifest["claim_generator_info"][0]["name"] == "Yinlu"
    (actions,) = [a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions")]
    assert actions["data"]["actions"][0]["digitalSourceType"] == source
    assert aigc_of(signed)["ProduceID"] == "7f"
    assert Image.open(io.BytesIO(signed)).size == (64, 48)


def test_a_changed_picture_is_found_out(identity):
    """A byte of the picture changed after signing makes the credentials invalid; a picture without any has none."""
    signed = bytearray(Provenance(*identity).signed(picture("JPEG"), "7f"))
    signed[-20] ^= 0x55
    found = credentials_of(bytes(signed))
    assert found is None or found["validation_state"] == "Invalid"
    assert credentials_of(picture()) is None


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-384", "Ed25519", "RSA"],
)
def test_other_keys_sign_too(key):
    """The signature's kind is found from the key."""
    signed = Provenance(*signing(key)).signed(picture(), "1")
    assert credentials_of(signed)["validation_state"] in ("Valid", "Trusted")


def test_what_can_not_sign_is_told_at_the_beginning(identity):
    """No key, another key's certificate, a certificate for another use: BadInput when it is opened, not with a picture."""
    chain, key = identity
    other = signing(ec.generate_private_key(ec.SECP384R1()))[1]
    for bad in ((chain, b"no key"), (b"no certificate", key), (chain, other), (chain, b"")):
        with pytest.raises(BadInput):
            Provenance(*bad)


async def test_the_studio_signs_what_it_stores(identity, tmp_path):
    """With a certificate in the settings every stored picture carries credentials; the built-in maker is no trained model."""
    files = FolderFiles(tmp_path)
    studio = Studio(CollageMaker(files), files, Labelling(provenance=Provenance(*identity)))
    (result,) = await studio(Batch(lease("a red fox")))
    for ref in result.files:
        found = credentials_of(await files.read(ref.key))
        assert found["validation_state"] in ("Valid", "Trusted")
        assert COMPOSED in str(found["manifests"])

"""`jackline proof`: written beside a store, verified without it, refused as a person would break it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jackline.cli.errors import ExitCode, explain
from jackline.cli.main import load
from jackline.store.boot import ENGINE_FILE
from tests.processes import write_config
from tests.store.test_proof import kept

NOWHERE = "http://127.0.0.1:9"


def configured(directory: Path) -> str:
    config = write_config(directory, NOWHERE)
    (directory / "state").mkdir()
    kept(directory / "state" / ENGINE_FILE).close()
    return str(config)


def run(*arguments: str) -> Result:
    command: Any = load("proof")
    return CliRunner().invoke(command, list(arguments))


def key_files(directory: Path) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    secret, public = directory / "proof.pem", directory / "proof.pub"
    secret.touch(mode=0o600)
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return secret, public


def failed(done: Result) -> tuple[str, ExitCode]:
    assert done.exception is not None
    return explain(done.exception)


def test_a_signed_proof_is_verified_with_the_public_key_alone(tmp_path: Path) -> None:
    config, target = configured(tmp_path), tmp_path / "proof.jsonl"
    secret, public = key_files(tmp_path)
    written = run("export", "--config", config, "-o", str(target), "--key", str(secret))
    assert written.exit_code == 0, written.output
    assert target.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in target.read_bytes()
    for part in (tmp_path / "state").iterdir():
        part.unlink()
    shown = run("verify", str(target), "--public-key", str(public))
    assert shown.exit_code == 0, shown.output
    assert "The proof holds" in shown.output
    assert "Without a stop read back: 2800 ms in all, 2000 ms at the longest." in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
    told = json.loads(run("verify", str(target), "--json").stdout)
    assert (told["holds"], told["summary"]["naked_ms"]) == (True, 2_800)
    assert run("verify", str(target), "--head", told["head"]).exit_code == 0


def test_what_was_changed_is_named_and_the_exit_code_says_so(tmp_path: Path) -> None:
    config, target = configured(tmp_path), tmp_path / "proof.jsonl"
    assert run("export", "--config", config, "-o", str(target), "--since", "2025-10-09").exit_code == 0
    lines = target.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"exposed", b"exposes", 1)
    target.write_bytes(b"".join(lines))
    shown = run("verify", str(target))
    assert shown.exit_code == ExitCode.STORE_DAMAGED
    assert "does NOT hold" in shown.output
    assert "row 4: it is not the one that was written" in shown.output


def test_what_cannot_be_done_is_told_with_its_fix(tmp_path: Path) -> None:
    config, target = configured(tmp_path), tmp_path / "proof.jsonl"
    target.write_bytes(b"mine\n")
    text, code = failed(run("export", "--config", config, "-o", str(target)))
    assert (code, target.read_bytes()) == (ExitCode.BAD_INPUT, b"mine\n")
    assert "in the way" in text
    assert failed(run("verify", str(target)))[1] is ExitCode.STORE_DAMAGED
    secret, public = key_files(tmp_path)
    secret.chmod(0o644)
    text, code = failed(run("export", "--config", config, "-o", f"{target}2", "--key", str(secret)))
    assert (code, "chmod 600" in text) == (ExitCode.BAD_INPUT, True)
    public.chmod(0o600)
    text, _ = failed(run("export", "--config", config, "-o", f"{target}2", "--key", str(public)))
    assert "openssl genpkey" in text
    text, _ = failed(run("verify", str(target), "--head", "7"))
    assert "SEQ:HASH" in text
    assert not Path(f"{target}2").exists()

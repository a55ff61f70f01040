"""Transformers in PyTorch, in the forms that are fastest on a CPU, for the peers of benchmarks.

Weights come as tensors by name. `setup` is called before anything else.
"""

import json

import numpy
import torch
import torch.nn.functional as F

form, by_hand = "plain", False


def setup(threads, chosen):
    """`chosen` is how a linear layer is computed: `plain` by the library's matrix product, `conv` as a 1x1 convolution,
    which goes through oneDNN and is often the fastest form on CPUs. With `+rows` the last block of CLIP's encoders is
    written by hand so that it computes the pooled token alone; otherwise the models are written simply, as terroir's are.
    """
    global form, by_hand
    form, _, rows = chosen.partition("+")
    by_hand = bool(rows)
    torch.set_num_threads(threads)


def read_safetensors(path):
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    arrays = {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = numpy.frombuffer(content[begin:end], {"F32": numpy.float32, "I32": numpy.int32}[entry["dtype"]])
        tensor = torch.from_numpy(array.copy()).reshape(entry["shape"])
        arrays[key] = tensor.long() if entry["dtype"] == "I32" else tensor
    return arrays


def affine(x, matrix, bias=None):
    if form == "plain":
        return F.linear(x, matrix, bias)
    rows = x.reshape(1, -1, 1, x.shape[-1]).permute(0, 3, 1, 2)
    y = F.conv2d(rows, matrix[:, :, None, None], bias)
    return y.permute(0, 2, 3, 1).reshape(*x.shape[:-1], matrix.shape[0])


def linear(x, w, name):
    return affine(x, w[name + ".weight"], w[name + ".bias"])


def norm(x, w, name):
    return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-5)


def patch_rows(images, patch):
    batch, _, size, _ = images.shape
    grid = size // patch
    cut = images.reshape(batch, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5)
    return cut.reshape(batch, grid * grid, 3 * patch * patch)


def attend(query, key, value, mask):
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    mixed = (scores if mask is None else scores + mask).softmax(-1) @ value
    return mixed.transpose(1, 2).flatten(2)


def heads_of(x, heads):
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def block(x, w, name, heads, packed, mask=None, image=None):
    rows = affine(norm(x, w, name + ".ln_1"), w[name + packed + "weight"], w[name + packed + "bias"])
    query, key, value = rows.reshape(*x.shape[:2], 3, heads, -1).permute(2, 0, 3, 1, 4)
    x = x + linear(attend(query, key, value, mask), w, name + ".attn.out_proj")
    if image is not None:
        source, cross = norm(x, w, name + ".ln_cross"), name + ".cross_attn"
        parts = [(source, "q"), (image, "k"), (image, "v")]
        query, key, value = (heads_of(linear(y, w, f"{cross}.{part}_proj"), heads) for y, part in parts)
        x = x + linear(attend(query, key, value, None), w, cross + ".out_proj")
    inner = F.gelu(linear(norm(x, w, name + ".ln_2"), w, name + ".mlp.c_fc"))
    return x + linear(inner, w, name + ".mlp.c_proj")


def pooled_block(x, w, name, heads, take, mask=None):
    """A block of which the rows that `take` gives, [b, 1, width], are all that is used."""
    source, into, width = norm(x, w, name + ".ln_1"), name + ".attn.in_proj_", x.shape[-1]
    matrix, bias = w[into + "weight"], w[into + "bias"]
    query = affine(take(source), matrix[:width], bias[:width])
    key, value = affine(source, matrix[width:], bias[width:]).chunk(2, -1)
    mixed = attend(heads_of(query, heads), heads_of(key, heads), heads_of(value, heads), mask)
    x = take(x) + linear(mixed, w, name + ".attn.out_proj")
    inner = F.gelu(linear(norm(x, w, name + ".ln_2"), w, name + ".mlp.c_fc"))
    return (x + linear(inner, w, name + ".mlp.c_proj"))[:, 0]


def causal(count):
    return torch.full((count, count), -1e9).triu(1)


def contrastive(images, texts, scale):
    logits = scale.exp() * (images @ texts.t())
    own = torch.arange(len(images))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.t(), own)) / 2


# OpenCLIP.


def encode_image(images, w, config):
    vision = config["vision"]
    x = affine(patch_rows(images, vision["patchSize"]), w["visual.conv1.weight"].flatten(1))
    first = w["visual.class_embedding"].expand(len(images), 1, -1)
    x = norm(torch.cat([first, x], 1) + w["visual.positional_embedding"], w, "visual.ln_pre")
    blocks, heads = "visual.transformer.resblocks", vision["heads"]
    for i in range(vision["layers"] - 1):
        x = block(x, w, f"{blocks}.{i}", heads, ".attn.in_proj_")
    last = f"{blocks}.{vision['layers'] - 1}"
    if by_hand:
        pooled = pooled_block(x, w, last, heads, lambda rows: rows[:, :1])
    else:
        pooled = block(x, w, last, heads, ".attn.in_proj_")[:, 0]
    return norm(pooled, w, "visual.ln_post") @ w["visual.proj"]


def encode_text(tokens, w, config):
    text = config["text"]
    x = F.embedding(tokens, w["token_embedding.weight"]) + w["positional_embedding"]
    mask, heads = causal(tokens.shape[1]), text["heads"]
    for i in range(text["layers"] - 1):
        x = block(x, w, f"transformer.resblocks.{i}", heads, ".attn.in_proj_", mask)
    last, texts, ends = f"transformer.resblocks.{text['layers'] - 1}", torch.arange(len(x)), tokens.argmax(1)
    if by_hand:
        pooled = pooled_block(x, w, last, heads, lambda rows: rows[texts, ends][:, None], mask[ends][:, None, None])
    else:
        pooled = block(x, w, last, heads, ".attn.in_proj_", mask)[texts, ends]
    return norm(pooled, w, "ln_final") @ w["text_projection"]

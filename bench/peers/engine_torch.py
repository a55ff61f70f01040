"""PyTorch's side of the engine's benchmark: engine_torch.py FOLDER THREADS FORM.

It reads the case, says that it is ready, and then for each line with a number runs that many steps and answers with a
line of JSON. FORM is how a linear layer is computed: `plain` by the library's matrix product, `conv` as a 1x1
convolution, which goes through oneDNN and is often the fastest form on CPUs. With `+rows` the last block of CLIP's encoders
is written by hand so that it computes the pooled token alone; otherwise the models are written simply, as terroir's are.
"""

import json
import math
import os
import sys
import time

folder, threads = sys.argv[1], int(sys.argv[2])
form, _, by_hand = sys.argv[3].partition("+")
os.environ["OMP_NUM_THREADS"] = str(threads)
# Attention's many small products lose time in OpenBLAS' own threads, which only the plain form's large ones need.
os.environ["OPENBLAS_NUM_THREADS"] = str(threads if form == "plain" else 1)

import numpy
import torch
import torch.nn.functional as F

torch.set_num_threads(threads)


def read_safetensors(name):
    with open(os.path.join(folder, name + ".safetensors"), "rb") as file:
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


def clip_loss(batch, w, task):
    images = F.normalize(encode_image(batch["images"], w, task["config"]), dim=-1)
    texts = F.normalize(encode_text(batch["tokens"], w, task["config"]), dim=-1)
    return contrastive(images, texts, w["logit_scale"])


# MaMMUT.


def image_tokens(images, w, config):
    kernel = w["visual.patch_embed.weight"].flatten(1)
    x = affine(patch_rows(images, config["patchSize"]), kernel, w["visual.patch_embed.bias"]) + w["visual.pos_embed"]
    for i in range(config["vision"]["layers"]):
        x = block(x, w, f"visual.blocks.{i}", config["vision"]["heads"], ".attn.in_proj.")
    return norm(x, w, "visual.ln_post")


def pooling_parts(tokens, w, config):
    heads, pool = config["vision"]["heads"], "visual.attn_pool"
    query = linear(w[pool + ".query"], w, pool + ".q_proj").reshape(1, heads, -1, 1)
    keys, values = (heads_of(linear(tokens, w, f"{pool}.{part}_proj"), heads) for part in "kv")
    return (keys @ query).squeeze(-1) * query.shape[2] ** -0.5, values


def project_pooled(pooled, w):
    pool = "visual.attn_pool"
    return F.normalize(norm(linear(pooled, w, pool + ".out_proj"), w, pool + ".ln") @ w["visual.proj"], dim=-1)


def embed_image(tokens, w, config):
    scores, values = pooling_parts(tokens, w, config)
    return project_pooled((scores.softmax(-1).unsqueeze(2) @ values).flatten(1), w)


def decode(tokens, w, config, mask, image=None):
    text = config["text"]
    x = F.embedding(tokens, w["text.token_embedding.weight"]) + w["text.pos_embed"][: tokens.shape[1]]
    for i in range(text["layers"]):
        every = text["crossAttnEvery"]
        source = image if i % every == every - 1 else None
        x = block(x, w, f"text.blocks.{i}", text["heads"], ".attn.in_proj.", mask, source)
    return norm(x, w, "text.ln_final")


def padding(tokens):
    return ((tokens == 0) * -1e9)[:, None, None, :]


def embed_text(tokens, w, config):
    valid = (tokens != 0).float()
    states = decode(tokens, w, config, padding(tokens))
    means = (states * valid[..., None]).sum(1) / valid.sum(1, keepdim=True).clamp(min=1)
    return F.normalize(means @ w["text.proj"], dim=-1)


def mammut_loss(batch, w, task):
    config, tokens = task["config"], batch["tokens"]
    features = image_tokens(batch["images"], w, config)
    paired = contrastive(embed_image(features, w, config), embed_text(tokens, w, config), w["logit_scale"])
    given = tokens[:, :-1]
    states = decode(given, w, config, torch.minimum(causal(given.shape[1]), padding(given)), features)
    logits = affine(states, w["text.token_embedding.weight"]).flatten(0, 1)
    return paired + task["captionWeight"] * F.cross_entropy(logits, tokens[:, 1:].flatten(), ignore_index=0)


def window_cover(side, window, stride):
    starts = sorted({*range(0, side - window, stride), side - window})
    cover = torch.zeros(len(starts) ** 2, side, side)
    for i, top in enumerate(starts):
        for j, left in enumerate(starts):
            cover[i * len(starts) + j, top : top + window, left : left + window] = 1
    return cover.flatten(1)


def heatmaps(batch, w, task):
    config, count = task["config"], task["queries"]
    cover = window_cover(config["imageSize"] // config["patchSize"], **task["window"])
    scores, values = pooling_parts(image_tokens(batch["images"], w, config), w, config)
    weights = (scores - scores.amax(-1, keepdim=True)).exp().unsqueeze(-1)
    pooled = (cover @ (weights * values)) / (cover @ weights)
    regions = project_pooled(pooled.transpose(1, 2).flatten(2), w)
    texts = embed_text(torch.cat([batch["prompts"], batch["against"]]), w, config)
    own = F.normalize(texts[: len(texts) // 2].reshape(count, -1, texts.shape[-1]).mean(1), dim=-1)
    nearest = (regions @ texts[len(texts) // 2 :].t()).unflatten(-1, (count, -1)).amax(-1)
    return (cover / cover.sum(0)).t() @ (regions @ own.t() - nearest)


# Steps.


def training(task, w, batches, loss):
    spec = task["optimizer"]
    for tensor in w.values():
        tensor.requires_grad_(True)
    groups = [
        {"params": [x for name, x in w.items() if name in spec["decaying"]], "weight_decay": spec["weightDecay"]},
        {"params": [x for name, x in w.items() if name not in spec["decaying"]], "weight_decay": 0.0},
    ]
    betas = (spec["beta1"], spec["beta2"])
    optimizer = torch.optim.AdamW(groups, lr=spec["learningRate"], betas=betas, eps=1e-8, foreach=True)

    def step(i):
        optimizer.zero_grad(set_to_none=True)
        value = loss(batches[i % 2], w, task)
        value.backward()
        torch.nn.utils.clip_grad_norm_(w.values(), spec["clipNorm"])
        optimizer.step()
        with torch.no_grad():
            w["logit_scale"].clamp_(max=math.log(100))
        return [value.item()]

    return step


def inference(task, w, batches, function):
    def step(i):
        with torch.inference_mode():
            return function(batches[i % 2], w, task).flatten()[:8].tolist()

    return step


with open(os.path.join(folder, "case.json")) as file:
    task = json.load(file)
kinds = {
    "train-openclip": lambda *given: training(*given, clip_loss),
    "train-mammut": lambda *given: training(*given, mammut_loss),
    "encode": lambda *given: inference(*given, lambda batch, w, task: encode_image(batch["images"], w, task["config"])),
    "heatmaps": lambda *given: inference(*given, heatmaps),
}
step = kinds[task["kind"]](task, read_safetensors("weights"), [read_safetensors(f"batch{i}") for i in (0, 1)])
done = 0
print("{}", flush=True)
for line in sys.stdin:
    start, cpu, values = time.perf_counter(), time.process_time(), []
    for _ in range(int(line)):
        values += step(done)
        done += 1
    answer = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "values": values}
    print(json.dumps(answer), flush=True)

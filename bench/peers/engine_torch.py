"""PyTorch's side of the engine's benchmark: engine_torch.py FOLDER THREADS FORM DEVICE.

It reads the case, says that it is ready, and then for each line with a number runs that many steps and answers with a
line of JSON. FORM is how layers are computed: see `setup` of torch_layers.py; DEVICE is `cpu` or `cuda`.
"""

import json
import math
import os
import sys
import time

folder, threads, form, device = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.environ["OMP_NUM_THREADS"] = str(threads)
# Attention's many small products lose time in OpenBLAS' own threads, which only the plain form's large ones need.
os.environ["OPENBLAS_NUM_THREADS"] = str(threads if form.startswith("plain") else 1)

import torch
import torch.nn.functional as F
from torch_layers import affine, block, causal, contrastive, encode_image, encode_text, heads_of, linear, norm
from torch_layers import patch_rows, read_safetensors, setup

setup(threads, form)
if device != "cpu":
    torch.set_default_device(device)


def arrays(name):
    given = read_safetensors(os.path.join(folder, name + ".safetensors"))
    return {key: tensor.to(device) for key, tensor in given.items()}


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
step = kinds[task["kind"]](task, arrays("weights"), [arrays(f"batch{i}") for i in (0, 1)])
done = 0
print("{}", flush=True)
for line in sys.stdin:
    start, cpu, values = time.perf_counter(), time.process_time(), []
    for _ in range(int(line)):
        values += step(done)
        done += 1
    answer = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "values": values}
    print(json.dumps(answer), flush=True)

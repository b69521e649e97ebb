"""Models of real size with random weights, and a process that exports one: python -m measure_models.zoo NAME FOLDER."""

import dataclasses
import pathlib
import sys
import typing


@dataclasses.dataclass
class Model:
    """`make` gives a module whose inputs and outputs are tensors; `inputs` takes a length."""
    make: typing.Callable
    inputs: typing.Callable
    names: tuple
    # The dynamic dimensions of each input, by position.
    dims: tuple
    lengths: tuple


def wrap(module, call):
    import torch

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.module = module

        def forward(self, *inputs):
            return call(self.module, *inputs)
    return Wrapped().eval()


def make_bert():
    import transformers
    model = transformers.BertModel(transformers.BertConfig(attn_implementation="eager"), add_pooling_layer=False)
    return wrap(model, lambda m, i, a: m(input_ids=i, attention_mask=a).last_hidden_state)


def make_gpt2():
    import transformers
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(attn_implementation="eager", use_cache=False))
    return wrap(model, lambda m, i: m(input_ids=i, use_cache=False).logits)


def make_gpt2_decode():
    import transformers
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(attn_implementation="eager"))
    return wrap(model, call_with_caches)


def call_with_caches(module, ids, *past):
    import transformers
    cache = transformers.DynamicCache()
    for layer in range(len(past) // 2):
        cache.update(past[2 * layer], past[2 * layer + 1], layer)
    out = module(input_ids=ids, past_key_values=cache, use_cache=True)
    present = [t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)]
    return out.logits, *present


def llama_config(layers):
    import transformers
    return transformers.LlamaConfig(
        vocab_size=32000, hidden_size=2048, intermediate_size=8192, num_hidden_layers=layers, num_attention_heads=32,
        num_key_value_heads=8, max_position_embeddings=4096, attn_implementation="eager")


def make_llama(layers):
    import transformers
    return wrap(transformers.LlamaForCausalLM(llama_config(layers)), lambda m, i: m(input_ids=i, use_cache=False).logits)


def make_llama_decode(layers):
    import transformers
    config = llama_config(layers)
    return wrap(transformers.LlamaForCausalLM(config), call_with_caches)


def make_vit():
    import transformers
    model = transformers.ViTModel(transformers.ViTConfig(attn_implementation="eager"), add_pooling_layer=False)
    return wrap(model, lambda m, x: m(pixel_values=x).last_hidden_state)


def make_t5():
    import transformers
    config = transformers.T5Config(d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_heads=8, use_cache=False)
    model = transformers.T5ForConditionalGeneration(config)
    return wrap(model, lambda m, i, d: m(input_ids=i, decoder_input_ids=d, use_cache=False).logits)


def make_whisper():
    import transformers
    from transformers.models.whisper.modeling_whisper import WhisperEncoder
    config = transformers.WhisperConfig(d_model=512, encoder_layers=6, encoder_attention_heads=8, encoder_ffn_dim=2048,
                                        attn_implementation="eager")
    return wrap(WhisperEncoder(config), lambda m, x: m(x).last_hidden_state)


def tokens(length, vocabulary=30000):
    import torch
    return torch.randint(0, vocabulary, (1, length))


def bert_inputs(length):
    import torch
    return tokens(length), torch.ones(1, length, dtype=torch.int64)


def decode_inputs(past, layers, heads):
    """A token, and the keys and values of each layer."""
    import torch
    return tokens(1), *(torch.randn(1, heads, past, 64) for _ in range(2 * layers))


def image(_):
    import torch
    return (torch.randn(1, 3, 224, 224),)


def sound(_):
    import torch
    return (torch.randn(1, 80, 3000),)


SEQUENCE = {0: "batch", 1: "length"}
PAST = {0: "batch", 2: "past"}


def decoder(make, layers, heads):
    names = tuple(f"past_{c}{layer}" for layer in range(layers) for c in "kv")
    return Model(make, lambda past: decode_inputs(past, layers, heads), ("input_ids", *names),
                 ({0: "batch"}, *[PAST] * len(names)), (512,))


def models(llama_layers):
    return {
        "bert-base": Model(make_bert, bert_inputs, ("input_ids", "attention_mask"), (SEQUENCE, SEQUENCE), (128, 512)),
        "gpt2": Model(make_gpt2, lambda n: (tokens(n),), ("input_ids",), (SEQUENCE,), (512,)),
        "gpt2-decode": decoder(make_gpt2_decode, 12, 12),
        f"llama-1b-{llama_layers}": Model(lambda: make_llama(llama_layers), lambda n: (tokens(n),), ("input_ids",),
                                          (SEQUENCE,), (512, 2048)),
        f"llama-1b-{llama_layers}-decode": decoder(lambda: make_llama_decode(llama_layers), llama_layers, 8),
        "vit-base": Model(make_vit, image, ("pixel_values",), ({0: "batch"},), (197,)),
        "t5-small": Model(make_t5, lambda n: (tokens(n), tokens(n)), ("input_ids", "decoder_input_ids"),
                          (SEQUENCE, {0: "batch", 1: "targets"}), (128,)),
        "whisper-base-encoder": Model(make_whisper, sound, ("input_features",), ({0: "batch"},), (1500,)),
    }


def build(name, llama_layers):
    """The module, always with the same weights."""
    import torch
    torch.manual_seed(0)
    return models(llama_layers)[name].make()


def export(name, llama_layers, folder):
    """Writes model.onnx, by the older exporter where it can, and inputs and PyTorch's outputs for each length."""
    import numpy
    import torch
    model, module = models(llama_layers)[name], build(name, llama_layers)
    folder.mkdir(parents=True, exist_ok=True)
    path = str(folder / "model.onnx")
    with torch.inference_mode():
        for length in model.lengths:
            torch.manual_seed(length)
            inputs = model.inputs(length)
            for n, tensor in enumerate(inputs):
                numpy.save(folder / f"{length}-input{n}.npy", tensor.numpy())
            outputs = module(*inputs)
            numpy.save(folder / f"{length}-expected.npy", (outputs[0] if isinstance(outputs, tuple) else outputs).numpy())
    names = dict(input_names=list(model.names), opset_version=17)
    with torch.no_grad():
        try:
            torch.onnx.export(module, inputs, path, dynamo=False, dynamic_axes=dict(zip(model.names, model.dims)), **names)
        except Exception:  # what it cannot, the newer one may
            sizes = {n: torch.export.Dim(n) for dims in model.dims for n in dims.values()}
            shapes = [tuple({d: sizes[n] for d, n in dims.items()} for dims in model.dims)]
            names["opset_version"] = 18
            torch.onnx.export(module, inputs, path, dynamo=True, external_data=True, dynamic_shapes=shapes, **names)


if __name__ == "__main__":
    export(sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]))

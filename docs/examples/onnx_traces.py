"""Takes stack traces and paths out of a model, which PyTorch's exporter writes:
they say where it was exported, and are most of a small one."""

import onnx


def drop_traces(path):
    """Weights beside the model stay there."""
    model = onnx.load(str(path), load_external_data=False)
    named = [model.graph, *model.functions]
    described = [*model.graph.input, *model.graph.output,
                 *model.graph.initializer]
    for graph in [model.graph, *model.functions]:
        named += [*graph.node, *graph.value_info]
        described += graph.node
    for one in [model, *named, *described]:
        del one.metadata_props[:]
    for one in described:
        one.doc_string = ""
    onnx.save(model, str(path))

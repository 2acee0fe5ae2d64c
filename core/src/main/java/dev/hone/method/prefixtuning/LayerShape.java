package dev.hone.method.prefixtuning;

import dev.hone.error.HoneException;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Recurrent;
import dev.hone.model.Stack;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;

/**
 * The keys of one position in a model, found by looking: a token is read, and what its layers leave
 * behind has this shape.
 *
 * @param layers L
 * @param heads H, of keys and values
 * @param headWidth D
 */
record LayerShape(int layers, int heads, int headWidth) {

  static LayerShape of(Model model) {
    try (Scope scope = Scope.open()) {
      Tensor left = read(model, Tensors.of(new long[] {0}, 1, 1)); // [1, 2L, H, D]
      return new LayerShape(
          Math.toIntExact(left.size(1) / 2),
          Math.toIntExact(left.size(2)),
          Math.toIntExact(left.size(3)));
    }
  }

  /** H * D. */
  int width() {
    return heads * headWidth;
  }

  /**
   * The keys and values that a text leaves in the base.
   *
   * @param ids I64[1, P]
   * @return [P, 2L, H, D]
   */
  static Tensor read(Model model, Tensor ids) {
    int count = Math.toIntExact(ids.size(1));
    try (GradMode off = GradMode.off();
        KeyValueCache cache = new KeyValueCache(count)) {
      Pass pass = Pass.plain().with(cache);
      int layers =
          switch (model.backbone()) {
            case EncoderDecoder pair -> {
              pair.forward(new Inputs(ids, null, null, null, ids), pass);
              yield pair.decoder().blocks().size();
            }
            case Stack stack -> {
              stack.forward(Inputs.of(ids), pass);
              yield stack.blocks().size();
            }
            case Recurrent recurrent -> 0;
          };
      if (cache.layers() != layers) {
        throw new HoneException(
            "prefix tuning cannot reach into the layers of "
                + model.architecture()
                + ", whose attention is of another kind; use prompt-tuning or p-tuning");
      }
      return cache.prefix(count);
    }
  }
}

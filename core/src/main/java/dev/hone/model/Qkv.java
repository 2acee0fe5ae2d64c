package dev.hone.model;

import dev.hone.tensor.Tensor;

/** How a layer makes queries, keys and values from x [B, T, C]. */
public sealed interface Qkv {
  Tensor[] apply(Tensor x, Pass pass);

  /** Three linears. */
  record Separate(Linear q, Linear k, Linear v) implements Qkv {
    @Override
    public Tensor[] apply(Tensor x, Pass pass) {
      return new Tensor[] {q.forward(x, pass), k.forward(x, pass), v.forward(x, pass)};
    }
  }

  /** One linear with queries, keys and values side by side, of equal width. */
  record Fused(Linear qkv) implements Qkv {
    @Override
    public Tensor[] apply(Tensor x, Pass pass) {
      return qkv.forward(x, pass).chunk(3, -1);
    }
  }
}

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

  /**
   * One linear with queries, keys and values side by side, of unequal width.
   *
   * @param queries width of the queries
   * @param keys width of the keys and of the values
   */
  record SideBySide(Linear qkv, long queries, long keys) implements Qkv {
    @Override
    public Tensor[] apply(Tensor x, Pass pass) {
      Tensor all = qkv.forward(x, pass);
      return new Tensor[] {
        all.narrow(-1, 0, queries),
        all.narrow(-1, queries, keys),
        all.narrow(-1, queries + keys, keys)
      };
    }
  }

  /**
   * One linear that gives, for each head of keys and values in turn, the queries that use it, its
   * key and its value.
   *
   * @param groups heads of keys and values
   * @param perGroup queries to each of them
   * @param headWidth D
   */
  record Grouped(Linear qkv, int groups, int perGroup, int headWidth) implements Qkv {
    @Override
    public Tensor[] apply(Tensor x, Pass pass) {
      long rows = x.size(0);
      long width = x.size(1);
      Tensor all = qkv.forward(x, pass).view(rows, width, groups, perGroup + 2L, headWidth);
      return new Tensor[] {
        all.narrow(3, 0, perGroup).reshape(rows, width, (long) groups * perGroup * headWidth),
        all.select(3, perGroup).reshape(rows, width, (long) groups * headWidth),
        all.select(3, perGroup + 1L).reshape(rows, width, (long) groups * headWidth)
      };
    }
  }

  /**
   * Queries and keys through a norm each.
   *
   * @param headWidth D where each head is normalised by itself, 0 where all are at once
   */
  record Normed(Qkv of, Norm query, Norm key, int headWidth) implements Qkv {
    @Override
    public Tensor[] apply(Tensor x, Pass pass) {
      Tensor[] all = of.apply(x, pass);
      return new Tensor[] {normed(all[0], query, pass), normed(all[1], key, pass), all[2]};
    }

    private Tensor normed(Tensor x, Norm norm, Pass pass) {
      if (headWidth == 0) {
        return norm.forward(x, pass);
      }
      Tensor heads = x.reshape(x.size(0), x.size(1), x.size(2) / headWidth, headWidth);
      return norm.forward(heads, pass).reshape(x.shape());
    }
  }
}

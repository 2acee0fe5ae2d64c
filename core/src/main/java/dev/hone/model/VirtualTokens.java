package dev.hone.model;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.function.Function;

/**
 * Positions of an adapter's own before every row. They are the row's first, and its tokens follow
 * them; a cache holds them like any others.
 */
public sealed interface VirtualTokens {
  /** P, how many there are. */
  int count();

  /** What a prompt's vectors are. */
  @FunctionalInterface
  interface Vectors {
    /**
     * As wide as the table of token vectors.
     *
     * @param inputs the rows that they stand before
     * @return [P, E] for all rows, or [B, P, E]
     */
    Tensor of(Inputs inputs, Pass pass);
  }

  /**
   * Vectors before those of the tokens (arXiv:2104.08691). An encoder-decoder's are read by its
   * encoder.
   */
  record Prompt(int count, Vectors vectors) implements VirtualTokens {
    /** x [B, T, E] to [B, P + T, E]. */
    Tensor before(Tensor x, Inputs inputs, Pass pass) {
      Tensor own = vectors.of(inputs, pass);
      Tensor each =
          own.rank() == 3 ? own : own.unsqueeze(0).expand(x.size(0), own.size(0), own.size(1));
      return Tensors.cat(List.of(each, x), 1);
    }
  }

  /**
   * Keys and values before those of every layer (arXiv:2101.00190). In an encoder-decoder the
   * decoder's positions look at them beside each other.
   *
   * @param keysAndValues gives [P, 2L, H, D]: the keys of the first layer, its values, the keys of
   *     the second
   */
  record Prefix(int count, Function<Pass, Tensor> keysAndValues) implements VirtualTokens {}

  /**
   * A prefix as it stands in one pass.
   *
   * @param all [P, 2L, H, D]
   */
  record KeysAndValues(Tensor all) {
    int layers() {
      return Math.toIntExact(all.size(1) / 2);
    }

    /** [rows, H, P, D]. */
    Tensor keys(int layer, long rows) {
      return of(2L * layer, rows);
    }

    /** [rows, H, P, D]. */
    Tensor values(int layer, long rows) {
      return of(2L * layer + 1, rows);
    }

    private Tensor of(long index, long rows) {
      Tensor one = all.select(1, index).transpose(0, 1);
      return one.unsqueeze(0).expand(rows, one.size(0), one.size(1), one.size(2));
    }
  }
}

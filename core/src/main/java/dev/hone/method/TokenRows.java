package dev.hone.method;

import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that stand for some rows of a table of tokens: PEFT's {@code trainable_token_indices}. Where
 * the table is the output too, they stand for its rows there as well.
 *
 * @param tokens k of them
 * @param ids the same as I64[k], kept
 * @param places I64[V], kept: a token's place among the rows, k for one without
 * @param rows [k, C]
 */
record TokenRows(List<Integer> tokens, Tensor ids, Tensor places, Tensor rows) {
  /** What PEFT calls the rows, which are no deltas but whole. */
  private static final String NAME = "token_adapter.trainable_tokens_delta";

  /**
   * Begins with the table's rows, or takes them from the file.
   *
   * @param own the leaves of the table's module
   * @param table [V, C]
   */
  static TokenRows of(Leaves own, List<Integer> tokens, Tensor table) {
    int count = tokens.size();
    int words = (int) table.size(0);
    long[] places = new long[words];
    Arrays.fill(places, count);
    for (int i = 0; i < count; i++) {
      places[tokens.get(i)] = i;
    }
    long[] all = tokens.stream().mapToLong(Integer::longValue).toArray();
    Tensor ids = own.view(Tensors.of(all, count));
    return new TokenRows(
        tokens,
        ids,
        own.view(Tensors.of(places, words)),
        own.trained(NAME, () -> table.indexSelect(0, ids), count, table.size(1)));
  }

  /**
   * Vectors of ids, with these rows in them.
   *
   * @param vectors [..., C] of the table
   * @param at I64[...]
   */
  Tensor vectors(Tensor vectors, Tensor at) {
    long none = rows.size(0);
    Tensor place = places.indexSelect(0, at.reshape(-1)).reshape(at.shape());
    Tensor padded = Tensors.cat(List.of(rows, Tensors.zeros(1, rows.size(1))), 0);
    Tensor others = place.eq(none).to(DType.F32).unsqueeze(-1);
    return vectors.mul(others).add(Functional.embedding(padded, place, none));
  }

  /**
   * Scores of all tokens, with those of these rows in them.
   *
   * @param scores [..., V] by the table
   * @param x [..., C]
   * @param bias [V], or null
   */
  Tensor scores(Tensor scores, Tensor x, @Nullable Tensor bias) {
    Tensor own = Functional.linear(x, rows, bias == null ? null : bias.indexSelect(0, ids));
    return scores.indexCopy(-1, ids, own.to(scores.dtype()));
  }

  /** The table with these rows: [V, C]. */
  Tensor merged(Tensor table) {
    return table.indexCopy(0, ids, rows);
  }
}

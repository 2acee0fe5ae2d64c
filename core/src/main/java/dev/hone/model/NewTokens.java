package dev.hone.model;

import dev.hone.tensor.DType;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import dev.hone.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokens that a model's files know nothing of. Their rows, in the table of token vectors and in an
 * output of its own, begin as the mean of the rows of the pieces that the token was cut into until
 * now; further entries of a bias begin as the mean of all its entries.
 *
 * <p>A table that has rows to spare, as published ones often do, does not grow.
 *
 * @param first id of the first one
 * @param pieces of each of them, as ids of known tokens
 */
public record NewTokens(int first, List<int[]> pieces) {
  public static final NewTokens NONE = new NewTokens(0, List.of());

  /** What one tokenizer knows beyond another. */
  public static NewTokens of(Tokenizer known, Tokenizer wider) {
    int first = known.vocabSize();
    return new NewTokens(
        first,
        IntStream.range(first, wider.vocabSize())
            .mapToObj(id -> known.encodePlain(wider.token(id)))
            .toList());
  }

  public boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** The ids that are new. */
  public List<Integer> ids() {
    return IntStream.range(first, end()).boxed().toList();
  }

  private int end() {
    return first + pieces.size();
  }

  /** How many rows a table of so many has with them. */
  public int rows(int words) {
    return isEmpty() ? words : Math.max(words, end());
  }

  /**
   * Values with entries for these tokens.
   *
   * @param known [V, C], [V] or [1, V]; V is its last axis but in a matrix
   */
  Tensor added(Tensor known) {
    int axis = known.rank() == 2 && known.size(0) > 1 ? 0 : known.rank() - 1;
    long words = known.size(axis);
    long[] shape = known.shape();
    shape[axis] = rows((int) words);
    Tensor wider = Tensors.zeros(DType.F32, shape);
    wider.narrow(axis, 0, words).copyFrom(known);
    if (axis == 0 && known.rank() == 2) {
      for (int i = 0; i < pieces.size(); i++) {
        wider.narrow(0, first + i, 1).copyFrom(mean(known, pieces.get(i)).unsqueeze(0));
      }
    } else if (shape[axis] > words) {
      wider.narrow(axis, words, shape[axis] - words).fill(known.mean().item());
    }
    return wider;
  }

  private static Tensor mean(Tensor table, int[] pieces) {
    if (pieces.length == 0) { // nothing is left of it when it is cut
      return table.mean(0);
    }
    long[] ids = Arrays.stream(pieces).asLongStream().toArray();
    return table.indexSelect(0, Tensors.of(ids, ids.length)).mean(0);
  }
}
